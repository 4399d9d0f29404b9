"""The bytes that announcements were made of: in WARC files, one a month (store.warc); where they lie, in the archive.

Bytes are appended first and only then noted, so that whatever is noted is there, and nothing is noted twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from store.database import Database
from store.tables import announcements, attachments, kept
from store.warc import Kept, Place, append, read


class Kind(StrEnum):
    """What an answer was fetched as."""

    PAGE = "page"
    FILE = "file"


class Wording(NamedTuple):
    """Which announcement, by its id, and which of its wordings, by when that was first seen."""

    announcement: str
    seen: datetime


class KeptPages:
    """The WARC files in *directory*, which need not be there yet, and the table that finds things in them."""

    def __init__(self, database: Database, directory: Path) -> None:
        self._database = database
        self._directory = directory.absolute()

    def keep(self, answer: Kept, kind: Kind, wording: Wording, *, at: Place | None = None) -> bool:
        """Keep the *answer* that *wording* was made of, and say whether that was not here yet.

        What lies *at* a place already is only noted. Raises TornFile, OSError.
        """
        with self._database.reading() as connection:
            if _is_here(connection, answer.record):
                return False
        path, offset = (at.path.absolute(), at.offset) if at else self._append(answer)
        file = path.name if path.parent == self._directory else str(path)
        values = {"record": answer.record, "kind": kind, "seen": wording.seen, "fetched": answer.fetched}
        values |= {"offset": offset, "url": answer.url, "file": file}
        with self._database.writing() as connection:
            if _is_here(connection, answer.record):
                return False
            number = select(announcements.c.number).where(announcements.c.id == wording.announcement)
            connection.execute(insert(kept).values(announcement=number.scalar_subquery(), **values))
            return True

    def has_page(self, wording: Wording) -> bool:
        """Say whether a page is kept that *wording* was made of."""
        found = select(kept.c.record).join_from(kept, announcements)
        found = found.where(announcements.c.id == wording.announcement, kept.c.kind == Kind.PAGE)
        with self._database.reading() as connection:
            return connection.execute(found.where(kept.c.seen == wording.seen)).first() is not None

    def wording(self, record: str) -> Wording | None:
        """Return which wording was made of the answer that is kept as *record*, None where none is."""
        found = select(announcements.c.id, kept.c.seen).join_from(kept, announcements)
        with self._database.reading() as connection:
            row = connection.execute(found.where(kept.c.record == record)).first()
        return Wording(*row) if row else None

    def attaching(self, url: str) -> Wording | None:
        """Return the first announcement that links the attachment at *url*, as it is worded now."""
        found = select(announcements.c.id, announcements.c.updated).join_from(attachments, announcements)
        found = found.where(attachments.c.url == url).order_by(announcements.c.number)
        with self._database.reading() as connection:
            row = connection.execute(found.limit(1)).first()
        return Wording(row.id, row.updated) if row else None

    def page(self, announcement: str, seen: datetime | None = None) -> Kept | None:
        """Return the page behind the wording of *announcement* (an id) first seen at *seen*, by default the newest.

        None where none was kept. Raises TornFile where it can't be read back.
        """
        found = select(kept).join_from(kept, announcements)
        found = found.where(announcements.c.id == announcement, kept.c.kind == Kind.PAGE)
        found = found if seen is None else found.where(kept.c.seen == seen)
        with self._database.reading() as connection:
            row = connection.execute(found.order_by(kept.c.seen.desc(), kept.c.offset.desc()).limit(1)).first()
        return None if row is None else read(self._directory / row.file, row.offset, row.record)

    def files(self) -> list[Path]:
        """Return the files in the directory, the oldest month first."""
        return sorted(self._directory.glob("zerowire-*.warc.gz"))

    def _append(self, answer: Kept) -> tuple[Path, int]:
        path = self._directory / f"zerowire-{answer.fetched.astimezone(UTC):%Y-%m}.warc.gz"
        last = select(func.max(kept.c.offset)).where(kept.c.file == path.name)
        with self._database.reading() as connection:
            after = connection.execute(last).scalar() or 0
        return path, append(path, answer, after=after)


def _is_here(connection: Connection, record: str) -> bool:
    return connection.execute(select(kept.c.record).where(kept.c.record == record)).first() is not None
