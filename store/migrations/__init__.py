"""The way from any older schema to the present one: Alembic, run inside the caller's transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


class UnknownSchema(Exception):
    """The database is at a revision that is not among ours."""


def upgrade(connection: Connection) -> None:
    """Bring the schema behind *connection* to the newest revision. Raises UnknownSchema where it is past that."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    current = MigrationContext.configure(connection).get_current_revision()
    ours = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in ours:
        raise UnknownSchema(current)
    command.upgrade(config, "head")
