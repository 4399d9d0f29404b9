"""How the wording of an announcement changed, from each to the next, the latest change first.

This module alone knows how much is compared: what is hard to tell apart is told coarsely, and what is long not to its
end, so that one site's edits don't keep the readers of others waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, pairwise

from store.announcement import Archived, Revision
from store.differences import Difference, Piece, difference, shortened
from web.pages.announcement import one
from web.pages.fitted import MOST_TITLE, fitted
from web.pages.page import Asked, Site

_MOST = 10  # changes on the page
_MOST_READ = 30_000  # characters of a wording
_MOST_COMPARED = 100_000  # characters, after which no other change is begun
_STEPS = 40_000  # of a comparison
_MOST_TEXT = 3_000  # characters of one change


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a wording, and when the new one was first seen; ``more`` says that not all of it is here."""

    seen: datetime
    difference: Difference
    pieces: tuple[Piece, ...]
    more: bool


def revisions(site: Site, asked: Asked) -> str:
    """Return the page. Raises HTTPException where there is no such announcement."""
    found = one(site, asked)
    changes = list(_changes(found))
    more = len(found.revisions) > len(changes)
    return site.page("revisions.html", asked, announcement=fitted(found), changes=changes, more=more)


def _changes(found: Archived) -> Iterator[Change]:
    present = Revision(seen=found.updated, title=found.title, text=found.text, attachments=found.attachments)
    room = _MOST_COMPARED
    for new, old in islice(pairwise((present, *reversed(found.revisions))), _MOST):
        if room <= 0:
            return
        room -= sum(len(each.text[:_MOST_READ]) for each in (old, new))
        yield _change(old, new)


def _change(old: Revision, new: Revision) -> Change:
    found = difference(_readable(old), _readable(new), steps=_STEPS)
    pieces, room = [], _MOST_TEXT
    for piece in shortened(found.text):
        pieces.append(Piece(piece.kind, piece.text[: max(room, 0)]))
        room -= len(piece.text)
    more = room < 0 or any(len(each.text) > _MOST_READ for each in (old, new))
    return Change(new.seen, found, tuple(piece for piece in pieces if piece.text), more)


def _readable(wording: Revision) -> Revision:
    return replace(wording, title=wording.title[:MOST_TITLE], text=wording.text[:_MOST_READ])
