"""The archive in, feeds on disk out: atomically, and only where something changed.

This module alone knows how much a feed holds, and how a file is replaced so that no reader sees half of it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from feeds.atom_rss import atom, rss
from feeds.channels import Channel
from store.announcement import Archived
from store.archive import Archive

MOST_ANNOUNCEMENTS = 50
MOST_BYTES = 500_000

_WRITERS = {"atom": atom, "rss": rss}
_UNFINISHED = ".unfinished-"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """A feed on disk, whether this publish ``changed`` it, and how many announcements it holds."""

    path: Path
    changed: bool
    announcements: int


def publish(archive: Archive, channels: Iterable[Channel], *, public_dir: Path, base_url: str) -> list[Published]:
    """Write each channel's newest announcements to its feeds under *public_dir*; leave those alone that are the same.

    A second publish into the same directory waits for the first. What a killed one left behind is removed.
    """
    directory = public_dir / "feeds"
    directory.mkdir(parents=True, exist_ok=True)
    with _alone_in(directory):
        for unfinished in directory.glob(f"{_UNFINISHED}*"):
            unfinished.unlink()
        return [
            _published(public_dir / channel.path(extension), partial(write, channel, base_url=base_url), newest)
            for channel in channels
            for newest in [archive.find(channel.query, limit=MOST_ANNOUNCEMENTS)]
            for extension, write in _WRITERS.items()
        ]


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Hold a lock on *directory* that ends with the process, however that ends."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _published(path: Path, write: Callable[[Sequence[Archived]], bytes], newest: Sequence[Archived]) -> Published:
    count, document = _fitting(write, newest)
    changed = not path.is_file() or path.read_bytes() != document
    if changed:
        _replace(path, document)
        log.info("feed=%s announcements=%d status=%s", path.name, count, "written")
    return Published(path, changed, count)


def _fitting(write: Callable[[Sequence[Archived]], bytes], newest: Sequence[Archived]) -> tuple[int, bytes]:
    """Return how many of *newest* fit into a feed, but one at least, and the feed."""
    document = write(newest)
    if len(document) <= MOST_BYTES:
        return len(newest), document
    too_many = bisect_right(range(len(newest)), MOST_BYTES, key=lambda count: len(write(newest[:count])))
    count = max(1, too_many - 1)
    return count, write(newest[:count])


def _replace(path: Path, document: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=_UNFINISHED, delete=False) as file:
        file.write(document)
        file.flush()
        os.fchmod(file.fileno(), 0o644)  # a temporary file is its owner's alone, a feed is everyone's
        os.fsync(file.fileno())
    Path(file.name).replace(path)
