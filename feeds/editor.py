"""A channel in, what its feeds hold out: the archive is asked here.

This module alone knows what stands in the current document of a feed and what in its history (RFC 5005). The history is
in the order of arrival and change, so that a full volume never changes; an announcement that changed comes again, and
the later ``updated`` counts (section 4). What is in no full volume yet is in the current document, with the newest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from feeds.calendar import calendar
from feeds.channels import Channel
from feeds.contents import EMPTY, Contents
from feeds.documents import MOST_ENTRIES, documents
from feeds.entries import Entry, entry
from feeds.notes import changes, removals, turns
from store.announcement import Archived
from store.database import Database
from store.news import Arrivals, News
from store.query import Query
from store.runs import Runs
from store.volumes import History, Volumes

_FORM = "1"  # of a volume: another number makes all of them anew
_MOST_KEPT = 2_000  # entries, while channels that share them are made
_MOST_DATED = 500  # announcements in a calendar


@dataclass(frozen=True, slots=True)
class Volume:
    """A full volume of a channel's history, as an Atom document."""

    number: int
    document: bytes
    updated: datetime


class Editor:
    """Makes the feeds of the archive in *database*, for readers who see them at *base_url*.

    One is for one publish, or one question: an entry that it has made it hands out again, whatever became of it since.
    """

    def __init__(self, database: Database, *, base_url: str, hub: str = "") -> None:
        self.database = database
        self._news = News(database)
        self._runs = Runs(database)
        self._volumes = Volumes(database)
        self.base_url = base_url
        self.site = f"{base_url.rstrip('/')}/"
        self.hub = hub
        self._entries: dict[str, Entry] = {}

    def current(self, channel: Channel) -> Contents:
        """Return the newest of *channel*, and what is in no full volume yet. Raises BadQuestion (store.search)."""
        if channel.query is None:
            return self._notes(channel)
        history = self._history(channel)
        waiting = self._waiting(channel.query, history, once=channel.once)[1].announcements
        newest = self._news.newest(channel.query, limit=MOST_ENTRIES, once=channel.once)
        shown = _together(newest, waiting)
        contents = self._contents(channel, shown)
        return replace(contents, volumes=len(history.ends), kept=frozenset(one.id for one in waiting))

    def asked(self, channel: Channel) -> Contents:
        """Return the newest of a channel that somebody asks for: it has no history. Raises BadQuestion."""
        query = channel.query or Query(gone=False)
        return replace(self._contents(channel, self._news.newest(query, limit=MOST_ENTRIES, once=channel.once)), hub="")

    def fill(self, channel: Channel, *, is_there: Callable[[int], bool]) -> Generator[Volume, None, None]:
        """Yield the volumes of *channel* that are full now and were not before, and those that are not *there* anymore.

        One is known as full when the next is asked for: until then it may be written again.
        """
        if channel.query is None:
            return
        history = self._history(channel)
        for number, (after, last) in enumerate(zip([0, *history.ends], history.ends, strict=False), 1):
            if not is_there(number):
                yield self._volume(channel, number, self._between(channel.query, after, last, once=channel.once))
        while True:
            seen, found = self._waiting(channel.query, history, once=channel.once)
            if found.turns == history.waiting:  # nothing came to what was no volume yet
                self._keep(channel, history, replace(history, seen=seen))
                return
            number = len(history.ends) + 1
            contents = replace(self._contents(channel, found.announcements), volume=number)
            fitting, written = documents(contents)  # in every format: what one has no room for would be in none
            count = len(fitting.entries)
            if count == len(found.announcements) < MOST_ENTRIES:
                self._keep(channel, history, History(history.ends, seen, found.turns))
                return
            yield Volume(number, written["atom"], contents.updated)
            last = found.turns[count - 1]
            filled = History((*history.ends, last), last)  # what waits behind it is found again
            self._keep(channel, history, filled)
            history = filled

    def calendar(self, channel: Channel, path: str) -> bytes:
        """Return the dates of what *channel* holds, or held, as a calendar at the public *path*. Raises BadQuestion."""
        query, address = channel.query or Query(), f"{self.site}{path}"
        return calendar(channel.title, self._news.events(query, limit=_MOST_DATED), address=address)

    def _waiting(self, query: Query, history: History, *, once: bool) -> tuple[int, Arrivals]:
        """Return at most a volume's worth of what is in none yet, and the turn up to which that is all."""
        room = MOST_ENTRIES - len(history.waiting)
        new = self._news.arrivals(query, after=history.seen, limit=room, once=once)
        return new.last, self._news.at([*history.waiting, *new.turns], query, once=once)

    def _history(self, channel: Channel) -> History:
        return self._volumes.history(channel.name, self._definition(channel))

    def _keep(self, channel: Channel, before: History, after: History) -> None:
        if after != before:
            self._volumes.keep(channel.name, self._definition(channel), after)

    def _volume(self, channel: Channel, number: int, held: Sequence[Archived]) -> Volume:
        contents = replace(self._contents(channel, held), volume=number)
        return Volume(number, documents(contents, ["atom"])[1]["atom"], contents.updated)

    def _between(self, query: Query, after: int, last: int, *, once: bool) -> list[Archived]:
        found = self._news.arrivals(query, after=after, limit=MOST_ENTRIES, once=once)
        return [one for one, turn in zip(found.announcements, found.turns, strict=True) if turn <= last]

    def _contents(self, channel: Channel, held: Sequence[Archived]) -> Contents:
        return Contents(
            channel=channel,
            entries=tuple(self._made(held)),
            base_url=self.base_url,
            updated=_latest(one.updated for one in held),
            hub=self.hub,
        )

    def _made(self, held: Iterable[Archived]) -> Iterator[Entry]:
        """Yield the entries of *held*; those that another channel has shown are made once."""
        if len(self._entries) > _MOST_KEPT:
            self._entries.clear()
        missing = [one for one in held if one.id not in self._entries]
        tellings = self._news.tellings(missing)
        self._entries |= {one.id: entry(one, tellings.get(one.id, ())) for one in missing}
        yield from (self._entries[one.id] for one in held)

    def _notes(self, channel: Channel) -> Contents:
        entries = self._noted(channel.name)[:MOST_ENTRIES]
        updated = _latest(each.updated for each in entries)
        return Contents(channel=channel, entries=tuple(entries), base_url=self.base_url, updated=updated, hub=self.hub)

    def _noted(self, name: str) -> list[Entry]:
        if name == "updates":
            return changes(self._news.changed(limit=MOST_ENTRIES), limit=MOST_ENTRIES)
        if name == "gone":
            return removals(self._news.gone(limit=MOST_ENTRIES))
        return turns(self._runs.turns(limit=MOST_ENTRIES), self.base_url)

    def _definition(self, channel: Channel) -> str:
        """Return what makes the volumes of *channel* what they are."""
        return hashlib.sha256(f"{_FORM} {self.base_url} {channel.query!r}".encode()).hexdigest()


def _latest(times: Iterable[datetime]) -> datetime:
    return max(times, default=EMPTY).astimezone(UTC).replace(microsecond=0)


def _together(newest: Sequence[Archived], waiting: Sequence[Archived]) -> list[Archived]:
    """Return at most a document's worth, newest first: all of *waiting*, and of *newest* what there is room for."""
    ids = {one.id for one in newest}
    older = sorted((one for one in waiting if one.id not in ids), key=_published, reverse=True)
    wanted = {one.id for one in waiting}
    room = MOST_ENTRIES - len(waiting)
    kept = []
    for one in newest:
        if one.id in wanted:
            kept.append(one)
        elif room > 0:
            kept.append(one)
            room -= 1
    return [*kept, *older]


def _published(announcement: Archived) -> datetime:
    return announcement.published
