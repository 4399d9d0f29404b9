"""A clock that jumps, back or forth, and the hour that summer time takes or gives: nothing is lost, doubled, stuck."""

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler import dates
from crawler.plan import Plan, plan
from store.announcement import From
from store.archive import Archive, Known, Outcome
from store.database import Database
from store.news import News
from store.outbox import LONGEST_WAIT, Item, Kind, Outbox
from store.runs import Run
from store.visits import Visit, Visits
from tests.builders import NOON, an_announcement

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
URL = "https://iclei.org/news/"
KNOWN = Known("urn:uuid:1", URL, URL, NOON, NOON, NOON)
JUMPS = st.timedeltas(min_value=-20 * 365 * DAY, max_value=20 * 365 * DAY) | st.timedeltas(-6 * HOUR, 6 * HOUR)
_numbers = count()


def planned(now: datetime, *, full: datetime) -> Plan:
    run = Run(number=1, source="iclei", started=full)
    return plan(now=now, since=None, recheck=False, last_well=run, last_full=run)


@given(ahead=st.timedeltas(min_value=SECOND, max_value=9000 * DAY))
def test_what_was_done_in_the_future_was_done_long_ago(ahead: timedelta) -> None:
    then = NOON + ahead
    assert planned(NOON, full=then).every_route
    assert Plan(now=NOON).revisits(KNOWN, Visit(checked=then), changed=False)
    assert Plan(now=NOON).revisits(KNOWN, Visit(checked=then, missing_since=then), changed=False)
    assert not Visit(checked=then, failures=12).rests(NOON)


@given(ahead=st.timedeltas(min_value=8 * DAY, max_value=9000 * DAY))
def test_nothing_rests_any_longer_for_a_clock_that_jumped_forth(ahead: timedelta) -> None:
    now = NOON + ahead
    assert planned(now, full=NOON).every_route
    assert not Visit(checked=NOON, failures=12).rests(now)


def test_a_page_that_was_missing_in_the_future_is_gone_after_a_day(database: Database) -> None:
    visits = Visits(database)
    found = [visits.missing("iclei", URL, now=now) for now in (NOON + 400 * DAY, NOON, NOON + HOUR, NOON + DAY)]
    assert found == [False, False, False, True]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(jumps=st.lists(JUMPS, min_size=1, max_size=6))
def test_each_announcement_is_kept_once_and_none_is_dated_later_than_it_came(
    archive: Archive, jumps: list[timedelta]
) -> None:
    before, now = archive.count(), NOON
    for jump in jumps:
        now = min(max(now + jump, NOON - 9000 * DAY), NOON + 9000 * DAY)
        for published in (None, now - HOUR, now + HOUR):
            said = From.PAGE if published else From.FIRST_SEEN
            made = an_announcement(url=f"{URL}{next(_numbers)}/", published=published, published_from=said)
            outcomes = [archive.save(made, now=at) for at in (now, now - HOUR, now + HOUR)]
            assert outcomes == [Outcome.NEW, Outcome.SAME, Outcome.SAME]
            kept = archive.get(made.url)
            assert kept is not None
            assert kept.published <= kept.first_seen == now
    assert archive.count() == before + 3 * len(jumps)


@pytest.mark.parametrize("back", [HOUR, DAY, 400 * DAY])
def test_an_edit_after_the_clock_was_set_back_is_a_change_and_keeps_the_wording_before(
    archive: Archive, database: Database, back: timedelta
) -> None:
    archive.save(an_announcement(), now=NOON)
    assert archive.save(an_announcement(text="訂正しました。"), now=NOON - back) is Outcome.CHANGED
    [changed] = News(database).changed(limit=9)
    assert [revision.text for revision in changed.revisions] == [an_announcement().text]
    assert changed.updated > changed.first_seen


@pytest.mark.parametrize("back", [9 * HOUR, DAY, 400 * DAY])
def test_what_waits_to_be_told_does_not_wait_for_a_clock_that_was_set_back(database: Database, back: timedelta) -> None:
    outbox = Outbox(database)
    outbox.begin("office", now=NOON)
    outbox.queue("office", [Item("a", Kind.ANNOUNCEMENT)], turn=0, now=NOON)
    outbox.failed(outbox.due("office", now=NOON), "status 503", now=NOON, wait=LONGEST_WAIT, all_wait=True)
    assert len(outbox.due("office", now=NOON - back)) == 1


def test_who_is_told_since_a_future_moment_is_told_from_now_on(database: Database) -> None:
    outbox = Outbox(database)
    outbox.begin("office", now=NOON + 400 * DAY)
    assert outbox.begin("office", now=NOON).begun == NOON
    assert outbox.begin("office", now=NOON + HOUR).begun == NOON


SUMMER_ENDS = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, an hour before it is 02:30 again


def test_what_is_published_in_the_hour_that_comes_twice_is_kept_in_its_order(archive: Archive) -> None:
    moments = [SUMMER_ENDS, SUMMER_ENDS + HOUR]
    for number, moment in enumerate(moments):
        published = moment.astimezone(BERLIN)
        made = an_announcement(url=f"{URL}{number}/", title=f"{number}", published=published, timezone="Europe/Berlin")
        archive.save(made, now=SUMMER_ENDS + DAY)
    assert [kept.published.astimezone(UTC) for kept in archive.all()] == moments[::-1]


@pytest.mark.parametrize("printed", ["2026-10-25 02:30", "2026-03-29 02:30"])  # twice, and never, in Berlin
def test_a_time_that_comes_twice_or_never_is_one_moment_of_its_day(printed: str) -> None:
    [found] = dates.find(printed, zone=BERLIN)
    assert found.starts.utcoffset() in (HOUR, 2 * HOUR)
    assert abs(found.starts.astimezone(UTC) - datetime.fromisoformat(f"{printed}:00+01:00")) <= HOUR


@given(hours=st.integers(min_value=0, max_value=72))
def test_every_route_is_asked_once_a_day_whatever_the_clocks_of_its_zone_do(hours: int) -> None:
    full = (SUMMER_ENDS - DAY).astimezone(BERLIN)
    assert planned(SUMMER_ENDS - DAY + hours * HOUR, full=full).every_route is (hours >= 24)
