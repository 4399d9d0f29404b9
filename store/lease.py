"""Leases: the right to do something that one process at a time may do, for as long as it renews it.

This module alone knows how a process is named, and that one which died on this machine holds nothing anymore.
"""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from store.database import Database
from store.tables import leases

TERM = timedelta(seconds=45)


def here() -> str:
    """Return the name of this process: host and number, and which host and number those are."""
    return f"{socket.gethostname()}:{os.getpid()}{_namespace()}"


class Lease:
    """The right to do *name*, held by one *holder* at a time and lost when it is not renewed within ``TERM``."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder

    def acquire(self, *, now: datetime) -> bool:
        """Take or renew the lease; say whether it is ours now."""
        with self._database.writing() as connection:
            return acquire(connection, self._name, self._holder, now=now) == self._holder

    def holder(self) -> str | None:
        """Return who holds the lease, or held it last."""
        with self._database.reading() as connection:
            found = connection.execute(select(leases.c.holder).where(leases.c.name == self._name)).scalar()
        return shown(found) if found else None

    def release(self) -> None:
        """Let the next one have it at once; does nothing where it is another's."""
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == self._name, leases.c.holder == self._holder))


def acquire(connection: Connection, name: str, holder: str, *, now: datetime) -> str:
    """Take or renew the lease *name* for *holder* if nobody else holds it; return who holds it now."""
    found = connection.execute(select(leases).where(leases.c.name == name)).first()
    if found is None:
        connection.execute(insert(leases).values(name=name, holder=holder, expires=now + TERM))
        return holder
    is_held = now < found.expires <= now + 2 * TERM and not _has_died(found.holder)
    if is_held and found.holder != holder:
        return str(found.holder)
    connection.execute(update(leases).where(leases.c.name == name).values(holder=holder, expires=now + TERM))
    return holder


def shown(holder: str) -> str:
    """Return the name of a process as it is said: host and number."""
    return holder.partition("@")[0]


def _has_died(holder: str) -> bool:
    """Say whether *holder* was a process of this machine that is there no more; of other machines nobody knows."""
    name, _, space = holder.partition("@")
    number = name.rpartition(":")[2]
    if not space or f"@{space}" != _namespace() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _namespace() -> str:
    """Return a mark of what the numbers of processes mean here, empty where that can't be told (proc(5))."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return f"@{hashlib.sha256(f'{boot} {space}'.encode()).hexdigest()[:8]}"
