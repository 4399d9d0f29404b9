"""Runs in, how each source stands out: what an operator is shown, a monitor told, and figures are made of.

This module alone knows when a source is overdue, and which words of a site's are repeated: a line of some length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from feeds.text import short
from store.archive import Archive
from store.database import Database
from store.due import due
from store.health import UNHEALTHY
from store.hosts import Hosts
from store.outbox import Outbox
from store.runs import Latest, Run, Runs

_GRACE = timedelta(hours=1)  # beyond three intervals, after which a source is overdue
_MOST_PROBLEMS = 5  # of a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source that is crawled: its name and title, whose it is, in which language, and the time between two runs."""

    name: str
    title: str
    organisation: str
    language: str
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a source stands: its last run, the last that ended and the last that went well, None where there was none.

    It is ``due`` when it is asked next, the past meaning at once; ``late`` is when a run should have ended at the
    latest, None where none ever began.
    """

    source: Watched
    last: Run | None
    ended: Run | None
    well: Run | None
    due: datetime
    late: datetime | None
    now: datetime

    @property
    def health(self) -> str:
        """The state in which the last run that ended left the source, empty while it is not known."""
        return self.ended.health if self.ended else ""

    @property
    def since(self) -> datetime | None:
        return self.ended.since if self.ended else None

    @property
    def reason(self) -> str:
        return short(self.ended.reason) if self.ended else ""

    @property
    def problems(self) -> list[str]:
        return [short(problem) for problem in self.ended.problems[:_MOST_PROBLEMS]] if self.ended else []

    @property
    def is_running(self) -> bool:
        return self.last is not None and self.last.finished is None

    @property
    def is_overdue(self) -> bool:
        """Whether no run ended for so long that the clock must have stopped, or a crawl hangs."""
        return self.late is not None and self.late < self.now

    @property
    def complaint(self) -> str:
        """What is wrong, in a line that names the source; empty where nothing is."""
        wrong = []
        if self.health in UNHEALTHY:
            wrong.append(f"{self.health} since {instant(self.since)}: {self.reason or 'no reason given'}")
        if self.is_overdue:
            wrong.append(f"overdue: expected a run to end by {instant(self.late)}")
        return f"{self.source.name}: {'; '.join(wrong)}" if wrong else ""


class Watch:
    """Those who are *watched*, and how they stand by what *database* says at the moment that *now* tells."""

    def __init__(self, database: Database, watched: Sequence[Watched], now: Callable[[], datetime]) -> None:
        self.watched = watched
        self.now = now
        self._runs, self._hosts, self._outbox = Runs(database), Hosts(database, ""), Outbox(database)
        self._archive = Archive(database)

    def standings(self) -> list[Standing]:
        """Return how each source stands, in the order in which they are declared. Raises SQLAlchemyError."""
        now = self.now()
        return [standing(source, self._runs.latest(source.name), now=now) for source in self.watched]

    def away(self) -> Mapping[str, datetime]:
        """Return until when each host that asked for it is left alone."""
        return self._hosts.away(now=self.now())

    def waiting(self) -> Mapping[str, int]:
        """Return how many deliveries wait for each destination."""
        return self._outbox.waiting()

    def announcements(self) -> Mapping[str, int]:
        """Return how many announcements of each source there are."""
        return self._archive.count_by_source()


def standing(source: Watched, runs: Latest, *, now: datetime) -> Standing:
    """Return how *source* stands after these *runs*. Pure."""
    next_run, late = due(runs.ended, source.every, now=now), _late(runs.ended or runs.begun, source.every)
    return Standing(source=source, last=runs.begun, ended=runs.ended, well=runs.well, due=next_run, late=late, now=now)


def _late(run: Run | None, every: timedelta) -> datetime | None:
    """Return by when another run than *run*, or *run* itself if it goes on, should have ended: three intervals after it
    began, later where the source is asked more rarely, and some time.
    """
    if run is None:
        return None
    return due(run, every, now=run.finished or run.started + every) + 2 * every + _GRACE


def instant(moment: datetime | None) -> str:
    """Return *moment* to the minute, in UTC (RFC 3339 but for the seconds)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if moment else "an unknown time"
