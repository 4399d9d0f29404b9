"""Announcements in, rows out, and back: how the record is spread over the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from store.announcement import (
    Announcement,
    Archived,
    Attachment,
    Event,
    From,
    Precision,
    Revision,
    content_hash,
)
from store.identity import key
from store.tables import addresses, alternates, announcements, attachments, events, revisions, topics, translations

_MOST_NUMBERS = 10_000  # in one question
_PLAIN = (
    *("url", "source", "organisation", "language", "title", "title_language", "summary", "text", "html"),
    "content_hash",
)


# Made once: to make them for every announcement would take longer than to run them.
def _among(table: Table) -> ColumnElement[bool]:
    return table.c.announcement.in_(bindparam("numbers", expanding=True))


def _line(kind: str, table: Table, value: Column[Any], more: ColumnElement[Any]) -> Select[Any]:
    return select(literal(kind), table.c.announcement, value, more).where(_among(table))


_PARTS = {
    table: select(table).where(_among(table)).order_by(table.c.announcement, table.c.position)
    for table in (attachments, events, revisions)
}
_LINES = union_all(
    _line("alias", addresses, addresses.c.address, literal("")),
    _line("alternate", alternates, alternates.c.address, literal("")),
    _line("translation", translations, translations.c.other, translations.c.reason),
    _line("topic", topics, topics.c.topic, literal("")),
)


def wording(announcement: Announcement) -> dict[str, Any]:
    """Return the columns that an edit changes."""
    return {name: getattr(announcement, name) for name in _PLAIN} | {"tags": list(announcement.tags)}


def add_parts(connection: Connection, number: int, announcement: Announcement) -> None:
    """Insert the attachments and the facts of announcement *number*."""
    _insert(connection, attachments, number, map(asdict, announcement.attachments))
    add_facts(connection, number, announcement)


def replace_parts(connection: Connection, number: int, announcement: Announcement) -> None:
    connection.execute(delete(attachments).where(attachments.c.announcement == number))
    _insert(connection, attachments, number, map(asdict, announcement.attachments))
    replace_facts(connection, number, announcement)


def add_facts(connection: Connection, number: int, announcement: Announcement) -> None:
    """Insert the events, the topics and the alternate addresses of announcement *number*."""
    _insert(connection, events, number, map(asdict, announcement.events))
    _insert_all(connection, topics, number, ({"topic": name} for name in dict.fromkeys(announcement.topics)))
    spelt = {key(address): address for address in announcement.alternates}
    _insert_all(connection, alternates, number, ({"key": key, "address": at} for key, at in spelt.items()))


def replace_facts(connection: Connection, number: int, announcement: Announcement) -> None:
    for table in (events, topics, alternates):
        connection.execute(delete(table).where(table.c.announcement == number))
    add_facts(connection, number, announcement)


def add_translations(connection: Connection, number: int, announcement: Archived) -> None:
    reasons = dict(zip_longest(announcement.translations, announcement.translation_reasons, fillvalue=""))
    pairs = ({"other": other, "reason": why} for other, why in reasons.items() if other)
    _insert_all(connection, translations, number, pairs)


def add_revisions(connection: Connection, number: int, earlier: Iterable[Revision]) -> None:
    """Insert the earlier wordings of announcement *number*, the oldest first."""
    _insert(connection, revisions, number, map(_revision_row, earlier))


def keep_wording(connection: Connection, row: Row[Any]) -> None:
    """Keep what the announcement of this row says now as a revision."""
    earlier = select(func.count()).select_from(revisions).where(revisions.c.announcement == row.number)
    position = connection.execute(earlier).scalar_one()
    files = tuple(_without_text(file) for file in files_of(connection, row.number))
    said = _revision_row(Revision(seen=row.updated, title=row.title, text=row.text, attachments=files))
    said["content_hash"] = row.content_hash
    connection.execute(insert(revisions).values(announcement=row.number, position=position, **said))


def rewrite_revision(connection: Connection, number: int, made: Announcement, seen: datetime) -> bool:
    """Put what was read anew in the revision first seen at *seen*; say whether it differs. Raises KeyError."""
    here = (revisions.c.announcement == number) & (revisions.c.seen == seen)
    found = connection.execute(select(revisions).where(here)).first()
    if found is None:
        raise KeyError(f"announcement {number}: expected a wording first seen at {seen.isoformat()}")
    before = _revision(found._asdict())
    known = {file.url: file for file in before.attachments}
    files = tuple(replace(known.get(file.url, _without_text(file)), title=file.title) for file in made.attachments)
    after = Revision(seen=seen, title=made.title, text=made.text, attachments=files)
    connection.execute(update(revisions).where(here).values(**_revision_row(after)))
    return after != before


def read(connection: Connection, rows: Sequence[Row[Any]]) -> list[Archived]:
    """Return the announcements of these rows of their table, complete, in the same order."""
    numbers = [row.number for row in rows]
    files, dated, earlier = (_parts(connection, table, numbers) for table in (attachments, events, revisions))
    lines = _lines(connection, numbers)
    return [
        _archived(
            row,
            attachments=tuple(Attachment(**part) for part in files[row.number]),
            events=tuple(map(_event, dated[row.number])),
            revisions=tuple(map(_revision, earlier[row.number])),
            aliases=tuple(address for address, _ in lines["alias", row.number] if address != row.url),
            alternates=tuple(address for address, _ in lines["alternate", row.number]),
            translations=tuple(other for other, _ in lines["translation", row.number]),
            translation_reasons=tuple(reason for _, reason in lines["translation", row.number]),
            topics=tuple(topic for topic, _ in lines["topic", row.number]),
        )
        for row in rows
    ]


def _event(part: dict[str, Any]) -> Event:
    """Return an event in its own zone, in which its days are days."""
    zone = ZoneInfo(part["timezone"] or "UTC")
    span = {name: part[name] and part[name].astimezone(zone) for name in ("starts", "ends")}
    return Event(**part | span | {"all_day": bool(part["all_day"])})


def _revision(part: Mapping[str, Any]) -> Revision:
    files = tuple(Attachment(**file) for file in part["attachments"])
    return Revision(seen=part["seen"], title=part["title"], text=part["text"], attachments=files)


def _revision_row(revision: Revision) -> dict[str, Any]:
    files = [asdict(file) for file in revision.attachments]
    digest = content_hash(revision.title, revision.text, tuple(file.url for file in revision.attachments))
    return {
        "seen": revision.seen,
        "title": revision.title,
        "text": revision.text,
        "attachments": files,
        "content_hash": digest,
    }


def _without_text(file: Attachment) -> Attachment:
    return replace(file, text="")


def files_of(connection: Connection, number: int) -> list[Attachment]:
    return [Attachment(**part) for part in _parts(connection, attachments, [number])[number]]


def known_files(connection: Connection, urls: list[str]) -> dict[str, Attachment]:
    """Return the attachments at *urls* that were fetched, or could not be, by address."""
    tried = or_(attachments.c.length.is_not(None), attachments.c.problem != "")
    columns = [attachments.c[field.name] for field in fields(Attachment)]
    if not urls:
        return {}
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
    _insert_all(connection, table, number, ({"position": position, **part} for position, part in enumerate(parts)))


def _insert_all(connection: Connection, table: Table, number: int, rows: Iterable[dict[str, Any]]) -> None:
    owned = [{"announcement": number, **row} for row in rows]
    if owned:
        connection.execute(insert(table), owned)


def _parts(connection: Connection, table: Table, numbers: list[int]) -> defaultdict[int, list[dict[str, Any]]]:
    grouped: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for some in _few(numbers):
        for row in connection.execute(_PARTS[table], {"numbers": some}).mappings():
            part = {name: value for name, value in row.items() if name not in ("announcement", "position")}
            grouped[row["announcement"]].append(part)
    return grouped


def _lines(connection: Connection, numbers: list[int]) -> defaultdict[tuple[str, int], list[tuple[str, str]]]:
    """Return what an announcement has several of, in a line each: by kind and number, sorted."""
    grouped: defaultdict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
    for some in _few(numbers):
        found = map(tuple, connection.execute(_LINES, {"numbers": some}))
        for kind, number, value, more in sorted(found):  # here, as databases sort in many ways
            grouped[kind, number].append((value, more))
    return grouped


def _few(numbers: list[int]) -> Iterator[list[int]]:
    yield from (numbers[start : start + _MOST_NUMBERS] for start in range(0, len(numbers), _MOST_NUMBERS))


_NUMBER = select(announcements.c.number).where(announcements.c.id == bindparam("id"))


def number_of(connection: Connection, announcement_id: str) -> int | None:
    return connection.execute(_NUMBER, {"id": announcement_id}).scalar()
