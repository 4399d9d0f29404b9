"""A month of events and deadlines: as a grid of days, and as a list, the deadlines apart."""

from __future__ import annotations

import calendar as months
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date, get_day_names

from feeds.event_dates import DEADLINE, When, when
from feeds.text import is_japanese, short
from store.agenda import Agenda, Dated, once
from store.days import ZONE
from store.query import Query
from store.search import BadQuestion
from web.pages.page import Asked, Site

NARROWING = ("organisation", "language", "topic")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_YEARS = range(1000, 9_998)
_MOST_IN_A_CELL = 4
_MOST_LISTED = 50  # of a kind
_SOON = 8
_MOST_NAME = 150  # characters
_A_DAY, _A_WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it stands in a list; of many only some are asked for what they are called."""

    dated: Dated
    when: When

    @property
    def title(self) -> str:
        """What it is called: what it is part of is named, too."""
        name, title = short(self.dated.event.title, _MOST_NAME), short(self.dated.title, _MOST_NAME)
        if name in ("", title):
            return title
        colon = "：" if is_japanese(name) else ": "
        return name if title in name else f"{name}{colon}{title}"

    @property
    def language(self) -> str:
        return self.dated.title_language or self.dated.language


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid: ``here`` where it is of the month; what takes place on it, and how much more there is."""

    date: date
    here: bool
    is_today: bool
    lines: Sequence[Line]
    more: int


def calendar(site: Site, asked: Asked) -> str:
    """Return the page of a month, Japan's present one where none is asked for. Raises BadQuestion where it is none."""
    today = site.now().astimezone(ZONE).date()
    first = asked_month(asked.value("month"), site.now())
    narrowed: dict[str, Any] = {name: asked.value(name) for name in NARROWING if asked.value(name)}
    query, agenda, language = Query(gone=False, **narrowed), Agenda(site.database), asked.reader.language
    weeks = months.Calendar(_first_weekday(language)).monthdatescalendar(first.year, first.month)
    since, until = bounds(first)
    near = agenda.between(since - _A_DAY, until + _A_DAY, query=query)  # each takes place on a day of its own zone
    listed = _of_the_month(_lines(language, near), first)
    by_day = _by_day(listed, weeks[0][0], weeks[-1][-1])
    address = _address(asked, narrowed)
    names = get_day_names("abbreviated", locale=asked.reader.locale)
    return site.page(
        "calendar.html",
        asked,
        first=first,
        title=format_date(first, _form(language), locale=asked.reader.locale),
        weekdays=[names[day.weekday()] for day in weeks[0]],
        weeks=[[_day(day, first, today, by_day) for day in week] for week in weeks],
        deadlines=[line for line in listed if line.dated.event.kind == DEADLINE],
        events=[line for line in listed if line.dated.event.kind != DEADLINE],
        most=_MOST_LISTED,
        soon=_lines(language, agenda.next(site.now(), query=query, limit=2 * _SOON))[:_SOON],
        earlier=f"{_beside(first, -1):%Y-%m}",
        later=f"{_beside(first, 1):%Y-%m}",
        narrowed=dict.fromkeys(NARROWING, "") | narrowed,
        choices=site.choices(asked.reader),
        calendar=address,
        forms={"iCalendar": address} | _forms(asked, first, narrowed),
    )


def _lines(language: str, dated: Sequence[Dated]) -> list[Line]:
    """Return what can be told of *dated*, each event once, in *language* where it is told in that."""
    return [Line(each, found) for each in once(dated, language) if (found := when(each.event))]


def asked_month(given: str, now: datetime) -> date:
    """Return the first day of the month *given*, ``2026-08``, of Japan's present one where none is.

    Raises BadQuestion where it is none.
    """
    if not given:
        return now.astimezone(ZONE).date().replace(day=1)
    read = _MONTH.fullmatch(given)
    if read is None or int(read[1]) not in _YEARS:
        raise BadQuestion(f"month: expected one such as 2026-08, got {given[:40]!r}")
    return date(int(read[1]), int(read[2]), 1)


def bounds(first: date) -> tuple[datetime, datetime]:
    """Return when the month of *first* begins in Japan, and when the next one does."""
    return _begins(first), _begins(_beside(first, 1))


def _beside(first: date, step: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
    return date(year, month + 1, 1)


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def _first_weekday(language: str) -> int:
    return months.SUNDAY if language == "ja" else months.MONDAY


def _form(language: str) -> str:
    return "y年M月" if language == "ja" else "MMMM y"


def _by_day(lines: Iterable[Line], first: date, last: date) -> Mapping[date, list[Line]]:
    """Return what takes place on each day from *first* to *last*: in its own zone, as it is told there."""
    by_day: defaultdict[date, list[Line]] = defaultdict(list)
    for line in lines:
        for day in _days(line.when, first, last):
            by_day[day].append(line)
    return by_day


def _days(found: When, first: date, last: date) -> Iterable[date]:
    """Return the days from *first* to *last* that an event stands on: of a long one its first and its last."""
    if found.last - found.first > _A_WEEK:
        return [day for day in (found.first, found.last) if first <= day <= last]
    start, end = max(found.first, first), min(found.last, last)
    return [start + timedelta(days=count) for count in range((end - start).days + 1)]


def _day(day: date, first: date, today: date, by_day: Mapping[date, Sequence[Line]]) -> Day:
    lines = by_day.get(day, ())
    return Day(day, day.month == first.month, day == today, lines[:_MOST_IN_A_CELL], len(lines[_MOST_IN_A_CELL:]))


def _of_the_month(lines: Iterable[Line], first: date) -> list[Line]:
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    return [line for line in lines if line.when.first <= last and line.when.last >= first]


def _address(asked: Asked, narrowed: Mapping[str, str]) -> str:
    """Return where the calendar of all this is, for programs."""
    return asked.reader.data("/feeds/search.ics" if narrowed else "/calendar.ics", **narrowed)


def _forms(asked: Asked, first: date, narrowed: Mapping[str, str]) -> dict[str, str]:
    """Return the month as data, and as a feed what announces events and deadlines."""
    data, month = asked.reader.data, f"{first:%Y-%m}"
    feeds = {name: data(f"/calendar.{form}", **narrowed) for name, form in (("Atom", "atom"), ("RSS", "rss"))}
    tables = {name: data(f"/calendar.{name.lower()}", month=month, **narrowed) for name in ("CSV", "JSON")}
    return feeds | tables
