"""Text in, its tokens out, and which of them are facts: numbers, Latin names, words in katakana, names of places.

Pure. This module alone knows what a fact looks like, in Japanese and English, and in what place of a text it stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from store.days import western
from store.search import fold

KANJI = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff"
CJK = "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
NUMBER = r"\d+(?:[.,]\d+)*"
WORD = rf"[^\W\d_{CJK}]+(?:['’][^\W\d_{CJK}]+)*"

_TOKEN = re.compile(
    rf"""(?P<number>{NUMBER}|[一二三四五六七八九十](?=次|回|期|号|弾))
    |(?P<name>北海道|[{KANJI}]{{1,6}}[市区町村県都府州]|[\u30a1-\u30fa\u30fc]{{3,}})
    |(?P<word>{WORD})
    |[{CJK}]""",
    re.VERBOSE,
)
_ERA = re.compile(r"(令和|平成|昭和)(元|\d{1,2})(?=年)")
_WEEKDAY = re.compile(r"\([月火水木金土日](?:・?祝)?\)|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b,?")
_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:(\n\"“”])\s*$")
_KANJI_NUMBERS = {kanji: str(value) for value, kanji in enumerate("一二三四五六七八九十", 1)}
_NUMBER_WORDS = {
    word: str(value)
    for value, words in enumerate(
        (
            *("first", "two second", "three third", "four fourth", "five fifth", "six sixth"),
            *("seven seventh", "eight eighth", "nine ninth", "ten tenth", "eleven eleventh", "twelve twelfth"),
        ),
        1,
    )
    for word in words.split()
}
_PLACE = 6  # how much stands beside a fact where another text has one in the same place: see _weight


Places = dict[tuple[str, ...], set[str]]


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word, or a Japanese character or name, as it is compared."""

    value: str
    fact: bool


def dated(text: str) -> str:
    """Return *text* with its years of an era as those of the calendar, and without days of the week in dates.

    >>> dated("令和8年6月11日(木)")
    '2026年6月11日'
    """
    return _WEEKDAY.sub("", _ERA.sub(_year, text))


def tokens(text: str) -> list[Token]:
    """Return the tokens of *text*, which is in NFKC and ``dated``, in order.

    >>> [token.value for token in tokens("The 3rd Forum met in Kyoto.") if token.fact]
    ['3', 'forum', 'kyoto']
    """
    return [_token(match) for match in _TOKEN.finditer(text)]


def places(among: list[Token]) -> Places:
    """Return the facts *among* tokens by where they stand: what stands before them, or behind, other facts aside."""
    found: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for side, one_way in (("before", among), ("behind", among[::-1])):
        beside: list[str] = []
        for token in one_way:
            if not token.fact:
                beside = _nearest([*beside, token.value])
            elif _weight(beside) >= _PLACE:
                found[side, *beside].add(token.value)
    return found


def _nearest(beside: list[str]) -> list[str]:
    while _weight(beside[1:]) >= _PLACE:
        beside = beside[1:]
    return beside


def _weight(beside: Iterable[str]) -> int:
    """Return how much *beside* says: a word as much as two characters."""
    return sum(1 if len(value) == 1 else 2 for value in beside)


def _year(match: re.Match[str]) -> str:
    era, year = match.groups()
    return str(western(era, year))


def _token(match: re.Match[str]) -> Token:
    value = match[0]
    if match["number"]:
        return Token(_KANJI_NUMBERS.get(value, value.replace(",", "")), fact=True)
    if match["name"]:
        return Token(value, fact=True)
    if not match["word"]:
        return Token(value, fact=False)
    word = fold(value)
    if word in _NUMBER_WORDS:
        return Token(_NUMBER_WORDS[word], fact=True)
    return Token(word, fact=_is_name(match))


def _is_name(match: re.Match[str]) -> bool:
    """Latin words with a capital letter inside are names; those that begin with one, if no sentence begins there."""
    word = match[0]
    if word[1:] != word[1:].lower():
        return True
    before = match.string[max(0, match.start() - 9) : match.start()]
    return word[0].isupper() and not _SENTENCE_BEGINS.search(before)
