"""Turns: the order in which announcements came and changed. What takes one comes to those who follow it again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from store.tables import announcements

_LAST = select(func.max(announcements.c.turn))


def last_turn(connection: Connection) -> int:
    """Return the turn of what came or changed last, 0 where nothing is here."""
    return connection.execute(_LAST).scalar() or 0


def next_turn(connection: Connection) -> int:
    return last_turn(connection) + 1


def take_turns(connection: Connection, numbers: Iterable[int]) -> None:
    """Give each of the announcements *numbers* the next turn."""
    for turn, number in enumerate(sorted(numbers), next_turn(connection)):
        connection.execute(update(announcements).where(announcements.c.number == number).values(turn=turn))
