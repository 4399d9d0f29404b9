"""What the pages of a source had, run by run, in; what they lack now and had before, out. Pure.

This module alone knows when a lack is none of chance. The latest runs in which the share of pages without a thing was
as large as asked for are held against those before them: by these, so many in a row must be unlikely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

Coverage = Mapping[str, int]  # of a run: ``pages`` to be read, those that ``failed``, and those that had each of _NAMES

_NAMES = {"titles": "title", "dates": "date", "bodies": "text where it is declared", "attachments": "attachment"}
_MOST, _NEARLY_ALL = 0.5, 0.9
_UNLIKELY = 1e-3
_FEW = 10  # pages, from which nothing follows
_SEVERAL = 3
_TRUSTED = (40, 0)  # pages without a failure that a source is taken to have had before its first


def lost(coverage: Sequence[Coverage]) -> str:
    """Say what nearly all of the latest pages lack that nearly all before them had; nothing where there is none such.

    *coverage* is of runs that had pages to read, newest first.
    """
    failed = _Lack.of([*((each["pages"], each["failed"]) for each in coverage), _TRUSTED], _NEARLY_ALL)
    if failed.lacking >= _SEVERAL and failed.is_unlikely():
        return f"{failed.lacking} of the last {failed.pages} pages became no announcement"
    for field in ("titles", "dates", "bodies"):
        lack = _Lack.of([_read(each, field) for each in coverage], _NEARLY_ALL)
        if lack.is_news() and lack.usual_lacking <= (1 - _NEARLY_ALL) * lack.usual_pages:
            return lack.told(field)
    return ""


def rarer(coverage: Sequence[Coverage]) -> str:
    """Say what most of the latest pages lack that more before them had; nothing where there is none such."""
    for field in _NAMES:
        lack = _Lack.of([_read(each, field) for each in coverage], _MOST)
        if lack.is_news():
            return lack.told(field)
    return ""


def _read(coverage: Coverage, field: str) -> tuple[int, int]:
    """Return how many pages were read, and how many of those lack *field*."""
    read = coverage["pages"] - coverage["failed"]
    return read, read - coverage[field]


@dataclass(frozen=True, slots=True)
class _Lack:
    """Of the latest ``pages`` so many are ``lacking`` a thing, of those before them so many usually."""

    pages: int
    lacking: int
    usual_pages: int
    usual_lacking: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]], share: float) -> _Lack:
        """Return what *pairs*, of pages and of those that lack it, say where *share* at least of the latest do."""
        told = [pair for pair in pairs if pair[0]]
        latest = list(takewhile(lambda pair: pair[1] >= share * pair[0], told))
        return cls(*_summed(latest), *_summed(told[len(latest) :]))

    def is_news(self) -> bool:
        return self.lacking >= 2 and self.usual_pages >= _FEW and self.is_unlikely()

    def is_unlikely(self) -> bool:
        """Say whether as many as half of the pages would hardly lack it by chance.

        One page lacks it with the chance that the rule of succession gives; so many of twice as many do with that
        chance to their power, times the ways to choose them, which are fewer than four to that power.
        """
        chance = (self.usual_lacking + 1) / (self.usual_pages + 2)
        return (4 * chance) ** self.lacking < _UNLIKELY

    def told(self, field: str) -> str:
        had = 100 * (self.usual_pages - self.usual_lacking) // self.usual_pages
        return f"{self.lacking} of the last {self.pages} pages have no {_NAMES[field]}, which {had} % had before"


def _summed(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(pages for pages, _ in pairs), sum(lacking for _, lacking in pairs)
