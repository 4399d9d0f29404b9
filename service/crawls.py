"""Sources in, crawls of them under way in processes of their own: started with the settings, watched, ended.

A reactor starts once in a process: every crawl is a child. A child shows over its standard input that it lives; one
that does not is killed, and what it was to crawl has failed. A child ends when the parent does (``crawler.parent``).
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from settings import PREFIX, Settings, environment
from store.claims import Claims
from store.database import Database
from store.lease import here
from store.run import Fault
from store.runs import Runs

log = logging.getLogger("zerowire.crawls")

SILENCE = 600.0  # seconds without a sign of life after which a crawl counts as stuck
LONGEST = 7 * 3600.0  # seconds that any crawl may take: an hour more than it gives itself
_PATIENCE = 5.0  # seconds that a child has to end by itself
_LOOK = 0.1  # seconds between two looks at a child


class Child:
    """A crawl of *names* under way, in a process of its own."""

    def __init__(
        self,
        settings: Settings,
        names: Sequence[str],
        *,
        since: datetime | None = None,
        recheck: bool = False,
        quiet: bool = False,
    ) -> None:
        asked = [sys.executable, "-m", "crawler", "--child", *names]
        if since is not None:
            asked += ["--since", since.isoformat()]
        asked += [flag for flag, given in (("--recheck", recheck), ("--quiet", quiet)) if given]
        self.names = tuple(names)
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(asked, env=_environment(settings), stdin=theirs.fileno())
        self._begun = self._lived = time.monotonic()

    @property
    def number(self) -> int:
        """The number of the process."""
        return self._process.pid

    def status(self) -> int | None:
        """Return the exit status, None while the crawl goes on."""
        return self._process.poll()

    def stuck(self, *, silence: float = SILENCE, longest: float = LONGEST) -> str:
        """Return why the crawl must be taken for stuck, in a few words; nothing where it need not."""
        now = time.monotonic()
        try:
            while self._channel.recv(4096):
                self._lived = now
        except (BlockingIOError, ConnectionResetError):
            pass
        if now - self._lived > silence:
            return f"showed no sign of life for {silence:g} s"
        return f"took longer than {longest:g} s" if now - self._begun > longest else ""

    def end(self) -> None:
        """End the crawl if it still goes on: politely first, then for good."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self._channel.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._channel.close()


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
    stop = stop or threading.Event()
    child = Child(settings, names, since=since, recheck=recheck, quiet=quiet)
    try:
        while (status := child.status()) is None and not child.stuck() and not stop.wait(_LOOK):
            pass
        return 1 if status is None else status
    finally:
        child.end()


class Crawls:
    """The crawls that a scheduler has under way, several at a time: one that hangs holds up no other."""

    def __init__(self, settings: Settings, database: Database, *, silence: float = SILENCE) -> None:
        self._settings = settings
        self._database = database
        self._silence = silence
        self.children: list[Child] = []

    @property
    def names(self) -> set[str]:
        """The sources that are being crawled."""
        return {name for child in self.children for name in child.names}

    def start(self, names: Sequence[str]) -> None:
        self.children.append(Child(self._settings, names))

    def ended(self) -> list[str]:
        """Return the sources whose crawls have ended since the last time, by themselves or as they were stuck."""
        over = [child for child in self.children if self._is_over(child)]
        self.children = [child for child in self.children if child not in over]
        return [name for child in over for name in child.names]

    def end(self) -> None:
        """End all crawls."""
        for child in self.children:
            child.end()
            bury(self._database, child.names, "it was stopped", Fault.STOPPED)
        self.children.clear()

    def _is_over(self, child: Child) -> bool:
        status = child.status()
        if status is not None:
            child.end()
            bury(self._database, child.names, f"its process ended with status {status}")
        elif why := child.stuck(silence=self._silence):
            for name in child.names:
                log.error("its crawl is killed", extra={"source": name, "reason": f"it {why}"})
            child.kill()
            bury(self._database, child.names, f"it {why} and was killed")
        else:
            return False
        return True


def bury(database: Database, names: Sequence[str], why: str, fault: Fault = Fault.CUT_SHORT) -> None:
    """Have the runs of *names* that a process left behind when it died count as failed; not what another is at now."""
    now, claims = datetime.now(UTC), Claims(database, here())
    refused = claims.take(names, now=now)
    try:
        Runs(database).cut_short([name for name in names if name not in refused], now=now, why=why, fault=fault)
    finally:
        claims.release()


def _environment(settings: Settings) -> dict[str, str]:
    """Return a child's environment: it tells nobody anything, and needs no secret."""
    inherited = {name: value for name, value in os.environ.items() if name != f"{PREFIX}NOTIFY"}
    return inherited | environment(settings)
