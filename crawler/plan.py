"""What one run of one source asks for: which routes, how far back, and which of the pages that they name. Pure.

This module alone knows when a page is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.candidate import Candidate
from store.archive import Known
from store.runs import Run
from store.visits import Visit, is_over

HORIZON = timedelta(days=90)
RECENT = timedelta(days=7)
_EVERY_ROUTE_AFTER = timedelta(hours=24)
_SHORTEST_REST = timedelta(minutes=15)
_A_DAY = timedelta(days=1)
_PAGES, _PAGES_BACK_FILLING = 50, 2000
DOCUMENTS = 500  # of routes, in one run
FLOOD_TIMES, FLOOD_FROM = 3, 20  # a route names three times its usual candidates, and twenty more: no news but a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``since`` makes the run a back-fill to that moment; ``asked`` says that a person named the moment.

    ``every_route`` joins what all routes name; else the first that works counts. ``recheck`` asks for every recent
    page.
    """

    now: datetime
    since: datetime | None = None
    asked: bool = False
    every_route: bool = False
    recheck: bool = False

    @property
    def most_pages(self) -> int:
        return _PAGES_BACK_FILLING if self.since else _PAGES

    def reaches(self, until: datetime | None) -> bool:
        """Say whether a document of which nothing is newer than *until* is worth asking for."""
        return until is None or self.since is None or until >= self.since

    def wants(self, candidate: Candidate, *, sitemap: bool, front: bool) -> bool:
        """Say whether an unknown *candidate* is recent enough.

        *front* means the first document of the route that carries the run: what stands there is news, unless a person
        named a date. A *sitemap* holds everything there ever was: an address without a date there is no news either.
        """
        newest = candidate.newest()
        if self.asked and self.since:
            return newest is None or newest >= self.since
        if front and not sitemap:
            return True
        return not sitemap if newest is None else newest >= (self.since or self.now - HORIZON)

    def revisits(self, known: Known, visit: Visit | None, *, changed: bool) -> bool:
        """Say whether a page that became an announcement is due again: recent ones are, the older the more seldom.

        *changed* means that a route tells of it something else than last time.
        """
        if visit is None or changed or self.recheck:
            return True
        if visit.missing_since is not None:
            return is_over(_A_DAY, since=visit.checked, now=self.now)
        rest = max(_SHORTEST_REST, (self.now - known.first_seen) / 4)
        return is_over(rest, since=visit.checked, now=self.now)


def plan(*, now: datetime, since: datetime | None, recheck: bool, last_well: Run | None, last_full: Run | None) -> Plan:
    """Return the plan of a run: a back-fill where a date is given or no run went well yet, every route once a day."""
    if since is not None:
        return Plan(now=now, since=since, asked=True, every_route=True, recheck=recheck)
    if last_well is None:
        return Plan(now=now, since=now - HORIZON, every_route=True, recheck=recheck)
    every_route = last_full is None or is_over(_EVERY_ROUTE_AFTER, since=last_full.started, now=now)
    return Plan(now=now, every_route=every_route, recheck=recheck)
