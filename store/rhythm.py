"""The days on which a source had news in, for how long it may be quiet out. Pure.

This module alone knows which days count: not Saturdays, Sundays, the turn of the year, Golden Week and August, when
Japan has Obon and Europe is away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import ceil

_FEWEST_GAPS = 12
_LEAST = 5  # working days
_CLOSED = (((1, 1), (1, 6)), ((4, 29), (5, 6)), ((8, 1), (8, 31)), ((12, 20), (12, 31)))  # from and to: month, day


def overdue(news: Sequence[datetime], now: datetime) -> int | None:
    """Return the patience with a source that had *news*, newest first, where it is over; None where it is not."""
    quiet = working_days_between(news[0].date(), now.date()) if news else 0
    if quiet <= _LEAST:
        return None
    most = patience(news)
    return most if most is not None and quiet > most else None


def patience(news: Iterable[datetime]) -> int | None:
    """Return after how many working days without news a source is silent that had some at the times *news*.

    That is three times the 95th percentile of the gaps between the days on which it had some. Of few gaps that is a
    poor guess, and a source that tells much at once, and then nothing for weeks, has its pauses beyond it: so it is
    never less than twice the longest gap but one, and five days; and None while fewer than twelve gaps are known.
    """
    days = sorted({at.date() for at in news})
    gaps = sorted(working_days_between(earlier, later) for earlier, later in pairwise(days))
    if len(gaps) < _FEWEST_GAPS:
        return None
    return max(3 * gaps[ceil(0.95 * len(gaps)) - 1], 2 * gaps[-2], _LEAST)


def working_days_between(earlier: date, later: date) -> int:
    """Return how many working days come after *earlier*, up to *later*."""
    return working_days(earlier + timedelta(days) for days in range(1, (later - earlier).days + 1))


def working_days(days: Iterable[date]) -> int:
    """Return how many of *days* are working days."""
    return sum(map(_is_working_day, days))


@lru_cache(4_000)
def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not any(first <= (day.month, day.day) <= last for first, last in _CLOSED)
