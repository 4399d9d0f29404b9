"""What a crawl reads and writes, in one hand: the archive and what is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from store.archive import Archive
from store.blocks import Blocks
from store.database import Database
from store.kept_pages import KeptPages
from store.quarantines import Quarantines
from store.visits import Visits


@dataclass(frozen=True, slots=True)
class Stores:
    """``kept`` is None where the bytes of pages are not to be kept."""

    archive: Archive
    visits: Visits
    blocks: Blocks
    quarantines: Quarantines
    kept: KeptPages | None = None

    @classmethod
    def of(cls, database: Database, *, pages: Path | None = None) -> Self:
        """Return the stores in *database*; the bytes of pages are kept in the directory *pages*, if one is given."""
        kept = KeptPages(database, pages) if pages else None
        return cls(Archive(database), Visits(database), Blocks(database), Quarantines(database), kept)
