"""Which process crawls a source: one at a time, over all machines that share the archive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete

from store.database import Database
from store.lease import acquire, shown
from store.tables import leases


class Claims:
    """The sources that the process *holder* crawls. They are lost where they are not renewed (``store.lease.TERM``)."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._held: list[str] = []

    def take(self, sources: Iterable[str], *, now: datetime) -> dict[str, str]:
        """Take *sources*; return those that another process crawls, and which."""
        with self._database.writing() as connection:
            holders = {name: acquire(connection, _lease(name), self._holder, now=now) for name in sources}
        self._held += [name for name, holder in holders.items() if holder == self._holder]
        return {name: shown(holder) for name, holder in holders.items() if holder != self._holder}

    def renew(self, *, now: datetime) -> bool:
        """Keep what is held; say whether all of it still is ours."""
        with self._database.writing() as connection:
            holders = [acquire(connection, _lease(name), self._holder, now=now) for name in self._held]
        return set(holders) <= {self._holder}

    def release(self) -> None:
        """Let others crawl what was held here."""
        ours = leases.c.name.in_([_lease(name) for name in self._held]), leases.c.holder == self._holder
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(*ours))
        self._held.clear()


def _lease(source: str) -> str:
    return f"crawl {source}"
