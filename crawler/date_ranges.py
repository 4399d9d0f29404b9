"""Dates that are printed together: folded text in, stretches of days with their times out, in order.

This module alone knows which dates depend on each other ("28 February - 3 March 2023", "17th March 18:00, 18th 16:00"),
and how what one of them leaves out, a year, a month, a time, is filled in from the others. No time zones here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from crawler import calendar_days, clock_times
from crawler.calendar_days import Run
from crawler.clock_times import Hours

YEARS = range(1868, 2201)
_A_DAY, _HALF_A_YEAR = timedelta(days=1), timedelta(days=184)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A day, or from day to day, with its times. If both sides of a range print a time, ``opening`` is the first."""

    first: date
    last: date
    hours: tuple[Hours, ...]
    start: int
    end: int
    opening: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """A run of days and the times printed with it; the two may stand in either order."""

    run: Run
    hours: tuple[Hours, ...]
    start: int
    end: int


def stretches(text: str, anchor: date | None) -> Iterator[Stretch]:
    """Yield what is printed in *text*; a day whose year nothing tells is the one nearest to *anchor*, or left out."""
    year: int | None = None
    for sequence in _sequences(text):
        years = _years(sequence, anchor, before=year)
        year = years[-1] or year
        yield from _stretches(sequence, years)


def day(year: int, month: int, number: int) -> date | None:
    """Return the day, if there is one, in the years that this program reads."""
    try:
        return date(year, month, number) if year in YEARS else None
    except ValueError:
        return None


def _sequences(text: str) -> Iterator[list[_Printed]]:
    low, start = 0, calendar_days.next_start(text, 0)
    while start is not None:
        at = start + 1
        if run := calendar_days.match(text, start):
            sequence = list(_sequence(text, run, low))
            yield sequence
            at = low = sequence[-1].end
        start = calendar_days.next_start(text, at)


def _sequence(text: str, first: Run, low: int) -> Iterator[_Printed]:
    printed = _behind(text, first)
    yield (printed := printed if printed.hours else _before(text, first, low))
    while run := _next(text, printed):
        yield (printed := _behind(text, run))


def _behind(text: str, run: Run) -> _Printed:
    hours = clock_times.after(text, run.end)
    return _Printed(run=run, hours=hours, start=run.start, end=hours[-1].end if hours else run.end)


def _before(text: str, run: Run, low: int) -> _Printed:
    """Return *run* with the times before it, whose zone may stand behind it: "noon on 21 August 2026 (JST)"."""
    hours = clock_times.before(text, low, run.start)
    if not hours:
        return _Printed(run=run, hours=(), start=run.start, end=run.end)
    zone, end = clock_times.zones(text, run.end)
    zoned = tuple(replace(time, zone=time.zone or zone) for time in hours)
    return _Printed(run=run, hours=zoned, start=hours[0].start, end=end)


def _next(text: str, printed: _Printed) -> Run | None:
    if run := calendar_days.follow(text, printed.run, printed.end):
        return run
    run = calendar_days.again(text, printed.run, printed.end)
    # a number without a month is a day only between times: "2021, 18th century"
    return run if run and (run.ranged or (printed.hours and clock_times.after(text, run.end))) else None


def _years(sequence: Sequence[_Printed], anchor: date | None, *, before: int | None) -> list[int | None]:
    """Return the years of *sequence*: the printed one, else a neighbour's, over the turn of a year, else the anchor's.

    同年 and 翌年 count from the year of the date *before*, however far off it is printed.
    """
    runs = [printed.run for printed in sequence]
    years = [run.year for run in runs]
    if runs[0].later is not None:
        years[0] = before and before + runs[0].later
    elif anchor and not any(years):
        years[0] = _nearest(runs[0], anchor)
    for i, (left, right) in enumerate(pairwise(runs), 1):
        if years[i] is None and (year := years[i - 1]):
            years[i] = year + (_first(right) < _first(left) if right.later is None else right.later)
    for i, (left, right) in reversed(list(enumerate(pairwise(runs)))):
        if years[i] is None and (year := years[i + 1]):
            years[i] = year - (_first(left) > _first(right))
    return years


def _first(run: Run) -> tuple[int, int]:
    return run.month, run.days[0].first


def _nearest(run: Run, anchor: date) -> int | None:
    """Return the year in which *run* is nearest to *anchor*; a 29 February may be too far off in every year."""
    asked = date(anchor.year, anchor.month, anchor.day)  # a datetime can't be subtracted from a date
    days = [day(year, *_first(run)) for year in (asked.year - 1, asked.year, asked.year + 1)]
    near = [(abs(some - asked), some.year) for some in days if some and abs(some - asked) <= _HALF_A_YEAR]
    return min(near)[1] if near else None


def _stretches(sequence: Sequence[_Printed], years: Sequence[int | None]) -> list[Stretch]:
    found: list[Stretch] = []
    for printed, year in zip(sequence, years, strict=True):
        for stretch in _of_run(printed, year or 0):
            ranged = printed.run.ranged and stretch.start == printed.start
            whole = _joined(found[-1], stretch, ranged=ranged) if found else None
            found[len(found) - (whole is not None) :] = [whole or stretch]
    for i in reversed(range(len(found) - 1)):
        if not found[i].hours:
            found[i] = replace(found[i], hours=found[i + 1].hours)
    return found


def _of_run(printed: _Printed, year: int) -> Iterator[Stretch]:
    """Yield the stretches of one run, but those with a day that does not exist."""
    run = printed.run
    for days in run.days:
        first, last = day(year, run.month, days.first), day(year, run.month, days.last)
        if first and last:
            start = printed.start if days is run.days[0] else days.start
            end = printed.end if days is run.days[-1] else days.end
            yield Stretch(first=first, last=last, hours=printed.hours, start=start, end=end)


def _joined(before: Stretch, after: Stretch, *, ranged: bool) -> Stretch | None:
    """Return both as one if a dash joins them, or if *after* is the next day; sessions with an end stay apart."""
    if after.first <= before.last or any(hours.closes is not None for hours in before.hours):
        return None
    whole = replace(after, first=before.first, start=before.start)
    if ranged and before.hours:
        return replace(whole, opening=before.hours[0]) if after.hours else replace(whole, hours=before.hours)
    return whole if ranged or (after.first - before.last == _A_DAY and not before.hours) else None
