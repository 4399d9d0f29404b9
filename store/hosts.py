"""When a host may be asked, over all processes that share the archive: one request at a time, some time apart.

This module alone knows whose turn it is, and that a host which asked to be left alone is, over restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from store.database import Database
from store.tables import hosts

LONGEST_AWAY = timedelta(days=1)
_FURTHEST = timedelta(minutes=10)  # no turn is due later: beyond that the clock was set back
_BUSY = timedelta(seconds=0.5)  # until the next look at a host that another process asks
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether the turn is ours: then ``wait`` is zero, else how long to wait before asking for it again.

    ``away_until`` is when the host may be asked again at all, None for now; there is no turn before.
    """

    wait: timedelta
    away_until: datetime | None = None


class Hosts:
    """The turns of every host, as *holder*, who is a process, takes them."""

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder

    def take(self, host: str, *, apart: timedelta, longest: timedelta, now: datetime) -> Turn:
        """Take the turn of *host* if it is free: the next one comes *apart*, and after *longest* if we never end it."""
        taken = {"due": now + apart, "holder": self._holder, "held_until": now + longest}
        with self._database.writing() as connection:
            found = connection.execute(select(hosts).where(hosts.c.host == host)).first()
            if found is None:
                connection.execute(insert(hosts).values(host=host, away_until=_LONG_AGO, **taken))
                return Turn(timedelta())
            away = _away(found.away_until, now)
            if away is not None:
                return Turn(away - now, away)
            if found.holder != self._holder and now < found.held_until <= now + longest:
                return Turn(_BUSY)
            if now < found.due <= now + _FURTHEST:
                return Turn(found.due - now)
            connection.execute(update(hosts).where(hosts.c.host == host).values(**taken))
            return Turn(timedelta())

    def end(self, host: str, *, due: datetime, now: datetime) -> None:
        """End our turn; the next one comes when it was to come, or at *due* if that is later."""
        ours = update(hosts).where(hosts.c.host == host, hosts.c.holder == self._holder)
        with self._database.writing() as connection:
            connection.execute(ours.values(held_until=now))
            connection.execute(ours.where(hosts.c.due < due).values(due=due))

    def leave_alone(self, host: str, *, until: datetime, now: datetime) -> datetime:
        """Ask nothing of *host* until then, a day at most; return when it may be asked again."""
        until = min(until, now + LONGEST_AWAY)
        with self._database.writing() as connection:
            if not connection.execute(update(hosts).where(hosts.c.host == host).values(away_until=until)).rowcount:
                row = {"host": host, "due": now, "holder": "", "held_until": now, "away_until": until}
                connection.execute(insert(hosts).values(**row))
        return until

    def away(self, *, now: datetime) -> dict[str, datetime]:
        """Return until when each host that asked for it is left alone."""
        with self._database.reading() as connection:
            rows = connection.execute(select(hosts.c.host, hosts.c.away_until).where(hosts.c.away_until > now)).all()
        return {host: away for host, until in rows if (away := _away(until, now)) is not None}


def _away(until: datetime, now: datetime) -> datetime | None:
    """Return *until* if it is still to come; one further off than anybody may ask for tells of a clock set back."""
    return until if now < until <= now + LONGEST_AWAY else None
