"""The runs of every source, as they begin and end, and for as long as they tell anything.

This module alone knows what is read of the past when a run ends, and which runs are worth keeping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    text,
    true,
    update,
)

from store.database import Database
from store.health import Past, judged
from store.run import Fault, Run, RunOutcome
from store.tables import runs

__all__ = ["Latest", "Run", "RunOutcome", "Runs"]

_RHYTHM = timedelta(days=730)  # back to where news are looked for
_MOST_NEWS, _MOST_READ = 500, 50  # runs with news, with pages
_KEPT = timedelta(days=90)  # runs that say nothing
_NEWS, _TURNED = text("news > 0"), text("turned = 1")  # word for word as the indexes have it
_ENDED = ("finished", "outcome", "route", "fault", "health", "since", "turned", "reason")
_HAS_ENDED = runs.c.outcome != RunOutcome.RUNNING
_WENT_WELL = runs.c.outcome.in_((RunOutcome.OK, RunOutcome.DEGRADED))


class Latest(NamedTuple):
    """The last run of a source, the last that ended, that went well, and that did and asked every route; None where
    there is none.
    """

    begun: Run | None = None
    ended: Run | None = None
    well: Run | None = None
    full: Run | None = None


class Runs:
    """The runs of every source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, source: str, *, now: datetime, every_route: bool, mirror: str = "") -> Run:
        """Note that a crawl of *source* begins; its health is the one that it had until now."""
        begun: dict[str, Any] = {"source": source, "started": now, "every_route": every_route, "mirror": mirror}
        row = begun | {"outcome": RunOutcome.RUNNING, "route": "", "counts": {}, "problems": []}
        with self._database.writing() as connection:
            last = _last(connection, source, _ENDED_LAST)
            begun |= {"health": last.health, "since": last.since, "reason": last.reason} if last else {}
            added = connection.execute(insert(runs).values(**row | begun))
        return Run(number=int(added.inserted_primary_key[0]), **begun)  # type: ignore[index]

    def finish(self, run: Run) -> Run:
        """Keep how *run* ended, and return it with the state in which it leaves its source (store.health).

        One that was cut short before stays so.
        """
        with self._database.writing() as connection:
            return _finished(connection, run)

    def cut_short(
        self, sources: Collection[str], *, now: datetime, why: str, fault: Fault = Fault.CUT_SHORT
    ) -> list[Run]:
        """End each run of *sources* that still goes on as failed, for its process has gone: *why*. Return them."""
        going_on = select(runs).where(runs.c.finished.is_(None)).order_by(runs.c.number)
        with self._database.writing() as connection:
            found = [_run(row) for row in connection.execute(going_on).all() if row.source in sources]
            return [_finished(connection, _cut_short(run, now, why, fault)) for run in found]

    def last(self) -> dict[str, Run]:
        """Return each source's last run."""
        newest = select(func.max(runs.c.number)).group_by(runs.c.source)
        with self._database.reading() as connection:
            rows = connection.execute(select(runs).where(runs.c.number.in_(newest))).all()
        return {row.source: _run(row) for row in rows}

    def latest(self, source: str) -> Latest:
        """Return the last run of *source* of each kind."""
        with self._database.reading() as connection:
            return _latest(connection, source)

    def at(self, source: str, moment: datetime) -> Run | None:
        """Return the run of *source* that went on at *moment*, None where none is known."""
        going_on = (runs.c.source == source, runs.c.started <= moment)
        last = select(runs).where(*going_on).order_by(runs.c.started.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(last).first()
        return _run(row) if row and (row.finished is None or row.finished >= moment) else None

    def turns(self, *, limit: int) -> list[Run]:
        """Return the runs with which a source became unhealthy, or well again: the latest *limit*, newest first."""
        turned = select(runs).where(_TURNED).order_by(runs.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(turned).all()]

    def forget(self, *, now: datetime) -> int:
        """Drop what is old and says nothing: runs without news or turn, and not the last of any kind. Return how many.

        Runs since the last news of their source are kept: they say for how long it is quiet.
        """
        ends = func.max(case((runs.c.news > 0, runs.c.number)))
        last_news = select(runs.c.source, ends).group_by(runs.c.source).having(ends.is_not(None))
        old = delete(runs).where(runs.c.started < now - _KEPT, runs.c.news == 0, runs.c.turned == 0)
        with self._database.writing() as connection:
            return sum(
                connection.execute(
                    old.where(
                        runs.c.source == source,
                        runs.c.number < number,
                        runs.c.number.not_in([run.number for run in _latest(connection, source) if run]),
                    )
                ).rowcount
                for source, number in connection.execute(last_news).all()
            )

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


def _cut_short(run: Run, now: datetime, why: str, fault: Fault) -> Run:
    problem = f"{run.source}: run {run.number}: expected to finish, {why}"
    return replace(run, finished=now, outcome=RunOutcome.FAILED, fault=fault, problems=(problem,))


def _finished(connection: Connection, run: Run) -> Run:
    run = judged(run, _past(connection, run))
    ended = {name: getattr(run, name) for name in _ENDED}
    plain = {"counts": dict(run.counts), "coverage": dict(run.coverage) or None, "problems": list(run.problems)}
    going_on = update(runs).where(runs.c.number == run.number, runs.c.outcome == RunOutcome.RUNNING)
    connection.execute(going_on.values(**ended, **plain, news=run.counts.get("new", 0)))
    return run


def _past(connection: Connection, run: Run) -> Past:
    here = runs.c.source == run.source
    read = select(runs.c.coverage).where(here, runs.c.coverage.is_not(None)).order_by(runs.c.number.desc())
    told = (_NEWS, runs.c.started.between(run.started - _RHYTHM, run.started))
    news = select(runs.c.started, runs.c.number).where(here, *told).order_by(runs.c.started.desc()).limit(_MOST_NEWS)
    found = connection.execute(news).all()
    return Past(
        last=_last(connection, run.source, _ENDED_LAST),
        coverage=connection.execute(read.limit(_MOST_READ)).scalars().all(),
        news=[row.started for row in found],
        asked=_asked(connection, run.source, after=max((row.number for row in found), default=0)),
    )


def _asked(connection: Connection, source: str, *, after: int) -> Iterator[datetime]:
    """Yield when the runs began that a route carried; they are only asked for where somebody looks."""
    carried = select(runs.c.started).where(runs.c.source == source, runs.c.number > after, runs.c.route != "")
    yield from connection.execute(carried).scalars()


def _latest(connection: Connection, source: str) -> Latest:
    """Return the last run of *source* of each kind: each is one of the kind before, all the same where it is well."""
    begun = _last(connection, source, _BEGUN)
    ended = begun if not begun or begun.outcome is not RunOutcome.RUNNING else _last(connection, source, _ENDED_LAST)
    well = ended if not ended or ended.outcome is not RunOutcome.FAILED else _last(connection, source, _WELL)
    full = well if not well or well.every_route else _last(connection, source, _FULL)
    return Latest(begun, ended, well, full)


def _last_of(kind: ColumnElement[bool]) -> Select[Any]:
    of_it = select(runs).where(runs.c.source == bindparam("source"), kind)
    return of_it.order_by(runs.c.number.desc()).limit(1)


def _last(connection: Connection, source: str, kind: Select[Any]) -> Run | None:
    """Return the last run of *source* that is of a *kind*."""
    row = connection.execute(kind, {"source": source}).first()
    return _run(row) if row else None


# Made once: to make them for every source would take longer than to run them.
_BEGUN, _ENDED_LAST, _WELL = _last_of(true()), _last_of(_HAS_ENDED), _last_of(_WENT_WELL)
_FULL = _last_of(_WENT_WELL & (runs.c.every_route == 1))


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
