"""What a search gives: announcements with their hits marked, in an order, and where to go on.

This module alone knows how far ranking goes: the newest that match are ranked, those before them follow newest first,
so that a word which half the archive holds costs no more than a rare one. A cursor is a place to go on below; within
the ranked it is how many were shown, and which announcement had arrived last when they were asked for first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select

from store.announcement import Archived
from store.index.fulltext import FullText
from store.index.ranking import score
from store.index.snippets import Piece, marked, snippet
from store.places import between
from store.search import BadQuestion, Question
from store.tables import announcements

MOST_RANKED = 300
_MOST_ARRIVED = 10_000  # since a cursor was handed out: all of it has to be looked through
_FURTHEST = (1 << 63) - 1  # a place is a number that either engine takes
_CURSOR = re.compile(r"(?P<below>-?\d{1,19})|r(?P<last>\d{1,10})\.(?P<shown>\d{1,4})", re.ASCII)


_ARRIVED = select(func.max(announcements.c.number))


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An announcement that was found: its title marked, and where its text, or an attachment's, answers the question.

    ``found_in`` is the title or the address of that attachment, empty where it is the text; ``snippet`` is empty where
    only the title, or a fact, was asked for.
    """

    announcement: Archived
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]
    found_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of what was found; ``following`` is the cursor of the next, None after the last."""

    hits: tuple[Hit, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to go on: below a place, or within what was ranked among the announcements up to number *last*."""

    below: int | None = None
    last: int | None = None
    shown: int = 0

    @classmethod
    def read(cls, given: str | None) -> Cursor:
        """Return the cursor that *given* writes. Raises BadQuestion."""
        if not given:
            return cls()
        read = _CURSOR.fullmatch(given)
        if read is None or abs(int(read["below"] or 0)) > _FURTHEST:
            raise BadQuestion(f"cursor: expected one that came with an answer, got {given[:40]!r}")
        if read["below"]:
            return cls(below=int(read["below"]))
        return cls(last=int(read["last"]), shown=int(read["shown"]))

    def __str__(self) -> str:
        return f"r{self.last}.{self.shown}" if self.last is not None else str(self.below)


@dataclass(frozen=True, slots=True)
class Places:
    """Places of announcements in the order of an answer, and where it goes on."""

    places: list[int]
    following: Cursor | None


def newest(connection: Connection, index: FullText, question: Question, *, below: int | None, limit: int) -> Places:
    """Return the places of the newest that answer *question*, below *below*."""
    found = index.newest(connection, question, below=below, limit=limit + 1)
    return Places(found[:limit], Cursor(below=found[limit - 1]) if len(found) > limit else None)


def ranked(connection: Connection, index: FullText, question: Question, *, cursor: Cursor, limit: int) -> Places:
    """Return the places of the best among the newest MOST_RANKED that answer *question*; then those before them."""
    if cursor.below is not None:
        return newest(connection, index, question, below=cursor.below, limit=limit)
    arrived = connection.execute(_ARRIVED).scalar() or 0
    last = arrived if cursor.last is None else min(cursor.last, arrived)
    if arrived - last > _MOST_ARRIVED:
        raise BadQuestion("cursor: too much has arrived since it came: ask again from the beginning")
    found = index.newest(connection, question, below=None, limit=MOST_RANKED + arrived - last + 1)
    if arrived > last:
        found = _arrived_by(connection, found, last)
    more, candidates = len(found) > MOST_RANKED, found[:MOST_RANKED]
    order = _by_score(connection, index, question, candidates) if candidates else []
    shown = order[cursor.shown : cursor.shown + limit]
    if cursor.shown + limit < len(order):
        return Places(shown, Cursor(last=last, shown=cursor.shown + limit))
    return Places(shown, Cursor(below=candidates[-1]) if more else None)


def hit(question: Question, announcement: Archived) -> Hit:
    """Return *announcement* with what *question* asks for marked."""
    title = marked(announcement.title, question)
    for found_in, text in _texts(announcement):
        shown = snippet(text, question)
        if shown:
            return Hit(announcement=announcement, title=title, snippet=shown, found_in=found_in)
    return Hit(announcement=announcement, title=title, snippet=())


def _texts(announcement: Archived) -> Iterator[tuple[str, str]]:
    yield "", announcement.text
    for file in announcement.attachments:
        yield file.title or file.url, file.text
    for file in announcement.attachments:
        yield file.title or file.url, file.title


def _arrived_by(connection: Connection, places: Sequence[int], last: int) -> list[int]:
    """Return those of *places* where an announcement up to number *last* stands."""
    there = select(announcements.c.place).where(announcements.c.place.in_(places), announcements.c.number <= last)
    known = set(connection.execute(there).scalars())
    return [place for place in places if place in known]


def _by_score(connection: Connection, index: FullText, question: Question, places: list[int]) -> list[int]:
    words = index.words(connection, places)
    scores = {place: score(question, *words[place], age=between(place, places[0])) for place in places}
    return sorted(places, key=lambda place: (-scores[place], -place))
