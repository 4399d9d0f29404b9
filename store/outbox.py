"""The outbox: what is to be told to whom, kept until it was taken, so that each is told once over restarts.

This module alone knows since when a destination is told, when what failed is tried again and given up, and how long is
remembered what was told. Every method is one transaction; nothing is sent here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Update, delete, func, insert, or_, select, update

from store.database import Database
from store.tables import deliveries, destinations
from store.turns import last_turn

HUB = ":hub"  # the destination of pings: no destination that the settings name has a colon
FRESH = timedelta(days=14)  # what is older is no news
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 22  # over three days

_FIRST_WAIT = timedelta(seconds=30)
_REMEMBERED = timedelta(days=90)  # far longer than anything is FRESH
_CLOCK_WAS_WRONG = timedelta(hours=8)  # no date of ours is further ahead: a long wait, and what is drawn upon it
_MOST_KEYS = 500  # in a question

_WAITING = deliveries.c.ended.is_(None)


class Kind(StrEnum):
    """What a delivery tells: an announcement of the archive, a notice to the operator, or that a feed changed."""

    ANNOUNCEMENT = "announcement"
    NOTICE = "notice"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Item:
    """Something to tell. ``key`` is what makes it the same: an announcement's id, a notice's, a feed's address."""

    key: str
    kind: Kind
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An item on its way to a destination; ``attempts`` are those that failed."""

    number: int
    destination: str
    item: Item
    queued: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Followed:
    """Since when a destination is told, the turn up to which all was queued for it, and why it is told no more."""

    begun: datetime
    turn: int
    stopped: str = ""


class Outbox:
    """The outbox in *database*."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, destination: str, *, now: datetime) -> Followed:
        """Return how far *destination* was told; a new one begins at the present turn, and gets nothing older."""
        with self._database.writing() as connection:
            row = connection.execute(select(destinations).where(destinations.c.name == destination)).first()
            if row is not None and row.begun > now:  # a clock was ahead: till then nothing would be news
                connection.execute(update(destinations).where(destinations.c.name == destination).values(begun=now))
            if row is not None:
                return Followed(min(row.begun, now), row.turn, row.stopped)
            turn = last_turn(connection)
            connection.execute(insert(destinations).values(name=destination, begun=now, turn=turn, stopped=""))
            return Followed(now, turn)

    def queue(self, destination: str, items: Iterable[Item], *, turn: int, now: datetime) -> int:
        """Queue those of *items* that *destination* was never told, note that all up to *turn* are, and count them."""
        by_key = {item.key: item for item in items}
        with self._database.writing() as connection:
            for key in _known(connection, destination, by_key):
                del by_key[key]
            rows = [_row(destination, item, now) for item in by_key.values()]
            if rows:
                connection.execute(insert(deliveries), rows)
            followed = update(destinations).where(destinations.c.name == destination, destinations.c.turn < turn)
            connection.execute(followed.values(turn=turn))
        return len(rows)

    def ping(self, states: Mapping[str, str], *, now: datetime) -> None:
        """Queue a ping for each topic whose state is another than that of its last ping: in place of one that waits, as
        late as that; else at once.
        """
        with self._database.writing() as connection:
            for topic, state in states.items():
                here = (deliveries.c.destination == HUB, deliveries.c.key == topic)
                row = connection.execute(select(deliveries).where(*here)).first()
                new = _row(HUB, Item(topic, Kind.PING, {"state": state}), now)
                if row is not None and row.content.get("state") == state:
                    continue
                if row is None:
                    connection.execute(insert(deliveries).values(**new))
                    continue
                # One that is being sent may come too early for this change: what tells them apart is when they came.
                queued = max(now, row.queued + timedelta(microseconds=1))
                again = ({"content": new["content"]} if row.ended is None else new) | {"queued": queued}
                connection.execute(update(deliveries).where(*here).values(**again))

    def due(
        self, destination: str, kind: Kind | None = None, *, now: datetime, queued_by: datetime | None = None
    ) -> list[Delivery]:
        """Return what is to be tried now, of one *kind* or any: what failed least, then the oldest, first.

        With *queued_by* all that was queued by then and waits, where any of it is due.
        """
        of_it = select(deliveries).where(deliveries.c.destination == destination, _WAITING)
        of_it = of_it.order_by(deliveries.c.attempts, deliveries.c.number)  # one that never goes holds up no other
        if kind is not None:
            of_it = of_it.where(deliveries.c.kind == kind)
        if queued_by is not None:
            of_it = of_it.where(_by(deliveries.c.queued, queued_by, now))
        is_due = of_it.where(_by(deliveries.c.due, now, now))
        with self._database.reading() as connection:
            if queued_by is None or connection.execute(is_due.limit(1)).first() is None:
                of_it = is_due
            return [_delivery(row) for row in connection.execute(of_it)]

    def delivered(self, taken: Iterable[Delivery], *, now: datetime) -> None:
        """Note that *taken* were."""
        with self._database.writing() as connection:
            _end(connection, taken, "", now)

    def failed(
        self, tried: Sequence[Delivery], problem: str, *, now: datetime, wait: timedelta | None = None, all_wait: bool
    ) -> list[Delivery]:
        """Note that *tried* failed, and return those that are given up.

        The others are tried again after *wait*, or after ``back_off``; with *all_wait* whatever else waits for the
        same destination is not tried before.
        """
        given_up = [delivery for delivery in tried if delivery.attempts + 1 >= MOST_ATTEMPTS]
        waits = {each.number: max(wait or timedelta(), back_off(each.item.key, each.attempts + 1)) for each in tried}
        with self._database.writing() as connection:
            for each in tried:
                noted = _of(each).values(attempts=each.attempts + 1, problem=problem, due=now + waits[each.number])
                connection.execute(noted)
            _end(connection, given_up, problem, now)
            if all_wait:
                until = now + max(waits.values())
                others = update(deliveries).where(deliveries.c.destination == tried[0].destination, _WAITING)
                connection.execute(others.where(deliveries.c.due < until).values(due=until))
        return given_up

    def refused(self, tried: Iterable[Delivery], problem: str, *, now: datetime) -> None:
        """Note that *tried* will never be taken, and why."""
        with self._database.writing() as connection:
            _end(connection, tried, problem, now)

    def stop(self, destination: str, problem: str, *, now: datetime) -> None:
        """Tell *destination* nothing more, neither what waits nor what will come."""
        waiting = update(deliveries).where(deliveries.c.destination == destination, _WAITING)
        with self._database.writing() as connection:
            connection.execute(waiting.values(ended=now, problem=problem))
            there = update(destinations).where(destinations.c.name == destination)
            connection.execute(there.values(stopped=problem))

    def last_told(self, destination: str, *, now: datetime) -> datetime | None:
        """Return when *destination* took announcements last."""
        taken = (deliveries.c.problem == "", deliveries.c.ended <= now + _CLOCK_WAS_WRONG)
        of_it = (deliveries.c.destination == destination, deliveries.c.kind == Kind.ANNOUNCEMENT)
        last = select(func.max(deliveries.c.ended)).where(*of_it, *taken)
        with self._database.reading() as connection:
            return connection.execute(last).scalar()

    def waiting(self) -> dict[str, int]:
        """Return how many deliveries wait for each destination that any waits for."""
        counted = select(deliveries.c.destination, func.count()).where(_WAITING).group_by(deliveries.c.destination)
        with self._database.reading() as connection:
            return dict(connection.execute(counted).all())

    def forget(self, *, now: datetime) -> None:
        """Remove what was queued, and ended if it did, long ago: it is no news any more, and comes in no more."""
        before = now - _REMEMBERED
        old = or_(_WAITING, deliveries.c.ended < before)
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(deliveries.c.queued < before, old))


def back_off(key: str, attempts: int) -> timedelta:
    """Return how long *key* waits after so many failed attempts: twice as long each time, up to ``LONGEST_WAIT``, give
    or take a tenth that differs from key to key.
    """
    wait = min(_FIRST_WAIT * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT)
    drawn = hashlib.sha256(f"{key}\n{attempts}".encode(errors="ignore")).digest()[0] / 255
    return wait * (0.9 + 0.2 * drawn)


def _row(destination: str, item: Item, now: datetime) -> dict[str, Any]:
    told = {"destination": destination, "key": item.key, "kind": item.kind, "content": dict(item.content)}
    return told | {"queued": now, "due": now, "attempts": 0, "ended": None, "problem": ""}


def _by(column: Column[Any], moment: datetime, now: datetime) -> ColumnElement[bool]:
    """Return the condition that *column* is at *moment* or before, or is what a clock gave that was far ahead."""
    return or_(column <= moment, column > now + _CLOCK_WAS_WRONG)


def _delivery(row: Row[Any]) -> Delivery:
    item = Item(row.key, Kind(row.kind), row.content)
    return Delivery(number=row.number, destination=row.destination, item=item, queued=row.queued, attempts=row.attempts)


def _of(delivery: Delivery) -> Update:
    """Return a change of *delivery*, but not of a ping that was queued anew since: that waits on."""
    same = (deliveries.c.number == delivery.number, deliveries.c.queued == delivery.queued)
    return update(deliveries).where(*same, _WAITING)


def _end(connection: Connection, ended: Iterable[Delivery], problem: str, now: datetime) -> None:
    for delivery in ended:
        connection.execute(_of(delivery).values(ended=now, problem=problem))


def _known(connection: Connection, destination: str, keys: Collection[str]) -> list[str]:
    """Return those of *keys* that *destination* was told, or will be."""
    every = sorted(keys)
    told = select(deliveries.c.key).where(deliveries.c.destination == destination)
    parts = [every[start : start + _MOST_KEYS] for start in range(0, len(every), _MOST_KEYS)]
    return [key for part in parts for key in connection.execute(told.where(deliveries.c.key.in_(part))).scalars()]
