"""Listings that named many times what they usually do: nothing of them is news until somebody releases the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from store.database import Database
from store.tables import quarantines


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """How many candidates there were usually, how many were named, and when somebody looked and let them in."""

    since: datetime
    usual: int
    named: int
    released: datetime | None = None


class Quarantines:
    """The quarantine of each source that is in one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str) -> Quarantine | None:
        return self.all().get(source)

    def all(self) -> dict[str, Quarantine]:
        """Return the quarantines by source."""
        with self._database.reading() as connection:
            rows = connection.execute(select(quarantines)).all()
        return {
            row.source: Quarantine(since=row.since, usual=row.usual, named=row.named, released=row.released)
            for row in rows
        }

    def begin(self, source: str, *, usual: int, named: int, now: datetime) -> None:
        """Note that *source* named too much; one that is noted already keeps its beginning."""
        here = quarantines.c.source == source
        with self._database.writing() as connection:
            if not connection.execute(update(quarantines).where(here).values(named=named)).rowcount:
                connection.execute(insert(quarantines).values(source=source, since=now, usual=usual, named=named))

    def release(self, source: str, *, now: datetime) -> bool:
        """Let the next crawl of *source* take what it names; say whether it was in quarantine."""
        held = update(quarantines).where(quarantines.c.source == source, quarantines.c.released.is_(None))
        with self._database.writing() as connection:
            return connection.execute(held.values(released=now)).rowcount > 0

    def end(self, source: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(quarantines).where(quarantines.c.source == source))
