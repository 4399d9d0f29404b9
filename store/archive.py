"""The archive of announcements: save, find, hand out, take in. Every method is one transaction.

This module alone knows when two announcements are one, and what an edit does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Update, bindparam, column, func, insert, select, update

from store.announcement import Announcement, Archived, Attachment, From, Precision
from store.database import Database
from store.identity import first_id, key, reused_id
from store.index.entries import entry
from store.index.results import Cursor, Places, Results, Sort, hit, newest, ranked
from store.naming import at_its_address, name, name_new
from store.places import earliest, free_place
from store.query import EVERYTHING, Query
from store.records import (
    add_parts,
    add_revisions,
    add_translations,
    keep_wording,
    known_files,
    number_of,
    read,
    replace_facts,
    replace_parts,
    rewrite_revision,
    wording,
)
from store.search import BadQuestion
from store.stories import introduce, relate, settle
from store.tables import UNREAD, addresses, announcements, attachments, revisions
from store.turns import next_turn, take_turns

GRACE = timedelta(minutes=15)
_A_MOMENT = timedelta(microseconds=1)
_MOST_KEYS = 10_000  # in one question: SQLite takes some 32,000 values, PostgreSQL 65,000
_BATCH = 200
_EVERY = 1 << 31  # announcements in an answer: all
_GIVEN = (  # what an export says of an announcement besides its wording
    *("id", "published", "published_from", "precision", "timezone", "first_seen", "updated", "gone", "story"),
)
_SHORTEST_COPY = 200  # characters: below that, two pages may say the same and be two


# Made once: to make them for every announcement would take longer than to run them.
_INSERT = insert(announcements)
_NAMED = select(announcements).where(announcements.c.id.in_(bindparam("ids", expanding=True)))
_AT = select(announcements).join(addresses).where(addresses.c.key == bindparam("key"))
_PLACED = select(announcements).where(announcements.c.place.in_(bindparam("places", expanding=True)))
_COPIES = (
    select(announcements)
    .where(announcements.c.source == bindparam("source"), announcements.c.content_hash == bindparam("hash"))
    .order_by(announcements.c.number)
)


class Outcome(StrEnum):
    """What became of an announcement that was saved."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Known:
    """What a crawl must know of an announcement that is here already; ``found_at`` is where its page was last seen."""

    id: str
    url: str
    found_at: str
    published: datetime
    first_seen: datetime
    updated: datetime


_KNOWN = tuple(announcements.c[name] for name in ("id", "url", "found_at", "published", "first_seen", "updated"))
_KNOWN_AT = (
    select(addresses.c.key, *_KNOWN)
    .join_from(addresses, announcements)
    .where(addresses.c.key.in_(bindparam("keys", expanding=True)))
)


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
            there = at_its_address(connection, announcement)
            row = there or _copy_of(connection, announcement)
            if row is not None and _reused(row, announcement):
                row = _had_its_address(connection, announcement)
            if row is None:
                self._add(connection, announcement, now, taken=there is not None)
                return Outcome.NEW
            name(connection, row.number, announcement)
            if row.found_at != announcement.url:
                connection.execute(_row(row.number).values(found_at=announcement.url))
            if row.content_hash == announcement.content_hash or _goes_back_and_forth(connection, row, announcement):
                self._refresh(connection, row, announcement)
                return Outcome.SAME
            self._change(connection, row, announcement, now)
            return Outcome.CHANGED

    def mark_gone(self, url: str, *, now: datetime) -> bool:
        """Note that the page at *url* was removed; say whether that was news: of one that has moved it is none."""
        with self._database.writing() as connection:
            found = connection.execute(_AT, {"key": key(url)}).first()
            if found is None or found.gone is not None or key(found.found_at) != key(url):
                return False
            connection.execute(_row(found.number).values(gone=now))
            self._index(connection, found.number)
            told = select(announcements.c.number).where(announcements.c.story == found.story)
            if found.story is not None:  # another of those that tell it stands in its place
                take_turns(connection, connection.execute(told).scalars().all())
            return True

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Return what is known of each of *urls* that leads to an announcement, in whatever spelling."""
        spelt = {url: key(url) for url in urls}
        keys = sorted(set(spelt.values()))
        found: dict[str, Known] = {}
        with self._database.reading() as connection:
            for start in range(0, len(keys), _MOST_KEYS):
                rows = connection.execute(_KNOWN_AT, {"keys": keys[start : start + _MOST_KEYS]})
                found |= {spelling: Known(*known) for spelling, *known in rows}
        return {url: found[spelling] for url, spelling in spelt.items() if spelling in found}

    def recent(self, source: str, *, since: datetime) -> list[Known]:
        """Return what is known of the announcements of *source* published at *since* or later, newest first."""
        found = select(*_KNOWN).where(announcements.c.source == source, announcements.c.place >= earliest(since))
        found = found.where(announcements.c.gone.is_(None)).order_by(announcements.c.place.desc())
        with self._database.reading() as connection:
            return [Known(*known) for known in connection.execute(found)]

    def get(self, id_or_url: str) -> Archived | None:
        """Return the announcement with this id (with or without ``urn:uuid:``), or to which this address leads."""
        with self._database.reading() as connection:
            rows = connection.execute(_NAMED, {"ids": [id_or_url.lower(), f"urn:uuid:{id_or_url.lower()}"]}).all()
            rows = rows or connection.execute(_AT, {"key": key(id_or_url)}).all()
            return next(iter(read(connection, rows)), None)

    def story(self, story: str) -> list[Archived]:
        """Return the announcements that tell the story of this id, newest first."""
        told = select(announcements).where(announcements.c.story == story).order_by(announcements.c.place.desc())
        with self._database.reading() as connection:
            return read(connection, connection.execute(told).all())

    def find(self, query: Query, *, limit: int | None = None, below: int | None = None) -> list[Archived]:
        """Return what *query* asks for, newest first, below the place *below* where that is given.

        Raises BadQuestion (store.search) for words that can't be looked for.
        """
        with self._opened(query) as connection:
            return read(connection, self._newest(connection, query, limit=limit, below=below))

    def search(
        self, query: Query, *, limit: int = 20, sort: Sort = Sort.RELEVANCE, cursor: str | None = None
    ) -> Results:
        """Return a page of what *query* asks for, with its hits marked, and where to go on: new arrivals meanwhile
        neither shift it nor come twice.

        Raises BadQuestion (store.search) for words that can't be looked for, or not in time.
        """
        start, index = Cursor.read(cursor), self._database.index
        question = query.question()
        if start.last is not None and (sort is Sort.NEWEST or not query.asks):
            raise BadQuestion("cursor: expected one that came with an answer in this order")
        with self._database.asking() as connection:
            if query.asks and sort is Sort.RELEVANCE:
                places = ranked(connection, index, question, cursor=start, limit=limit)
            elif query.asks or query.topic is not None:  # of a topic, too, the search index finds the newest first
                places = newest(connection, index, question, below=start.below, limit=limit)
            else:
                places = self._listed(connection, query, below=start.below, limit=limit)
            found = read(connection, _at_places(connection, places.places))
        following = str(places.following) if places.following else None
        return Results(hits=tuple(hit(question, announcement) for announcement in found), following=following)

    def all(self, query: Query = EVERYTHING) -> Iterator[Archived]:
        """Yield what *query* asks for, newest first, a few hundred at a time.

        Raises BadQuestion (store.search) for words that can't be looked for, or not in time.
        """
        below: int | None = None
        while True:
            with self._opened(query) as connection:
                rows = self._newest(connection, query, limit=_BATCH, below=below)
                found = read(connection, rows)
            yield from found
            if len(rows) < _BATCH:
                return
            below = rows[-1].place

    def count(self, query: Query = EVERYTHING) -> int:
        """Return how many announcements *query* asks for, its words aside."""
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(announcements).where(*query.conditions())
            return connection.execute(counted).scalar_one()

    def count_by_source(self) -> dict[str, int]:
        """Return how many announcements of each source there are, those that are gone included."""
        counted = select(announcements.c.source, func.count()).group_by(announcements.c.source)
        with self._database.reading() as connection:
            return dict(connection.execute(counted).all())

    def take_in(self, *exported: Archived) -> int:
        """Keep exported announcements as they are, ids and times included; say how many were not here yet.

        One whose address leads to an announcement here is that one, unless title and date say otherwise.
        """
        with self._database.writing() as connection:
            return sum(self._take_in(connection, announcement) for announcement in exported)

    def _take_in(self, connection: Connection, announcement: Archived) -> bool:
        here = at_its_address(connection, announcement)
        if number_of(connection, announcement.id) is not None or (here and not _reused(here, announcement)):
            return False
        times = {name: getattr(announcement, name) for name in _GIVEN}
        times |= {
            "grace_from": announcement.updated,
            "paired": announcement.updated if announcement.translations else None,
        }
        number = self._insert(connection, announcement, times, taken=here is not None)
        add_revisions(connection, number, announcement.revisions)
        add_translations(connection, number, announcement)
        settle(connection, {number})
        return True

    def unread_files(self, source: str, *, limit: int) -> list[Attachment]:
        """Return attachments of *source* that nobody has fetched yet, those of the newest announcements first."""
        unread = (
            select(attachments.c.url, attachments.c.type, func.max(announcements.c.published).label("newest"))
            .join_from(attachments, announcements)
            .where(announcements.c.source == source, UNREAD)
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
            for number in connection.execute(select(attachments.c.announcement).where(here).distinct()).scalars().all():
                self._index(connection, number)
                take_turns(connection, [number])  # there are words now by which it is asked for

    def rewrite(self, announcement_id: str, made: Announcement, *, seen: datetime) -> bool:
        """Put what was read anew in the wording that was first seen at *seen*; say whether it differs.

        No revision, no other id or date comes of it: the page did not change, its reading did. Raises KeyError where
        the announcement, or that wording of it, is not here.
        """
        with self._database.writing() as connection:
            found = connection.execute(select(announcements).where(announcements.c.id == announcement_id)).first()
            if found is None:
                raise KeyError(f"{announcement_id}: expected an announcement that is here")
            if found.updated != seen:
                return rewrite_revision(connection, found.number, made, seen)
            before = read(connection, [found])[0]
            self._put_wording(connection, found.number, made)
            return read(connection, _numbered(connection, [found.number]))[0] != before

    def _opened(self, query: Query) -> AbstractContextManager[Connection]:
        """Return a connection: with a limit of time where somebody's words are looked for."""
        return self._database.asking() if query.asks else self._database.reading()

    def _newest(
        self, connection: Connection, query: Query, *, limit: int | None, below: int | None
    ) -> Sequence[Row[Any]]:
        """Return the rows of what *query* asks for, newest first."""
        if not query.asks:
            return _rows(connection, query, limit=limit, below=below)
        places = self._database.index.newest(connection, query.question(), below=below, limit=limit or _EVERY)
        return _at_places(connection, places)

    def _listed(self, connection: Connection, query: Query, *, below: int | None, limit: int) -> Places:
        rows = _rows(connection, query, limit=limit + 1, below=below, columns=[announcements.c.place])
        found = [row.place for row in rows]
        return Places(found[:limit], Cursor(below=found[limit - 1]) if len(found) > limit else None)

    def _add(self, connection: Connection, announcement: Announcement, now: datetime, *, taken: bool) -> None:
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
            "grace_from": now,
        }
        self._insert(connection, announcement, times, taken=taken)

    def _insert(self, connection: Connection, announcement: Announcement, given: dict[str, Any], *, taken: bool) -> int:
        place = free_place(connection, given["published"], given["first_seen"])
        announcement = _with_known_files(connection, announcement)
        added = connection.execute(
            _INSERT,
            {
                **wording(announcement),
                **given,
                "place": place,
                "turn": next_turn(connection),
                "found_at": announcement.url,
            },
        )
        number = int(added.inserted_primary_key[0])  # type: ignore[index]
        name_new(connection, number, announcement, taken=taken)
        add_parts(connection, number, announcement)
        self._database.index.add(connection, place, entry(announcement, gone=given.get("gone") is not None))
        introduce(connection, number, announcement, given["published"])
        return number

    def _change(self, connection: Connection, row: Row[Any], announcement: Announcement, now: datetime) -> None:
        updated = max(now, row.updated + _A_MOMENT)  # later also where the clock was set back: else it is no change
        values: dict[str, Any] = {"updated": updated, "gone": None, "paired": None, "turn": next_turn(connection)}
        if not timedelta() <= now - row.grace_from < self._grace:
            keep_wording(connection, row)
            values["grace_from"] = now
        connection.execute(_row(row.number).values(**values))
        self._put_wording(connection, row.number, announcement)

    def _put_wording(self, connection: Connection, number: int, announcement: Announcement) -> None:
        """Let *announcement* be what number *number* says; its address stays."""
        changed = {name: value for name, value in wording(announcement).items() if name != "url"}
        connection.execute(_row(number).values(**changed))
        replace_parts(connection, number, _with_known_files(connection, announcement))
        self._index(connection, number)
        relate(connection, number)

    def _refresh(self, connection: Connection, row: Row[Any], announcement: Announcement) -> None:
        """Keep what is known better now of an announcement that says the same: it is back, it has other facts."""
        before = read(connection, [row])[0]
        if row.gone is None and _facts(before) == _facts(announcement):
            return
        turn = next_turn(connection)
        connection.execute(_row(row.number).values(gone=None, paired=None, turn=turn, tags=list(announcement.tags)))
        replace_facts(connection, row.number, announcement)
        self._index(connection, row.number)

    def _index(self, connection: Connection, number: int) -> None:
        """Let announcement *number* be found by what it says now."""
        row = _numbered(connection, [number])[0]
        announcement = read(connection, [row])[0]
        self._database.index.put(connection, row.place, entry(announcement, gone=row.gone is not None))


def _facts(announcement: Announcement) -> tuple[object, ...]:
    """Return what may be known better of a page that says the same; topics and alternates have no order."""
    return announcement.tags, announcement.events, {*announcement.topics}, {*announcement.alternates}


def _numbered(connection: Connection, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    return connection.execute(select(announcements).where(announcements.c.number.in_(numbers))).all()


def _rows(
    connection: Connection,
    query: Query,
    *,
    limit: int | None,
    below: int | None,
    columns: Sequence[Any] = (announcements,),
) -> Sequence[Row[Any]]:
    found = select(*columns).where(*query.conditions()).order_by(announcements.c.place.desc()).limit(limit)
    return connection.execute(found if below is None else found.where(announcements.c.place < below)).all()


def _at_places(connection: Connection, places: Sequence[int]) -> Sequence[Row[Any]]:
    """Return the rows at *places*, in their order."""
    rows: dict[int, Row[Any]] = {}
    for start in range(0, len(places), _MOST_KEYS):
        some = connection.execute(_PLACED, {"places": places[start : start + _MOST_KEYS]})
        rows |= {row.place: row for row in some}
    return [rows[place] for place in places if place in rows]


def _goes_back_and_forth(connection: Connection, row: Row[Any], announcement: Announcement) -> bool:
    """Say whether both the present wording and the new one were there before, as where a page shows banners in turn."""
    known = select(revisions.c.content_hash).where(
        revisions.c.announcement == row.number,
        revisions.c.content_hash.in_((row.content_hash, announcement.content_hash)),
    )
    return len(set(connection.execute(known).scalars())) == 2


def _with_known_files(connection: Connection, announcement: Announcement) -> Announcement:
    """Return *announcement* with what was read in its attachments before, wherever: a label of its own stays."""
    if not announcement.attachments:
        return announcement
    known = known_files(connection, [file.url for file in announcement.attachments])
    files = (replace(known.get(file.url, file), title=file.title) for file in announcement.attachments)
    return replace(announcement, attachments=tuple(files))


def _copy_of(connection: Connection, announcement: Announcement) -> Row[Any] | None:
    """Return the row of the same source with the same title, text and files, unless the dates tell them apart."""
    if len(announcement.text) < _SHORTEST_COPY:
        return None
    rows = connection.execute(_COPIES, {"source": announcement.source, "hash": announcement.content_hash})
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
