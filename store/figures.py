"""How the archive fares in time: announcements, runs and replies a week, and how late announcements are first seen.

This module alone knows what a week is, and which announcements tell how late we are. Weeks are Japan's and begin on
Monday; the last one still goes on. Every method is one transaction.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Select, case, func, select

from store.announcement import From, Precision
from store.database import Database
from store.days import ZONE
from store.places import earliest
from store.run import Reply, RunOutcome
from store.tables import announcements, runs

WEEKS = 104
WEEKS_OF_RUNS = 12  # all of whose runs are kept: store.runs drops those that say nothing after 90 days
BOUNDS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
_ENDED = (RunOutcome.OK, RunOutcome.DEGRADED, RunOutcome.FAILED)
_RECENT = timedelta(days=90)
_A_WEEK = timedelta(weeks=1)
_PLACES_A_WEEK = earliest(datetime(1970, 1, 8, tzinfo=ZONE)) - earliest(datetime(1970, 1, 1, tzinfo=ZONE))


@dataclass(frozen=True, slots=True)
class Weekly:
    """How many in each of the weeks that begin on ``mondays``, the oldest first, by name; None where it isn't known."""

    mondays: tuple[date, ...]
    counts: Mapping[str, tuple[int | None, ...]]

    def of(self, name: str) -> tuple[int | None, ...]:
        return self.counts.get(name, (0,) * len(self.mondays))


@dataclass(frozen=True, slots=True)
class Lags:
    """How long after their publication ``count`` announcements were first seen: ``buckets`` says how many of them up to
    each of BOUNDS, and how many later.
    """

    count: int
    median: timedelta
    ninetieth: timedelta  # percentile: of ten, nine were seen as soon
    buckets: tuple[int, ...]

    @classmethod
    def of(cls, lags: Sequence[timedelta]) -> Lags:
        """Return what there is to say of *lags*, of which there must be one at least; percentiles are one of them."""
        ordered = sorted(lags)
        within = [bisect_left(BOUNDS, lag) for lag in ordered]
        buckets = tuple(within.count(bucket) for bucket in range(len(BOUNDS) + 1))
        middle, ninetieth = (ordered[ceil(len(ordered) * share) - 1] for share in (0.5, 0.9))
        return cls(len(ordered), middle, ninetieth, buckets)


class Figures:
    """The archive in *database*, in figures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def announcements(self, now: datetime) -> Weekly:
        """Return how many announcements each source published in the last 104 weeks, those that are gone included."""
        mondays = _mondays(now, WEEKS)
        place, begin = announcements.c.place, earliest(_midnight(mondays[0]))
        week = (place - begin) // _PLACES_A_WEEK
        published = select(announcements.c.source, week, func.count()).group_by(announcements.c.source, week)
        published = published.where(place >= begin, week < WEEKS)
        counts: defaultdict[str, list[int | None]] = defaultdict(lambda: [0] * WEEKS)
        with self._database.reading() as connection:
            for source, at, number in connection.execute(published):
                counts[source][at] = number
        return Weekly(mondays, {source: tuple(weeks) for source, weeks in sorted(counts.items())})

    def outcomes(self, now: datetime) -> Weekly:
        """Return how many runs there were of each outcome in the last 12 weeks, and how many replies of each kind.

        Both are by their names (RunOutcome, Reply). Of a week whose runs didn't count replies they aren't known.
        """
        mondays = _mondays(now, WEEKS_OF_RUNS)
        counts: dict[str, list[int | None]] = {name: [0] * WEEKS_OF_RUNS for name in (*_ENDED, *Reply)}
        with self._database.reading() as connection:
            for at, *numbers in connection.execute(_ended(mondays)):
                for name, number in zip(counts, numbers, strict=True):
                    counts[name][at] = number
        return Weekly(mondays, {name: tuple(weeks) for name, weeks in counts.items()})

    def lags(self, now: datetime) -> dict[str, Lags]:
        """Return, by source, how late the announcements of the last 90 days were first seen.

        Only those count whose source says the minute, and that were published since its first run that is known: what
        was there before could not be seen in time.
        """
        begun = select(runs.c.source, func.min(runs.c.started).label("begun")).group_by(runs.c.source).subquery()
        seen = (
            select(announcements.c.source, announcements.c.published, announcements.c.first_seen)
            .join(begun, begun.c.source == announcements.c.source)
            .where(
                announcements.c.place >= earliest(now - _RECENT),
                announcements.c.published > begun.c.begun,
                announcements.c.precision == Precision.MINUTE,
                announcements.c.published_from != From.FIRST_SEEN,
            )
        )
        late: defaultdict[str, list[timedelta]] = defaultdict(list)
        with self._database.reading() as connection:
            for source, published, first_seen in connection.execute(seen):
                late[source].append(first_seen - published)
        return {source: Lags.of(lags) for source, lags in sorted(late.items())}


def _mondays(now: datetime, weeks: int) -> tuple[date, ...]:
    """Return on which days the last *weeks* weeks begin, the one of *now* included."""
    today = now.astimezone(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    return tuple(monday - before * _A_WEEK for before in reversed(range(weeks)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _ended(mondays: Sequence[date]) -> Select[Any]:
    """Return the question how the runs since the first of *mondays* ended: a row a week, with its position among them,
    how many runs there were of each outcome, and how many replies of each kind.
    """
    begins = [(position, _midnight(monday)) for position, monday in enumerate(mondays)]
    week = case(*((runs.c.started >= begin, position) for position, begin in reversed(begins)))
    outcomes = (func.count(case((runs.c.outcome == outcome, 1))) for outcome in _ENDED)
    replies = (func.sum(runs.c.counts[reply.value].as_integer()) for reply in Reply)
    return select(week, *outcomes, *replies).where(runs.c.started >= begins[0][1]).group_by(week)
