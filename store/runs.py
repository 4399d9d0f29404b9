"""Runs: one crawl of one source each, with its counts, its problems and its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from store.database import Database
from store.tables import runs


class RunOutcome(StrEnum):
    """How a run ended. Degraded: a fallback route carried it, or the first route is incomplete."""

    RUNNING = "running"
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One crawl of one source. ``route`` is the address of the route that carried it, empty where none did;
    ``mirror`` the one that it went through, empty for the live web.

    ``counts`` holds ``new changed same gone failed requests bytes``; ``problems`` says in a line each what went wrong.
    ``fault`` is the kind of what failed it (``crawler.errors``), empty where nothing did. ``coverage`` tells of the
    ``pages`` that were read how many had ``titles dates bodies attachments``. ``health`` is the state in which the run
    left its source, ``since`` when that began, ``turned`` whether it did with this run, ``reason`` why (store.health).
    """

    number: int
    source: str
    started: datetime
    finished: datetime | None = None
    outcome: RunOutcome = RunOutcome.RUNNING
    every_route: bool = False
    mirror: str = ""
    route: str = ""
    fault: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    health: str = ""
    since: datetime | None = None
    turned: bool = False
    reason: str = ""


_ENDED = ("finished", "outcome", "route", "fault", "health", "since", "turned", "reason")


class Runs:
    """The runs of every source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, source: str, *, now: datetime, every_route: bool, mirror: str = "") -> Run:
        """Note that a crawl of *source* begins."""
        begun: dict[str, Any] = {"source": source, "started": now, "every_route": every_route, "mirror": mirror}
        row = begun | {"outcome": RunOutcome.RUNNING, "route": "", "counts": {}, "problems": []}
        with self._database.writing() as connection:
            added = connection.execute(insert(runs).values(**row))
        return Run(number=int(added.inserted_primary_key[0]), **begun)  # type: ignore[index]

    def finish(self, run: Run) -> None:
        """Keep how *run* ended."""
        ended = {name: getattr(run, name) for name in _ENDED}
        plain = {"counts": dict(run.counts), "coverage": dict(run.coverage), "problems": list(run.problems)}
        changed = update(runs).where(runs.c.number == run.number)
        with self._database.writing() as connection:
            connection.execute(changed.values(**ended, **plain, news=run.counts.get("new", 0)))

    def last(self, *, every_route: bool = False, well: bool = False) -> dict[str, Run]:
        """Return each source's last run: of any kind, of those that asked every route, or of those that went well."""
        kind = [runs.c.every_route == 1] if every_route else []
        if well:
            kind.append(runs.c.outcome.in_((RunOutcome.OK, RunOutcome.DEGRADED)))
        newest = select(func.max(runs.c.number)).where(*kind).group_by(runs.c.source)
        with self._database.reading() as connection:
            rows = connection.execute(select(runs).where(runs.c.number.in_(newest))).all()
        return {row.source: _run(row) for row in rows}

    def since(self, number: int) -> list[Run]:
        """Return the runs after *number*, in their order."""
        with self._database.reading() as connection:
            return [
                _run(row)
                for row in connection.execute(select(runs).where(runs.c.number > number).order_by(runs.c.number))
            ]

    def touched_the_web(self) -> bool:
        """Say whether any run went to the live sites."""
        with self._database.reading() as connection:
            return connection.execute(select(runs.c.number).where(runs.c.mirror == "").limit(1)).first() is not None

    def newest(self) -> int:
        """Return the number of the newest run, 0 where there is none."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(runs.c.number))).scalar() or 0


def _run(row: Row[Any]) -> Run:
    return Run(
        number=row.number,
        source=row.source,
        started=row.started,
        finished=row.finished,
        outcome=RunOutcome(row.outcome),
        every_route=bool(row.every_route),
        mirror=row.mirror,
        route=row.route,
        fault=row.fault,
        counts=row.counts,
        coverage=row.coverage or {},
        problems=tuple(row.problems),
        health=row.health,
        since=row.since,
        turned=bool(row.turned),
        reason=row.reason,
    )
