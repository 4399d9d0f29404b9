"""What takes place when: the events and deadlines of all announcements, the earliest first. Every method is one
transaction.

This module alone knows which of them fall into a stretch of time, and which of those that tell one thing stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from store.announcement import Event
from store.database import Database
from store.query import Query
from store.search import BadQuestion
from store.tables import announcements, events

MOST_LISTED = 500
LONGEST = timedelta(days=366)
"""So long before a stretch of time an event may have begun that still goes on in it. What is longer is missed there: a
text's periods are half a year at most, and to look through all that ever began would take the longer the more there is.
"""
_A_DAY = timedelta(days=1)
_FIRST = datetime.min.replace(tzinfo=UTC) + LONGEST + _A_DAY  # before that there is no time to look back to
_DEADLINE = "deadline"
_EVER = Query(gone=False)
_WHEN = ("announcement", "position", "kind", "starts", "ends", "timezone", "all_day", "title", "place")
_WHOSE = ("id", "url", "title", "language", "title_language", "organisation", "source", "story")
_IN_ORDER = (events.c.starts, events.c.announcement, events.c.position)


@dataclass(frozen=True, slots=True)
class Dated:
    """An event, in its own zone, and what is needed to name the announcement that tells it."""

    event: Event
    id: str
    url: str
    title: str
    language: str
    title_language: str
    organisation: str
    source: str
    story: str | None


class Agenda:
    """The events and deadlines in *database*, those of announcements that are gone left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(
        self, since: datetime, until: datetime, *, query: Query = _EVER, limit: int = MOST_LISTED
    ) -> list[Dated]:
        """Return what takes place at any time from *since* on and before *until*, the earliest first.

        What began before and still goes on is among it, if it began no more than LONGEST before. A deadline falls on
        the moment at which it closes, an all-day one on its whole day; midnight belongs to the day that it ends.
        *query* says of which announcements. Raises BadQuestion where that asks for words.
        """
        return self._listed(and_(_open(since), _begun(until)), query, limit)

    def next(self, now: datetime, *, kind: str = _DEADLINE, query: Query = _EVER, limit: int = 20) -> list[Dated]:
        """Return the deadlines that are not closed at *now*, or the events that are not over, the soonest first.

        Raises BadQuestion where *query* asks for words.
        """
        back = _A_DAY if kind == _DEADLINE else LONGEST  # a deadline is but a moment, or the day that begins with it
        return self._listed(and_(_open(now, back), events.c.kind == kind), query, limit)

    def _listed(self, which: ColumnElement[bool], query: Query, limit: int) -> list[Dated]:
        if query.asks:
            raise BadQuestion("words: expected only source, organisation, language and topic, which narrow a calendar")
        # Correlated, so that only those announcements are looked up whose events fall into the time.
        here = exists().where(
            announcements.c.number == events.c.announcement, announcements.c.gone.is_(None), *query.conditions()
        )
        when = select(*(events.c[name] for name in _WHEN)).where(which, here).order_by(*_IN_ORDER).limit(limit)
        dated = when.subquery()
        listed = (
            select(dated, *(announcements.c[name] for name in _WHOSE))
            .join_from(dated, announcements, dated.c.announcement == announcements.c.number)
            .order_by(dated.c.starts, dated.c.announcement, dated.c.position)
        )
        with self._database.reading() as connection:
            return [_dated(row) for row in connection.execute(listed)]


def once(dated: Sequence[Dated], language: str) -> list[Dated]:
    """Return *dated* in its order, of each event only what one announcement tells of it: one in *language* where there
    is one. Pure.

    One event is what the announcements of one story tell of the same kind and start.
    """
    teller: dict[tuple[object, ...], Dated] = {}
    for each in dated:
        chosen = teller.setdefault(_what(each), each)
        if each.language == language != chosen.language:
            teller[_what(each)] = each
    return [each for each in dated if teller[_what(each)].id == each.id]


def _what(dated: Dated) -> tuple[object, ...]:
    return dated.story or dated.id, dated.event.kind, dated.event.starts


def _open(moment: datetime, back: timedelta = LONGEST) -> ColumnElement[bool]:
    """Return the condition that an event or deadline, begun no more than *back* before, is not over at *moment*."""
    last = case((events.c.kind == _DEADLINE, events.c.starts), else_=func.coalesce(events.c.ends, events.c.starts))
    return and_(
        events.c.starts > max(moment, _FIRST) - back,
        or_(
            events.c.starts > moment,
            last > moment,
            and_(events.c.all_day == 1, last > moment - _A_DAY),
            and_(events.c.kind != _DEADLINE, events.c.starts == moment),
        ),
    )


def _begun(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that an event or deadline belongs to the time before *moment*."""
    closes = and_(events.c.kind == _DEADLINE, events.c.all_day == 0)
    return and_(events.c.starts <= moment, or_(events.c.starts < moment, closes))


def _dated(row: Sequence[Any]) -> Dated:
    kind, starts, ends, timezone, all_day, title, place, *whose = row[2:]
    zone = ZoneInfo(timezone or "UTC")
    event = Event(
        kind=kind,
        starts=starts.astimezone(zone),
        ends=ends and ends.astimezone(zone),
        timezone=timezone,
        all_day=bool(all_day),
        title=title,
        place=place,
    )
    return Dated(event, *whose)
