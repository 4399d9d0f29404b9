"""A candidate tells how old its page can be at least, and survives being put away."""

import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.candidate import Candidate, Dated, as_data, from_data
from store.announcement import From, Precision
from tests.builders import NOON

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 6, 11, tzinfo=ZoneInfo("Asia/Tokyo"))


def a_candidate(**changes: object) -> Candidate:
    return Candidate(**{"url": "https://iclei.org/a/", "address": "https://iclei.org/a/?utm_source=rss"} | changes)  # type: ignore[arg-type]


def dated(precision: Precision, at: datetime = MIDNIGHT) -> Dated:
    return Dated(at=at, precision=precision, found=From.LISTING)


@pytest.mark.parametrize(
    ("known", "newest"),
    [
        ({}, None),
        ({"modified": NOON}, NOON),
        ({"latest": NOON}, NOON),
        ({"modified": NOON, "latest": NOON - DAY}, NOON - DAY),
        ({"published": dated(Precision.MINUTE, NOON), "modified": NOON + DAY}, NOON),
    ],
)
def test_a_page_is_as_new_as_what_is_known_of_it_allows(known: dict[str, object], newest: datetime | None) -> None:
    assert a_candidate(**known).newest() == newest


def test_a_page_of_a_day_can_have_come_at_its_end() -> None:
    assert a_candidate(published=dated(Precision.DAY)).newest() == MIDNIGHT + DAY


def test_another_tracking_parameter_makes_no_other_candidate() -> None:
    assert a_candidate() == a_candidate(address="https://iclei.org/a/?utm_source=mail&sid=7")
    assert a_candidate() != a_candidate(title="Another title")


zones = st.sampled_from([ZoneInfo("Asia/Tokyo"), ZoneInfo("UTC"), timezone(timedelta(hours=5, minutes=45))])
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
dates = st.builds(Dated, at=times, precision=st.sampled_from(Precision), found=st.sampled_from(From))
candidates = st.builds(
    Candidate,
    url=st.text(),
    address=st.text(),
    title=st.text(),
    published=st.none() | dates,
    modified=st.none() | times,
    latest=st.none() | times,
    tags=st.lists(st.text()).map(tuple),
)


@given(candidates)
def test_a_candidate_comes_back_from_its_data_as_it_was(candidate: Candidate) -> None:
    kept = from_data(json.loads(json.dumps(as_data(candidate))))
    assert (kept, kept.address) == (candidate, candidate.address)
