"""Two wordings in, whether they tell one thing out; and the sketch by which such pairs are found among many.

Pure, and the same whichever of the two comes first. This module alone knows what sets apart a thing told again from
another one told by the same template: where one text has a number or a name, the other has another one.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from operator import eq

from rensa import RMinHash

from store.facts import CJK, KANJI, NUMBER, WORD, Places, Token, dated, places, tokens
from store.search import fold

WINDOW = timedelta(days=14)  # what is published further apart is not one thing
# Of two that share half of their shingles 93 of 100 meet in a bucket, of two that share a twentieth 1 of 400.
BANDS = 20
_ROWS = 3  # values of a sketch that make a band
_SKETCH = struct.Struct(f">{BANDS * _ROWS}H")
_BITS = 14  # of each value that go into its bucket
_SEED = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LONGEST = 20_000  # characters that are looked at: what is told stands at the beginning
_FEWEST_SHINGLES = 40  # below that, two notices may read the same and be two
_WORTH_READING = 0.15  # the share of their sketches that two have in common
_TOLD_AGAIN = 0.65  # the share of the shorter one's shingles that stand in the other, too
_MOST_CORRECTIONS = 1  # facts in which two tellings of one thing may differ, outside of their titles
_SHORTEST_NAME = 2  # pieces

Lacks = Callable[[str], bool]

_PIECE = re.compile(rf"{NUMBER}|[{CJK}]|{WORD}")
_SIGN = re.compile(rf"{_PIECE.pattern}|\S")
_TERM = re.compile(rf"[{KANJI}\u30a1-\u30fa\u30fc]{{3,}}")


@dataclass(frozen=True)
class Wording:
    """A title and a text, and what is compared of them, worked out when it is asked for."""

    title: str
    text: str

    @cached_property
    def title_pieces(self) -> list[str]:
        """Japanese characters, Latin words and numbers, in order."""
        return _pieces(self.title)

    @cached_property
    def title_signs(self) -> list[str]:
        """The same with the punctuation between them."""
        return _SIGN.findall(fold(_plain(self.title)))

    @cached_property
    def text_pieces(self) -> list[str]:
        return _pieces(self.text)

    @cached_property
    def shingles(self) -> frozenset[str]:
        """What stands in a row: three characters of Japanese, three words of Latin script."""
        pieces = self.title_pieces + self.text_pieces
        return frozenset(map(" ".join, zip(pieces, pieces[1:], pieces[2:], strict=False)))

    @cached_property
    def title_facts(self) -> frozenset[str]:
        return _facts(tokens(_plain(self.title)))

    @cached_property
    def facts(self) -> frozenset[str]:
        return self.title_facts | _facts(tokens(_plain(self.text)))

    @cached_property
    def places(self) -> Places:
        return places([*tokens(_plain(self.title)), *tokens(_plain(self.text))])

    @cached_property
    def title_places(self) -> Places:
        return places(tokens(_plain(self.title)))

    def lacks(self, fact: str) -> bool:
        """Say whether *fact* stands nowhere here; of a name, not as a part of a longer one either."""
        return fact not in self.facts and (fact[0].isdigit() or fact not in self._folded)

    def counts_otherwise(self, fact: str) -> bool:
        """Say whether *fact* is a number that is not in the title here, wherever else: 3 of the 3rd meeting."""
        return fact[0].isdigit() and fact not in self.title_facts

    def repeats(self, name: list[str]) -> bool:
        """Say whether these pieces stand together in the text, too."""
        return _run(name) in _run(self.text_pieces)

    def knows(self, name: list[str]) -> bool:
        return self.repeats(name) or _run(name) in _run(self.title_pieces)

    @cached_property
    def _folded(self) -> str:
        return fold(f"{_plain(self.title)}\n{_plain(self.text)}")


def sketch(wording: Wording) -> bytes:
    """Return the MinHash of the shingles, 16 bits a value; nothing of a text that is too short to be told again.

    Sketches are kept: another release of rensa that hashes in another way must come with sketches made anew.
    """
    if len(wording.shingles) < _FEWEST_SHINGLES:
        return b""
    minhash = RMinHash(num_perm=BANDS * _ROWS, seed=_SEED)
    minhash.update(list(wording.shingles))
    return _SKETCH.pack(*(value & 0xFFFF for value in minhash.digest()))


def buckets(sketched: bytes, published: datetime, *, around: bool = False) -> list[int]:
    """Return where an announcement lies: one bucket a band, of its time; *around* it, also of the times beside it.

    A time is as long as the window: whatever is within it lies in the same one or in one of those beside it.
    """
    if not sketched:
        return []
    values = _SKETCH.unpack(sketched)
    own = (published - _EPOCH) // WINDOW
    times = range(own - 1, own + 2) if around else (own,)
    return [_bucket(time * BANDS + band, values[_ROWS * band :][:_ROWS]) for time in times for band in range(BANDS)]


def _bucket(first: int, values: Iterable[int]) -> int:
    for value in values:
        first = first << _BITS | value & ((1 << _BITS) - 1)
    return first


def worth_reading(one: bytes, other: bytes) -> bool:
    """Say whether two sketches have so much in common that the texts may be alike; what is no sketch has nothing."""
    if not len(one) == len(other) == _SKETCH.size:
        return False
    in_common: int = sum(map(eq, _SKETCH.unpack(one), _SKETCH.unpack(other)))
    return in_common >= _WORTH_READING * BANDS * _ROWS


def alike(one: Wording, other: Wording) -> bool:
    """Say whether the two tell one thing: most of the shorter one stands in the other, and no fact speaks against it.

    So an edited, a shortened or an introduced text is found again; another city, year or number in its template is not.
    """
    least = min(len(one.shingles), len(other.shingles))
    if least < _FEWEST_SHINGLES or len(one.shingles & other.shingles) < _TOLD_AGAIN * least:
        return False
    return not _named_otherwise(one, other) and not _contradict(one, other)


def _contradict(one: Wording, other: Wording) -> bool:
    """In the same place each has a fact that the other one has nowhere; in a title it counts, elsewhere two do."""
    own, theirs = _differing(one.title_places, other.title_places, other.counts_otherwise, one.counts_otherwise)
    if own:
        return True
    own, theirs = _differing(one.places, other.places, other.lacks, one.lacks)
    in_titles = own & one.title_facts and theirs & other.title_facts
    return bool(in_titles) or max(len(own), len(theirs)) > _MOST_CORRECTIONS


def _differing(one: Places, other: Places, lacking: Lacks, lacking_here: Lacks) -> tuple[set[str], set[str]]:
    """Return the facts of each side that the other one lacks, from where both have some."""
    own: set[str] = set()
    theirs: set[str] = set()
    for place in one.keys() & other.keys():
        mine = set(filter(lacking, one[place]))
        its = set(filter(lacking_here, other[place]))
        if mine and its:
            own |= mine
            theirs |= its
    return own, theirs


def _named_otherwise(one: Wording, other: Wording) -> bool:
    """The titles are of one template, and in it each names something that the other announcement doesn't know."""
    own, theirs = _middles(one.title_signs, other.title_signs)
    in_common = len(one.title_signs) - len(own)
    if 2 * in_common < min(len(one.title_signs), len(other.title_signs)):
        return False
    unknown = [name for name in _names(own, one) if not other.knows(name)]
    return bool(unknown) and any(not one.knows(name) for name in _names(theirs, other))


def _names(middle: list[str], wording: Wording) -> list[list[str]]:
    """Return what may be a name in the *middle* of a title: a term in Japanese, or all of it if the text repeats it."""
    terms = [list(term) for term in _TERM.findall("".join(middle))]
    whole = [sign for sign in middle if _PIECE.fullmatch(sign)]
    repeated = len(whole) >= _SHORTEST_NAME and wording.repeats(whole)
    return [*terms, whole] if repeated else terms


def _middles(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Return what is left of both without what they begin and end with in common."""
    begin = _in_common(one, other)
    one, other = one[begin:], other[begin:]
    end = _in_common(one[::-1], other[::-1])
    return one[: len(one) - end], other[: len(other) - end]


def _in_common(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _plain(text: str) -> str:
    return dated(unicodedata.normalize("NFKC", text[:_LONGEST]))


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(fold(_plain(text)))


def _run(pieces: list[str]) -> str:
    return f" {' '.join(pieces)} "


def _facts(among: Iterable[Token]) -> frozenset[str]:
    return frozenset(token.value for token in among if token.fact)
