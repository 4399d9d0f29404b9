"""Programs that people read feeds with, each told to look at one feed: what it keeps of that.

``feedparser`` is the parser of many readers, here with a memory; ``reader`` is lemon24's; ``newsboat`` is Debian's, run
as its users run it. Each lists the ``FORMATS`` that it takes. A test of one that is not here is skipped.
"""

from __future__ import annotations

import calendar
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import struct_time
from typing import Any, Protocol

import feedparser
import pytest


@dataclass(frozen=True, kw_only=True)
class Read:
    """An entry as a reader keeps it. ``enclosures`` are address, media type and length in bytes."""

    id: str
    link: str
    title: str
    published: datetime
    content: str
    author: str
    updated: datetime | None = None
    summary: str | None = None
    categories: tuple[str, ...] | None = None
    enclosures: tuple[tuple[str, str, int | None], ...] | None = None
    language: str | None = None


class Subscription(Protocol):
    """A feed in a reader."""

    def refresh(self) -> None:
        """Look for something new; where the feed can't be had everything stays as it is."""

    def entries(self) -> dict[str, Read]:
        """Return by id what is kept."""

    def unread(self) -> set[str]:
        """Return the ids of what nobody has read yet."""

    def read_all(self) -> None: ...

    def close(self) -> None: ...


class Feedparser:
    """feedparser, with its conditional requests, and a memory by id."""

    FORMATS = ("atom", "rss")

    def __init__(self, address: str, directory: Path) -> None:
        self._address = address
        self._validators: dict[str, Any] = {}
        self._kept: dict[str, Any] = {}
        self._read: set[str] = set()

    def refresh(self) -> None:
        parsed = feedparser.parse(self._address, **self._validators)
        if parsed.get("status") == 200:
            assert not parsed.bozo, parsed.bozo_exception
            self._validators = {"etag": parsed.etag, "modified": parsed.modified}
            self._kept |= {entry.id: entry for entry in parsed.entries}

    def entries(self) -> dict[str, Read]:
        return {name: self._as_read(entry) for name, entry in self._kept.items()}

    def unread(self) -> set[str]:
        return self._kept.keys() - self._read

    def read_all(self) -> None:
        self._read |= self._kept.keys()

    def close(self) -> None:
        pass

    def _as_read(self, entry: Any) -> Read:
        return Read(
            id=entry.id,
            link=entry.link,
            title=entry.title,
            published=_instant(entry.published_parsed),
            updated=_instant(entry.updated_parsed) if "updated" in entry.keys() else None,  # noqa: SIM118
            summary=entry.summary,
            content=entry.content[0].value,
            author=entry.author,
            categories=tuple(tag.term for tag in entry.get("tags", ())),
            enclosures=tuple((file.href, file.type, _length(file.get("length"))) for file in entry.enclosures),
            language=entry.get("language") or entry.content[0].language,
        )


class Lemon24:
    """The library ``reader`` by lemon24."""

    FORMATS = ("atom", "rss", "json")

    def __init__(self, address: str, directory: Path) -> None:
        library = pytest.importorskip("reader", reason="needs the library reader")
        self._reader = library.make_reader(str(directory / "reader.db"))
        self._reader.add_feed(address)

    def refresh(self) -> None:
        self._reader.update_feeds(scheduled=False)  # now, not within the hour

    def entries(self) -> dict[str, Read]:
        return {entry.id: self._as_read(entry) for entry in self._reader.get_entries()}

    def unread(self) -> set[str]:
        return {entry.id for entry in self._reader.get_entries(read=False)}

    def read_all(self) -> None:
        for entry in self._reader.get_entries(read=False):
            self._reader.mark_entry_as_read(entry)

    def close(self) -> None:
        self._reader.close()

    def _as_read(self, entry: Any) -> Read:
        return Read(
            id=entry.id,
            link=entry.link,
            title=entry.title,
            published=entry.published,
            updated=entry.updated,
            summary=entry.summary,
            content=entry.content[0].value,
            author=entry.authors[0].name,
            enclosures=tuple((file.href, file.type, file.length) for file in entry.enclosures),
            language=entry.content[0].language,
        )


class Newsboat:
    """Debian's newsboat, run once a refresh; what it keeps is in its cache. Of files it keeps what can be played."""

    FORMATS = ("atom", "rss")

    def __init__(self, address: str, directory: Path) -> None:
        if not shutil.which("newsboat"):
            pytest.skip("needs newsboat: apt-get install newsboat")
        self._home = directory
        self._cache = directory / "cache.db"
        (directory / "urls").write_text(f"{address}\n")
        (directory / "config").touch()
        self.refresh()  # it keeps validators from its second look on

    def refresh(self) -> None:
        files = ("-u", self._home / "urls", "-C", self._home / "config", "-c", self._cache)
        environment = {"HOME": str(self._home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        subprocess.run(
            ["newsboat", *files, "-x", "reload"], env=environment, capture_output=True, timeout=60, check=True
        )

    def entries(self) -> dict[str, Read]:
        return {row["guid"]: self._as_read(row) for row in self._rows("SELECT * FROM rss_item")}

    def unread(self) -> set[str]:
        return {row["guid"] for row in self._rows("SELECT guid FROM rss_item WHERE unread = 1")}

    def read_all(self) -> None:
        self._rows("UPDATE rss_item SET unread = 0")

    def close(self) -> None:
        pass

    def _rows(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self._cache)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(statement).fetchall()

    def _as_read(self, row: Any) -> Read:
        return Read(
            id=row["guid"],
            link=row["url"],
            title=row["title"],
            published=datetime.fromtimestamp(row["pubDate"], UTC),
            content=row["content"],
            author=row["author"],
        )


def _instant(told: struct_time) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(told), UTC)


def _length(told: str | None) -> int | None:
    return None if told is None else int(told)
