"""What holds announcements together, from both sides: likenesses, translations, and the stories that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, and_, delete, insert, or_, select

from store.care.damage import BATCH, AnyRow, Damage, Repair, streamed
from store.database import Database
from store.stories import relate, settle
from store.tables import announcements, likenesses, translations


def both_alike(database: Database) -> Iterator[Damage]:
    back = likenesses.alias()
    both = and_(back.c.announcement == likenesses.c.other, back.c.other == likenesses.c.announcement)
    found = select(likenesses).outerjoin(back, both).where(back.c.other.is_(None))
    for row in streamed(database, found):
        where = f"announcement {row.announcement}"
        yield Damage("likeness", where, f"{row.other} to be like it, too", _relate_anew(row.announcement, row.other))


def _relate_anew(number: int, other: int) -> Repair:
    def put(connection: Connection) -> None:
        pair = likenesses.c.announcement.in_((number, other)) & likenesses.c.other.in_((number, other))
        connection.execute(delete(likenesses).where(pair))
        for one in (number, other):
            relate(connection, one)

    return put


def both_translated(database: Database) -> Iterator[Damage]:
    """Yield the translations that aren't here, and those that know nothing of the announcement that knows them."""
    here, back = announcements.alias("here"), translations.alias("back")
    there = and_(back.c.announcement == here.c.number, back.c.other == announcements.c.id)
    found = select(translations, announcements.c.id, here.c.number).join_from(translations, announcements)
    found = (
        found.outerjoin(here, here.c.id == translations.c.other).outerjoin(back, there).where(back.c.other.is_(None))
    )
    for row in streamed(database, found):
        where = f"announcement {row.announcement} ({row.id})"
        if row.number is None:
            yield Damage("translation", where, f"its translation {row.other} to be here")
        else:
            yield Damage("translation", where, f"{row.other} to be its translation, too", _pair(row))


def _pair(row: AnyRow) -> Repair:
    def pair(connection: Connection) -> None:
        connection.execute(insert(translations).values(announcement=row.number, other=row.id, reason=row.reason))
        settle(connection, [row.number])

    return pair


def settled(database: Database) -> Iterator[Damage]:
    """Yield the announcements that tell another story than they would, were it settled now."""
    last = 0
    while numbers := _related(database, last):
        with database.writing() as connection:
            before = _told(connection, numbers)
            trial = connection.begin_nested()
            settle(connection, numbers)
            after = _told(connection, numbers)
            trial.rollback()
        for number in numbers:
            if before[number] != after[number]:
                expected = f"story {after[number] or 'none'}, got {before[number] or 'none'}"
                yield Damage("story", f"announcement {number}", expected, _settle(number))
        last = numbers[-1]


def _related(database: Database, last: int) -> list[int]:
    """Return the next announcements after *last* that are in a story, or should be."""
    columns = announcements.c
    pairs = [
        select(table.c.announcement).where(table.c.announcement == columns.number)
        for table in (likenesses, translations)
    ]
    found = select(columns.number).where(
        columns.number > last, or_(columns.story.is_not(None), *(pair.exists() for pair in pairs))
    )
    with database.reading() as connection:
        return list(connection.scalars(found.order_by(columns.number).limit(BATCH)))


def _told(connection: Connection, numbers: Sequence[int]) -> dict[int, str | None]:
    found = select(announcements.c.number, announcements.c.story).where(announcements.c.number.in_(numbers))
    return dict(map(tuple, connection.execute(found)))


def _settle(number: int) -> Repair:
    return lambda connection: settle(connection, [number])
