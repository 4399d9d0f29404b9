"""What lets it run for months: what a run says of its source's health, and the manners towards a host.

Runs of 0003 know nothing of health: the next run of a source begins its history.
"""

import sqlalchemy as sa
from alembic import op

from store.tables import UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in (
        sa.Column("news", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fault", sa.String(length=32), server_default=sa.text("''"), nullable=False),
        sa.Column("health", sa.String(length=16), server_default=sa.text("''"), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=True),
        sa.Column("turned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("coverage", sa.JSON(), nullable=True),
    ):
        op.add_column("run", column)
    told = "counts ->> 'new'" if op.get_bind().dialect.name == "sqlite" else "(counts ->> 'new')::integer"
    op.execute(f"UPDATE run SET news = coalesce({told}, 0)")  # noqa: S608
    _partial_index("ix_run_news", "news > 0", "source", "started")
    _partial_index("ix_run_turned", "turned = 1", "number")
    # SQLite knows two indexes for what was read, and takes the one that was made last.
    op.create_index("ix_run_number", "run", ["source", "number"], unique=False)
    _partial_index("ix_run_coverage", "coverage IS NOT NULL", "source", "number")
    _partial_index("ix_run_finished", "finished IS NULL", "number")
    op.create_table(
        "host",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("held_until", UTCDateTime(), nullable=False),
        sa.Column("away_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host")),
    )


def _partial_index(name: str, where: str, *columns: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "run", list(columns), unique=False, sqlite_where=condition, postgresql_where=condition)
