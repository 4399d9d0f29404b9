"""What the clock of the scheduler puts is due once, wherever the clock on the wall is set."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from scheduler import Due, end, new_clock
from store.database import Database
from store.run import RunOutcome
from store.runs import Runs

HOUR = timedelta(hours=1)
A_YEAR = 365 * 24 * 3600.0
NEVER = threading.Event()


@pytest.fixture
def clock() -> Iterator[BackgroundScheduler]:
    clock = new_clock()
    clock.start()
    yield clock
    end(clock)


class Wall:
    """How far the clock on the wall is ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return self.ahead


def crawled(database: Database, started: datetime) -> Runs:
    runs = Runs(database)
    begun = runs.start("iclei", now=started, every_route=True)
    runs.finish(replace(begun, finished=started, outcome=RunOutcome.OK))
    return runs


def planned(clock: BackgroundScheduler) -> timedelta:
    at: datetime = clock.get_job("iclei").next_run_time
    return at - datetime.now(UTC)


def test_a_source_that_was_never_crawled_is_due_at_once_and_once(
    database: Database, clock: BackgroundScheduler
) -> None:
    due = Due(clock, {"iclei": HOUR}, Runs(database))
    due.again(["iclei"])
    assert due.take(NEVER) == ["iclei"]
    assert due.take(NEVER) == []


def test_a_source_is_due_after_its_interval_and_a_little(database: Database, clock: BackgroundScheduler) -> None:
    due = Due(clock, {"iclei": HOUR}, crawled(database, datetime.now(UTC)))
    due.again(["iclei"])
    assert 0.95 * HOUR < planned(clock) < 1.11 * HOUR


def test_a_source_whose_crawl_ended_without_a_word_is_not_due_at_once(
    database: Database, clock: BackgroundScheduler
) -> None:
    due = Due(clock, {"iclei": HOUR}, Runs(database))
    due.again(["iclei"], soonest=timedelta(seconds=60))
    assert planned(clock) > timedelta(seconds=50)


@pytest.mark.parametrize("ahead", [A_YEAR, -A_YEAR])
def test_a_clock_that_was_set_puts_no_source_off(database: Database, clock: BackgroundScheduler, ahead: float) -> None:
    wall = Wall()
    # By the clock as it is now, the last crawl and what was planned by it lie a year off.
    runs = crawled(database, datetime.now(UTC) - timedelta(seconds=ahead))
    due = Due(clock, {"iclei": HOUR}, runs, ahead=wall)
    assert not due.clock_was_set()
    wall.ahead = ahead
    assert due.clock_was_set()
    assert not due.clock_was_set()
    due.again(["iclei"])
    assert planned(clock) < 1.11 * HOUR


def test_what_repeats_goes_on_after_a_clock_was_set_back(database: Database, clock: BackgroundScheduler) -> None:
    wall, done = Wall(), threading.Event()
    due = Due(clock, {}, Runs(database), ahead=wall)
    clock.add_job(done.set, "interval", hours=1, id="lease")
    wall.ahead = -A_YEAR
    due.clock_was_set()
    assert done.wait(5)


def test_a_clock_that_is_corrected_a_little_was_not_set(database: Database, clock: BackgroundScheduler) -> None:
    wall = Wall()
    due = Due(clock, {}, Runs(database), ahead=wall)
    wall.ahead = 5.0
    assert not due.clock_was_set()
