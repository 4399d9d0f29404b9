"""The record that every package agrees on: an announcement as its page tells it, and as the archive keeps it.

Nothing but data passes through here; this module alone knows which values an announcement may have.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store.movement import settled


class From(StrEnum):
    """Where the date of publication was found."""

    LISTING = "listing"
    PAGE = "page"
    FEED = "feed"
    SLUG = "slug"
    FIRST_SEEN = "first-seen"


class Precision(StrEnum):
    """How exact the source is about the date of publication: a bare day is midnight in the source's zone."""

    DAY = "day"
    MINUTE = "minute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that an announcement links. ``length`` is in bytes, None while unknown; ``text`` is what could be read.

    ``problem`` says why there is no text, or no file: encrypted, scanned, status 404 …
    """

    url: str
    type: str
    title: str = ""
    length: int | None = None
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that an announcement dates: ``kind`` is ``event`` or ``deadline``; both ends are aware.

    ``timezone`` is the name of their zone; of all-day ones the dates in that zone count, the last day included.
    ``place`` is as printed, "online" among others.
    """

    kind: str
    starts: datetime
    ends: datetime | None = None
    timezone: str = ""
    all_day: bool = False
    title: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.timezone and not _is_zone(self.timezone):
            raise ValueError(f"expected a time zone's name, got {self.timezone!r}")


def storable(text: str) -> str:
    """Return *text* without what a database refuses: NUL, and the halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="ignore").decode()


@lru_cache(maxsize=16)  # of one announcement it is asked for several times
def content_hash(title: str, text: str, files: tuple[str, ...]) -> str:
    """Return what makes two wordings the same: title, text and the addresses of the attached files, but for white space
    and what only moves (store.movement).
    """
    parts = (storable(title), settled(storable(text)), *files)
    return hashlib.sha256("\0".join(" ".join(part.split()) for part in parts).encode(errors="ignore")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An earlier wording, and when it was first seen. Of its ``attachments`` the addresses count, not the texts."""

    seen: datetime
    title: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One published page, cleaned.

    ``url`` is the one spelling of its address (https, no tracking); ``aliases`` are other addresses that led to it;
    ``alternates`` are those at which the page says that it stands in another language.
    ``html`` is sanitised, its addresses absolute. ``published`` is aware, or None where the source says nothing;
    ``timezone`` is the IANA name of the source's zone, in which it prints its dates. ``title_language`` is set where
    the title is in another language than most of the text.
    """

    source: str
    organisation: str
    url: str
    title: str
    text: str
    language: str
    title_language: str = ""
    html: str = ""
    summary: str = ""
    published: datetime | None = None
    published_from: From = From.FIRST_SEEN
    precision: Precision = Precision.MINUTE
    timezone: str = "UTC"
    aliases: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        for name in ("source", "organisation", "url", "title", "language"):
            if not getattr(self, name):
                raise ValueError(f"{self.source}: {self.url}: expected {name} to be set")
        if self.published is not None and self.published.tzinfo is None:
            raise ValueError(f"{self.source}: {self.url}: published has no time zone")
        if self.published is None and self.published_from is not From.FIRST_SEEN:
            raise ValueError(f"{self.source}: {self.url}: expected a date from {self.published_from}")
        if not _is_zone(self.timezone):
            raise ValueError(f"{self.source}: {self.url}: expected a time zone's name, got {self.timezone!r}")

    @property
    def content_hash(self) -> str:
        return content_hash(self.title, self.text, tuple(attachment.url for attachment in self.attachments))


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError where the name is a directory's, or too long
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived(Announcement):
    """An announcement as the archive returns it. All times are UTC, but for ``published``, which is in ``timezone``.

    ``id`` was given at first sight. ``published`` is always set: where the source says nothing it is ``first_seen``.
    ``updated`` moves only when the content does; ``gone`` is when the page was found removed for good. ``translations``
    are ids, ``translation_reasons`` why each is held for one (store.translations), in the same order.
    """

    id: str
    published: datetime
    first_seen: datetime
    updated: datetime
    gone: datetime | None = None
    story: str | None = None
    translations: tuple[str, ...] = ()
    translation_reasons: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
