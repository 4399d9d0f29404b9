"""What a crawl reads and writes, in one hand: the archive and what is kept beside it, all in one database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from store.archive import Archive
from store.blocks import Blocks
from store.database import Database
from store.quarantines import Quarantines
from store.visits import Visits


@dataclass(frozen=True, slots=True)
class Stores:
    archive: Archive
    visits: Visits
    blocks: Blocks
    quarantines: Quarantines

    @classmethod
    def of(cls, database: Database) -> Self:
        return cls(Archive(database), Visits(database), Blocks(database), Quarantines(database))
