"""Which process crawls a source: one at a time, over all machines that share the archive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from store.database import Database
from store.lease import Lease


class Claims:
    """The sources that the process *holder* crawls. They are lost where they are not renewed (``store.lease.TERM``)."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._held: dict[str, Lease] = {}

    def take(self, sources: Iterable[str], *, now: datetime) -> dict[str, str]:
        """Take *sources*; return those that another process crawls, and which."""
        refused: dict[str, str] = {}
        for source in sources:
            lease = Lease(self._database, f"crawl {source}", self._holder)
            if lease.acquire(now=now):
                self._held[source] = lease
            else:
                refused[source] = lease.holder() or ""
        return refused

    def renew(self, *, now: datetime) -> bool:
        """Keep what is held; say whether all of it still is ours."""
        lost = [source for source, lease in self._held.items() if not lease.acquire(now=now)]
        return not lost

    def release(self) -> None:
        """Let others crawl what was held here."""
        for lease in self._held.values():
            lease.release()
        self._held.clear()
