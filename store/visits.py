"""What was asked of a site, and what it answered: validators, failures, and what a route named.

This module alone knows how long a page that failed is left alone, and when a missing one counts as gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.database import Database
from store.identity import key
from store.tables import visits

_GONE_AFTER = timedelta(days=1)
_LONGEST_REST = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The last answer to one address. ``named`` is what a route named with it, as plain data; None for a page."""

    checked: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    missing_since: datetime | None = None
    named: dict[str, Any] | None = None

    def rests(self, now: datetime) -> bool:
        """A page that failed is tried again at the next run, then after one, two, four … hours, at most a week."""
        if self.failures < 2:
            return False
        rest = min(timedelta(hours=2 ** min(self.failures - 2, 12)), _LONGEST_REST)
        return not is_over(rest, since=self.checked, now=now)


def is_over(span: timedelta, *, since: datetime, now: datetime) -> bool:
    """Say whether *span* has passed; it has where it would begin in the future: a clock was wrong, then or now."""
    return not timedelta() <= now - since < span


class Visits:
    """The visits of every source, one a page or route."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str) -> dict[str, Visit]:
        """Return the visits of *source* by key of address (``store.identity.key``)."""
        found = select(visits).where(visits.c.source == source)
        with self._database.reading() as connection:
            rows = connection.execute(found).mappings().all()
        return {row["key"]: Visit(**{n: v for n, v in row.items() if n not in ("source", "key")}) for row in rows}

    def answered(self, source: str, url: str, visit: Visit) -> None:
        """Keep what *url* answered; whatever failed before is forgiven."""
        with self._database.writing() as connection:
            _put(connection, source, url, **_columns(visit))

    def unchanged(self, source: str, url: str, *, now: datetime) -> None:
        """Note that *url* answered as it did before."""
        with self._database.writing() as connection:
            _put(connection, source, url, checked=now, failures=0, missing_since=None)

    def failed(self, source: str, url: str, *, now: datetime) -> None:
        """Note that *url* gave no announcement, so that it is not tried every hour."""
        with self._database.writing() as connection:
            _put(connection, source, url, checked=now, failures=_failures(connection, source, url) + 1)

    def missing(self, source: str, url: str, *, now: datetime) -> bool:
        """Note that *url* was not found; say whether it has been so, twice and a day apart."""
        with self._database.writing() as connection:
            found = select(visits.c.missing_since).where(visits.c.source == source, visits.c.key == key(url))
            since = min(connection.execute(found).scalar() or now, now)  # a clock may have been ahead
            failures = _failures(connection, source, url) + 1
            _put(connection, source, url, checked=now, failures=failures, missing_since=since)
            return now - since >= _GONE_AFTER


def _columns(visit: Visit) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in Visit.__slots__}


def _failures(connection: Connection, source: str, url: str) -> int:
    found = select(visits.c.failures).where(visits.c.source == source, visits.c.key == key(url))
    return connection.execute(found).scalar() or 0


def _put(connection: Connection, source: str, url: str, **values: Any) -> None:
    here = (visits.c.source == source, visits.c.key == key(url))
    if not connection.execute(update(visits).where(*here).values(**values)).rowcount:
        connection.execute(insert(visits).values(source=source, key=key(url), **{"failures": 0} | values))
