"""A text and a question in, the text with its hits marked out, whole or shortened to where they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from store.search import Phrase, Question, fold, word_pattern

_BEFORE, _LENGTH = 40, 160  # characters of a snippet: before its first hit, and in all
_FURTHEST = 200_000  # characters of a text that are looked through
_MOST_HITS = 200
_ENDS = re.compile(r"[\s。、.,;:!?！？（）()「」]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; ``hit`` where it is what was asked for."""

    text: str
    hit: bool


def marked(text: str, question: Question) -> tuple[Piece, ...]:
    """Return *text* in pieces, those that *question* asks for marked; joined they are *text*."""
    return tuple(_pieces(text, _hits(text, question), 0, len(text)))


def snippet(text: str, question: Question) -> tuple[Piece, ...]:
    """Return the stretch of *text* with the most of what *question* asks for, marked; empty where nothing is found."""
    hits = _hits(text, question)
    if not hits:
        return ()
    start = max((hit for hit in hits), key=lambda hit: (_different(hits, hit.start), -hit.start)).start
    begin, end = _rounded(text, max(start - _BEFORE, 0), start), min(start - _BEFORE + _LENGTH, len(text))
    pieces = tuple(_pieces(text, hits, begin, max(end, next(hit.end for hit in hits if hit.start == start))))
    return tuple(Piece(" ".join(piece.text.split("\n")), piece.hit) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    clause: int


def _hits(text: str, question: Question) -> list[_Hit]:
    """Return where *text* has what is asked for, in order, none over another."""
    patterns = list(_patterns(question))
    if not patterns:  # to read a long text costs more than all else on a page of results
        return []
    folded, starts, ends = _folded(text[:_FURTHEST])
    found = sorted(
        (
            _Hit(starts[match.start()], ends[match.end() - 1], number)
            for number, pattern in patterns
            for match in _first_of(pattern, folded)
        ),
        key=lambda hit: (hit.start, -hit.end),
    )
    return [hit for before, hit in pairwise([_Hit(0, 0, -1), *found]) if hit.start >= before.end]


def _first_of(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for count, match in enumerate(pattern.finditer(text)):
        if count == _MOST_HITS:
            return
        yield match


def _patterns(question: Question) -> Iterator[tuple[int, re.Pattern[str]]]:
    for number, clause in enumerate(question.words()):
        for phrase in clause:
            yield number, _pattern(phrase)


@lru_cache(maxsize=256)
def _pattern(phrase: Phrase) -> re.Pattern[str]:
    return re.compile(word_pattern(phrase))


def _folded(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return *text* folded, and for each character of that where what it came from starts and ends in *text*."""
    folded = fold(text)
    if len(folded) == len(text):
        return folded, range(len(text)), range(1, len(text) + 1)
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, cluster in _clusters(text):
        part = fold(cluster)
        parts.append(part)
        starts += [at] * len(part)
        ends += [at + len(cluster)] * len(part)
    return "".join(parts), starts, ends


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character with the marks behind it that fold together with it, and where it stands."""
    for found in re.finditer(r".[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", text, re.DOTALL):
        yield found.start(), found[0]


def _different(hits: Sequence[_Hit], start: int) -> int:
    return len({hit.clause for hit in hits if start <= hit.start < start + _LENGTH - _BEFORE})


def _rounded(text: str, begin: int, hit: int) -> int:
    """Return where a word or a sentence begins between *begin* and *hit*."""
    if begin == 0:
        return 0
    end = _ENDS.search(text, begin, hit)
    return end.end() if end else begin


def _pieces(text: str, hits: Sequence[_Hit], begin: int, end: int) -> Iterator[Piece]:
    at = begin
    for hit in hits:
        if hit.start < at or hit.end > end:
            continue
        if hit.start > at:
            yield Piece(text[at : hit.start], hit=False)
        yield Piece(text[hit.start : hit.end], hit=True)
        at = hit.end
    if at < end:
        yield Piece(text[at:end], hit=False)
