"""The tables of the archive, one for both engines but for the search index, and the type that keeps UTC."""

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
    Column("id", String(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("source", String(64), nullable=False),
    Column("organisation", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("published", UTCDateTime, nullable=False),
    Column("published_from", String(16), nullable=False),
    Column("precision", String(16), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("updated", UTCDateTime, nullable=False),
    Column("gone", UTCDateTime),
    Column("content_hash", String(64), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("story", String(64)),
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
    Column("key", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("announcement", ForeignKey("announcements.number", ondelete="CASCADE"), nullable=False, index=True),
)

attachments = Table(
    "attachments",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("type", String(128), nullable=False),
    Column("title", Text, nullable=False),
    Column("length", Integer),
    Column("text", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("starts", UTCDateTime, nullable=False, index=True),
    Column("ends", UTCDateTime),
    Column("timezone", String(64), nullable=False),
    Column("all_day", Integer, nullable=False),
    Column("title", Text, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    _owner(),
    Column("position", Integer, primary_key=True),
    Column("seen", UTCDateTime, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
)

translations = Table(
    "translations",
    metadata,
    _owner(),
    Column("other", String(64), primary_key=True),
)

# What was asked of a site and what it answered; ``named`` is what a route named with this very answer.
visits = Table(
    "visits",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64)),
    Column("checked", UTCDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("missing_since", UTCDateTime),
    Column("named", JSON),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("started", UTCDateTime, nullable=False),
    Column("finished", UTCDateTime),
    Column("outcome", String(16), nullable=False),
    Column("every_route", Integer, nullable=False),
    Column("mirror", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("problems", JSON, nullable=False),
    Index("ix_runs_source", "source", "started"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("expires", UTCDateTime, nullable=False),
)
