"""How the wording of an announcement changed, from each to the next, the latest change first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from store.announcement import Archived
from store.differences import Difference, Piece, Wording, difference, shortened
from web.pages.announcement import one
from web.pages.page import Asked, Site

_MOST = 10  # changes on the page
_MOST_TEXT = 6_000  # characters of one change


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a wording, and when the new one was first seen; ``more`` says that the pieces were cut short."""

    seen: datetime
    difference: Difference
    pieces: tuple[Piece, ...]
    more: bool


def revisions(site: Site, asked: Asked) -> str:
    """Return the page. Raises HTTPException where there is no such announcement."""
    found = one(site, asked)
    return site.page(
        "revisions.html", asked, announcement=found, changes=_changes(found), more=len(found.revisions) > _MOST
    )


def _changes(found: Archived) -> list[Change]:
    wordings: list[Wording] = [*found.revisions, found]
    seen = [*(revision.seen for revision in found.revisions), found.updated]
    changes = list(zip(pairwise(wordings), seen[1:], strict=True))[-_MOST:]
    return [_change(difference(old, new), moment) for (old, new), moment in reversed(changes)]


def _change(found: Difference, seen: datetime) -> Change:
    pieces, room = [], _MOST_TEXT
    for piece in shortened(found.text):
        pieces.append(Piece(piece.kind, piece.text[: max(room, 0)]))
        room -= len(piece.text)
    return Change(seen, found, tuple(piece for piece in pieces if piece.text), room < 0)
