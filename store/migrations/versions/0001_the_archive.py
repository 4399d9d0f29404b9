"""The archive, its runs and visits, and the search index of either engine."""

import sqlalchemy as sa
from alembic import op

from store.tables import UTCDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_language", sa.String(length=16), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("published", UTCDateTime(), nullable=False),
        sa.Column("published_from", sa.String(length=16), nullable=False),
        sa.Column("precision", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("first_seen", UTCDateTime(), nullable=False),
        sa.Column("updated", UTCDateTime(), nullable=False),
        sa.Column("gone", UTCDateTime(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("story", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_announcements")),
        sa.UniqueConstraint("id", name=op.f("uq_announcements_id")),
    )
    op.create_index("ix_announcements_content_hash", "announcements", ["source", "content_hash"], unique=False)
    op.create_index("ix_announcements_language", "announcements", ["language", "published"], unique=False)
    op.create_index("ix_announcements_organisation", "announcements", ["organisation", "published"], unique=False)
    op.create_index("ix_announcements_published", "announcements", ["published", "number"], unique=False)
    op.create_index("ix_announcements_source", "announcements", ["source", "published"], unique=False)
    op.create_table(
        "blocks",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("announcements", sa.Integer(), nullable=False),
        sa.Column("cleaned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_blocks")),
    )
    op.create_table(
        "quarantines",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("released", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_quarantines")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("expires", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("started", UTCDateTime(), nullable=False),
        sa.Column("finished", UTCDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("every_route", sa.Integer(), nullable=False),
        sa.Column("mirror", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_source", "runs", ["source", "started"], unique=False)
    op.create_table(
        "visits",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("checked", UTCDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("missing_since", UTCDateTime(), nullable=True),
        sa.Column("named", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_visits")),
    )
    op.create_table(
        "addresses",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_addresses_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_announcement"), "addresses", ["announcement"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_attachments_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_attachments")),
    )
    op.create_table(
        "events",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("starts", UTCDateTime(), nullable=False),
        sa.Column("ends", UTCDateTime(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("all_day", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_events_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_starts"), "events", ["starts"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seen", UTCDateTime(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_revisions_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_revisions")),
    )
    op.create_table(
        "topics",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_topics_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "topic", name=op.f("pk_topics")),
    )
    op.create_index(op.f("ix_topics_topic"), "topics", ["topic"], unique=False)
    op.create_table(
        "translations",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcements.number"], name=op.f("fk_translations_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "other", name=op.f("pk_translations")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE search (number INTEGER PRIMARY KEY REFERENCES announcements (number) ON DELETE CASCADE,"
            " words TEXT NOT NULL, document TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_document ON search USING gin (document)")
    else:
        op.execute("CREATE VIRTUAL TABLE search USING fts5 (title, body, tokenize = 'unicode61 remove_diacritics 0')")
