"""The tables of the archive, for both engines but for the search index, and the types that keep UTC and plain text.

Tables are named in the singular: the plural belongs to the views for readers (store.views). Wide columns stand last,
so that what is looked through often lies together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

from store.announcement import storable


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
        return value if value is None else storable(value)


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


def _announcement(**options: Any) -> Column[Any]:
    return Column("announcement", ForeignKey("announcement.number", ondelete="CASCADE"), **options)


announcements = Table(
    "announcement",
    metadata,
    Column("number", Integer, primary_key=True),  # order of arrival
    Column("place", BigInteger, nullable=False, unique=True),  # newest first is by place, descending (store.places)
    Column("id", PlainString(64), nullable=False, unique=True),
    Column("url", PlainText, nullable=False),
    Column("found_at", PlainText, nullable=False),  # where its page was last seen: it may have moved
    Column("source", PlainString(64), nullable=False),
    Column("organisation", PlainString(64), nullable=False),
    Column("language", PlainString(16), nullable=False),
    Column("published", UTCDateTime, nullable=False),
    Column("published_from", PlainString(16), nullable=False),
    Column("precision", PlainString(16), nullable=False),
    Column("timezone", PlainString(64), nullable=False),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("updated", UTCDateTime, nullable=False),
    Column("grace_from", UTCDateTime, nullable=False),  # since when corrections may have gone without a revision
    Column("gone", UTCDateTime),
    Column("paired", UTCDateTime),  # when its translations were looked for; None: they are to be
    Column("story", PlainString(64), index=True),
    Column("content_hash", PlainString(64), nullable=False),
    Column("title_language", PlainString(16), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("summary", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("html", PlainText, nullable=False),
    # The order in which all came and changed: what is newest has the highest turn.
    Column("turn", BigInteger, nullable=False, server_default=text("0")),
    Index("ix_announcement_turn", "turn"),
    Index(
        "ix_announcement_changed",
        "updated",
        sqlite_where=text("updated > first_seen"),
        postgresql_where=text("updated > first_seen"),
    ),
    Index(
        "ix_announcement_gone",
        "gone",
        sqlite_where=text("gone IS NOT NULL"),
        postgresql_where=text("gone IS NOT NULL"),
    ),
    Index("ix_announcement_source", "source", "place"),
    Index("ix_announcement_organisation", "organisation", "place"),
    Index("ix_announcement_language", "language", "place"),
    Index("ix_announcement_content_hash", "source", "content_hash"),
    Index("ix_announcement_url", "url"),
    Index(
        "ix_announcement_unpaired",
        "number",
        sqlite_where=text("paired IS NULL"),
        postgresql_where=text("paired IS NULL"),
    ),
)

# The key is what all spellings of an address share: the database, not a query, refuses a second announcement for it.
addresses = Table(
    "address",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("address", PlainText, nullable=False),
    _announcement(nullable=False, index=True),
)

# In these words, not with parameters: an engine uses a partial index for a question that says the same.
UNREAD = text("attachment.length IS NULL AND attachment.problem = ''")
_UNREAD = text("length IS NULL AND problem = ''")

attachments = Table(
    "attachment",
    metadata,
    _announcement(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("url", PlainText, nullable=False, index=True),
    Column("type", PlainString(128), nullable=False),
    Column("title", PlainText, nullable=False),
    Column("length", Integer),
    Column("problem", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Index("ix_attachment_unread", "announcement", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
)

topics = Table(
    "topic", metadata, _announcement(primary_key=True), Column("topic", PlainString(64), primary_key=True, index=True)
)

events = Table(
    "event",
    metadata,
    _announcement(primary_key=True),
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
    "revision",
    metadata,
    _announcement(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("seen", UTCDateTime, nullable=False),
    Column("content_hash", PlainString(64), nullable=False),
    Column("title", PlainText, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("text", PlainText, nullable=False),
)

# Where a page says that it stands in another language; the key is one of an address (see above), here or not yet.
alternates = Table(
    "alternate",
    metadata,
    _announcement(primary_key=True),
    Column("key", PlainText, primary_key=True, index=True),
    Column("address", PlainText, nullable=False),
)

# Pairs stand here in both directions. ``other`` is an id: after an import it may be that of one yet to come.
translations = Table(
    "translation",
    metadata,
    _announcement(primary_key=True),
    Column("other", PlainString(64), primary_key=True),
    Column("reason", PlainString(32), nullable=False),
)

# What near-duplicates are found by (store.stories): a sketch of the text, and in which buckets of which week it lies.
sketches = Table("sketch", metadata, _announcement(primary_key=True), Column("sketch", LargeBinary, nullable=False))

bands = Table(
    "band",
    metadata,
    Column("bucket", BigInteger, primary_key=True),
    _announcement(primary_key=True),
    sqlite_with_rowid=False,
)

# Pairs of announcements that tell one thing, in both directions: their stories are what hangs together by them.
likenesses = Table(
    "likeness",
    metadata,
    _announcement(primary_key=True),
    Column("other", ForeignKey("announcement.number", ondelete="CASCADE"), primary_key=True, index=True),
)

# Where the fetched bytes of a page or an attachment lie (store.warc): ``file`` in the folder of kept pages, or a whole
# path, from ``offset`` on. ``seen`` is when the wording that came of them was first seen: the announcement's, or a
# revision's. ``kind`` is ``page`` or ``file``, ``url`` the address that answered.
kept = Table(
    "kept",
    metadata,
    Column("record", PlainString(64), primary_key=True),
    _announcement(nullable=False, index=True),
    Column("kind", PlainString(16), nullable=False),
    Column("seen", UTCDateTime, nullable=False),
    Column("fetched", UTCDateTime, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("url", PlainText, nullable=False),
    Column("file", PlainText, nullable=False),
    Index("ix_kept_file", "file", "offset"),
)

# How many announcements of a source had a block of text at one of their ends (crawler.boilerplate).
blocks = Table(
    "block",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("announcements", Integer, nullable=False),
    Column("cleaned", Integer, nullable=False),
)

# A listing that named many times its usual number of candidates: nothing of it is news until somebody releases it.
quarantines = Table(
    "quarantine",
    metadata,
    Column("source", PlainString(64), primary_key=True),
    Column("since", UTCDateTime, nullable=False),
    Column("usual", Integer, nullable=False),
    Column("named", Integer, nullable=False),
    Column("released", UTCDateTime),
)

# What was asked of a site and what it answered; ``named`` is what a route named with this very answer.
visits = Table(
    "visit",
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

# ``news`` is how many announcements were new, ``fault`` the kind of what failed the run, ``coverage`` what the pages
# that were read had. ``health`` is the state that the source was in when the run had ended, ``since`` when that state
# began, ``turned`` whether the source became unhealthy with this run, or well again: what was told of it stays as it
# was told (store.health).
runs = Table(
    "run",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", PlainString(64), nullable=False),
    Column("started", UTCDateTime, nullable=False),
    Column("finished", UTCDateTime),
    Column("outcome", PlainString(16), nullable=False),
    Column("every_route", Integer, nullable=False),
    Column("mirror", PlainText, nullable=False),
    Column("route", PlainText, nullable=False),
    Column("news", Integer, nullable=False, server_default=text("0")),
    Column("fault", PlainString(32), nullable=False, server_default=text("''")),
    Column("health", PlainString(16), nullable=False, server_default=text("''")),
    Column("since", UTCDateTime),
    Column("turned", Integer, nullable=False, server_default=text("0")),
    Column("reason", PlainText, nullable=False, server_default=text("''")),
    Column("counts", JSON, nullable=False),
    Column("coverage", JSON(none_as_null=True)),
    Column("problems", JSON, nullable=False),
    Index("ix_run_source", "source", "started"),
    Index("ix_run_number", "source", "number"),
    Index("ix_run_news", "source", "started", sqlite_where=text("news > 0"), postgresql_where=text("news > 0")),
    Index(
        "ix_run_coverage",
        "source",
        "number",
        sqlite_where=text("coverage IS NOT NULL"),
        postgresql_where=text("coverage IS NOT NULL"),
    ),
    Index(
        "ix_run_finished", "number", sqlite_where=text("finished IS NULL"), postgresql_where=text("finished IS NULL")
    ),
    Index("ix_run_turned", "number", sqlite_where=text("turned = 1"), postgresql_where=text("turned = 1")),
)

# The manners towards a host, which all processes share (store.hosts): ``due`` is when it may be asked next, ``holder``
# who asks it now, until ``held_until`` at the latest. Until ``away_until`` it asked to be left alone.
hosts = Table(
    "host",
    metadata,
    Column("host", PlainString(255), primary_key=True),
    Column("due", UTCDateTime, nullable=False),
    Column("holder", PlainString(128), nullable=False),
    Column("held_until", UTCDateTime, nullable=False),
    Column("away_until", UTCDateTime, nullable=False),
)

leases = Table(
    "lease",
    metadata,
    Column("name", PlainString(64), primary_key=True),
    Column("holder", PlainString(128), nullable=False),
    Column("expires", UTCDateTime, nullable=False),
)

# The pages of a channel's history (feeds.editor): ``last`` is the turn with which a full one ends, and of the one that
# is being filled the turn up to which all was looked through; ``waiting`` are the turns of what stands in that.
# ``definition`` says what they are made by: a channel that asks for something else begins anew.
volumes = Table(
    "volume",
    metadata,
    Column("channel", PlainString(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("waiting", JSON),
    Column("definition", PlainString(64), nullable=False),
)

# Whom the operator wants told: since when, up to which turn what is new was put in the outbox, and why it ended.
destinations = Table(
    "destination",
    metadata,
    Column("name", PlainString(64), primary_key=True),
    Column("begun", UTCDateTime, nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("stopped", PlainText, nullable=False),
)

# The outbox: what is to be told to whom, once a ``key``; ``due`` is when it is tried next. What was taken has ``ended``
# and no ``problem``, what was given up has both.
deliveries = Table(
    "delivery",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("destination", PlainString(64), nullable=False),
    Column("key", PlainText, nullable=False),
    Column("kind", PlainString(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("queued", UTCDateTime, nullable=False),
    Column("due", UTCDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ended", UTCDateTime),
    Column("problem", PlainText, nullable=False),
    UniqueConstraint("destination", "key", name="uq_delivery_key"),
    Index(
        "ix_delivery_waiting",
        "destination",
        "due",
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
)
