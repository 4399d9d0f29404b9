"""How often a block of text stood at the ends of a source's announcements: what ``crawler.boilerplate`` learns from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from store.database import Database
from store.tables import blocks


@dataclass(frozen=True, slots=True)
class Block:
    """A block by its key. ``cleaned`` says that the announcements which came before it was learnt are rid of it."""

    key: str
    announcements: int
    cleaned: bool


class Blocks:
    """The blocks of every source, each with the number of announcements that had it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str, keys: Iterable[str]) -> None:
        """Count one more announcement of *source*, with the blocks *keys* at its ends."""
        with self._database.writing() as connection:
            for key in keys:
                here = (blocks.c.source == source, blocks.c.key == key)
                counted = update(blocks).where(*here).values(announcements=blocks.c.announcements + 1)
                if not connection.execute(counted).rowcount:
                    connection.execute(insert(blocks).values(source=source, key=key, announcements=1, cleaned=0))

    def often(self, source: str, *, at_least: int) -> list[Block]:
        """Return the blocks that so many announcements of *source* had."""
        found = select(blocks.c.key, blocks.c.announcements, blocks.c.cleaned)
        found = found.where(blocks.c.source == source, blocks.c.announcements >= at_least).order_by(blocks.c.key)
        with self._database.reading() as connection:
            return [Block(row.key, row.announcements, bool(row.cleaned)) for row in connection.execute(found)]

    def cleaned(self, source: str, keys: Iterable[str]) -> None:
        """Note that earlier announcements of *source* are rid of the blocks *keys*."""
        done = update(blocks).where(blocks.c.source == source, blocks.c.key.in_(list(keys))).values(cleaned=1)
        with self._database.writing() as connection:
            connection.execute(done)
