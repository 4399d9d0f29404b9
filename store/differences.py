"""What changed from one wording to another: words in Latin script, single characters in Japanese. Pure.

Two wordings come in, pieces go out: what is the same, what was removed, what was added. diff-match-patch searches;
this module alone knows what it searches among. It compares characters, so every sentence, then every token of the
sentences that changed, becomes one code point. A text of sentences that stayed is so read quickly however long it is.

The search is bounded by a count of its steps, not by the library's clock, so that the same two wordings give the same
pieces on any machine. Where the steps run out, what is left is removed and added whole: coarse, and still right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Protocol

from diff_match_patch import diff_match_patch

from store.announcement import Attachment

CONTEXT = 16  # tokens: some eight words, or sixteen characters of Japanese
STEPS = 4_000_000  # about a second in all
_MOST_UNITS = 500_000  # there are twice as many code points to name them by
_MOST_TIDIED = 10_000  # tokens: tidying takes their square

_CJK = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"  # they belong to the character before
_SENTENCE = re.compile(r"[^\n。]*(?:[\n。]\s*|\Z)")
_TOKEN = re.compile(
    rf"\s+|\d+(?:[.,]\d+)*|[{_CJK}][{_MARKS}]*|[^\W\d_{_CJK}](?:['’]?[^\W_{_CJK}]|[{_MARKS}])*|.[{_MARKS}]*", re.DOTALL
)


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and what became of it."""

    kind: Kind
    text: str


class Wording(Protocol):
    """What a revision and the present announcement have in common."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def attachments(self) -> tuple[Attachment, ...]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """How two wordings differ. Same and removed pieces joined are the old text, same and added ones the new.

    Attachments are told apart by their address.
    """

    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    removed: tuple[Attachment, ...] = ()
    added: tuple[Attachment, ...] = ()


def difference(old: Wording, new: Wording, *, steps: int = STEPS) -> Difference:
    """Return what changed from *old* to *new*, as exactly as so many *steps* for title and text each can find it."""
    return Difference(
        pieces(old.title, new.title, steps=steps),
        pieces(old.text, new.text, steps=steps),
        _missing(old.attachments, new.attachments),
        _missing(new.attachments, old.attachments),
    )


def pieces(old: str, new: str, *, steps: int = STEPS) -> tuple[Piece, ...]:
    """Return *old* and *new* as one text, in which what was removed stands before what was added in its place.

    >>> [(piece.kind.value, piece.text) for piece in pieces("令和7年 third", "令和8年 fourth")]
    [('same', '令和'), ('removed', '7'), ('added', '8'), ('same', '年 '), ('removed', 'third'), ('added', 'fourth')]
    """
    if old == new:
        return (Piece(Kind.SAME, old),) if old else ()
    search = _Search(steps)
    by_sentence = _aligned(_SENTENCE.findall(old), _SENTENCE.findall(new), search)
    return tuple(_joined(_refined(by_sentence, search)))


def shortened(long: Iterable[Piece], *, context: int = CONTEXT) -> tuple[Piece, ...]:
    """Return pieces whose unchanged stretches are cut to *context* tokens beside each change.

    A token is a word, a number, a character of Japanese, a sign, or the space between two. An ellipsis stands for what
    is left out, two of them on two lines where that went from line to line between two changes. Where nothing changed
    nothing comes back.
    """
    whole = tuple(long)
    if all(piece.kind is Kind.SAME for piece in whole):
        return ()
    last = len(whole) - 1
    return tuple(
        Piece(piece.kind, _cut(piece.text, context if place else 0, context if place < last else 0))
        if piece.kind is Kind.SAME
        else piece
        for place, piece in enumerate(whole)
    )


class _Search(diff_match_patch):  # type: ignore[misc]
    """The library's search, which gives up after so many steps and not after so many seconds."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.Diff_Timeout = 0
        self.steps = steps

    def diff_bisect(self, text1: str, text2: str, deadline: Any) -> Any:
        return super().diff_bisect(text1, text2, _Deadline(self, len(text1) + len(text2)))


class _Deadline:
    """A time that has come when a search has used up its steps: the library asks once a round whether it has.

    The n-th round looks at some 2n pairs of units, and may follow each as far as the two texts go on alike.
    """

    def __init__(self, search: _Search, units: int) -> None:
        self._search = search
        self._cost = units // 20

    def __lt__(self, now: float) -> bool:
        self._cost += 4
        self._search.steps -= self._cost
        return self._search.steps < 0


_KINDS = {_Search.DIFF_EQUAL: Kind.SAME, _Search.DIFF_DELETE: Kind.REMOVED, _Search.DIFF_INSERT: Kind.ADDED}


def _aligned(old: Sequence[str], new: Sequence[str], search: _Search, *, tidy: bool = False) -> Iterator[Piece]:
    """Yield pieces made of whole units, of which *old* and *new* are two sequences."""
    if len(old) + len(new) > _MOST_UNITS:
        yield from (Piece(Kind.REMOVED, "".join(old)), Piece(Kind.ADDED, "".join(new)))
        return
    codes: dict[str, str] = {}
    texts = ("".join(codes.setdefault(unit, _code(len(codes))) for unit in text) for text in (old, new))
    found = search.diff_main(*texts, False)
    if tidy:
        search.diff_cleanupSemantic(found)
    units = {code: unit for unit, code in codes.items()}
    for change, coded in found:
        yield Piece(_KINDS[change], "".join(units[code] for code in coded))


def _code(number: int) -> str:
    """Return a code point beyond the surrogates, private ones first: the library sees neither words nor space."""
    return chr(0x10000 + (0xE0000 + number) % 0x100000)


def _refined(by_sentence: Iterable[Piece], search: _Search) -> Iterator[Piece]:
    """Yield the pieces with the sentences that changed taken apart into tokens."""
    for same, run in groupby(by_sentence, lambda piece: piece.kind is Kind.SAME):
        if same:
            yield from run
            continue
        changed = list(run)
        old, new = (_tokens(_text(changed, kind)) for kind in (Kind.REMOVED, Kind.ADDED))
        yield from _aligned(old, new, search, tidy=len(old) + len(new) <= _MOST_TIDIED)


def _joined(parts: Iterable[Piece]) -> Iterator[Piece]:
    """Yield neighbours of one kind as one piece."""
    for kind, run in groupby(parts, lambda piece: piece.kind):
        text = "".join(piece.text for piece in run)
        if text:
            yield Piece(kind, text)


def _text(parts: Iterable[Piece], kind: Kind) -> str:
    return "".join(piece.text for piece in parts if piece.kind is kind)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _cut(text: str, first: int, last: int) -> str:
    """Return the *first* and *last* tokens of *text* with an ellipsis between them, or it all where it is shorter."""
    tokens = _tokens(text)
    if len(tokens) <= first + last + 1:
        return text
    end = len(tokens) - last
    gap = "…\n…" if first and last and any("\n" in token for token in tokens[first:end]) else "…"
    return "".join((*tokens[:first], gap, *tokens[end:]))


def _missing(files: Iterable[Attachment], elsewhere: Iterable[Attachment]) -> tuple[Attachment, ...]:
    there = {file.url for file in elsewhere}
    return tuple(file for file in files if file.url not in there)
