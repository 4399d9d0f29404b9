"""A month of events and deadlines: as a grid of days, and as a list, the deadlines apart."""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date, get_day_names

from feeds.event_dates import When, when
from store.agenda import Agenda, Dated, once
from store.days import ZONE
from store.query import Query
from store.search import BadQuestion
from web.pages.page import Asked, Site

_NARROWING = ("organisation", "language", "topic")
_YEARS = range(2, 9_998)  # whose months have others before and behind them
_MOST_IN_A_CELL = 4
_SOON = 8


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid: ``here`` where it is of the month; what takes place on it, and how much more there is."""

    date: date
    here: bool
    is_today: bool
    dated: Sequence[Dated]
    more: int


def calendar(site: Site, asked: Asked) -> str:
    """Return the page of a month, Japan's present one where none is asked for. Raises BadQuestion where it is none."""
    today = site.now().astimezone(ZONE).date()
    first = _month(asked.value("month")) if asked.value("month") else today.replace(day=1)
    narrowed: dict[str, Any] = {name: asked.value(name) for name in _NARROWING if asked.value(name)}
    query, agenda, language = Query(gone=False, **narrowed), Agenda(site.database), asked.reader.language
    weeks = months.Calendar(_first_weekday(language)).monthdatescalendar(first.year, first.month)
    since, until = _begins(weeks[0][0]), _begins(weeks[-1][-1] + timedelta(days=1))
    dated = once(agenda.between(since, until, query=query), language)
    by_day = _by_day(dated, weeks[0][0], weeks[-1][-1])
    names = get_day_names("abbreviated", locale=asked.reader.locale)
    return site.page(
        "calendar.html",
        asked,
        first=first,
        title=format_date(first, _form(language), locale=asked.reader.locale),
        weekdays=[names[day.weekday()] for day in weeks[0]],
        weeks=[[_day(day, first, today, by_day) for day in week] for week in weeks],
        listed_by_kind=_listed(dated, first),
        soon=once(agenda.next(site.now(), query=query, limit=2 * _SOON), language)[:_SOON],
        earlier=_beside(first, -1),
        later=_beside(first, 1),
        narrowed=dict.fromkeys(_NARROWING, "") | narrowed,
        choices=_choices(site, asked),
        calendar=_address(asked, narrowed),
    )


def _month(given: str) -> date:
    try:
        first = datetime.strptime(given, "%Y-%m").date()  # noqa: DTZ007  (a month has no zone)
    except ValueError as error:
        raise BadQuestion(f"month: expected one such as 2026-08, got {given[:40]!r}") from error
    if first.year not in _YEARS:
        raise BadQuestion(f"month: expected one of the years 2 to 9997, got {given[:40]!r}")
    return first


def _beside(first: date, step: int) -> str:
    year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
    return f"{year:04}-{month + 1:02}"


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def _first_weekday(language: str) -> int:
    return months.SUNDAY if language == "ja" else months.MONDAY


def _form(language: str) -> str:
    return "y年M月" if language == "ja" else "MMMM y"


def _by_day(dated: Iterable[Dated], first: date, last: date) -> Mapping[date, list[Dated]]:
    """Return what takes place on each day from *first* to *last*: in its own zone, as it is told there."""
    by_day: defaultdict[date, list[Dated]] = defaultdict(list)
    for each in dated:
        found = when(each.event)
        for day in _days(found, first, last) if found else ():
            by_day[day].append(each)
    return by_day


def _days(found: When, first: date, last: date) -> Iterable[date]:
    start, end = max(found.first, first), min(found.last, last)
    return (start + timedelta(days=count) for count in range((end - start).days + 1))


def _day(day: date, first: date, today: date, by_day: Mapping[date, Sequence[Dated]]) -> Day:
    dated = by_day.get(day, ())
    return Day(day, day.month == first.month, day == today, dated[:_MOST_IN_A_CELL], len(dated[_MOST_IN_A_CELL:]))


def _listed(dated: Iterable[Dated], first: date) -> dict[str, list[Dated]]:
    """Return what touches the month of *first*, by kind."""
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    listed: dict[str, list[Dated]] = {"deadline": [], "event": []}
    for each in dated:
        found = when(each.event)
        if found and found.first <= last and found.last >= first:
            listed.setdefault(each.event.kind, []).append(each)
    return listed


def _choices(site: Site, asked: Asked) -> dict[str, Any]:
    reader, watched = asked.reader, site.watch.watched
    return {
        "organisation": {one.organisation: reader.label(one.organisation) for one in watched},
        "language": {one.language: one.language for one in watched},
        "topic": {name: site.translated(title, reader.language) for name, title in site.topics.items()},
    }


def _address(asked: Asked, narrowed: Mapping[str, str]) -> str:
    """Return where the calendar of all this is, for programs."""
    return asked.reader.data("/feeds/search.ics" if narrowed else "/calendar.ics", **narrowed)
