"""All announcements by their ids, in parts that stay: what a sitemap lists."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from store.database import Database
from store.tables import announcements

PART = 10_000
"""Announcements in a part at most; a part keeps the same ones for good."""


class Roll:
    """The announcements in *database* in the order of arrival."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def parts(self) -> int:
        """Return how many parts there are."""
        with self._database.reading() as connection:
            last = connection.execute(select(func.max(announcements.c.number))).scalar() or 0
        return (last - 1) // PART + 1

    def part(self, number: int) -> list[tuple[str, datetime]]:
        """Return the ids of part *number*, from 1 on, and when each last changed; those that are gone are left out."""
        among = announcements.c.number.between((number - 1) * PART + 1, number * PART)
        listed = select(announcements.c.id, announcements.c.updated).where(among, announcements.c.gone.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(listed.order_by(announcements.c.number))
            return [(row.id, row.updated) for row in rows]
