"""A wording in, the facts out that its translation shares: dates, hours, amounts, ordinals, names. Pure.

A fact is a string, the same for both languages: ``on:06-11``, ``#25000000``, ``nth:2``, ``fy:26``, ``cop31``,
``kyoto``. This module alone knows how Japanese and English write them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from store.days import western
from store.pairing.gazetteer import in_english

_LONGEST = 20_000  # characters: what a text says further down adds little
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip
_CARDINALS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_UNITS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_UNITS |= {"千": 10**3, "万": 10**4, "億": 10**8, "兆": 10**12}
_COMMON = frozenset({
    "a", "about", "all", "also", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "com", "do", "for",
    "from", "had", "has", "have", "how", "if", "in", "into", "is", "it", "its", "jp", "jst", "am", "pm", "kb", "mb",
    "more", "no", "not", "of", "on", "online", "or", "our", "out", "over", "pdf", "so", "tel", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "to", "up", "url", "utc", "was", "we", "web", "were",
    "what", "when", "which", "who", "will", "with", "www", "you", "your",
})  # fmt: skip

_CLOSING = ".,;:)'/"  # what follows an address in a sentence
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_TO = r"\s?(?:-|–|~|〜|to|and|&|から|及び|・|、)\s?"
_NUMBER = r"(?<![a-z\d.,])\d+(?:,\d{3})*(?:\.\d+)?"
_UNIT = f"\\s?({'|'.join(_UNITS)})"
_WEEKDAY = r"(?:\s?\([^)]{1,4}\))?"

_Match = re.Match[str]
_Told = Callable[[_Match], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a wording states, and what its title does. ``own`` is its day of publication: a fact that tells nothing."""

    all: frozenset[str]
    title: frozenset[str]
    own: str


def facts(title: str, text: str, published: date) -> Facts:
    """Return what *title* and *text* state; *published* is the day in the zone of the source."""
    of_title = stated(title)
    return Facts(of_title | stated(text[:_LONGEST]), of_title, f"on:{published:%m-%d}")


def stated(words: str) -> frozenset[str]:
    """Return the facts that *words*, in either language, state.

    >>> sorted(stated("令和8年度 第2次公募(上限2,500万円)") & stated("FY2026, second call: up to 25 million yen"))
    ['#25000000', 'fy:26', 'nth:2']
    """
    rest = unicodedata.normalize("NFKC", words).lower()
    for pattern, spelt in _SPELLINGS:
        rest = pattern.sub(spelt, rest)
    rest = in_english(rest)
    found: list[str] = []
    for pattern, told in _READINGS:
        rest = pattern.sub(_noting(told, found), rest)  # nothing is read twice
    return frozenset(found)


def _noting(told: _Told, found: list[str]) -> Callable[[_Match], str]:
    def note(match: _Match) -> str:
        found.extend(told(match))
        return " "

    return note


def _year(match: _Match) -> str:
    return str(western(match[1], match[2]))


def _kanji(match: _Match) -> str:
    digits = "〇一二三四五六七八九"
    tens, ten, ones = match[1].rpartition("十")
    return f"第{(digits.find(tens) if tens else len(ten)) * 10 + (digits.find(ones) if ones else 0)}"


def _cardinal(match: _Match) -> str:
    return str(_CARDINALS.index(match[1]) + 2)


def _link(match: _Match) -> Iterator[str]:
    yield f"link:{match[0].rstrip(_CLOSING)}"


def _fiscal(match: _Match) -> Iterator[str]:
    yield f"fy:{match[1][-2:]}"


def _month_in_figures(match: _Match) -> Iterator[str]:
    month, *days = match.groups()
    yield from (f"on:{int(month):02}-{int(day):02}" for day in days if day)


def _month_behind(match: _Match) -> Iterator[str]:
    *days, month = match.groups()
    yield from (f"on:{_month(month):02}-{int(day):02}" for day in days if day)


def _month_before(match: _Match) -> Iterator[str]:
    month, *days = match.groups()
    yield from (f"on:{_month(month):02}-{int(day):02}" for day in days if day)


def _japanese_month(match: _Match) -> Iterator[str]:
    yield f"month:{match[1]}-{int(match[2]):02}"


def _english_month(match: _Match) -> Iterator[str]:
    yield f"month:{match[2]}-{_month(match[1]):02}"


def _japanese_hour(match: _Match) -> Iterator[str]:
    half, hour, minute, thirty = match.groups()
    yield _at(int(hour) + 12 * (half == "午後" and int(hour) < 12), 30 if thirty else int(minute or 0))


def _english_hour(match: _Match) -> Iterator[str]:
    hour, minute, half = match.groups()
    yield _at(int(hour) % 12 + 12 * (half == "p") if half else int(hour), int(minute or 0))


def _noon(_match: _Match) -> Iterator[str]:
    yield _at(12, 0)


def _at(hour: int, minute: int) -> str:
    return f"at:{hour:02}:{minute:02}"


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _numbered(match: _Match) -> Iterator[str]:
    yield f"nth:{int(match[1])}"


def _ordinal(match: _Match) -> Iterator[str]:
    yield f"nth:{_ORDINALS.index(match[1]) + 1}"


def _amount(match: _Match) -> Iterator[str]:
    parts = re.findall(rf"(\d[\d,]*(?:\.\d+)?){_UNIT}", match[0])
    yield _number(sum(Decimal(number.replace(",", "")) * _UNITS[unit] for number, unit in parts))


def _plain(match: _Match) -> Iterator[str]:
    yield _number(Decimal(match[0].replace(",", "")))


def _number(value: Decimal | int) -> str:
    whole = int(value)
    if value != whole:
        return f"#{Decimal(value).normalize():f}"
    return f"year:{whole}" if 1990 <= whole < 2100 else f"#{whole}"


def _name(match: _Match) -> Iterator[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", match[0]) if not unicodedata.combining(each))
    if len(plain) > 1 and plain not in _COMMON:
        yield plain


_SPELLINGS: tuple[tuple[re.Pattern[str], str | Callable[[_Match], str]], ...] = (
    (re.compile(r"(令和|平成|昭和)\s?(元|\d{1,2})(?=\s?年)"), _year),
    (re.compile(r"第([一二三四五六七八九十]{1,3})(?=[回次期弾号版部章])"), _kanji),
    (re.compile(rf"\b({'|'.join(_CARDINALS)})\b"), _cardinal),
    (re.compile(r"viet nam"), "vietnam"),
    (re.compile(r"da nang"), "danang"),
    (re.compile(r"hai phong"), "haiphong"),
    (re.compile(r"ho chi minh"), "hochiminh"),
    (re.compile(r"türkiye|\bturkey\b"), "turkiye"),
    (re.compile(r"\bcop[ -](?=\d)"), "cop"),
)

_READINGS: tuple[tuple[re.Pattern[str], _Told], ...] = (
    (re.compile(r"https?://[!-~]+|[a-z\d][a-z\d.+_-]{0,63}@[a-z\d-]+(?:\.[a-z\d-]+)+"), _link),
    (re.compile(r"(\d{4})\s?年度"), _fiscal),
    (re.compile(r"\b(?:fy|fiscal(?: year)?)\s?'?(\d{4}|\d\d)\b"), _fiscal),
    (
        re.compile(rf"(\d{{1,2}})\s?月\s?(\d{{1,2}})\s?日{_WEEKDAY}(?:{_TO}(\d{{1,2}})\s?日)?"),
        _month_in_figures,
    ),
    (re.compile(r"\b(?:19|20)\d\d[-/.](\d{1,2})[-/.](\d{1,2})\b"), _month_in_figures),
    (re.compile(rf"\b{_DAY}(?:{_TO}{_DAY})?(?: of)? {_MONTH}"), _month_behind),
    (re.compile(rf"\b{_MONTH} {_DAY}(?:{_TO}{_DAY})?\b(?!\d)"), _month_before),
    (re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月"), _japanese_month),
    (re.compile(rf"\b{_MONTH},? (\d{{4}})\b"), _english_month),
    (re.compile(r"(午前|午後)?\s?(\d{1,2})\s?時(?:\s?(\d{1,2})\s?分|(半))?(?!間)"), _japanese_hour),
    (re.compile(r"\b(\d{1,2}):(\d\d)(?:\s?([ap])\.?m\b)?"), _english_hour),
    (re.compile(r"\b(\d{1,2})()\s?([ap])\.?m\b"), _english_hour),
    (re.compile(r"\bnoon\b|正午"), _noon),
    (re.compile(r"第\s?(\d+)"), _numbered),
    (re.compile(r"(?<![a-z\d.,])(\d+)(?:st|nd|rd|th)\b"), _numbered),
    (re.compile(r"\b(?:round|phase|part|volume|version|vol\.|no\.|number|edition|session) (\d+)\b"), _numbered),
    (re.compile(r"(?<![\d.,])(\d+)\s?(?:回目|次(?=公募|募集|選定|締切))"), _numbered),
    (re.compile(rf"\b({'|'.join(_ORDINALS)})\b"), _ordinal),
    (re.compile(rf"(?:{_NUMBER}{_UNIT})+"), _amount),
    (re.compile(_NUMBER), _plain),
    (re.compile(r"[a-zà-ɏ][a-zà-ɏ\d]*"), _name),
)
