"""What may be wrong with an archive, found and mended: rows against each other, and all that is derived against what
it is derived from.

It goes through an archive of any size in batches, while others write. What can be made anew (the search index,
sketches and bands, likenesses, stories, hashes, places, the way from an address) is; the rest is only said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Table, and_, select, true
from sqlalchemy.exc import DBAPIError

from store.care.damage import BATCH, AnyRow, Damage, Repair, streamed, without
from store.care.derived import bands_of_nobody, each_announcement, entries_of_nobody
from store.care.related import both_alike, both_translated, settled
from store.database import Database
from store.tables import bands, likenesses, metadata, sketches

_DERIVED = (sketches, bands, likenesses)
_INDEX_ONLY = re.compile("missing from index|wrong # of entries in index|non-unique entry in index")


class Finding(NamedTuple):
    """Something wrong: which check says so, of what, and what was expected there."""

    check: str
    where: str
    expected: str
    repaired: bool


def examine(database: Database, *, repair: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with the archive, as it is found, and mended where that can be and *repair* is set.

    A database that its engine can't read yields a finding, and is left at that.
    """
    try:
        if database.dialect == "sqlite":
            broken = yield from _sqlite(database, repair=repair)
            if broken:
                return
        for check in _CHECKS:
            yield from _treated(database, check(database), repair=repair)
    except DBAPIError as error:
        yield Finding("database", database.name, f"a database that can be read: {_line(error)}", repaired=False)


def _treated(database: Database, damages: Iterator[Damage], *, repair: bool) -> Iterator[Finding]:
    while some := list(islice(damages, BATCH)):
        if repair:
            with database.writing() as connection:
                for damage in some:
                    if damage.repair:
                        damage.repair(connection)
        yield from (Finding(*damage[:3], repaired=repair and damage.repair is not None) for damage in some)


def _sqlite(database: Database, *, repair: bool) -> Generator[Finding, None, bool]:
    """Yield what SQLite finds itself; return whether there is no use in going on."""
    found = _integrity(database)
    left = set(found)
    if found and repair and all(map(_INDEX_ONLY.search, found)):
        with database.writing() as connection:
            connection.exec_driver_sql("REINDEX")
        left = set(_integrity(database))
    for problem in found:
        yield Finding("integrity", database.name, f"an intact file: {problem}", repaired=problem not in left)
    if left:
        return True
    broken = _broken_index(database)
    if broken and repair:
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO search (search) VALUES ('rebuild')")
    if broken:
        yield Finding("index", database.name, f"an intact search index: {broken}", repaired=repair)
    return bool(broken and not repair)


def _integrity(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return [" ".join(row.split()) for row in rows if row != "ok"]


def _broken_index(database: Database) -> str:
    try:
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO search (search) VALUES ('integrity-check')")
    except DBAPIError as error:
        return _line(error)
    return ""


def _line(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split())


def _orphans(database: Database) -> Iterator[Damage]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            for foreign in column.foreign_keys:
                keys = list(table.primary_key.columns)
                named = foreign.column.table.alias()
                there = select(named.c.number).where(named.c.number == column)
                found = select(*keys).where(~there.exists())
                yield from (
                    Damage(
                        "orphan",
                        _named(table, row),
                        f"announcement {row._mapping[column]} to be here",
                        _gone(table, row),
                    )
                    for row in streamed(database, found if column in keys else found.add_columns(column))
                )


def _gone(table: Table, row: AnyRow) -> Repair | None:
    """Return how to drop a row that is derived: what was told, and by whom nobody knows any more, is only said."""
    if table not in _DERIVED:
        return None
    own = and_(true(), *(column == row._mapping[column] for column in table.primary_key.columns))
    return without(table, own)


def _named(table: Table, row: AnyRow) -> str:
    return f"{table.name} {', '.join(f'{column.name} {row._mapping[column]}' for column in table.primary_key.columns)}"


_CHECKS: tuple[Callable[[Database], Iterator[Damage]], ...] = (
    _orphans,
    each_announcement,
    entries_of_nobody,
    bands_of_nobody,
    both_alike,
    both_translated,
    settled,
)
