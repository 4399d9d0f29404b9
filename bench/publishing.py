"""An archive in, what it costs to publish all its channels out: at first, again, and with one more announcement.

A scheduler that runs on keeps what it has written of calendars; ``zerowire publish`` has nothing yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bench import bulk
from bench.announcements import announcement, seen
from crawler.spec import load
from service.announcing import publish_all
from settings import Settings
from store.archive import Archive
from store.database import Database


@dataclass(frozen=True, slots=True)
class Publish:
    """CPU seconds, megabytes of memory at most so far, and how many feeds it changed, their volumes aside."""

    cpu: float
    memory: float
    changed: int


def measure(settings: Settings, size: int) -> Iterator[tuple[str, Publish]]:
    """Fill the archive that *settings* name with *size* announcements; yield what each publish costs."""
    with closing(Database(settings.database_url)) as database:
        for _ in bulk.fill(database, Archive(database).count(), size):
            pass
        with _process() as running:
            yield "first, with all volumes", running.submit(publish, settings).result()
            yield "again, nothing new", running.submit(publish, settings).result()
            Archive(database).save(announcement(size), now=seen(size))
            yield "again, one new announcement", running.submit(publish, settings).result()
    with _process() as started:
        yield "in a new process, nothing new", started.submit(publish, settings).result()


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def publish(settings: Settings) -> Publish:
    """Publish in this process, and return what it took."""
    with closing(Database(settings.database_url)) as database:
        sources = load()
        began = time.process_time()
        channels = publish_all(settings, sources, database)
        cpu = time.process_time() - began
    return Publish(cpu, _most_memory(), sum(len(channel.changed) for channel in channels))


def _most_memory() -> float:
    """Return what this process had at most; getrusage would begin with what the one that started it had."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
