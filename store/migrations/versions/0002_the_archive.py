"""The archive, its runs and visits, and the search index of either engine.

The first schema of a release: what an unreleased zerowire wrote (0001) goes through ``export`` and ``import``.
"""

import sqlalchemy as sa
from alembic import op

from store.tables import UTCDateTime
from store.views import statements

revision = "0002"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "announcement",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("published", UTCDateTime(), nullable=False),
        sa.Column("published_from", sa.String(length=16), nullable=False),
        sa.Column("precision", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("first_seen", UTCDateTime(), nullable=False),
        sa.Column("updated", UTCDateTime(), nullable=False),
        sa.Column("grace_from", UTCDateTime(), nullable=False),
        sa.Column("gone", UTCDateTime(), nullable=True),
        sa.Column("paired", UTCDateTime(), nullable=True),
        sa.Column("story", sa.String(length=64), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("title_language", sa.String(length=16), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_announcement")),
        sa.UniqueConstraint("id", name=op.f("uq_announcement_id")),
        sa.UniqueConstraint("place", name=op.f("uq_announcement_place")),
    )
    op.create_index("ix_announcement_content_hash", "announcement", ["source", "content_hash"], unique=False)
    op.create_index("ix_announcement_language", "announcement", ["language", "place"], unique=False)
    op.create_index("ix_announcement_organisation", "announcement", ["organisation", "place"], unique=False)
    op.create_index("ix_announcement_source", "announcement", ["source", "place"], unique=False)
    op.create_index(op.f("ix_announcement_story"), "announcement", ["story"], unique=False)
    op.create_index(
        "ix_announcement_unpaired",
        "announcement",
        ["number"],
        unique=False,
        sqlite_where=sa.text("paired IS NULL"),
        postgresql_where=sa.text("paired IS NULL"),
    )
    op.create_index("ix_announcement_url", "announcement", ["url"], unique=False)
    op.create_table(
        "block",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("announcements", sa.Integer(), nullable=False),
        sa.Column("cleaned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_block")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("expires", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "quarantine",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("named", sa.Integer(), nullable=False),
        sa.Column("released", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "run",
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
        sa.PrimaryKeyConstraint("number", name=op.f("pk_run")),
    )
    op.create_index("ix_run_source", "run", ["source", "started"], unique=False)
    op.create_table(
        "visit",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("checked", UTCDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("missing_since", UTCDateTime(), nullable=True),
        sa.Column("named", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_visit")),
    )
    op.create_table(
        "address",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_address_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_announcement"), "address", ["announcement"], unique=False)
    op.create_table(
        "alternate",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_alternate_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "key", name=op.f("pk_alternate")),
    )
    op.create_index(op.f("ix_alternate_key"), "alternate", ["key"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_attachment_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_attachment")),
    )
    op.create_index(
        "ix_attachment_unread",
        "attachment",
        ["announcement"],
        unique=False,
        sqlite_where=sa.text("length IS NULL AND problem = ''"),
        postgresql_where=sa.text("length IS NULL AND problem = ''"),
    )
    op.create_index(op.f("ix_attachment_url"), "attachment", ["url"], unique=False)
    op.create_table(
        "band",
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_band_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bucket", "announcement", name=op.f("pk_band")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
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
            ["announcement"], ["announcement.number"], name=op.f("fk_event_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_starts"), "event", ["starts"], unique=False)
    op.create_table(
        "kept",
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seen", UTCDateTime(), nullable=False),
        sa.Column("fetched", UTCDateTime(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_kept_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_kept")),
    )
    op.create_index(op.f("ix_kept_announcement"), "kept", ["announcement"], unique=False)
    op.create_index("ix_kept_file", "kept", ["file", "offset"], unique=False)
    op.create_table(
        "likeness",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_likeness_announcement"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["other"], ["announcement.number"], name=op.f("fk_likeness_other"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("announcement", "other", name=op.f("pk_likeness")),
    )
    op.create_index(op.f("ix_likeness_other"), "likeness", ["other"], unique=False)
    op.create_table(
        "revision",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seen", UTCDateTime(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_revision_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "position", name=op.f("pk_revision")),
    )
    op.create_table(
        "sketch",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_sketch_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", name=op.f("pk_sketch")),
    )
    op.create_table(
        "topic",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_topic_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "topic", name=op.f("pk_topic")),
    )
    op.create_index(op.f("ix_topic_topic"), "topic", ["topic"], unique=False)
    op.create_table(
        "translation",
        sa.Column("announcement", sa.Integer(), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.number"], name=op.f("fk_translation_announcement"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement", "other", name=op.f("pk_translation")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE search (place BIGINT PRIMARY KEY REFERENCES announcement (place) ON DELETE CASCADE,"
            " words TEXT NOT NULL, document TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_document ON search USING gin (document)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5"
            " (title, body, facets, columnsize = 0, tokenize = \"unicode61 remove_diacritics 0 tokenchars ':-_'\")"
        )
    for statement in statements(op.get_bind().dialect.name):
        op.execute(statement)
