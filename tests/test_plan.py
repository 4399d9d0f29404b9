"""When a page is due, how far a run goes back, and which routes it asks."""

from datetime import datetime, timedelta

import pytest

from crawler.candidate import Candidate, Dated
from crawler.plan import HORIZON, Plan, plan
from store.announcement import From, Precision
from store.archive import Known
from store.runs import Run
from store.visits import Visit
from tests.builders import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_candidate(at: datetime | None = None) -> Candidate:
    dated = Dated(at=at, precision=Precision.MINUTE, found=From.LISTING) if at else None
    return Candidate(url="https://iclei.org/a/", address="https://iclei.org/a/", published=dated)


def a_known(first_seen: datetime) -> Known:
    return Known("urn:uuid:1", "https://iclei.org/a/", "https://iclei.org/a/", first_seen, first_seen, first_seen)


def a_run(started: datetime) -> Run:
    return Run(number=1, source="iclei", started=started)


def planned(since: datetime | None = None, well: datetime | None = None, full: datetime | None = None) -> Plan:
    last_well, last_full = well and a_run(well), full and a_run(full)
    return plan(now=NOON, since=since, recheck=False, last_well=last_well or None, last_full=last_full or None)


def test_a_named_date_makes_a_back_fill_along_every_route() -> None:
    assert planned(since=NOON - 400 * DAY, well=NOON - HOUR, full=NOON - HOUR) == Plan(
        now=NOON, since=NOON - 400 * DAY, asked=True, every_route=True
    )


def test_the_first_run_goes_back_to_the_horizon_along_every_route() -> None:
    assert planned() == Plan(now=NOON, since=NOON - HORIZON, every_route=True)


def test_every_route_is_asked_once_a_day() -> None:
    assert planned(well=NOON - HOUR, full=NOON - 23 * HOUR) == Plan(now=NOON)
    assert planned(well=NOON - HOUR, full=NOON - 24 * HOUR) == Plan(now=NOON, every_route=True)
    assert planned(well=NOON - HOUR) == Plan(now=NOON, every_route=True)


def test_a_run_may_ask_for_fifty_pages_and_a_back_fill_for_more() -> None:
    assert Plan(now=NOON).most_pages == 50
    assert Plan(now=NOON, since=NOON - DAY).most_pages > 50


@pytest.mark.parametrize(("sitemap", "front"), [(False, True), (False, False), (True, False), (True, True)])
def test_what_a_route_dates_within_the_horizon_is_news(sitemap: bool, front: bool) -> None:
    assert Plan(now=NOON).wants(a_candidate(NOON - HORIZON), sitemap=sitemap, front=front)


def test_what_is_older_than_the_horizon_is_news_only_on_the_front_page() -> None:
    old = a_candidate(NOON - HORIZON - HOUR)
    assert Plan(now=NOON).wants(old, sitemap=False, front=True)
    assert not Plan(now=NOON).wants(old, sitemap=False, front=False)
    assert not Plan(now=NOON).wants(old, sitemap=True, front=True)


def test_an_undated_address_is_news_unless_a_sitemap_names_it() -> None:
    assert Plan(now=NOON).wants(a_candidate(), sitemap=False, front=False)
    assert not Plan(now=NOON).wants(a_candidate(), sitemap=True, front=True)


def test_an_asked_back_fill_takes_undated_addresses_of_sitemaps_too() -> None:
    asked = Plan(now=NOON, since=NOON - DAY, asked=True)
    assert asked.wants(a_candidate(), sitemap=True, front=False)
    assert not Plan(now=NOON, since=NOON - DAY).wants(a_candidate(), sitemap=True, front=False)


def test_an_asked_back_fill_ends_at_its_date_on_the_front_page_too() -> None:
    asked = Plan(now=NOON, since=NOON - DAY, asked=True)
    assert asked.wants(a_candidate(NOON - DAY), sitemap=False, front=True)
    assert not asked.wants(a_candidate(NOON - DAY - HOUR), sitemap=False, front=True)


def test_a_document_is_asked_for_unless_all_in_it_is_too_old() -> None:
    back_fill = Plan(now=NOON, since=NOON - DAY)
    assert back_fill.reaches(None)
    assert back_fill.reaches(NOON - DAY)
    assert not back_fill.reaches(NOON - DAY - HOUR)
    assert Plan(now=NOON).reaches(NOON - 400 * DAY)


@pytest.mark.parametrize(
    ("age", "rested", "due"),
    [
        (timedelta(0), timedelta(minutes=14), False),
        (timedelta(0), timedelta(minutes=15), True),
        (4 * HOUR, timedelta(minutes=59), False),
        (4 * HOUR, HOUR, True),
        (4 * DAY, 23 * HOUR, False),
        (4 * DAY, DAY, True),
    ],
)
def test_a_page_is_looked_at_again_the_older_the_more_seldom(age: timedelta, rested: timedelta, due: bool) -> None:
    visit = Visit(checked=NOON - rested)
    assert Plan(now=NOON).revisits(a_known(NOON - age), visit, changed=False) is due


def test_a_recheck_and_a_change_of_the_route_wait_for_nothing() -> None:
    known, visit = a_known(NOON - 4 * DAY), Visit(checked=NOON - HOUR)
    assert Plan(now=NOON, recheck=True).revisits(known, visit, changed=False)
    assert Plan(now=NOON).revisits(known, visit, changed=True)
    assert Plan(now=NOON).revisits(known, None, changed=False)


def test_a_missing_page_is_looked_for_again_after_a_day() -> None:
    known = a_known(NOON - HOUR)
    missing = {checked: Visit(checked=NOON - checked, missing_since=NOON - checked) for checked in (23 * HOUR, DAY)}
    assert not Plan(now=NOON).revisits(known, missing[23 * HOUR], changed=False)
    assert Plan(now=NOON).revisits(known, missing[DAY], changed=False)
