"""The clock: which source is due, one crawl process for all that are, publishing after it, the feeds over HTTP.

APScheduler only says that a source is due; the main thread crawls and publishes, one thing at a time, so that no run
overlaps another and a late one is caught up. A reactor starts once in a process: every crawl is a child of its own.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from crawler.spec import Source
from crawler.topics import topics
from feeds.channels import HEALTH, Channel, channels, saved_searches
from feeds.editor import Editor
from feeds.publish import Published, publish
from feeds.push.destinations import BadDestination, Destination, destinations
from feeds.push.gathering import gather
from feeds.push.messages import Notice
from feeds.push.posting import post
from feeds.push.websub import ping
from settings import PREFIX, Settings, SettingsError, environment
from store.archive import Archive
from store.database import Database, reason
from store.lease import TERM, Lease
from store.runs import Runs
from web.app import app

log = logging.getLogger("zerowire.scheduler")

Sources = Mapping[str, type[Source]]

_SEND = 15.0  # seconds between two looks into the outbox
_JITTER = 0.1  # of the interval, so that sources don't call at the same second every hour
_GATHER = 2.0  # seconds that a due source waits for others to share its process
_PATIENCE = 5.0  # seconds that a child has to end by itself
_RETRY = 5.0  # seconds between two looks at a lease that another holds


def run(settings: Settings, sources: Sources) -> int:
    """Crawl, publish and serve until SIGTERM or SIGINT; return the exit status. Waits while another scheduler works."""
    intervals = _intervals(settings, sources)
    told = _destinations(settings, sources)  # a wrong one stops us here, not when there is something to tell
    with stopping() as stop, closing(Database(settings.database_url)) as database:
        lease = Lease(database, "scheduler", f"{socket.gethostname()}:{os.getpid()}")
        if not _acquired(lease, stop):
            return 0
        due = _Due()
        clock = _clock(intervals, Runs(database), due)
        clock.add_job(_renew, IntervalTrigger(seconds=TERM.total_seconds() / 3), args=(lease, stop), id="lease")
        if told or settings.hub:
            clock.add_job(_send, IntervalTrigger(seconds=_SEND), args=(database, told, settings.hub, stop), id="send")
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


def crawl(
    settings: Settings,
    names: Sequence[str],
    *,
    since: datetime | None = None,
    recheck: bool = False,
    quiet: bool = False,
    stop: threading.Event | None = None,
) -> int:
    """Crawl the sources *names* in a child process, and return its exit status; *stop* ends it early."""
    asked = [sys.executable, "-m", "crawler", *names]
    if since is not None:
        asked += ["--since", since.isoformat()]
    asked += [flag for flag, given in (("--recheck", recheck), ("--quiet", quiet)) if given]
    with subprocess.Popen(asked, env=_environment(settings)) as child:
        try:
            return _ended(child, stop or threading.Event())
        finally:
            _end(child)


def publish_all(settings: Settings, sources: Sources, database: Database) -> list[Published]:
    """Write the feeds of every channel, and return what became of each."""
    return publish(_editor(settings, database), _channels(settings, sources), public_dir=_public_dir(settings))


def announce(settings: Settings, sources: Sources, database: Database) -> list[Published]:
    """Write the feeds, and put into the outbox what those must be told who don't ask; return what became of each feed.

    ``send`` sends it.
    """
    published, now = publish_all(settings, sources, database), datetime.now(UTC)
    editor = _editor(settings, database)
    if settings.hub:
        public = _public_dir(settings)
        paths = [path for one in published if not one.problem for path in one.channel.paths]
        ping(database, {f"{editor.site}{path}": (public / path).read_bytes() for path in paths}, now=now)
    faults = [Notice(each.id, each.title, each.summary, each.published) for each in editor.current(HEALTH).entries]
    gather(database, _destinations(settings, sources), faults, now=now)
    return published


def send(settings: Settings, sources: Sources, database: Database) -> None:
    """Send what is due in the outbox, unless another process does."""
    _send(database, _destinations(settings, sources), settings.hub)


@contextmanager
def serving(settings: Settings, sources: Sources, database: Database) -> Iterator[None]:
    """Serve the feeds and the archive meanwhile, at the address that the settings name.

    Raises SettingsError where that is taken.
    """
    listener = _listener(settings)
    site = app(
        public_dir=Path(settings.public_dir),
        channels=_channels(settings, sources),
        editor=_editor(settings, database),
        archive=Archive(database),
    )
    server = uvicorn.Server(uvicorn.Config(site, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()


def _send(database: Database, told: Sequence[Destination], hub: str, stop: threading.Event | None = None) -> None:
    post(database, told, hub, now=datetime.now(UTC), stop=stop)


def _public_dir(settings: Settings) -> Path:
    """Return where feeds are written, made if it is not there. Raises SettingsError."""
    path, expected = Path(settings.public_dir), "public_dir: expected a directory that can be written"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{expected}, got {settings.public_dir}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise SettingsError(f"{expected}, got {settings.public_dir}")
    return path


def _editor(settings: Settings, database: Database) -> Editor:
    return Editor(database, base_url=settings.base_url, hub=settings.hub)


def _channels(settings: Settings, sources: Sources) -> list[Channel]:
    try:
        searches = saved_searches(settings.searches)
    except ValueError as error:
        raise SettingsError(f"searches: {error}") from error
    try:
        return channels(sources.values(), topics(settings.topics), searches)
    except ValueError as error:
        raise SettingsError(f"topics, searches: {error}") from error


def _destinations(settings: Settings, sources: Sources) -> list[Destination]:
    try:
        return destinations(settings.notify, _channels(settings, sources))
    except BadDestination as error:
        raise SettingsError(f"notify: {error}") from None  # no cause: it may show what was given


def _listener(settings: Settings) -> socket.socket:
    host, port = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named: else each answer would wait for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(f"listen: expected a free address, got {settings.listen}: {error.strerror}") from error
    return listener


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


def _environment(settings: Settings) -> dict[str, str]:
    """Return a child's environment: it tells nobody anything, and needs no secret."""
    inherited = {name: value for name, value in os.environ.items() if name != f"{PREFIX}NOTIFY"}
    return inherited | environment(settings)


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


def _ended(child: subprocess.Popen[bytes], stop: threading.Event) -> int:
    while not stop.wait(0.1):
        if child.poll() is not None:
            return child.returncode
    return 1


def _end(child: subprocess.Popen[bytes]) -> None:
    """End *child* if it still runs: politely first, then for good."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
