"""A route that names many times what it usually does is held, said so, and let in when somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from crawler.crawl import Crawl, Document, Wanted
from crawler.plan import Plan
from crawler.tally import Tally
from store.database import Database
from store.runs import Run, RunOutcome, Runs
from store.stores import Stores
from tests.builders import NOON
from tests.declared import a_source, an_answer

USUAL, FLOOD = 5, 60


class Route:
    """A listing that names so many pages, and the runs that look at it."""

    def __init__(self, database: Database) -> None:
        self.stores, self.runs, self.now = Stores.of(database), Runs(database), NOON
        self.wanted: list[str] = []

    def look(self, named: int, *, since: bool = False) -> Run:
        """Run once; keep the addresses of the pages that the run asks for."""
        self.now += timedelta(hours=1)
        run = self.runs.start("a-source", now=self.now, every_route=False)
        plan = Plan(now=self.now, since=NOON - timedelta(days=9) if since else None)
        crawl = Crawl(a_source(), plan, Tally(run), self.stores)
        links = "".join(f'<a href="/news/n{number}">News {number}</a>' for number in range(named))
        [document] = [asked for asked in crawl.begin() if isinstance(asked, Document)]
        asked = list(crawl.on_document(document, an_answer(f"<main>{links}</main>")))
        self.wanted = [each.candidate.url for each in asked if isinstance(each, Wanted)]
        crawl.end()
        return crawl.tally.finished(self.now)


@pytest.fixture
def route(open_database: Callable[[str], Database]) -> Route:
    return Route(open_database("sqlite"))


def test_a_flood_is_held_and_named(route: Route) -> None:
    route.look(USUAL)
    run = route.look(FLOOD)
    assert (run.outcome, route.wanted) == (RunOutcome.FAILED, [])
    assert "expected about 5 candidates, got 60; held until released" in run.problems[0]


def test_it_stays_held_run_after_run(route: Route) -> None:
    route.look(USUAL)
    for _ in range(3):
        route.look(FLOOD)
    held = route.stores.quarantines.of("a-source")
    assert held is not None
    assert (route.wanted, held.usual, held.named, held.released) == ([], USUAL, FLOOD, None)


def test_what_somebody_releases_is_taken_and_usual_from_then_on(route: Route) -> None:
    route.look(USUAL)
    route.look(FLOOD)
    assert route.stores.quarantines.release("a-source", now=route.now)
    assert route.look(FLOOD).outcome is RunOutcome.OK
    assert len(route.wanted) == 50
    assert route.stores.quarantines.of("a-source") is None
    route.look(FLOOD + 5)
    assert len(route.wanted) > 0


def test_a_listing_that_comes_to_itself_again_is_held_no_more(route: Route) -> None:
    route.look(USUAL)
    route.look(FLOOD)
    assert route.look(USUAL + 1).outcome is RunOutcome.OK
    assert route.stores.quarantines.of("a-source") is None


@pytest.mark.parametrize(("before", "after"), [(5, 15), (5, 25), (40, 100)])
def test_a_busy_day_is_no_flood(route: Route, before: int, after: int) -> None:
    route.look(before)
    assert route.look(after).outcome is RunOutcome.OK


def test_neither_a_first_run_nor_a_back_fill_is_a_flood(route: Route) -> None:
    assert route.look(FLOOD).outcome is RunOutcome.OK
    route.look(USUAL)
    assert route.look(FLOOD, since=True).outcome is RunOutcome.OK


def test_only_what_is_held_can_be_released(route: Route) -> None:
    assert not route.stores.quarantines.release("a-source", now=NOON)
