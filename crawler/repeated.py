"""What a source repeats at the ends of its pages, as far as it is known: learnt, and dropped from what came before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from crawler.boilerplate import FEWEST, is_repeated, without
from crawler.extract import summary
from crawler.markup import plain
from store.blocks import Block
from store.query import Query
from store.stores import Stores


class Repeated:
    """The blocks that *source* (its name) is known to repeat; ``keys`` are those that were when this was made."""

    def __init__(self, source: str, stores: Stores) -> None:
        self._source = source
        self._archive = stores.archive
        self._blocks = stores.blocks
        self.keys = frozenset(block.key for block in self._learnt())

    def add(self, edges: Iterable[str]) -> None:
        """Count one more announcement, with the blocks *edges* at its ends."""
        self._blocks.add(self._source, edges)

    def clean_earlier(self) -> None:
        """Drop what was learnt to be repeated from the announcements that came before it was."""
        learnt = self._learnt()
        if all(block.cleaned for block in learnt):
            return
        repeated = {block.key for block in learnt}
        for earlier in self._archive.all(Query(source=self._source)):
            html = without(earlier.html, repeated)
            if html != earlier.html:
                text = plain(html)
                cleaned = replace(earlier, html=html, text=text, summary=summary(text))
                self._archive.rewrite(earlier.id, cleaned, seen=earlier.updated)
        self._blocks.cleaned(self._source, repeated)

    def _learnt(self) -> list[Block]:
        often = self._blocks.often(self._source, at_least=FEWEST)
        total = self._archive.count(Query(source=self._source)) if often else 0
        return [block for block in often if is_repeated(block.announcements, of=total)]
