"""A source is asked at its interval; while it is broken, after as long as it has been."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.due import due
from store.run import Run
from tests.builders import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_run(*, ended: datetime = NOON, health: str = "ok", since: datetime = NOON) -> Run:
    return Run(number=1, source="moej-ja", started=ended, finished=ended, health=health, since=since)


def test_a_source_without_a_run_or_whose_run_never_ended_is_due_at_once() -> None:
    assert due(None, HOUR, now=NOON) == NOON
    assert due(Run(number=1, source="moej-ja", started=NOON - DAY), HOUR, now=NOON) == NOON


def test_a_source_that_is_well_is_due_after_its_interval() -> None:
    assert due(a_run(), HOUR, now=NOON) == NOON + HOUR


def test_a_source_that_is_silent_or_held_keeps_its_interval() -> None:
    for health in ("silent", "quarantined", "degraded", ""):
        assert due(a_run(health=health, since=NOON - DAY), HOUR, now=NOON) == NOON + HOUR


def test_the_longer_a_source_is_broken_the_later_it_is_asked_again_up_to_a_day() -> None:
    began, at, waits = NOON, NOON, []
    for _ in range(8):
        following = due(a_run(ended=at, health="broken", since=began), HOUR, now=at)
        waits.append((following - at) / HOUR)
        at = following
    assert waits == [1, 1, 2, 4, 8, 16, 24, 24]


def test_a_source_that_is_well_again_is_due_after_its_interval_at_once() -> None:
    broken = a_run(health="broken", since=NOON - 10 * DAY)
    assert due(broken, HOUR, now=NOON) == NOON + DAY
    assert due(a_run(ended=NOON + DAY, since=NOON + DAY), HOUR, now=NOON + DAY) == NOON + DAY + HOUR


def test_an_interval_longer_than_a_day_is_kept_by_a_broken_source_too() -> None:
    assert due(a_run(health="broken", since=NOON - 10 * DAY), 3 * DAY, now=NOON) == NOON + 3 * DAY


@given(st.timedeltas(min_value=-5000 * DAY, max_value=5000 * DAY), st.integers(1, 10_000))
def test_wherever_the_clock_is_set_a_source_is_due_within_its_interval_or_a_day(by: timedelta, minutes: int) -> None:
    every, now = timedelta(minutes=minutes), NOON + by
    for health in ("ok", "broken"):
        assert due(a_run(health=health, since=NOON - 30 * DAY), every, now=now) <= now + max(every, DAY)
