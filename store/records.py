"""Announcements in, rows out, and back: how the record is spread over the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, insert, or_, select

from store.announcement import Announcement, Archived, Attachment, Event, From, Precision, Revision
from store.tables import addresses, announcements, attachments, events, revisions, topics, translations

_PLAIN = (
    *("url", "source", "organisation", "language", "title", "title_language", "summary", "text", "html"),
    "content_hash",
)


def wording(announcement: Announcement) -> dict[str, Any]:
    """Return the columns that an edit changes."""
    return {name: getattr(announcement, name) for name in _PLAIN} | {"tags": list(announcement.tags)}


def add_parts(connection: Connection, number: int, announcement: Announcement) -> None:
    """Insert the attachments, events and topics of announcement *number*."""
    _insert(connection, attachments, number, map(asdict, announcement.attachments))
    _insert(connection, events, number, map(asdict, announcement.events))
    add_topics(connection, number, announcement.topics)


def add_topics(connection: Connection, number: int, names: Iterable[str]) -> None:
    rows = [{"announcement": number, "topic": name} for name in dict.fromkeys(names)]
    if rows:
        connection.execute(insert(topics), rows)


def add_revisions(connection: Connection, number: int, earlier: Iterable[Revision]) -> None:
    _insert(connection, revisions, number, map(asdict, earlier))


def read(connection: Connection, rows: Sequence[Row[Any]]) -> list[Archived]:
    """Return the announcements of these rows of their table, complete, in the same order."""
    numbers = [row.number for row in rows]
    parts = {table: _parts(connection, table, numbers) for table in (attachments, events, revisions)}
    others = _grouped(connection, addresses, numbers, addresses.c.address)
    twins = _grouped(connection, translations, numbers, translations.c.other)
    about = _grouped(connection, topics, numbers, topics.c.topic)
    return [
        _archived(
            row,
            attachments=tuple(Attachment(**part) for part in parts[attachments][row.number]),
            events=tuple(map(_event, parts[events][row.number])),
            revisions=tuple(Revision(**part) for part in parts[revisions][row.number]),
            aliases=tuple(address for address in others[row.number] if address != row.url),
            translations=tuple(twins[row.number]),
            topics=tuple(about[row.number]),
        )
        for row in rows
    ]


def _event(part: dict[str, Any]) -> Event:
    """Return an event in its own zone, in which its days are days."""
    zone = ZoneInfo(part["timezone"] or "UTC")
    span = {name: part[name] and part[name].astimezone(zone) for name in ("starts", "ends")}
    return Event(**part | span | {"all_day": bool(part["all_day"])})


def files_of(connection: Connection, number: int) -> list[Attachment]:
    return [Attachment(**part) for part in _parts(connection, attachments, [number])[number]]


def known_files(connection: Connection, urls: list[str]) -> dict[str, Attachment]:
    """Return the attachments at *urls* that were fetched, or could not be, by address."""
    tried = or_(attachments.c.length.is_not(None), attachments.c.problem != "")
    columns = [attachments.c[field.name] for field in fields(Attachment)]
    rows = connection.execute(select(*columns).where(attachments.c.url.in_(urls), tried))
    return {row.url: Attachment(**row._mapping) for row in rows}


def _archived(row: Row[Any], **parts: Any) -> Archived:
    return Archived(
        id=row.id,
        **{name: getattr(row, name) for name in _PLAIN if name != "content_hash"},
        published=row.published.astimezone(ZoneInfo(row.timezone)),
        published_from=From(row.published_from),
        precision=Precision(row.precision),
        timezone=row.timezone,
        first_seen=row.first_seen,
        updated=row.updated,
        gone=row.gone,
        tags=tuple(row.tags),
        story=row.story,
        **parts,
    )


def _insert(connection: Connection, table: Table, number: int, parts: Iterable[dict[str, Any]]) -> None:
    rows = [{"announcement": number, "position": position, **part} for position, part in enumerate(parts)]
    if rows:
        connection.execute(insert(table), rows)


def _parts(connection: Connection, table: Table, numbers: list[int]) -> defaultdict[int, list[dict[str, Any]]]:
    found = select(table).where(table.c.announcement.in_(numbers)).order_by(table.c.announcement, table.c.position)
    grouped: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(found).mappings():
        part = {name: value for name, value in row.items() if name not in ("announcement", "position")}
        grouped[row["announcement"]].append(part)
    return grouped


def _grouped(connection: Connection, table: Table, numbers: list[int], column: Any) -> defaultdict[int, list[str]]:
    found = select(table.c.announcement, column).where(table.c.announcement.in_(numbers))
    grouped: defaultdict[int, list[str]] = defaultdict(list)
    for number, value in sorted(map(tuple, connection.execute(found))):  # here, as databases sort in many ways
        grouped[number].append(value)
    return grouped


def number_of(connection: Connection, announcement_id: str) -> int | None:
    return connection.execute(select(announcements.c.number).where(announcements.c.id == announcement_id)).scalar()
