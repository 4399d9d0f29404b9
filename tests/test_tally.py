"""The outcome of a run follows from what happened in it."""

from datetime import timedelta

import pytest

from crawler.errors import EmptyList, Flooded, RouteFailed, Unreachable
from crawler.extract import Extracted
from crawler.tally import COUNTED, Tally
from store.announcement import From
from store.run import Fault, Run, RunOutcome
from tests.builders import NOON, an_announcement

MISSING = RouteFailed("iclei", "https://iclei.org/feed/", "expected a feed")


@pytest.fixture
def tally() -> Tally:
    return Tally(Run(number=7, source="iclei", started=NOON))


def outcome(tally: Tally) -> RunOutcome:
    return tally.finished(NOON).outcome


def test_a_run_that_no_route_carries_has_failed(tally: Tally) -> None:
    assert outcome(tally) is RunOutcome.FAILED


def test_a_run_that_its_first_route_carries_is_well(tally: Tally) -> None:
    tally.carried = 0
    assert outcome(tally) is RunOutcome.OK


def test_a_run_that_another_route_carries_is_degraded(tally: Tally) -> None:
    tally.carried = 1
    assert outcome(tally) is RunOutcome.DEGRADED


def test_a_warning_degrades_and_a_note_does_not(tally: Tally) -> None:
    tally.carried = 0
    tally.note(MISSING)
    assert outcome(tally) is RunOutcome.OK
    tally.warn(MISSING)
    assert outcome(tally) is RunOutcome.DEGRADED


def test_one_failure_fails_the_run_and_is_counted(tally: Tally) -> None:
    tally.carried = 0
    tally.warn(MISSING)
    tally.fail(MISSING)
    assert outcome(tally) is RunOutcome.FAILED
    assert tally.finished(NOON).counts["failed"] == 1


def test_every_count_is_there_and_no_other(tally: Tally) -> None:
    tally.counts.update(new=3, bytes=512, odd=1)
    assert tally.finished(NOON).counts == dict.fromkeys(COUNTED, 0) | {"new": 3, "bytes": 512}


def test_problems_come_worst_first_each_with_source_address_and_expectation(tally: Tally) -> None:
    tally.note(RouteFailed("iclei", "https://iclei.org/c", "expected c"))
    tally.warn(RouteFailed("iclei", "https://iclei.org/b", "expected b"))
    tally.fail(RouteFailed("iclei", "https://iclei.org/a", "expected a"))
    assert tally.finished(NOON).problems == tuple(f"iclei: https://iclei.org/{x}: expected {x}" for x in "abc")


def test_a_run_failed_of_its_first_failure_and_a_flood_outweighs_all(tally: Tally) -> None:
    assert tally.finished(NOON).fault == ""
    tally.fail(Unreachable("iclei", "https://iclei.org/feed/", "expected an answer"))
    tally.fail(EmptyList("iclei", "https://iclei.org/news/", "expected announcements"))
    assert tally.finished(NOON).fault == Fault.UNREACHABLE
    tally.warn(Flooded("iclei", "https://iclei.org/", "expected about 10 candidates, got 500"))
    flooded = tally.finished(NOON)
    assert (flooded.fault, flooded.problems[0].split(": ")[1]) == (Fault.HELD, "https://iclei.org/")


def test_a_run_covers_what_its_pages_had_and_nothing_where_it_read_none(tally: Tally) -> None:
    assert tally.finished(NOON).coverage == {}
    undated = an_announcement(published=None, published_from=From.FIRST_SEEN)
    tally.cover(
        an_announcement(), Extracted(title="題", text="本文", html="", summary="", language="ja", declared=False)
    )
    tally.cover(undated, Extracted(title="題", text="本文", html="", summary="", language="ja"))
    tally.cover()
    covered = {"pages": 3, "failed": 1, "titles": 2, "dates": 1, "bodies": 1, "attachments": 0}
    assert tally.finished(NOON).coverage == covered


def test_the_run_keeps_what_it_began_with(tally: Tally) -> None:
    tally.carried, tally.route = 0, "https://iclei.org/news/rss/"
    ended = tally.finished(NOON + timedelta(minutes=2))
    assert (ended.number, ended.started, ended.finished) == (7, NOON, NOON + timedelta(minutes=2))
    assert ended.route == "https://iclei.org/news/rss/"
