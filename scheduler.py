"""The clock: which source is due, a crawl process for all that are, publishing after it, the feeds over HTTP.

APScheduler only says that a source is due; the main thread starts crawls and publishes what they brought. A source is
due again when its crawl has ended, so that no run overlaps another; a crawl that hangs holds up no other.
"""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from feeds.publish import Stopped
from service.announcing import Sources, announce, destinations_of, send_due
from service.crawls import Crawls, bury
from service.serving import serving
from service.systemd import ALIVE, READY, STOPPING, notify
from settings import Settings, SettingsError
from store.database import Database, reason
from store.due import due
from store.lease import TERM, Lease, here
from store.runs import Runs

log = logging.getLogger("zerowire.scheduler")

_SEND = 15.0  # seconds between two looks into the outbox
_JITTER = 0.1  # of the time until a source is due, so that sources don't call at the same second every hour
_GATHER = 2.0  # seconds that a due source waits for others to share its process
_RETRY = 5.0  # seconds between two looks at a lease that another holds
_SOONEST = timedelta(seconds=60)  # between two crawls of a source that ended without a word
_PUBLISH = 300.0  # seconds after which what came is published though a crawl still goes on
_FORGET = timedelta(days=1)  # between two times that runs which say nothing are forgotten
_LEAP = 60.0  # seconds by which the clock must be off before it counts as set


def run(settings: Settings, sources: Sources) -> int:
    """Crawl, publish and serve until SIGTERM or SIGINT; return the exit status. Waits while another scheduler works."""
    intervals = _intervals(settings, sources)
    told = destinations_of(settings, sources)  # a wrong one stops us here, not when there is something to tell
    with stopping() as stop, closing(Database(settings.database_url)) as database:
        lease = Lease(database, "scheduler", here())
        if not _acquired(lease, stop):
            return 0
        clock = new_clock()
        clock.add_job(_renew, IntervalTrigger(seconds=TERM.total_seconds() / 3), args=(lease, stop), id="lease")
        if told or settings.hub:
            sending = (database, told, settings.hub, stop)
            clock.add_job(send_due, IntervalTrigger(seconds=_SEND), args=sending, id="send")
        clock.add_job(_forget, IntervalTrigger(seconds=_FORGET.total_seconds()), args=(database,), id="forget")
        try:
            with serving(settings, sources, database):
                clock.start()
                log.info("serving", extra={"address": settings.base_url, "sources": len(sources)})
                _Work(settings, sources, database, Due(clock, intervals, Runs(database))).go_on(stop)
            return 0 if lease.acquire(now=datetime.now(UTC)) else 1
        finally:
            notify(STOPPING)
            end(clock)
            lease.release()


class _Work:
    """What the main thread does: it starts crawls, sees to their ends, and announces what they brought."""

    def __init__(self, settings: Settings, sources: Sources, database: Database, due: Due) -> None:
        self._settings = settings
        self._sources = sources
        self._database = database
        self._due = due
        self._crawls = Crawls(settings, database)
        self._over: set[str] = set()  # sources whose crawls have ended, and that were not planned again
        self._announced = 0.0

    def go_on(self, stop: threading.Event) -> None:
        bury(self._database, list(self._sources), "its process ended before it did")
        _forget(self._database)
        self._announce(stop)
        self._due.again(self._sources)
        notify(READY)
        try:
            while not stop.is_set():
                try:
                    self._step(stop)
                except SQLAlchemyError as error:  # it may be back in a moment; what this step left the next one does
                    log.error("the archive can't be used", extra={"reason": reason(error)})
                    stop.wait(_RETRY)
                notify(ALIVE)
        finally:
            self._crawls.end()

    def _step(self, stop: threading.Event) -> None:
        if self._due.clock_was_set():
            self._due.again(name for name in self._sources if name not in self._crawls.names)
        self._start([name for name in self._due.take(stop) if name not in self._crawls.names])
        self._over.update(self._crawls.ended())
        if self._over or (self._crawls.names and time.monotonic() - self._announced > _PUBLISH):
            self._announce(stop)
        if self._over:  # else an idle scheduler would read the last runs twice a second
            self._due.again(self._over, soonest=_SOONEST)
            self._over.clear()

    def _start(self, names: list[str]) -> None:
        try:
            if names:
                self._crawls.start(names)
        except OSError as error:  # no process, no memory: there may be some later
            log.error("a crawl can't be started", extra={"sources": " ".join(names), "reason": reason(error)})
            self._over.update(names)

    def _announce(self, stop: threading.Event) -> None:
        """Announce what there is; what is in the way now may be gone after the next crawl."""
        try:
            announce(self._settings, self._sources, self._database, stop)
        except Stopped:
            return
        except (OSError, SQLAlchemyError) as error:
            log.error("announcing failed", extra={"reason": reason(error)})
        self._announced = time.monotonic()


class Due:
    """The sources whose time has come, each once however often it came.

    *ahead* says by how many seconds the clock on the wall is ahead of one that nobody sets.
    """

    def __init__(
        self,
        clock: BackgroundScheduler,
        intervals: Mapping[str, timedelta],
        runs: Runs,
        *,
        ahead: Callable[[], float] = lambda: time.time() - time.monotonic(),
    ) -> None:
        self._clock = clock
        self._intervals = intervals
        self._runs = runs
        self._ahead = ahead
        self._names: dict[str, None] = {}
        self._changed = threading.Condition()
        self._offset = ahead()

    def take(self, stop: threading.Event) -> list[str]:
        """Return the sources that are due, none after a while in which there were none."""
        with self._changed:
            self._changed.wait_for(lambda: self._names, timeout=0.5)
        if not self._names or stop.wait(_GATHER):
            return []
        with self._changed:
            names = list(self._names)
            self._names.clear()
        return names

    def again(self, names: Iterable[str], *, soonest: timedelta = timedelta()) -> None:
        """Have the clock put each of *names* when it is due by its last run, *soonest* after now or its interval."""
        last, now = self._runs.last(), datetime.now(UTC)
        for name in names:
            every = self._intervals[name]
            at = max(due(last.get(name), every, now=now), now + min(soonest, every))
            at += (at - now) * random.uniform(0, _JITTER)  # noqa: S311
            self._clock.add_job(self._put, DateTrigger(at), args=(name,), id=name, replace_existing=True)

    def clock_was_set(self) -> bool:
        """Say whether the clock was set since the last time; what repeats begins anew then, by the clock as it is."""
        before, self._offset = self._offset, self._ahead()
        if abs(self._offset - before) <= _LEAP:
            return False
        log.warning("the clock was set", extra={"seconds": round(self._offset - before)})
        for job in self._clock.get_jobs():
            if isinstance(job.trigger, IntervalTrigger):
                job.modify(next_run_time=datetime.now(UTC))
        return True

    def _put(self, name: str) -> None:
        with self._changed:
            self._names[name] = None
            self._changed.notify()


def new_clock() -> BackgroundScheduler:
    """Return a clock that catches up with what it missed, once."""
    clock = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    clock.add_listener(_report, EVENT_JOB_ERROR)
    return clock


def end(clock: BackgroundScheduler) -> None:
    """End *clock*, without its jobs: one that is due while it ends would find nobody to do it."""
    clock.remove_all_jobs()
    if clock.running:
        clock.shutdown()


def _report(event: JobExecutionEvent) -> None:
    log.error("a job failed", extra={"job": event.job_id, "reason": reason(event.exception)})


def _renew(lease: Lease, stop: threading.Event) -> None:
    if not lease.acquire(now=datetime.now(UTC)):
        log.error("another scheduler took over; stopping", extra={"holder": lease.holder()})
        stop.set()


def _forget(database: Database) -> None:
    Runs(database).forget(now=datetime.now(UTC))


def _acquired(lease: Lease, stop: threading.Event) -> bool:
    """Wait for the lease, saying so; return False where we were stopped before."""
    if lease.acquire(now=datetime.now(UTC)):
        return True
    log.warning("another scheduler works on this archive; waiting", extra={"holder": lease.holder()})
    notify(READY)
    while not stop.wait(_RETRY):
        notify(ALIVE)
        if lease.acquire(now=datetime.now(UTC)):
            return True
    return False


def _intervals(settings: Settings, sources: Sources) -> dict[str, timedelta]:
    unknown = settings.schedule.keys() - sources.keys()
    if unknown:
        raise SettingsError(f"schedule: unknown source {min(unknown)!r}; there are {', '.join(sources)}")
    return {name: timedelta(minutes=settings.schedule.get(name, source.every)) for name, source in sources.items()}


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
