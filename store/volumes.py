"""The full pages of a channel's history: where, in the order of arrival and change, each of them ends."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from store.database import Database
from store.tables import volumes


class Volumes:
    """What is known of the full pages of every channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ends(self, channel: str, definition: str) -> list[int]:
        """Return the turn with which each volume of *channel* ends, the first one first.

        A channel that is made by another *definition* than its volumes were has none: they are forgotten.
        """
        of_channel = volumes.c.channel == channel
        with self._database.writing() as connection:
            connection.execute(delete(volumes).where(of_channel, volumes.c.definition != definition))
            return list(connection.scalars(select(volumes.c.last).where(of_channel).order_by(volumes.c.number)))

    def add(self, channel: str, definition: str, *, number: int, last: int) -> None:
        """Note that volume *number* is full: it ends with the turn *last*."""
        row = {"channel": channel, "number": number, "last": last, "definition": definition}
        with self._database.writing() as connection:
            connection.execute(insert(volumes).values(row))
