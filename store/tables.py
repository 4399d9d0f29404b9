"""The tables of the archive, for both engines but for the search index, and the types that keep UTC and plain text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text, TypeDecorator
from sqlalchemy.engine import Dialect


class UTCDateTime(TypeDecorator[datetime]):
    """An instant: aware on both sides, UTC in the database. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware datetime, got {value!r}")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class PlainString(TypeDecorator[str]):
    """Text of some length, without what a database refuses: NUL, and the halves of surrogate pairs."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else value.replace("\0", "").encode(errors="ignore").decode()


class PlainText(PlainString):
    """The same, of any length."""

    impl = Text
    cache_ok = True


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _owner() -> Column[Any]:
    return Column("announcement", ForeignKey("announcements.number", ondelete="CASCADE"), primary_key=True)


announcements = Table(
    "announcements",
    metadata,
    Column("number", Integer, primary_key=True),  # order of arrival; the search index refers to it
    Column("id", PlainString(64), nullable=False, unique=True),
    Column("url", PlainText, nullable=False),
    Column("source", PlainString(64), nullable=False),
    Column("organisation", PlainString(64), nullable=False),
    Column("language", PlainString(16), nullable=False),
    Column("title", PlainText, nullable=False),
    Column("title_language", PlainString(16), nullable=False),
    Column("summary", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("html", PlainText, nullable=False),
    Column("published", UTCDateTime, nullable=False),
    Column("published_from", PlainString(16), nullable=False),
    Column("precision", PlainString(16), nullable=False),
    Column("timezone", PlainString(64), nullable=False),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("updated", UTCDateTime, nullable=False),
    Column("gone", UTCDateTime),
    Column("content_hash", PlainString(64), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("story", PlainString(64)),
    Index("ix_announcements_published", "published", "number"),
    Index("ix_announcements_source", "source", "published"),
    Index("ix_announcements_organisation", "organisation", "published"),
    Index("ix_announcements_language", "language", "published"),
    Index("ix_announcements_content_hash", "source", "content_hash"),
)

# The key is what all spellings of an address share: the database, not a query, refuses a second announcement for it.
addresses = Table(
    "addresses",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("address", PlainText, nullable=False),
    Column("announcement", ForeignKey("announcements.number", ondelete="CASCADE"), nullable=False, index=True),
)

attachments = Table(
    "attachments",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("url", PlainText, nullable=False),
    Column("type", PlainString(128), nullable=False),
    Column("title", PlainText, nullable=False),
    Column("length", Integer),
    Column("text", PlainText, nullable=False),
    Column("problem", PlainText, nullable=False),
)

topics = Table("topics", metadata, _owner(), Column("topic", PlainString(64), primary_key=True, index=True))

events = Table(
    "events",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("kind", PlainString(16), nullable=False),
    Column("starts", UTCDateTime, nullable=False, index=True),
    Column("ends", UTCDateTime),
    Column("timezone", PlainString(64), nullable=False),
    Column("all_day", Integer, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("place", PlainText, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("seen", UTCDateTime, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
)

translations = Table(
    "translations",
    metadata,
    _owner(),
    Column("other", PlainString(64), primary_key=True),
)

# How many announcements of a source had a block of text at one of their ends (crawler.boilerplate).
blocks = Table(
    "blocks",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("announcements", Integer, nullable=False),
    Column("cleaned", Integer, nullable=False),
)

# A listing that named many times its usual number of candidates: nothing of it is news until somebody releases it.
quarantines = Table(
    "quarantines",
    metadata,
    Column("source", PlainString(64), primary_key=True),
    Column("since", UTCDateTime, nullable=False),
    Column("usual", Integer, nullable=False),
    Column("named", Integer, nullable=False),
    Column("released", UTCDateTime),
)

# What was asked of a site and what it answered; ``named`` is what a route named with this very answer.
visits = Table(
    "visits",
    metadata,
    Column("source", PlainString(64), primary_key=True),
    Column("key", PlainText, primary_key=True),
    Column("etag", PlainText),
    Column("last_modified", PlainText),
    Column("body_hash", PlainString(64)),
    Column("checked", UTCDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("missing_since", UTCDateTime),
    Column("named", JSON),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", PlainString(64), nullable=False),
    Column("started", UTCDateTime, nullable=False),
    Column("finished", UTCDateTime),
    Column("outcome", PlainString(16), nullable=False),
    Column("every_route", Integer, nullable=False),
    Column("mirror", PlainText, nullable=False),
    Column("route", PlainText, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("problems", JSON, nullable=False),
    Index("ix_runs_source", "source", "started"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", PlainString(64), primary_key=True),
    Column("holder", PlainString(128), nullable=False),
    Column("expires", UTCDateTime, nullable=False),
)
