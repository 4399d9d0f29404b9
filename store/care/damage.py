"""Something wrong with an archive, and how it is mended: what the checks of the doctor hand over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, select, update

from store.database import Database
from store.tables import announcements

BATCH = 200

AnyRow = Row[*tuple[Any, ...]]
Repair = Callable[[Connection], None]


class Damage(NamedTuple):
    """Which check says so, of what, and what was expected there; ``repair`` is None where nothing can make it anew."""

    check: str
    where: str
    expected: str
    repair: Repair | None = None


def streamed(database: Database, found: Select[Any]) -> Iterator[AnyRow]:
    """Yield rows of one state of the archive, a few at a time, while others write."""
    with database.reading() as connection:
        yield from connection.execute(found, execution_options={"yield_per": BATCH})


def row_of(connection: Connection, number: int) -> AnyRow:
    return connection.execute(select(announcements).where(announcements.c.number == number)).one()


def name_of(row: AnyRow) -> str:
    return f"announcement {row.number} ({row.id})"


def setting(table: Table, own: ColumnElement[bool], **values: Any) -> Repair:
    """Return the repair that puts *values* into the row *own*."""

    def put(connection: Connection) -> None:
        connection.execute(update(table).where(own).values(**values))

    return put


def without(table: Table, own: ColumnElement[bool]) -> Repair:
    """Return the repair that drops the row *own*."""

    def drop(connection: Connection) -> None:
        connection.execute(delete(table).where(own))

    return drop
