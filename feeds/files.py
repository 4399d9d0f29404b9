"""Documents in, files out: atomically, and only where something changed.

This module alone knows how a file is replaced so that no reader sees half of it, and which files are ours to remove.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from feeds.channels import MEDIA_TYPES

_UNFINISHED = ".unfinished-"
_OURS = {f".{extension}" for extension in (*MEDIA_TYPES, "ics")}


class Shelf:
    """The directory *public* that feeds are written to. One process at a time has it; a second one waits.

    What a killed one left behind is removed.
    """

    def __init__(self, public: Path) -> None:
        self.public = public
        self._written: set[Path] = set()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock on the directory that ends with the process, however that ends."""
        feeds = self.public / "feeds"
        feeds.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(feeds, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            for unfinished in (*self.public.glob(f"{_UNFINISHED}*"), *feeds.glob(f"**/{_UNFINISHED}*")):
                unfinished.unlink()
            yield
        finally:
            os.close(descriptor)

    def has(self, path: str) -> bool:
        """Say whether the file *path* is there, and keep it."""
        self._written.add(self.public / path)
        return (self.public / path).is_file()

    def keep(self, *names: str) -> None:
        """Keep all feeds of the channels of these names as they are."""
        for name in names:
            self._written.update((self.public / "feeds").glob(f"{name}.*"), (self.public / "feeds" / name).glob("*"))

    def put(self, path: str, document: bytes, changed: datetime) -> bool:
        """Let *document* be the file *path*, and say whether it was not before.

        Its time, from which ``Last-Modified`` follows, is when its content *changed*, and later than that of what it
        replaces, whatever the content says.
        """
        file = self.public / path
        self._written.add(file)
        before = _time_of(file)
        if before is not None and file.read_bytes() == document:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        modified = int(changed.timestamp())
        _replace(file, document, modified if before is None else max(modified, before + 1))
        return True

    def sweep(self) -> list[Path]:
        """Remove the feeds that were neither written nor kept, and return where they were."""
        there = (path for path in (self.public / "feeds").rglob("*") if path.suffix in _OURS)
        stale = sorted(path for path in there if path not in self._written)
        for path in stale:
            path.unlink()
        for directory in {path.parent for path in stale} - {self.public / "feeds"}:
            if not any(directory.iterdir()):
                directory.rmdir()
        return stale


def _time_of(file: Path) -> int | None:
    try:
        return int(file.stat().st_mtime)
    except FileNotFoundError:
        return None


def _replace(path: Path, document: bytes, modified: int) -> None:
    """Raises OSError, which names *path*; then that is as it was, and nothing is left beside it."""
    try:
        with _unfinished(path.parent) as file:
            file.write(document)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # a temporary file is its owner's alone, a feed is everyone's
            os.fsync(file.fileno())
            then = min(modified, int(os.fstat(file.fileno()).st_mtime))  # an archive's future is no time yet
            os.utime(file.fileno(), (then, then))
            Path(file.name).replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _unfinished(directory: Path) -> Iterator[IO[bytes]]:
    """Yield a file to be filled and moved; one that is not is removed, as a full disk needs the room."""
    with NamedTemporaryFile(dir=directory, prefix=_UNFINISHED, delete=False) as file, ExitStack() as on_failure:
        on_failure.callback(Path(file.name).unlink)
        yield file
        on_failure.pop_all()
