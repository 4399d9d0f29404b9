"""What feeds and messages ask of the archive: what is new, what changed, what is gone, and who else tells it.

This module alone knows which of several announcements that tell one thing is the one to be shown: in each language the
one that was here first, so that what comes later never takes its place. Every method is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from store.announcement import Archived
from store.database import Database
from store.query import Query
from store.records import read
from store.tables import announcements, events
from store.turns import last_turn

_BATCH = 500
_MOST_TELLINGS = 20
_FOUND = tuple(announcements.c[name] for name in ("number", "place", "turn", "id", "story", "language", "first_seen"))
_SAID = tuple(announcements.c[name] for name in ("url", "title", "organisation", "source"))
_TELLINGS = (
    select(*_FOUND, *_SAID)
    .where(announcements.c.story.in_(bindparam("stories", expanding=True)), announcements.c.gone.is_(None))
    .order_by(announcements.c.place.desc())
)
_CHANGED = select(announcements).where(announcements.c.updated > announcements.c.first_seen)
_CHANGED = _CHANGED.where(announcements.c.gone.is_(None)).order_by(announcements.c.updated.desc(), announcements.c.id)
_GONE = select(announcements).where(announcements.c.gone.is_not(None))
_GONE = _GONE.order_by(announcements.c.gone.desc(), announcements.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One of the announcements of a story, as the others name it."""

    id: str
    url: str
    title: str
    language: str
    organisation: str
    source: str


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Announcements in the order of their turns, and the turn up to which all that were asked for are among them."""

    announcements: tuple[Archived, ...]
    turns: tuple[int, ...]
    last: int


class News:
    """The archive in *database*, as those who follow it see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def turn(self) -> int:
        """Return the turn of what came or changed last, 0 where nothing is here."""
        with self._database.reading() as connection:
            return last_turn(connection)

    def newest(self, query: Query, *, limit: int, once: bool) -> list[Archived]:
        """Return what *query* asks for, newest first; *once* a story and language.

        Raises BadQuestion (store.search) for words that can't be looked for, or not in time.
        """
        found: list[Row[Any]] = []
        below: int | None = None
        with self._opened(query) as connection:
            while len(found) < limit:
                rows = self._rows(connection, query, below=below)
                found += self._once(connection, query, rows) if once else rows
                if len(rows) < _BATCH:
                    break
                below = rows[-1].place
            return _whole(connection, found[:limit])

    def arrivals(self, query: Query, *, after: int, limit: int, once: bool) -> Arrivals:
        """Return at most *limit* of what *query* asks for that came or changed after the turn *after*, in that order.

        ``last`` is the turn of the last of them, or of the last in the archive where there are no more. It takes the
        time that it takes: to look for words since a turn long ago reads all that came since.
        """
        found: list[Row[Any]] = []
        later = select(*_FOUND).where(*query.conditions()).order_by(announcements.c.turn).limit(_BATCH)
        last = after
        with self._database.reading() as connection:
            end = last_turn(connection)
            while len(found) < limit:
                rows = connection.execute(later.where(announcements.c.turn > last)).all()
                answering = self._answering(connection, query, rows)
                found += self._once(connection, query, answering) if once else answering
                if len(rows) < _BATCH:
                    last = end
                    break
                last = rows[-1].turn
            some = found[:limit]
            if len(some) == limit:
                last = some[-1].turn
            return Arrivals(tuple(_whole(connection, some)), tuple(row.turn for row in some), last)

    def at(self, turns: Sequence[int], query: Query, *, once: bool) -> Arrivals:
        """Return what is still at *turns*, where what *query* asks for was: what changed since has another turn."""
        there = select(*_FOUND).where(announcements.c.turn.in_(turns), *query.conditions())
        with self._database.reading() as connection:
            rows = connection.execute(there.order_by(announcements.c.turn)).all()
            found = self._once(connection, query, rows) if once else list(rows)
            turn = max(turns, default=0)
            return Arrivals(tuple(_whole(connection, found)), tuple(row.turn for row in found), turn)

    def changed(self, *, limit: int) -> list[Archived]:
        """Return announcements that changed after they were first seen, the latest change first."""
        return self._read(_CHANGED.limit(limit))

    def gone(self, *, limit: int) -> list[Archived]:
        """Return announcements whose page was removed, the last one first."""
        return self._read(_GONE.limit(limit))

    def events(self, query: Query, *, limit: int) -> list[Archived]:
        """Return what *query* asks for and has events, what is gone as well, that with the latest event first.

        Its words are looked for among the *limit* latest.
        """
        dated = select(events.c.announcement, func.max(events.c.starts).label("latest")).group_by(events.c.announcement)
        latest = dated.subquery()
        found = (
            select(announcements)
            .join(latest, latest.c.announcement == announcements.c.number)
            .where(*replace(query, gone=True).conditions())
            .order_by(latest.c.latest.desc(), announcements.c.id)
            .limit(limit)
        )
        with self._opened(query) as connection:
            rows = connection.execute(found).all()
            return read(connection, self._answering(connection, replace(query, gone=True), rows))

    def tellings(self, told: Iterable[Archived]) -> dict[str, tuple[Telling, ...]]:
        """Return by id who else tells what *told* tell, translations among them, the newest first, at most twenty."""
        by_story: dict[str, list[Telling]] = {}
        some = [announcement for announcement in told if announcement.story]
        with self._database.reading() as connection:
            for row in _in_parts(connection, _TELLINGS, "stories", {one.story for one in some}):
                telling = Telling(**{name: getattr(row, name) for name in Telling.__slots__})
                by_story.setdefault(row.story, []).append(telling)
        return {
            one.id: tuple(each for each in by_story.get(one.story or "", ()) if each.id != one.id)[:_MOST_TELLINGS]
            for one in some
        }

    def _read(self, found: Select[Any]) -> list[Archived]:
        with self._database.reading() as connection:
            return read(connection, connection.execute(found).all())

    def _opened(self, query: Query) -> AbstractContextManager[Connection]:
        return self._database.asking() if query.asks else self._database.reading()

    def _rows(self, connection: Connection, query: Query, *, below: int | None) -> Sequence[Row[Any]]:
        newest = announcements.c.place.desc()
        if query.asks:
            index = self._database.index
            places = index.newest(connection, query.question(), below=below, limit=_BATCH)
            there = select(*_FOUND).where(announcements.c.place.in_(places))
            return connection.execute(there.order_by(newest)).all()
        found = select(*_FOUND).where(*query.conditions()).order_by(newest).limit(_BATCH)
        return connection.execute(found if below is None else found.where(announcements.c.place < below)).all()

    def _answering(self, connection: Connection, query: Query, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Return those of *rows* that answer the words of *query*."""
        if not query.asks:
            return list(rows)
        found = self._database.index.among(connection, query.question(), [row.place for row in rows])
        return [row for row in rows if row.place in found]

    def _once(self, connection: Connection, query: Query, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Return *rows* without those that tell what another one told before, of those that *query* asks for."""
        stories = {row.story for row in rows if row.story}
        if not stories:
            return list(rows)
        telling = _TELLINGS.where(*query.conditions())
        told = self._answering(connection, query, list(_in_parts(connection, telling, "stories", stories)))
        first: dict[tuple[str, str], Row[Any]] = {}
        for row in sorted(told, key=_arrival):
            first.setdefault((row.story, row.language), row)
        shown = {row.number for row in first.values()}
        return [row for row in rows if not row.story or row.number in shown]


def _whole(connection: Connection, found: Sequence[Row[Any]]) -> list[Archived]:
    """Return the announcements of the rows *found*, in their order."""
    numbers = [row.number for row in found]
    rows = connection.execute(select(announcements).where(announcements.c.number.in_(numbers))).all()
    by_number = {row.number: row for row in rows}
    return read(connection, [by_number[number] for number in numbers])


def _arrival(row: Row[Any]) -> tuple[object, ...]:
    return row.first_seen, row.id


def _in_parts(connection: Connection, asked: Select[Any], name: str, values: Iterable[Any]) -> Iterable[Row[Any]]:
    """Yield the rows of *asked* for the parameter *name*, of which a question can take some thousands only."""
    every = sorted(values)
    for start in range(0, len(every), _BATCH):
        yield from connection.execute(asked, {name: every[start : start + _BATCH]})
