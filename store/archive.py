"""The archive of announcements: save, find, hand out, take in. Every method is one transaction.

This module alone knows when two announcements are one, and what an edit does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, column, delete, func, insert, or_, select, update

from store.announcement import Announcement, Archived, Attachment, From, Precision
from store.database import Database
from store.identity import first_id, key, reused_id
from store.records import add_parts, add_revisions, files_of, known_files, number_of, read, wording
from store.search import phrases
from store.tables import addresses, announcements, attachments, events, revisions, topics, translations

GRACE = timedelta(minutes=15)
_MOST_ALIASES = 32
_MOST_KEYS = 10_000  # in one question: SQLite takes some 32,000 values, PostgreSQL 65,000
_SHORTEST_COPY = 200  # characters: below that, two pages may say the same and be two


class Outcome(StrEnum):
    """What became of an announcement that was saved."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which announcements; what is None or empty does not narrow. ``since`` is included, ``until`` is not."""

    words: str = ""
    source: str | None = None
    organisation: str | None = None
    language: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    gone: bool = True

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the announcements table; ``words`` are the search index's business."""
        table = announcements.c
        narrowed = [
            getattr(table, name) == wanted
            for name in ("source", "organisation", "language")
            if (wanted := getattr(self, name)) is not None
        ]
        if self.topic is not None:
            narrowed.append(table.number.in_(select(topics.c.announcement).where(topics.c.topic == self.topic)))
        if self.since is not None:
            narrowed.append(table.published >= self.since)
        if self.until is not None:
            narrowed.append(table.published < self.until)
        return narrowed if self.gone else [*narrowed, table.gone.is_(None)]


EVERYTHING = Query()


@dataclass(frozen=True, slots=True)
class Known:
    """What a crawl must know of an announcement that is here already."""

    id: str
    url: str
    published: datetime
    first_seen: datetime


_KNOWN = (announcements.c.id, announcements.c.url, announcements.c.published, announcements.c.first_seen)


class Archive:
    """Announcements in a database. ``now`` is always an argument; corrections within *grace* make no revision."""

    def __init__(self, database: Database, *, grace: timedelta = GRACE) -> None:
        self._database = database
        self._grace = grace

    def save(self, announcement: Announcement, *, now: datetime) -> Outcome:
        """Keep *announcement*, and say whether it is new, changes one that is here, or is that one as it was.

        It is the one that has its address or an alias; or, of the same source, one with the same text at another
        address. An address that comes back with another title *and* another date is another announcement's: of one
        that had it before, or a new one's.
        """
        with self._database.writing() as connection:
            row = _at_its_address(connection, announcement) or _copy_of(connection, announcement)
            if row is not None and _reused(row, announcement):
                row = _had_its_address(connection, announcement)
            if row is None:
                self._add(connection, announcement, now)
                return Outcome.NEW
            _name(connection, row.number, announcement)
            if row.gone is not None:
                connection.execute(_row(row.number).values(gone=None))
            if row.content_hash == announcement.content_hash:
                return Outcome.SAME
            self._change(connection, row, announcement, now)
            return Outcome.CHANGED

    def mark_gone(self, url: str, *, now: datetime) -> bool:
        """Note that the page at *url* was removed; say whether that was news."""
        number = select(addresses.c.announcement).where(addresses.c.key == key(url)).scalar_subquery()
        marked = update(announcements).where(announcements.c.number == number, announcements.c.gone.is_(None))
        with self._database.writing() as connection:
            return connection.execute(marked.values(gone=now)).rowcount > 0

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Return what is known of each of *urls* that leads to an announcement, in whatever spelling."""
        spelt = {url: key(url) for url in urls}
        keys = sorted(set(spelt.values()))
        found: dict[str, Known] = {}
        with self._database.reading() as connection:
            for start in range(0, len(keys), _MOST_KEYS):
                asked = addresses.c.key.in_(keys[start : start + _MOST_KEYS])
                rows = connection.execute(
                    select(addresses.c.key, *_KNOWN).join_from(addresses, announcements).where(asked)
                )
                found |= {spelling: Known(*known) for spelling, *known in rows}
        return {url: found[spelling] for url, spelling in spelt.items() if spelling in found}

    def recent(self, source: str, *, since: datetime) -> list[Known]:
        """Return what is known of the announcements of *source* published at *since* or later, newest first."""
        found = select(*_KNOWN).where(announcements.c.source == source, announcements.c.published >= since)
        found = found.where(announcements.c.gone.is_(None)).order_by(announcements.c.published.desc())
        with self._database.reading() as connection:
            return [Known(*known) for known in connection.execute(found)]

    def get(self, id_or_url: str) -> Archived | None:
        """Return the announcement with this id (with or without ``urn:uuid:``), or to which this address leads."""
        number = select(addresses.c.announcement).where(addresses.c.key == key(id_or_url)).scalar_subquery()
        named = announcements.c.id.in_((id_or_url, f"urn:uuid:{id_or_url}"))
        found = self._read(select(announcements).where(or_(named, announcements.c.number == number)))
        return found[0] if found else None

    def find(self, query: Query, *, limit: int | None = None) -> list[Archived]:
        """Return what *query* asks for: the best match first where it has words, else the newest.

        Raises BadQuestion (store.search) for words that can't be looked for.
        """
        found = select(announcements).where(*query.conditions()).limit(limit)
        newest = (announcements.c.published.desc(), announcements.c.first_seen.desc(), announcements.c.number)
        if not query.words:
            return self._read(found.order_by(*newest))
        matching = self._database.index.matching(phrases(query.words))
        ranked = matching.columns(column("number"), column("rank")).subquery("matching")
        found = found.join(ranked, ranked.c.number == announcements.c.number)
        return self._read(found.order_by(ranked.c.rank, *newest))

    def all(self, query: Query = EVERYTHING) -> Iterator[Archived]:
        """Yield what *query* asks for, its words aside, in the order of arrival, a few hundred at a time."""
        last = 0
        while True:
            following = select(announcements).where(announcements.c.number > last, *query.conditions())
            following = following.order_by(announcements.c.number)
            found = self._read(following.limit(200))
            if not found:
                return
            yield from found
            with self._database.reading() as connection:
                last = number_of(connection, found[-1].id) or last

    def count(self, query: Query) -> int:
        """Return how many announcements *query* asks for, its words aside."""
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(announcements).where(*query.conditions())
            return connection.execute(counted).scalar_one()

    def take_in(self, announcement: Archived) -> bool:
        """Keep an exported announcement as it is, id and times included; say whether it was not here yet."""
        with self._database.writing() as connection:
            if number_of(connection, announcement.id) is not None:
                return False
            number = self._insert(connection, announcement, _times(announcement))
            add_revisions(connection, number, announcement.revisions)
            twins = [{"announcement": number, "other": other} for other in announcement.translations]
            if twins:
                connection.execute(insert(translations), twins)
            return True

    def unread_files(self, source: str, *, limit: int) -> list[Attachment]:
        """Return attachments of *source* that nobody has fetched yet, those of the newest announcements first."""
        unread = (
            select(attachments.c.url, attachments.c.type, func.max(announcements.c.published).label("newest"))
            .join_from(attachments, announcements)
            .where(announcements.c.source == source, attachments.c.length.is_(None), attachments.c.problem == "")
            .group_by(attachments.c.url, attachments.c.type)
            .order_by(column("newest").desc(), attachments.c.url)
        )
        with self._database.reading() as connection:
            rows = connection.execute(unread.limit(limit))
            return [Attachment(url=row.url, type=row.type) for row in rows]

    def known_files(self, urls: Iterable[str]) -> set[str]:
        """Return those of *urls* that were fetched as somebody's attachment, or could not be."""
        with self._database.reading() as connection:
            return set(known_files(connection, list(urls)))

    def read_file(self, url: str, *, length: int | None, kind: str, text: str, problem: str) -> None:
        """Keep what was found at the attachment *url*, wherever it is attached, and let the search find its words."""
        here = attachments.c.url == url
        with self._database.writing() as connection:
            values = {"length": length, "type": kind, "text": text, "problem": problem}
            connection.execute(update(attachments).where(here).values(**values))
            owners = select(announcements.c.number, announcements.c.title, announcements.c.text)
            owned = owners.where(announcements.c.number.in_(select(attachments.c.announcement).where(here)))
            for row in connection.execute(owned).all():
                self._index(connection, row.number, row.title, row.text)

    def rewrite(self, announcement: Archived) -> None:
        """Keep what was made anew of a page that did not change: no revision, no other date. Raises KeyError."""
        values = {name: getattr(announcement, name) for name in ("text", "html", "summary", "content_hash")}
        with self._database.writing() as connection:
            number = number_of(connection, announcement.id)
            if number is None:
                raise KeyError(f"{announcement.id}: expected an announcement that is here")
            connection.execute(_row(number).values(**values))
            self._index(connection, number, announcement.title, announcement.text)

    def _read(self, found: Select[Any]) -> list[Archived]:
        with self._database.reading() as connection:
            return read(connection, connection.execute(found).all())

    def _add(self, connection: Connection, announcement: Announcement, now: datetime) -> None:
        told = announcement.published is not None and announcement.published <= now
        published = announcement.published if told and announcement.published else now
        given = first_id(announcement.url)
        if number_of(connection, given) is not None:
            given = reused_id(announcement.url, published)
        times = {
            "id": given,
            "published": published,
            "published_from": announcement.published_from if told else From.FIRST_SEEN,
            "precision": announcement.precision,
            "timezone": announcement.timezone,
            "first_seen": now,
            "updated": now,
            "gone": None,
            "story": None,
        }
        self._insert(connection, announcement, times)

    def _insert(self, connection: Connection, announcement: Announcement, times: dict[str, Any]) -> int:
        added = connection.execute(insert(announcements).values(**wording(announcement), **times))
        number = int(added.inserted_primary_key[0])  # type: ignore[index]
        _name(connection, number, announcement)
        add_parts(connection, number, _with_known_files(connection, announcement))
        self._index(connection, number, announcement.title, announcement.text)
        return number

    def _change(self, connection: Connection, row: Row[Any], announcement: Announcement, now: datetime) -> None:
        if now - row.updated >= self._grace:
            _keep_wording(connection, row)
        changed = wording(announcement) | {"url": row.url, "updated": now}
        connection.execute(_row(row.number).values(**changed))
        announcement = _with_known_files(connection, announcement)
        for table in (attachments, events, topics):
            connection.execute(delete(table).where(table.c.announcement == row.number))
        add_parts(connection, row.number, announcement)
        self._index(connection, row.number, announcement.title, announcement.text)

    def _index(self, connection: Connection, number: int, title: str, text: str) -> None:
        """Put the words of announcement *number*, those of its files included, into the search index."""
        files = (f"{file.title}\n{file.text}" for file in files_of(connection, number))
        self._database.index.put(connection, number, title, "\n".join((text, *files)))


def _with_known_files(connection: Connection, announcement: Announcement) -> Announcement:
    """Return *announcement* with what was read in its attachments before, wherever: a label of its own stays."""
    known = known_files(connection, [file.url for file in announcement.attachments])
    files = (replace(known.get(file.url, file), title=file.title) for file in announcement.attachments)
    return replace(announcement, attachments=tuple(files))


def _times(announcement: Archived) -> dict[str, Any]:
    names = ("id", "published", "published_from", "precision", "timezone", "first_seen", "updated", "gone", "story")
    return {name: getattr(announcement, name) for name in names}


def _at_its_address(connection: Connection, announcement: Announcement) -> Row[Any] | None:
    keys = [key(address) for address in (announcement.url, *announcement.aliases)]
    found = select(announcements).join(addresses).where(addresses.c.key.in_(keys))
    rows = {row.number: row for row in connection.execute(found)}
    own = select(addresses.c.announcement).where(addresses.c.key == keys[0])
    number = connection.execute(own).scalar() or min(rows, default=None)
    return rows[number] if number is not None else None


def _copy_of(connection: Connection, announcement: Announcement) -> Row[Any] | None:
    """Return the row of the same source with the same title, text and files, unless the dates tell them apart."""
    if len(announcement.text) < _SHORTEST_COPY:
        return None
    found = select(announcements).where(
        announcements.c.source == announcement.source, announcements.c.content_hash == announcement.content_hash
    )
    rows = connection.execute(found.order_by(announcements.c.number))
    return next((row for row in rows if not _another_date(row, announcement)), None)


def _had_its_address(connection: Connection, announcement: Announcement) -> Row[Any] | None:
    """Return the row of the announcement that is back at its address, as where a cache shows two pages in turn."""
    found = select(announcements).where(announcements.c.url == announcement.url).order_by(announcements.c.number)
    return next((row for row in connection.execute(found) if not _reused(row, announcement)), None)


def _another_date(row: Row[Any], announcement: Announcement) -> bool:
    """Both pages say when they were published, and do not agree, as exactly as the less exact one says."""
    if announcement.published is None or row.published_from == From.FIRST_SEEN:
        return False
    if Precision.DAY not in (announcement.precision, row.precision):
        return bool(row.published != announcement.published)
    zone = ZoneInfo(announcement.timezone)
    return bool(row.published.astimezone(zone).date() != announcement.published.astimezone(zone).date())


def _reused(row: Row[Any], announcement: Announcement) -> bool:
    return row.title != announcement.title and _another_date(row, announcement)


def _row(number: int) -> Update:
    return update(announcements).where(announcements.c.number == number)


def _name(connection: Connection, number: int, announcement: Announcement) -> None:
    """Let the announcement's addresses lead to *number*: its own without fail, an alias where it is free."""
    wanted = {key(address): address for address in (*announcement.aliases, announcement.url)}
    own = key(announcement.url)
    taken = select(addresses.c.key, addresses.c.announcement).where(addresses.c.key.in_(wanted))
    holders = {row.key: row.announcement for row in connection.execute(taken)}
    if holders.setdefault(own, 0) != number:
        connection.execute(delete(addresses).where(or_(addresses.c.key == own, addresses.c.key.in_(_too_many(number)))))
        _add_address(connection, number, announcement.url)
    count = select(func.count()).select_from(addresses).where(addresses.c.announcement == number)
    room = max(_MOST_ALIASES - connection.execute(count).scalar_one(), 0)
    for free in [spelt for spelt in wanted if spelt not in holders][:room]:
        _add_address(connection, number, wanted[free])


def _too_many(number: int) -> Select[Any]:
    """Return the aliases of *number* that leave no room for one more; the address it was first seen at is none."""
    first = select(announcements.c.url).where(announcements.c.number == number).scalar_subquery()
    aliases = select(addresses.c.key).where(addresses.c.announcement == number, addresses.c.address != first)
    return aliases.order_by(addresses.c.key).offset(_MOST_ALIASES - 2)


def _add_address(connection: Connection, number: int, address: str) -> None:
    connection.execute(insert(addresses).values(key=key(address), address=address, announcement=number))


def _keep_wording(connection: Connection, row: Row[Any]) -> None:
    earlier = select(func.count()).select_from(revisions).where(revisions.c.announcement == row.number)
    connection.execute(
        insert(revisions).values(
            announcement=row.number,
            position=connection.execute(earlier).scalar_one(),
            seen=row.updated,
            title=row.title,
            text=row.text,
        )
    )
