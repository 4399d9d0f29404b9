"""Announcements of several sources that tell one thing: which are alike, and which story each belongs to.

Everything here runs in a transaction of the archive's. Whether two are alike follows from the two alone
(store.likeness), and a story is what hangs together by likenesses and translations, named after its earliest: so the
same announcements make the same stories in whatever order they came.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, union, update

from store.announcement import Announcement
from store.likeness import WINDOW, Wording, alike, buckets, sketch, worth_reading
from store.tables import announcements, bands, likenesses, sketches, translations
from store.turns import take_turns


class _Told(NamedTuple):
    """What is known of an announcement before its wording is compared; ``sketch`` is the one that is kept of it."""

    number: int
    source: str
    published: datetime
    sketch: bytes | None


# Made once: to make them for every announcement would take longer than to run them.
_ONE = (
    select(*(announcements.c[name] for name in ("number", "source", "published", "title", "text")), sketches.c.sketch)
    .join_from(announcements, sketches, isouter=True)
    .where(announcements.c.number == bindparam("number"))
)
_NEAR = (
    select(announcements.c.number, sketches.c.sketch)
    .join_from(announcements, sketches)
    .where(
        announcements.c.number.in_(
            select(bands.c.announcement).where(bands.c.bucket.in_(bindparam("buckets", expanding=True)))
        ),
        announcements.c.source != bindparam("source"),
        announcements.c.published.between(bindparam("since"), bindparam("until")),
    )
)
_TEXTS = select(announcements.c.number, announcements.c.title, announcements.c.text).where(
    announcements.c.number.in_(bindparam("numbers", expanding=True))
)
_ALIKE = select(likenesses.c.other).where(likenesses.c.announcement.in_(bindparam("numbers", expanding=True)))
_TRANSLATED = (
    select(announcements.c.number)
    .join(translations, translations.c.other == announcements.c.id)
    .where(translations.c.announcement.in_(bindparam("numbers", expanding=True)))
)
_TOGETHER = union(_ALIKE, _TRANSLATED)
_MEMBERS = select(*(announcements.c[name] for name in ("number", "published", "id", "story"))).where(
    announcements.c.number.in_(bindparam("numbers", expanding=True))
)


def relate(connection: Connection, number: int) -> None:
    """Find anew what announcement *number* is alike, and settle the stories that it was in and is in now.

    For a new announcement, and for one whose wording changed.
    """
    row = connection.execute(_ONE, {"number": number}).one()
    wording = Wording(row.title, row.text)
    sketched = sketch(wording)
    told = _Told(number, row.source, row.published, row.sketch)
    if told.sketch != sketched:
        _lay(connection, told, sketched)
    others = _alike(connection, told, wording, sketched)
    before = set(connection.scalars(_ALIKE, {"numbers": [number]}))
    _part(connection, number, before - others)
    _join(connection, number, others - before)
    settle(connection, {number} | before | others)


def introduce(connection: Connection, number: int, announcement: Announcement, published: datetime) -> None:
    """Do the same for an announcement that has just come: what it says need not be asked for."""
    wording = Wording(announcement.title, announcement.text)
    sketched = sketch(wording)
    told = _Told(number, announcement.source, published, None)
    _lay(connection, told, sketched)
    others = _alike(connection, told, wording, sketched)
    if others:
        _join(connection, number, others)
        settle(connection, {number} | others)


def settle(connection: Connection, numbers: Collection[int]) -> None:
    """Give the announcements *numbers*, and all that hangs together with them, the story that they make now."""
    settled: set[int] = set()
    for number in numbers:
        if number not in settled:
            members = _together(connection, number)
            _tell(connection, members)
            settled |= members


def _lay(connection: Connection, row: _Told, sketched: bytes) -> None:
    """Put an announcement into the buckets of its sketch, and take it out of those of the one it had."""
    if row.sketch is not None:
        # Of the bands, only the bucket leads to a row: the old sketch says which.
        left = bands.c.bucket.in_(buckets(row.sketch, row.published))
        connection.execute(delete(bands).where(left, bands.c.announcement == row.number))
        connection.execute(delete(sketches).where(sketches.c.announcement == row.number))
    connection.execute(insert(sketches), {"announcement": row.number, "sketch": sketched})
    lies_in = [{"bucket": bucket, "announcement": row.number} for bucket in buckets(sketched, row.published)]
    if lies_in:
        connection.execute(insert(bands), lies_in)


def _alike(connection: Connection, row: _Told, wording: Wording, sketched: bytes) -> set[int]:
    """Return the announcements of other sources, published within the window, that tell the same."""
    near = _near(connection, row, sketched)
    if not near:
        return set()
    texts = connection.execute(_TEXTS, {"numbers": near})
    return {number for number, title, text in texts if alike(wording, Wording(title, text))}


def _near(connection: Connection, row: _Told, sketched: bytes) -> list[int]:
    lies_in = buckets(sketched, row.published, around=True)
    if not lies_in:
        return []
    window = {"since": row.published - WINDOW, "until": row.published + WINDOW}
    found = connection.execute(_NEAR, {"buckets": lies_in, "source": row.source, **window})
    return [number for number, other in found if worth_reading(sketched, other)]


def _part(connection: Connection, number: int, others: set[int]) -> None:
    if others:
        table = likenesses.c
        to = and_(table.announcement == number, table.other.in_(others))
        fro = and_(table.other == number, table.announcement.in_(others))
        connection.execute(delete(likenesses).where(or_(to, fro)))


def _join(connection: Connection, number: int, others: Iterable[int]) -> None:
    pairs = [pair for other in sorted(others) for pair in ((number, other), (other, number))]
    if pairs:
        connection.execute(insert(likenesses), [{"announcement": one, "other": other} for one, other in pairs])


def _together(connection: Connection, number: int) -> set[int]:
    members: set[int] = set()
    following = {number}
    while following:
        members |= following
        following = set(connection.scalars(_TOGETHER, {"numbers": sorted(following)})) - members
    return members


def _tell(connection: Connection, members: set[int]) -> None:
    """Write down that *members* are one story; one alone is none."""
    rows = connection.execute(_MEMBERS, {"numbers": sorted(members)}).all()
    earliest = min((row.published, row.id) for row in rows)
    story = _story(earliest[1]) if len(rows) > 1 else None
    changed = [row.number for row in rows if row.story != story]
    if changed:
        connection.execute(update(announcements).where(announcements.c.number.in_(changed)).values(story=story))
        take_turns(connection, changed)  # which of them is shown may be another now, and whom it names


def _story(earliest: str) -> str:
    """Return the id of the story whose earliest announcement has this id: a UUID of version 5 (RFC 9562, 5.5)."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{earliest}#story')}"
