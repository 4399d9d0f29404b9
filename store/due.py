"""When a source is asked next: after its interval, and the longer it has been broken the later. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.run import Run

_A_DAY = timedelta(days=1)
_BROKEN = "broken"


def due(last: Run | None, every: timedelta, *, now: datetime) -> datetime:
    """Return when a source whose *last* run this is should be asked again; the past means at once.

    A broken source is left alone for as long as it has been broken, a day at most; one that is well comes after
    *every*, which is also as far ahead as anything is due where the clock was set back.
    """
    if last is None or last.finished is None:
        return now
    broken_for = last.finished - last.since if last.health == _BROKEN and last.since else timedelta()
    rest = max(every, min(broken_for, _A_DAY))
    return min(last.started + rest, now + rest)
