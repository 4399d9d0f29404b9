"""The clock: which source is due, one crawl process for all that are, publishing after it, the feeds over HTTP.

APScheduler only says that a source is due; the main thread crawls and publishes, one thing at a time, so that no run
overlaps another and a late one is caught up. A reactor starts once in a process: every crawl is a child of its own.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from service.announcing import Sources, announce, destinations_of, send_due
from service.crawls import crawl
from service.serving import serving
from settings import Settings, SettingsError
from store.database import Database, reason
from store.lease import TERM, Lease
from store.runs import Runs

log = logging.getLogger("zerowire.scheduler")

_SEND = 15.0  # seconds between two looks into the outbox
_JITTER = 0.1  # of the interval, so that sources don't call at the same second every hour
_GATHER = 2.0  # seconds that a due source waits for others to share its process
_RETRY = 5.0  # seconds between two looks at a lease that another holds


def run(settings: Settings, sources: Sources) -> int:
    """Crawl, publish and serve until SIGTERM or SIGINT; return the exit status. Waits while another scheduler works."""
    intervals = _intervals(settings, sources)
    told = destinations_of(settings, sources)  # a wrong one stops us here, not when there is something to tell
    with stopping() as stop, closing(Database(settings.database_url)) as database:
        lease = Lease(database, "scheduler", f"{socket.gethostname()}:{os.getpid()}")
        if not _acquired(lease, stop):
            return 0
        due = _Due()
        clock = _clock(intervals, Runs(database), due)
        clock.add_job(_renew, IntervalTrigger(seconds=TERM.total_seconds() / 3), args=(lease, stop), id="lease")
        if told or settings.hub:
            clock.add_job(
                send_due, IntervalTrigger(seconds=_SEND), args=(database, told, settings.hub, stop), id="send"
            )
        try:
            with serving(settings, sources, database):
                _announced(settings, sources, database)
                clock.start()
                log.info("serving=%s sources=%d", settings.base_url, len(sources))
                _work(settings, sources, database, due, stop)
            return 0 if lease.acquire(now=datetime.now(UTC)) else 1
        finally:
            if clock.running:
                clock.shutdown()
            lease.release()


def _work(settings: Settings, sources: Sources, database: Database, due: _Due, stop: threading.Event) -> None:
    while not stop.is_set():
        names = due.take(stop)
        if names:
            crawl(settings, names, stop=stop)
            _announced(settings, sources, database)


def _announced(settings: Settings, sources: Sources, database: Database) -> None:
    """Announce what there is; what is in the way now may be gone after the next crawl."""
    try:
        announce(settings, sources, database)
    except (OSError, SQLAlchemyError) as error:
        log.error("announcing failed: %s", reason(error))


class _Due:
    """The sources whose time has come, each once however often it came."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._changed = threading.Condition()

    def put(self, name: str) -> None:
        with self._changed:
            self._names[name] = None
            self._changed.notify()

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


def _clock(intervals: Mapping[str, timedelta], runs: Runs, due: _Due) -> BackgroundScheduler:
    """Return a clock that puts each source when its interval is over, counted from its last run, late ones at once."""
    clock = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    clock.add_listener(_report, EVENT_JOB_ERROR)
    last, now = runs.last(), datetime.now(UTC)
    for name, interval in intervals.items():
        next_run = max(now, last[name].started + interval) if name in last else now
        trigger = IntervalTrigger(seconds=interval.total_seconds(), jitter=interval.total_seconds() * _JITTER)
        clock.add_job(due.put, trigger, args=(name,), id=name, next_run_time=min(next_run, now + interval))
    return clock


def _report(event: JobExecutionEvent) -> None:
    log.error("job=%s failed: %s", event.job_id, event.exception)


def _renew(lease: Lease, stop: threading.Event) -> None:
    if not lease.acquire(now=datetime.now(UTC)):
        log.error("another scheduler, %s, took over; stopping", lease.holder())
        stop.set()


def _acquired(lease: Lease, stop: threading.Event) -> bool:
    """Wait for the lease, saying so; return False where we were stopped before."""
    if lease.acquire(now=datetime.now(UTC)):
        return True
    log.warning("another scheduler, %s, works on this archive; waiting", lease.holder())
    while not stop.wait(_RETRY):
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
