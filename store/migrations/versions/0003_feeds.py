"""What feeds and messages stand on: the order of change, full pages of history, the outbox.

What is in an archive of 0002 has its turns in the order in which it came.
"""

import sqlalchemy as sa
from alembic import op

from store.tables import UTCDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("announcement", sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE announcement SET turn = number")
    op.create_index("ix_announcement_turn", "announcement", ["turn"], unique=False)
    _partial_index("ix_announcement_changed", "announcement", "updated > first_seen", "updated")
    _partial_index("ix_announcement_gone", "announcement", "gone IS NOT NULL", "gone")
    op.create_table(
        "volume",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=True),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("channel", "number", name=op.f("pk_volume")),
    )
    _outbox()


def _outbox() -> None:
    op.create_table(
        "destination",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("begun", UTCDateTime(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_destination")),
    )
    op.create_table(
        "delivery",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("queued", UTCDateTime(), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended", UTCDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_delivery")),
        sa.UniqueConstraint("destination", "key", name="uq_delivery_key"),
    )
    _partial_index("ix_delivery_waiting", "delivery", "ended IS NULL", "destination", "due")


def _partial_index(name: str, table: str, where: str, *columns: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, list(columns), unique=False, sqlite_where=condition, postgresql_where=condition)
