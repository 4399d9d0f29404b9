"""Announcements into an archive many at a time: the rows that a save writes, without the questions it asks first.

For filling large archives only: whoever comes in here is new, and stands in no story. What is costly, and asks nothing
of the database, runs in processes beside the one that writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection, insert

from bench.announcements import announcement, seen
from store.database import Database
from store.identity import first_id, key
from store.index.entries import entry
from store.index.fulltext import Entry
from store.likeness import Wording, buckets, sketch
from store.places import earliest
from store.records import wording
from store.tables import addresses, alternates, announcements, attachments, bands, events, sketches, topics

_AT_ONCE = 500
_PROCESSES = 2
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one announcement writes: its row, its rows of other tables by name, and what it is found by."""

    row: dict[str, Any]
    parts: Mapping[str, Rows]
    entry: Entry


_PARTS = {table.name: table for table in (addresses, alternates, attachments, events, topics, sketches, bands)}


def fill(database: Database, start: int, end: int) -> Iterator[int]:
    """Write the announcements of the numbers from *start* to *end*; yield how many there are after each transaction."""
    with get_context("forkserver").Pool(_PROCESSES) as pool:
        following = pool.map_async(prepare, range(start, min(start + _AT_ONCE, end)))
        while some := following.get():
            start += len(some)
            following = pool.map_async(prepare, range(start, min(start + _AT_ONCE, end)))  # while these are written
            with database.writing() as connection:
                _write(connection, database, some)
            yield start


def prepare(number: int) -> Prepared:
    """Return what announcement *number* of the bench writes; its number in the archive is one more."""
    made, now = announcement(number), seen(number)
    told = made.published is not None and made.published <= now
    published = made.published if told and made.published else now
    sketched = sketch(Wording(made.title, made.text))
    row = wording(made) | {
        "number": number + 1,
        "found_at": made.url,
        "place": earliest(published) + (1 << 29) + number,
        "turn": number + 1,
        "id": first_id(made.url),
        "published": published,
        "published_from": made.published_from if told else "first-seen",
        "precision": made.precision,
        "timezone": made.timezone,
        "first_seen": now,
        "updated": now,
        "grace_from": now,
    }
    parts: dict[str, Iterable[dict[str, Any]]] = {
        "address": ({"key": key(at), "address": at} for at in (made.url, *made.aliases)),
        "alternate": ({"key": key(at), "address": at} for at in made.alternates),
        "attachment": ({"position": at, **asdict(file)} for at, file in enumerate(made.attachments)),
        "event": ({"position": at, **asdict(event)} for at, event in enumerate(made.events)),
        "topic": ({"topic": topic} for topic in made.topics),
        "sketch": ({"sketch": sketched},),
        "band": ({"bucket": bucket} for bucket in buckets(sketched, published)),
    }
    owned = {name: [{"announcement": number + 1, **part} for part in rows] for name, rows in parts.items()}
    return Prepared(row, owned, entry(made, gone=False))


def _write(connection: Connection, database: Database, some: Sequence[Prepared]) -> None:
    connection.execute(insert(announcements), [one.row for one in some])
    for name, table in _PARTS.items():
        rows = list(chain.from_iterable(one.parts[name] for one in some))
        if rows:
            connection.execute(insert(table), rows)
    for one in some:
        database.index.add(connection, one.row["place"], one.entry)
