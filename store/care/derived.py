"""Each announcement against what is derived from it: id, hashes, place, address, index entry, sketch and bands.

Whatever differs is made anew, as the archive would make it; what is derived from nothing goes.
"""

from __future__ import annotations

import struct
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from store.announcement import Archived, content_hash
from store.care.damage import BATCH, AnyRow, Damage, Repair, name_of, row_of, setting, streamed, without
from store.database import Database
from store.identity import key
from store.index.entries import entry
from store.index.fulltext import FullText
from store.likeness import BANDS, Wording, buckets, sketch
from store.places import free_place, of_its_second
from store.records import read
from store.stories import relate
from store.tables import addresses, announcements, bands, revisions, sketches

_UNREADABLE = (ValueError, TypeError, LookupError)  # what a column's value raises that is none of its kind
_Pair = tuple[AnyRow, Archived]


def each_announcement(database: Database) -> Iterator[Damage]:
    last = 0
    while True:
        with database.reading() as connection:
            numbers = connection.scalars(
                select(announcements.c.number)
                .where(announcements.c.number > last)
                .order_by(announcements.c.number)
                .limit(BATCH)
            ).all()
            found = list(_of_numbers(connection, database.index, numbers))
        yield from found
        if len(numbers) < BATCH:
            return
        last = numbers[-1]


def _of_numbers(connection: Connection, index: FullText, numbers: Sequence[int]) -> Iterator[Damage]:
    """Yield what is wrong with these announcements; one that can't be read costs only itself."""
    try:
        found = select(announcements).where(announcements.c.number.in_(numbers)).order_by(announcements.c.number)
        rows = connection.execute(found).all()
        pairs = list(zip(rows, read(connection, rows), strict=True))
    except _UNREADABLE as error:
        if len(numbers) == 1:
            expected = f"values that can be read: {' '.join(str(error).split())}"
            yield Damage("row", f"announcement {numbers[0]}", expected)
            return
        for number in numbers:
            yield from _of_numbers(connection, index, [number])
        return
    yield from _of_batch(connection, index, pairs)


def _of_batch(connection: Connection, index: FullText, pairs: Sequence[_Pair]) -> Iterator[Damage]:
    rows = [row for row, _ in pairs]
    yield from (damage for row, one in pairs for damage in _of_row(row, one, index))
    yield from _led_astray(connection, rows)
    yield from _revised(connection, rows)
    differing = index.differing(connection, {row.place: entry(one, gone=row.gone is not None) for row, one in pairs})
    for row in rows:
        if row.place in differing:
            yield Damage(
                "index", name_of(row), "the search index to have its words and facts", _index(index, row.number)
            )
    yield from _sketched(connection, rows)


def _of_row(row: AnyRow, one: Archived, index: FullText) -> Iterator[Damage]:
    if not _is_id(row.id):
        yield Damage("id", name_of(row), "urn:uuid: and a UUID")
    if row.content_hash != one.content_hash:
        said = setting(announcements, announcements.c.number == row.number, content_hash=one.content_hash)
        yield Damage("hash", name_of(row), f"content_hash {one.content_hash[:12]}…, got {row.content_hash:.12}", said)
    if not of_its_second(row.place, row.published):
        yield Damage("place", name_of(row), f"a place of {row.published.isoformat()}", _place(index, row.number))


def _is_id(value: str) -> bool:
    try:
        return value == f"urn:uuid:{uuid.UUID(value.removeprefix('urn:uuid:'))}"
    except ValueError:
        return False


def _place(index: FullText, number: int) -> Repair:
    def put(connection: Connection) -> None:
        row = row_of(connection, number)
        index.drop(connection, [row.place])
        place = free_place(connection, row.published, row.first_seen)
        connection.execute(update(announcements).where(announcements.c.number == number).values(place=place))
        _index(index, number)(connection)

    return put


def _index(index: FullText, number: int) -> Repair:
    def put(connection: Connection) -> None:
        row = row_of(connection, number)
        index.put(connection, row.place, entry(read(connection, [row])[0], gone=row.gone is not None))

    return put


def _led_astray(connection: Connection, rows: Sequence[AnyRow]) -> Iterator[Damage]:
    """Yield the announcements whose own address leads elsewhere. It may lead to a later one that was given it anew."""
    keys = {row.number: key(row.url) for row in rows}
    found = select(addresses.c.key, addresses.c.announcement, announcements.c.url).outerjoin_from(
        addresses, announcements
    )
    found = found.where(addresses.c.key.in_(list(keys.values())))
    leads = {row.key: (row.announcement, row.url and key(row.url)) for row in connection.execute(found)}
    for row in rows:
        own = keys[row.number]
        number, its = leads.get(own, (None, None))
        if number != row.number and its != own:
            yield Damage("address", name_of(row), f"{row.url} to lead to it", _lead(row.url))


def _lead(url: str) -> Repair:
    def lead(connection: Connection) -> None:
        newest = connection.scalar(select(func.max(announcements.c.number)).where(announcements.c.url == url))
        connection.execute(delete(addresses).where(addresses.c.key == key(url)))
        connection.execute(insert(addresses).values(key=key(url), address=url, announcement=newest))

    return lead


def _revised(connection: Connection, rows: Sequence[AnyRow]) -> Iterator[Damage]:
    """Yield where earlier wordings are not counted from 0 on (the next one would take a place that is taken), or have
    another hash than theirs.
    """
    names = {row.number: name_of(row) for row in rows}
    found = select(revisions).where(revisions.c.announcement.in_(list(names)))
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for row in connection.execute(found.order_by(revisions.c.announcement, revisions.c.position)):
        positions[row.announcement].append(row.position)
        digest = _digest(row)
        if row.content_hash != digest:
            own = and_(revisions.c.announcement == row.announcement, revisions.c.position == row.position)
            where = f"{names[row.announcement]}, revision {row.position}"
            yield Damage("hash", where, f"content_hash {digest[:12]}…", setting(revisions, own, content_hash=digest))
    for number, there in positions.items():
        if there != list(range(len(there))):
            expected = f"revisions 0 to {len(there) - 1}, got {', '.join(map(str, there))}: one may be lost"
            yield Damage("revisions", names[number], expected, _count_anew(number, there))


def _digest(row: AnyRow) -> str:
    return content_hash(row.title, row.text, tuple(file["url"] for file in row.attachments))


def _count_anew(number: int, positions: Sequence[int]) -> Repair:
    def count(connection: Connection) -> None:
        for new, old in enumerate(positions):
            own = and_(revisions.c.announcement == number, revisions.c.position == old)
            connection.execute(update(revisions).where(own).values(position=new))

    return count


def _sketched(connection: Connection, rows: Sequence[AnyRow]) -> Iterator[Damage]:
    expected = {row.number: sketch(Wording(row.title, row.text)) for row in rows}
    lie_in = {row.number: set(buckets(expected[row.number], row.published)) for row in rows}
    own = sketches.c.announcement.in_(list(expected))
    kept = dict(map(tuple, connection.execute(select(sketches.c.announcement, sketches.c.sketch).where(own))))
    found = select(bands.c.announcement, bands.c.bucket).where(
        bands.c.bucket.in_(set().union(*lie_in.values())), bands.c.announcement.in_(list(expected))
    )
    there: defaultdict[int, set[int]] = defaultdict(set)
    for number, bucket in connection.execute(found):
        there[number].add(bucket)
    for row in rows:
        number = row.number
        if kept.get(number) != expected[number] or not lie_in[number] <= there[number]:
            yield Damage("sketch", name_of(row), "the sketch and the bands of its text", _sketch_anew(number))


def _sketch_anew(number: int) -> Repair:
    def put(connection: Connection) -> None:
        row = row_of(connection, number)
        old = connection.scalar(select(sketches.c.sketch).where(sketches.c.announcement == number)) or b""
        lain_in = {*_buckets(old, row), *_buckets(sketch(Wording(row.title, row.text)), row)}
        connection.execute(delete(bands).where(bands.c.bucket.in_(lain_in), bands.c.announcement == number))
        connection.execute(delete(sketches).where(sketches.c.announcement == number))
        relate(connection, number)

    return put


def _buckets(sketched: bytes, row: AnyRow) -> list[int]:
    """Return where *sketched* lies; what is no sketch at all lies nowhere."""
    try:
        return buckets(sketched, row.published)
    except struct.error:
        return []


def entries_of_nobody(database: Database) -> Iterator[Damage]:
    place = -(1 << 62)
    while True:
        with database.reading() as connection:
            there = database.index.above(connection, place, limit=BATCH)
            found = select(announcements.c.place).where(announcements.c.place.in_(there))
            extra = sorted(set(there) - set(connection.scalars(found)))
        yield from (
            Damage("index", f"place {one}", "no entry where no announcement is", _drop(database.index, one))
            for one in extra
        )
        if len(there) < BATCH:
            return
        place = there[-1]


def _drop(index: FullText, place: int) -> Repair:
    return lambda connection: index.drop(connection, [place])


def bands_of_nobody(database: Database) -> Iterator[Damage]:
    """Yield the bands that no sketch makes. Counting comes first: there are many, and they are seldom wrong."""
    with database.reading() as connection:
        there = connection.scalar(select(func.count()).select_from(bands)) or 0
        sketched = select(func.count()).select_from(sketches).where(func.length(sketches.c.sketch) > 0)
        if there == BANDS * (connection.scalar(sketched) or 0):
            return
    found = select(bands.c.bucket, bands.c.announcement, sketches.c.sketch, announcements.c.published)
    found = found.join_from(bands, announcements).outerjoin(sketches)
    for row in streamed(database, found):
        if row.bucket not in _buckets(row.sketch or b"", row):
            own = and_(bands.c.bucket == row.bucket, bands.c.announcement == row.announcement)
            where = f"band {row.bucket} of announcement {row.announcement}"
            yield Damage("sketch", where, "no band that its text doesn't make", without(bands, own))
