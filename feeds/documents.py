"""Contents in, documents out, in every format of a feed: no larger than readers take. Pure.

This module alone knows which formats there are, and how much a document holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from feeds.atom_rss import atom, rss
from feeds.contents import Contents
from feeds.jsonfeed import json_feed

MOST_ENTRIES = 50
MOST_BYTES = 500_000
FORMATS = {"atom": atom, "rss": rss, "json": json_feed}


def documents(contents: Contents, extensions: Iterable[str] = tuple(FORMATS)) -> tuple[Contents, dict[str, bytes]]:
    """Return as much of *contents* as fits into a document of every format asked for, and the documents.

    The last entries are left out first, but those that stand nowhere else; one is always there.
    """
    wanted = list(extensions)
    written = _written(contents, wanted)
    if _largest(written) <= MOST_BYTES:
        return contents, written
    worth = sorted(contents.entries, key=lambda entry: entry.id not in contents.kept)

    def size(count: int) -> int:
        return _largest(_written(_first(contents, worth[:count]), wanted))

    too_many = bisect_right(range(len(worth)), MOST_BYTES, key=size)
    fitting = _first(contents, worth[: max(1, too_many - 1)])
    return fitting, _written(fitting, wanted)


def _first(contents: Contents, some: Iterable[object]) -> Contents:
    chosen = set(map(id, some))
    return replace(contents, entries=tuple(entry for entry in contents.entries if id(entry) in chosen))


def _written(contents: Contents, extensions: Iterable[str]) -> dict[str, bytes]:
    return {extension: FORMATS[extension](contents) for extension in extensions}


def _largest(written: dict[str, bytes]) -> int:
    return max(map(len, written.values()))
