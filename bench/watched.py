"""An archive as it is after years of watching: announcements, the latest of them as a crawl saves them, some edited
since, with their stories and translations, and the runs of the last months.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from bench import bulk
from bench.announcements import STREAMS, announcement, seen
from store.announcement import Announcement
from store.archive import Archive
from store.database import Database
from store.run import Reply, RunOutcome
from store.runs import Runs
from store.tables import runs
from store.translations import Translations

_DAYS = 90  # so long are runs without news kept
_A_FAILURE = 40  # runs from one to the next
_A_DAY = timedelta(days=1)


def fill(database: Database, size: int, *, lately: int, now: datetime) -> None:
    """Bring *database* up to *size* announcements and *lately* more, a twentieth of these edited, and up to *now* runs,
    where there are none.
    """
    archive = Archive(database)
    if archive.count() < size:
        for _ in bulk.fill(database, archive.count(), size):
            pass
    for number in range(archive.count(), size + lately):
        archive.save(announcement(number), now=seen(number))
    for number in edited(size, lately):
        archive.save(_moved(announcement(number)), now=seen(number) + _A_DAY)
    Translations(database).pair(now=now)
    if not Runs(database).newest():
        with database.writing() as connection:
            connection.execute(insert(runs), list(_runs(now)))


def edited(size: int, lately: int) -> range:
    """Return the numbers of the announcements that were edited."""
    return range(size, size + lately, 20)


def _moved(before: Announcement) -> Announcement:
    """Return *before* with its first half behind its second."""
    half = len(before.text) // 2
    return replace(before, text=f"{before.text[half:]}\n\n{before.text[:half]}")


def _runs(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a run an hour of every source, some of which failed."""
    for hour in range(_DAYS * 24):
        for place, stream in enumerate(STREAMS):
            failed = (hour + 7 * place) % _A_FAILURE == 0
            replies = {Reply.UNREACHABLE: 1} if failed else {Reply.ANSWERED: 3, Reply.UNCHANGED: 1}
            counts = dict.fromkeys(("new", "changed", "gone", "failed"), 0) | {"same": 44, "requests": 4}
            started = now - timedelta(hours=_DAYS * 24 - hour)
            yield {
                "source": stream.name,
                "started": started,
                "finished": started + timedelta(seconds=30),
                "outcome": RunOutcome.FAILED if failed else RunOutcome.OK,
                "every_route": int(hour % 24 == 0),
                "mirror": "",
                "route": "" if failed else stream.site.format(0),
                "counts": counts | dict.fromkeys(Reply, 0) | replies,
                "problems": [f"{stream.name}: expected an answer, got none"] if failed else [],
                "health": "ok",
            }
