"""What the runs of a source say about it: ok, degraded, silent, broken or quarantined. Pure.

Each run is judged when it ends, by what it tells and by what those before it told; what was said then stays said. This
module alone knows what makes a source unhealthy. A source turns when it becomes unhealthy, or well again, and at no
other time. A run that somebody stopped, or that had no page to read, is no evidence: it leaves things as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from store.coverage import Coverage, lost, rarer
from store.rhythm import overdue, working_days
from store.run import Fault, Run, RunOutcome


class Health(StrEnum):
    """The state in which a run leaves its source. Degraded: it works, but not as it is meant to."""

    OK = "ok"
    DEGRADED = "degraded"
    SILENT = "silent"
    BROKEN = "broken"
    QUARANTINED = "quarantined"


UNHEALTHY = frozenset({Health.SILENT, Health.BROKEN, Health.QUARANTINED})

_WORDS: Mapping[str, str] = {
    Fault.UNREACHABLE: "no route answers",
    Fault.NO_LIST: "the list can't be found",
    Fault.EMPTY_LIST: "the list is there, and empty",
    Fault.HELD: "held until it is released",
    Fault.CUT_SHORT: "the run didn't come to its end",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a source when a run of it ends.

    ``last`` is the run that ended before it. Newest first, ``coverage`` is of the runs that had pages to read; ``news``
    are the times of those that brought news, ``asked`` of those since then that a route carried.
    """

    last: Run | None = None
    coverage: Sequence[Coverage] = ()
    news: Sequence[datetime] = ()
    asked: Iterable[datetime] = ()


def judged(run: Run, past: Past) -> Run:
    """Return *run*, which has ended, with the state in which it leaves its source."""
    last = past.last or Run(number=0, source=run.source, started=run.started)
    if run.fault == Fault.STOPPED:
        return replace(run, health=last.health, since=last.since, reason=last.reason)
    health, reason = _state(run, past)
    turned = (health in UNHEALTHY) != (last.health in UNHEALTHY)
    if turned and health not in UNHEALTHY:
        was = f"{last.health} from {_minute(last.since)} to {_minute(run.finished)}: {last.reason}"
        reason = f"{reason}; {was}" if reason else was
    since = last.since if health == last.health else run.finished
    return replace(run, health=health, since=since, turned=turned, reason=reason)


def _state(run: Run, past: Past) -> tuple[Health, str]:
    return next(((health, reason) for health, reason in _complaints(run, past) if reason), (Health.OK, ""))


def _complaints(run: Run, past: Past) -> Iterator[tuple[Health, str]]:
    """Yield what there may be to say against the source, the worst first; an empty reason says nothing."""
    if run.fault == Fault.HELD:
        yield Health.QUARANTINED, _told(run)
    if run.fault == Fault.CUT_SHORT or (run.outcome is RunOutcome.FAILED and not run.route):
        yield Health.BROKEN, _told(run)
    coverage = [run.coverage, *past.coverage] if run.coverage else past.coverage
    yield Health.BROKEN, lost(coverage)
    yield Health.SILENT, _quiet(run, past)
    if run.outcome is not RunOutcome.OK:
        yield Health.DEGRADED, _told(run)
    yield Health.DEGRADED, rarer(coverage)


def _told(run: Run) -> str:
    """Return the worst of what *run* tells, in a line that doesn't name the source."""
    worst = " ".join(run.problems[0].split()).removeprefix(f"{run.source}: ") if run.problems else ""
    return ": ".join(filter(None, (_WORDS.get(run.fault), worst))) or "the run failed"


def _minute(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M UTC}" if moment else "an unknown moment"


def _quiet(run: Run, past: Past) -> str:
    """Say for how long there was nothing new, where that is longer than the rhythm of the source.

    Only days count on which it was asked: a clock that leaps, or a machine that was off, saw no silence.
    """
    if run.counts.get("new"):
        return ""
    if past.last and past.last.health == Health.SILENT:
        return past.last.reason
    most = overdue(past.news, run.started)
    if most is None or working_days({run.started.date(), *(at.date() for at in past.asked)}) <= most:
        return ""
    return f"nothing new since {past.news[0].date()}, and that for more than {most} working days"
