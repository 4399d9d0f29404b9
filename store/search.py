"""Text in, search tokens out; a question in, what must and must not be found out. The same for either engine.

Pure, and the one place that knows how Japanese and English become tokens: Japanese has no spaces, so a run of it
becomes its overlapping pairs of characters and, at its end, the last character; Latin words stay as they are.
A question never reaches an engine raw: it is parsed here, and each engine gets its expression built from the tokens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import islice, product

from store.days import DIGITS, ERAS, kanji, moment, western

# Without the middle dot and the sound marks that stand alone: they part words, as FTS5 has it too.
_CJK = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# What NFKC may change, with what it may join: most of a Japanese text is neither, and need not be looked at.
_UNSTABLE = re.compile(".?[^\x00-\x7f、。「」・\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]+", re.DOTALL)
_ACCENTED = re.compile("[\u00e0-\u0233\u1e01-\u1ef9]")  # all that have accents after folding lie there
_STROKED = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t"}  # which Unicode takes for letters of their own
# What nobody sees: zero width, soft hyphens, which glyph of a character; and the dot within a word in katakana.
_UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]|(?<=[\u30a1-\u30fa\u30fc])・(?=[\u30a1-\u30fa])"
)
_RUN = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_WORD_BEGINS, _WORD_ENDS = rf"(?<![^\W_{_CJK}])", rf"(?![^\W_{_CJK}])"
_NAMES = "title|source|organisation|language|topic|has|since|until"
_TERM = re.compile(
    rf"""(?P<minus>-(?=[^\s-]))?(?:(?P<name>(?i:{_NAMES})):(?:"(?P<said>[^"]*)"?|(?P<value>\S*))"""
    r"""|"(?P<quoted>[^"]*)"?|(?P<word>\S+))"""
)
_SIGNS = str.maketrans("“”„‟«»‐‑‒−", '""""""----')
_LAST_YEARS = {"令和": 99, "平成": 31, "昭和": 64}
_YEAR = re.compile(
    rf"(?P<era>令和|平成|昭和)(?P<year>元|\d{{1,2}}|[{DIGITS[1:]}十]{{1,3}})年"
    rf"|(?<![\d{DIGITS}])(?P<western>(?:19|20)\d\d|(?:一九|二〇)[{DIGITS}]{{2}})年"
)
LONGEST_QUESTION = 1000
MOST_PHRASES = 32
_MOST_READINGS = 8


class Field(StrEnum):
    """Where a phrase is looked for."""

    ANYWHERE = ""
    TITLE = "title"
    FACET = "facet"


FACETS = ("source", "organisation", "language", "topic", "has")
PARTS = ("pdf", "attachment", "event", "deadline")  # what an announcement may have


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand one behind the other; the last one is the beginning of a token where ``prefix`` is set."""

    tokens: tuple[str, ...]
    prefix: bool = False
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look for: of each clause one phrase at least, none of ``excluded``; published from ``since`` on and
    before ``until``.
    """

    clauses: tuple[tuple[Phrase, ...], ...] = ()
    excluded: tuple[Phrase, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def words(self) -> list[tuple[Phrase, ...]]:
        """Return the clauses that look for words, by which an answer is ranked and marked."""
        worded = (tuple(phrase for phrase in clause if phrase.field is not Field.FACET) for clause in self.clauses)
        return [clause for clause in worded if clause]


class BadQuestion(ValueError):
    """A question that can't be asked: what is wrong with it, in one line."""


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return a Latin letter without its accents; Japanese sound marks make other letters, and stay."""
    if character in _STROKED:
        return _STROKED[character]
    letter = unicodedata.normalize("NFD", character)[0]
    return letter if "LATIN" in unicodedata.name(letter, "") else character


def fold(text: str) -> str:
    """Return *text* as it is compared: NFKC, lower case, Latin letters without accents, nothing unseen.

    >>> fold("Ｃafé 令和８年")
    'cafe 令和8年'
    """
    if text.isascii():
        return text.lower()
    folded = _UNSTABLE.sub(lambda stretch: unicodedata.normalize("NFKC", stretch[0]), text).casefold()
    if folded.isascii():
        return folded
    return _ACCENTED.sub(lambda letter: _plain(letter[0]), _UNSEEN.sub("", folded))


def _pairs(run: str) -> Iterator[str]:
    yield from (run[i : i + 2] for i in range(len(run) - 1))


def tokens(text: str) -> list[str]:
    """Return the tokens that *text* is found by, in order.

    >>> tokens("環境省 & IGES")
    ['環境', '境省', '省', 'iges']
    """
    found: list[str] = []
    for japanese, word in _RUN.findall(fold(text)):
        if japanese:
            found += (*_pairs(japanese), japanese[-1])
        else:
            found.append(word)
    return found


def characters(words: str) -> set[str]:
    """Return the facets by which each single Japanese character in these tokens is found."""
    return {f"{sign}:" for sign in set(words) if is_japanese(sign)}


@lru_cache(maxsize=16_384)
def is_japanese(character: str) -> bool:
    """Say whether a character belongs to a run without spaces, as tokens of pairs are made of."""
    matched = _RUN.fullmatch(character)
    return bool(matched and matched[1])


def facet(name: str, value: str) -> str:
    """Return the token of a fact about an announcement: no word is one, as it has a colon.

    >>> facet("source", "moej-ja")
    'source:moej-ja'
    """
    return f"{name}:{re.sub('[^a-z0-9-]', _hexadecimal, fold(value))}"


def _hexadecimal(matched: re.Match[str]) -> str:
    return f"_{ord(matched[0]):x}"


def ask(question: str) -> Question:
    """Return what *question* looks for.

    Each word, and each text in quotation marks, must be found; of those with OR between them, one. What has a minus
    before it must not. ``word*`` finds what begins so, ``title:word`` stands in the title; ``source:``,
    ``organisation:``, ``language:``, ``topic:``, ``has:``, ``since:`` and ``until:`` narrow.

    >>> ask('"zero carbon" OR 脱炭素 -公募').excluded
    (Phrase(tokens=('公募',), prefix=False, field=<Field.ANYWHERE: ''>),)

    Raises BadQuestion where nothing is left to look for, there is too much of it, or a field's value makes no sense.
    """
    if len(question) > LONGEST_QUESTION:
        raise BadQuestion(f"expected at most {LONGEST_QUESTION} characters, got {len(question)}")
    asked = _Asked()
    plain = unicodedata.normalize("NFKC", question).translate(_SIGNS)
    for term in _TERM.finditer(plain):
        asked.take(term)
    return asked.question(question)


class _Asked:
    """A question while its terms are taken one by one."""

    def __init__(self) -> None:
        self._clauses: list[tuple[Phrase, ...]] = []
        self._excluded: list[Phrase] = []
        self._bounds: dict[str, datetime] = {}
        self._after_or = False
        self._may_join = False  # whether what stood last was looked for: OR may follow it

    def take(self, term: re.Match[str]) -> None:
        name = (term["name"] or "").lower()
        if term["word"] == "OR" and not term["minus"]:
            self._join()
        elif name in ("since", "until"):
            self._bound(name, term)
        elif term["word"] != "AND":  # as any two words are joined
            self._look_for(_readings(term), excluded=bool(term["minus"]))

    def _join(self) -> None:
        if not self._may_join:
            raise BadQuestion("OR: expected something to look for on both sides")
        self._after_or, self._may_join = True, False

    def _bound(self, name: str, term: re.Match[str]) -> None:
        if term["minus"] or self._after_or:
            raise BadQuestion(f"{name}: narrows the whole question: expected no minus and no OR before it")
        self._bounds[name] = _day(name, term["said"] or term["value"] or "")
        self._may_join = False

    def _look_for(self, readings: tuple[Phrase, ...], *, excluded: bool) -> None:
        if not readings:
            return
        if excluded and self._after_or:
            raise BadQuestion("OR: expected something to look for on both sides, not what is left out")
        if excluded:
            self._excluded += readings
        elif self._after_or:
            self._clauses[-1] = tuple(dict.fromkeys((*self._clauses[-1], *readings)))
        else:
            self._clauses.append(readings)
        self._after_or, self._may_join = False, not excluded

    def question(self, asked: str) -> Question:
        if self._after_or:
            raise BadQuestion("OR: expected something to look for on both sides")
        clauses, excluded = tuple(dict.fromkeys(self._clauses)), tuple(dict.fromkeys(self._excluded))
        count = sum(map(len, clauses)) + len(excluded)
        if not count and not self._bounds:
            raise BadQuestion(f"expected a word to look for, got {asked!r}")
        if count > MOST_PHRASES:
            raise BadQuestion(f"expected at most {MOST_PHRASES} words, got {count}")
        return Question(clauses=clauses, excluded=excluded, **self._bounds)


def _readings(term: re.Match[str]) -> tuple[Phrase, ...]:
    """Return the phrases one of which a term looks for: a year has several, in the Japanese and the Western count."""
    name, value = (term["name"] or "").lower(), term["said"] or term["value"] or ""
    if name in FACETS:
        return (Phrase((_facet_asked(name, value),), field=Field.FACET),)
    if name == Field.TITLE:
        found = [replace(phrase, field=Field.TITLE) for phrase in _phrases(value)]
        if not found:
            raise BadQuestion("title: expected a word behind it")
        return tuple(found)
    return tuple(_phrases(term["quoted"] or term["word"] or ""))


def _facet_asked(name: str, value: str) -> str:
    if not value:
        raise BadQuestion(f"{name}: expected a value behind it")
    if name == "has" and fold(value) not in PARTS:
        raise BadQuestion(f"has: expected one of {', '.join(PARTS)}, got {value!r}")
    return facet(name, value)


def _day(name: str, value: str) -> datetime:
    try:
        return moment(value)
    except ValueError as error:
        raise BadQuestion(f"{name}: {error}") from error


def _phrases(words: str) -> Iterator[Phrase]:
    yield from dict.fromkeys(phrase for spelt in _years(words) if (phrase := _phrase(spelt)))


def _years(words: str) -> Iterator[str]:
    """Yield *words*, and what they are with their years in the other count: 令和8年 is 2026年."""
    yield words
    text = fold(words)
    mentions = list(_YEAR.finditer(text))
    if not mentions:
        return
    between = [
        text[a:b] for a, b in zip([0, *(m.end() for m in mentions)], [m.start() for m in mentions], strict=False)
    ]
    end = text[mentions[-1].end() :]
    for counted in islice(product(*map(_counts, mentions)), _MOST_READINGS):
        yield "".join(part for pair in zip(between, counted, strict=True) for part in pair) + end


def _counts(mention: re.Match[str]) -> list[str]:
    """Return a year in each count that has it."""
    if mention["western"]:
        year = int("".join(str(DIGITS.find(sign)) if sign in DIGITS else sign for sign in mention["western"]))
    else:
        try:
            year = western(mention["era"], mention["year"])
        except ValueError:  # 十十 is no number, and asks for what is written so
            return [mention[0]]
    counts = [f"{year}年"]
    for era, before in ERAS.items():
        if 1 <= year - before <= _LAST_YEARS[era]:
            of_era = year - before
            counts += [f"{era}{of_era}年", f"{era}{kanji(of_era)}年"] if of_era > 1 else [f"{era}元年"]
    return counts


def _phrase(words: str) -> Phrase | None:
    """Return the phrase that finds *words*. Its end is open: a Japanese text may go on where the question ends."""
    runs = _RUN.findall(fold(words))
    if not runs:
        return None
    *before, (japanese, word) = runs
    found = tokens(" ".join(japanese or word for japanese, word in before))
    if len(japanese) == 1:
        return Phrase((*found, japanese), prefix=True)
    return Phrase((*found, *(_pairs(japanese) if japanese else (word,))), prefix=not japanese and words.endswith("*"))


def word_pattern(phrase: Phrase) -> str:
    """Return a regular expression that finds *phrase* in a folded text, where the index would find it too."""
    runs = _RUN.findall(_joined(phrase.tokens))
    parts = [_run_pattern(*run) for run in runs]
    if phrase.prefix and runs and runs[-1][1]:
        parts[-1] = parts[-1].removesuffix(_WORD_ENDS)
    return r"[\W_]*".join(parts)


def _run_pattern(japanese: str, word: str) -> str:
    return re.escape(japanese) if japanese else f"{_WORD_BEGINS}{re.escape(word)}{_WORD_ENDS}"


def _joined(tokens: Iterable[str]) -> str:
    """Return the text that *tokens* came from, its runs parted by a space."""
    text, open_run = "", False
    for token in tokens:
        if not is_japanese(token[0]):
            text, open_run = f"{text} {token}", False
        elif open_run and text.endswith(token[0]):
            text, open_run = text + token[1:], len(token) > 1
        else:
            text, open_run = f"{text} {token}", True
    return text
