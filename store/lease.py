"""The lease that lets one scheduler work and the next one wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from store.database import Database
from store.tables import leases

TERM = timedelta(seconds=45)


class Lease:
    """The right to do *name*, held by one *holder* at a time and lost when it is not renewed within ``TERM``."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder

    def acquire(self, *, now: datetime) -> bool:
        """Take or renew the lease; say whether it is ours now."""
        free = or_(leases.c.holder == self._holder, leases.c.expires <= now, leases.c.expires > now + 2 * TERM)
        with self._database.writing() as connection:
            taken = update(leases).where(leases.c.name == self._name, free)
            if connection.execute(taken.values(holder=self._holder, expires=now + TERM)).rowcount:
                return True
            if connection.execute(select(leases.c.name).where(leases.c.name == self._name)).scalar() is not None:
                return False
            connection.execute(insert(leases).values(name=self._name, holder=self._holder, expires=now + TERM))
            return True

    def holder(self) -> str | None:
        """Return who holds the lease, or held it last."""
        with self._database.reading() as connection:
            return connection.execute(select(leases.c.holder).where(leases.c.name == self._name)).scalar()

    def release(self) -> None:
        """Let the next one have it at once; does nothing where it is another's."""
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == self._name, leases.c.holder == self._holder))
