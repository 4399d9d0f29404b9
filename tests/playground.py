"""The program as its users run it, against a replica that plays on loopback: real processes, a real archive."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.replica import Replica, Request
from demo.server import serve
from store.announcement import Archived
from store.archive import Archive
from store.database import Database

BEGINNING = "2020-01-01"  # before the oldest page of the replica
NOTHING = "http://127.0.0.1:9"  # nobody listens there


@dataclass(frozen=True)
class Playground:
    """A replica, and a directory with an archive of its own."""

    replica: Replica
    mirror: str
    directory: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.directory}/zerowire.db"

    def environment(self, **settings: str) -> dict[str, str]:
        ours = {
            "ZEROWIRE_DATABASE_URL": self.database_url,
            "ZEROWIRE_PUBLIC_DIR": str(self.directory / "public"),
            "ZEROWIRE_MIRROR": self.mirror,
            "PYTHONWARNINGS": "error::ResourceWarning",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZEROWIRE_")}
        return inherited | ours | settings

    def zerowire(self, *arguments: str, given: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.directory,
            env=self.environment(**settings),
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=240,
        )

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """Start a Python module and leave it running, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=self.directory,
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def database(self) -> AbstractContextManager[Database]:
        return closing(Database(self.database_url))

    def announcements(self) -> list[Archived]:
        with self.database() as database:
            return list(Archive(database).all())

    def feeds(self) -> dict[str, bytes]:
        feeds = self.directory / "public" / "feeds"
        return {str(path.relative_to(feeds)): path.read_bytes() for path in sorted(feeds.rglob("*.*"))}

    def copy(self, directory: Path) -> None:
        """Let *directory* hold the same archive and the same feeds. Nothing may write to this one meanwhile."""
        shutil.copy(self.directory / "zerowire.db", directory)
        shutil.copytree(self.directory / "public", directory / "public")


@contextmanager
def playing(directory: Path) -> Iterator[Playground]:
    """Play a fresh replica beside *directory*."""
    replica = Replica(now=lambda: datetime.now(UTC))
    with serve(replica) as server:
        yield Playground(replica, server.url, directory)


def crawled(directory: Path) -> Playground:
    """Return a playground in *directory* after one crawl of everything and one publish, which nobody may change.

    It is made by the first process that asks, while others wait for it. Its replica is not played; it tells what it
    was asked.
    """
    directory.mkdir(exist_ok=True)
    asked = directory / "asked.json"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not asked.exists():
            asked.write_text(json.dumps(_crawl_everything(directory)))
    replica = Replica(now=lambda: datetime.now(UTC))
    replica.requests.extend(Request(*each) for each in json.loads(asked.read_text()))
    return Playground(replica, NOTHING, directory)


def _crawl_everything(directory: Path) -> list[Request]:
    with playing(directory) as playground:
        done = playground.zerowire("crawl", "--since", BEGINNING)
        assert done.returncode == 0, done.stderr
        assert playground.zerowire("publish").returncode == 0
        return playground.replica.requests


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
