"""The pages of a channel's history: where, in the order of arrival and change, each ends, and what fills the next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import JSON, delete, insert, select

from store.database import Database
from store.tables import volumes


@dataclass(frozen=True, slots=True)
class History:
    """Of a channel the turns with which its full volumes end, the first one first; the turn up to which all was looked
    through for the next, and the turns of what was found for it.
    """

    ends: tuple[int, ...] = ()
    seen: int = 0
    waiting: tuple[int, ...] = ()


class Volumes:
    """What is known of the history of every channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(self, channel: str, definition: str) -> History:
        """Return the history of *channel*; one that is made by another *definition* than it was has none."""
        named = select(volumes).where(volumes.c.channel == channel, volumes.c.definition == definition)
        with self._database.reading() as connection:
            rows = connection.execute(named.order_by(volumes.c.number)).all()
        if not rows:
            return History()
        *full, filling = rows
        return History(tuple(row.last for row in full), filling.last, tuple(filling.waiting))

    def keep(self, channel: str, definition: str, history: History) -> None:
        """Let *history* be that of *channel*: its newest full volume, if there is one, and the one that is filled."""
        number = len(history.ends)
        with self._database.writing() as connection:
            other = volumes.c.definition != definition
            connection.execute(
                delete(volumes).where(volumes.c.channel == channel, other | (volumes.c.number >= number))
            )
            rows = [{"number": number + 1, "last": history.seen, "waiting": list(history.waiting)}]
            if history.ends:
                rows.append({"number": number, "last": history.ends[-1], "waiting": JSON.NULL})
            named = {"channel": channel, "definition": definition}
            connection.execute(insert(volumes), [named | row for row in rows])
