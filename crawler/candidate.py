"""A candidate: an address that a route names, with whatever the route knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from store.announcement import From, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date of publication, how exact it is, and where it was found. ``at`` is aware."""

    at: datetime
    precision: Precision
    found: From


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """``url`` is the address in its one spelling, ``address`` as the route gave it, which may differ each time.

    ``modified`` is when the page last changed, as far as the route says; ``latest`` a time after which it can't have
    been published, such as the day of an event it announces.
    """

    url: str
    address: str = field(compare=False)
    title: str = ""
    published: Dated | None = None
    modified: datetime | None = None
    latest: datetime | None = None
    tags: tuple[str, ...] = ()

    def newest(self) -> datetime | None:
        """The latest time at which the page can have been published, None where nothing tells."""
        if self.published is not None:
            whole_day = self.published.precision is Precision.DAY
            return self.published.at + timedelta(days=1) if whole_day else self.published.at
        known = [time for time in (self.modified, self.latest) if time is not None]
        return min(known, default=None)


def as_data(candidate: Candidate) -> dict[str, Any]:
    """Return *candidate* as plain data, to be kept beside the validators of the route that named it."""
    dated = candidate.published
    return {
        "url": candidate.url,
        "address": candidate.address,
        "title": candidate.title,
        "published": [dated.at.isoformat(), dated.precision, dated.found] if dated else None,
        "modified": candidate.modified.isoformat() if candidate.modified else None,
        "latest": candidate.latest.isoformat() if candidate.latest else None,
        "tags": list(candidate.tags),
    }


def from_data(kept: dict[str, Any]) -> Candidate:
    """Return the candidate that ``as_data`` made *kept* of."""
    dated = kept["published"]
    return Candidate(
        url=kept["url"],
        address=kept["address"],
        title=kept["title"],
        published=dated
        and Dated(at=datetime.fromisoformat(dated[0]), precision=Precision(dated[1]), found=From(dated[2])),
        modified=kept["modified"] and datetime.fromisoformat(kept["modified"]),
        latest=kept["latest"] and datetime.fromisoformat(kept["latest"]),
        tags=tuple(kept["tags"]),
    )
