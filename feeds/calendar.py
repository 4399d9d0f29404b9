"""Announcements in, an iCalendar document (RFC 5545, RFC 7986) out. Pure: the same announcements give the same bytes.

The only module that knows ``icalendar``, and what bites in it:

- It writes a backslash before an N as a line break, which comes back as one: ``_Text`` escapes by the RFC.
- It adds missing time zones in the order of a set, which differs from process to process; one takes milliseconds to
  make: each is made once and kept.
- The zones that it makes put their clocks forward as late as they do so: what they skip is taken off (section 3.6.5
  counts an onset by the clock before it).
- A document is serialised as a whole, and its size known only then: the components are written one by one.

A ``UID`` must outlive what an edit changes, and nothing is stored but the announcement. An event is therefore known by
its announcement, its kind and what it is called besides its announcement's title, and among those of one name by its
number in time. So it stays what it is when it is postponed, when the page's title says so, when the page is read in
another order, and when punctuation or width of its name change. It becomes another when it is renamed; of several with
one name (sessions) the later ones take the number of one that is dropped, or overtaken.

``SEQUENCE`` counts the seconds from when the announcement was first seen to its last change, be it that it is gone: it
rises with each, never falls, and is the same after a rebuild of the archive. One exception: a page that was gone and
comes back as it was has the number from before. A page that is only read anew has not changed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import icalendar
from icalendar.prop import vCategory, vDuration, vText, vUri

from feeds.event_dates import DEADLINE, When, as_line, deadline_head, own_name, when, where
from feeds.text import address as uri
from feeds.text import language_tag, short
from store.announcement import Archived, Event

MOST_BYTES = 500_000
MOST_EVENTS = 2_000  # more are never written: one takes 250 bytes at least

_A_DAY = timedelta(days=1)
_DAY_BEFORE_AT_9 = timedelta(hours=-15)  # before the midnight that begins the day
_YEARS_OF_ZONES = range(1971, 2037)  # of which zones are written; what lies outside is told in UTC
_MOST_SECONDS = 2**31 - 1  # RFC 5545, section 3.3.8
_MOST_OF_AN_ADDRESS = 2_000
_MOST_KEPT = 5_000  # events, as they are written
_MOST_CATEGORIES = 20
_END = b"END:VCALENDAR\r\n"


def calendar(title: str, announcements: Iterable[Archived], *, address: str) -> bytes:
    """Return the events of *announcements* as a document of at most MOST_BYTES; *address* is its own, in public.

    The newest events come first, the oldest are left out where there are too many. An announcement that is gone is
    CANCELLED. A deadline is an entry of a day, with an alarm at 9:00 the day before; its hour is in the description.

    What can't be expressed is left out: events outside the years 1 to 9999, or on the last of their days, which has no
    day behind it; fractions of seconds; ends that are not behind their start; of texts what is not seen but acts, and
    what is longer than any title; addresses that aren't of the web. A local time is told in UTC where it comes twice on
    its day, or where the document doesn't describe its zone. An empty calendar holds the zone UTC: RFC 5545, section
    3.6 wants a component, and this one shows nothing.
    """
    given = list(announcements)
    head = _head(title, given, address)
    zones: dict[str, bytes] = {}
    written: list[bytes] = []
    size = len(head) + len(_END)
    for entry in sorted(chain.from_iterable(map(_entries, given)), key=_age):
        lines, named = _written(entry)
        new = {name: _zone(name) for name in sorted(named - zones.keys())}
        size += len(lines) + sum(map(len, new.values()))
        if size > MOST_BYTES:
            break
        zones |= new
        written.append(lines)
    zones = zones if written else {"UTC": _zone("UTC")}
    return b"".join((head, *(zones[name] for name in sorted(zones)), *written, _END))


class _Text(vText):
    """TEXT as RFC 5545, section 3.3.11 escapes it."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return re.sub(r"[\\;,]", r"\\\g<0>", self).replace("\n", r"\n").encode()


@dataclass(frozen=True, slots=True)
class _Entry:
    announcement: Archived
    event: Event
    found: When
    uid: str
    instants: tuple[float, float]  # hours that come twice on their day are equal but for these


def _head(title: str, announcements: list[Archived], address: str) -> bytes:
    """Return the document up to its first component."""
    document = icalendar.Calendar()
    document.add("PRODID", "-//zerowire//zerowire//EN")
    document.add("VERSION", "2.0")
    name = _Text(short(title) or "zerowire")
    document.add("NAME", name)
    document.add("X-WR-CALNAME", name)
    document.add("SOURCE", vUri(_on_the_web(address), params={"VALUE": "URI"}))
    document.add("REFRESH-INTERVAL", vDuration(timedelta(hours=1), params={"VALUE": "DURATION"}))
    document.add("X-PUBLISHED-TTL", vDuration(timedelta(hours=1)))
    if announcements:
        document.add("LAST-MODIFIED", max(map(_changed, announcements)))
    return bytes(document.to_ical()).removesuffix(_END)


def _entries(announcement: Archived) -> Iterator[_Entry]:
    found = [(times, event) for event in announcement.events if (times := when(event)) and times.last < date.max]
    numbers: Counter[tuple[str, str]] = Counter()
    shown = replace(announcement, text="", html="", attachments=(), events=(), revisions=())  # all that is kept of it
    for times, event in sorted(found, key=_order):
        known_by = event.kind, _name(announcement, event)
        numbers[known_by] += 1
        identity = json.dumps([announcement.id, *known_by, numbers[known_by]])
        instants = times.starts.timestamp(), times.ends.timestamp()
        yield _Entry(shown, event, times, str(uuid5(NAMESPACE_URL, identity)), instants)


def _order(told: tuple[When, Event]) -> tuple[float, float, str, str]:
    """Return what is smaller the earlier an event is; clocks that are put back don't matter to it."""
    times, event = told
    return times.starts.timestamp(), times.ends.timestamp(), event.title, event.place


def _name(announcement: Archived, event: Event) -> str:
    """Return an event's own name as its letters and digits, small and of one width."""
    name = own_name(announcement, event)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _age(entry: _Entry) -> tuple[float, str]:
    return -entry.instants[0], entry.uid


@lru_cache(_MOST_KEPT)
def _written(entry: _Entry) -> tuple[bytes, frozenset[str]]:
    """Return the lines of *entry*, and the zones that they name: a millisecond's work, for several calendars."""
    component = _component(entry)
    return bytes(component.to_ical()), _zones(component)


def _component(entry: _Entry) -> icalendar.Event:
    announcement, changed = entry.announcement, _changed(entry.announcement)
    component = icalendar.Event()
    component.add("UID", entry.uid)
    component.add("DTSTAMP", changed)
    component.add("LAST-MODIFIED", changed)
    component.add("CREATED", announcement.first_seen)
    component.add("SEQUENCE", _seconds(changed - announcement.first_seen))
    component.add("STATUS", "CANCELLED" if announcement.gone else "CONFIRMED")
    _add_span(component, entry)
    _add_texts(component, entry)
    if entry.event.kind == DEADLINE:
        component.add("TRANSP", "TRANSPARENT")
        if not announcement.gone:
            component.add_component(_alarm(component))
    return component


def _changed(announcement: Archived) -> datetime:
    return max(announcement.updated, announcement.gone or announcement.updated)


def _seconds(span: timedelta) -> int:
    return min(max(0, int(span.total_seconds())), _MOST_SECONDS)


def _add_span(component: icalendar.Event, entry: _Entry) -> None:
    found = entry.found
    if found.since and entry.event.kind != DEADLINE:
        component.add("DTSTART", _moment(found.starts))
        if found.ends.timestamp() > found.starts.timestamp():  # one zone's times are compared as its clocks show them
            component.add("DTEND", _moment(found.ends))
        return
    component.add("DTSTART", found.first)
    component.add("DTEND", found.last + _A_DAY)  # the first day that isn't one of the event's


def _moment(moment: datetime) -> datetime:
    return moment if moment.year in _YEARS_OF_ZONES and not moment.fold else moment.astimezone(UTC)


def _add_texts(component: icalendar.Event, entry: _Entry) -> None:
    announcement, event = entry.announcement, entry.event
    language = announcement.title_language or announcement.language
    title, url, place = short(announcement.title), _on_the_web(announcement.url), where(event, announcement.language)
    called = short(event.title) or title or url or entry.uid
    about = (
        as_line(announcement, event, entry.found, announcement.language)
        if event.kind == DEADLINE and entry.found.since
        else "",
        "" if called.startswith(title) else title,
        short(announcement.summary, 1_000),
        url,
    )
    component.add("SUMMARY", _text(f"{deadline_head(event, announcement.language)}{called}", language))
    component.add("DESCRIPTION", _text("\n".join(filter(None, about)), announcement.language))
    if place:
        component.add("LOCATION", _text(place, announcement.language))
    if url:
        component.add("URL", vUri(url))
    if topics := list(filter(None, dict.fromkeys(map(short, announcement.topics)))):
        component.add("CATEGORIES", _categories(topics[:_MOST_CATEGORIES]))


def _text(text: str, language: str) -> _Text:
    return _Text(text, params={"LANGUAGE": language} if language_tag(language) else {})


def _categories(topics: list[str]) -> vCategory:
    categories = vCategory([])
    categories.cats = [_Text(topic) for topic in topics]
    return categories


def _on_the_web(url: str) -> str:
    """Return *url* as a URI; nothing where it is not one of the web, or longer than programs take."""
    found = uri(url) if len(url) <= _MOST_OF_AN_ADDRESS else ""
    return found if found.startswith(("https://", "http://")) and len(found) <= _MOST_OF_AN_ADDRESS else ""


def _alarm(component: icalendar.Event) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", component["SUMMARY"])
    alarm.add("TRIGGER", _DAY_BEFORE_AT_9)
    return alarm


def _zones(component: icalendar.Event) -> frozenset[str]:
    """Return the names of the time zones that *component* is told in, UTC excepted."""
    there = (component[each].params.tzid for each in ("DTSTART", "DTEND") if each in component)
    return frozenset(str(name) for name in there if name)


@lru_cache
def _zone(name: str) -> bytes:
    first, last = date(_YEARS_OF_ZONES.start - 1, 1, 1), date(_YEARS_OF_ZONES.stop + 1, 1, 1)
    zone: Any = icalendar.Timezone.from_tzid(name, first_date=first, last_date=last)
    for observance in zone.subcomponents:
        skipped = max(timedelta(), observance.TZOFFSETTO - observance.TZOFFSETFROM)
        for onset in (observance["DTSTART"], *(observance["RDATE"].dts if "RDATE" in observance else ())):
            onset.dt -= skipped
    return bytes(zone.to_ical())
