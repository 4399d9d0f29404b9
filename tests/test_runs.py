"""Every run is kept as it went, and the last one of each kind is found."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store.database import Database
from store.runs import Run, RunOutcome, Runs
from tests.builders import NOON
from tests.conftest import LATER

DAY = timedelta(days=1)


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


def run(
    runs: Runs,
    outcome: RunOutcome,
    source: str = "moej-ja",
    *,
    every_route: bool = False,
    now: datetime = NOON,
    **changes: Any,
) -> Run:
    begun = runs.start(source, now=now, every_route=every_route)
    return runs.finish(replace(begun, finished=LATER, outcome=outcome, **changes))


def test_a_run_that_began_is_running_until_it_ends(runs: Runs) -> None:
    begun = runs.start("moej-ja", now=NOON, every_route=True, mirror="http://127.0.0.1:8801")
    assert (begun.outcome, begun.finished, begun.every_route) == (RunOutcome.RUNNING, None, True)
    assert runs.last() == {"moej-ja": begun}


def test_how_a_run_ended_is_kept_whole(runs: Runs) -> None:
    ended = replace(
        runs.start("moej-ja", now=NOON, every_route=False),
        finished=LATER,
        outcome=RunOutcome.DEGRADED,
        route="https://www.env.go.jp/press/",
        counts={"new": 3, "changed": 1, "same": 44, "bytes": 5_000_000_000},
        coverage={"pages": 3, "failed": 0, "titles": 3, "dates": 3, "bodies": 3, "attachments": 1},
        problems=("moej-ja: https://www.env.go.jp/press/: 発表の一覧がありません", "zweite Zeile"),
    )
    kept = runs.finish(ended)
    assert runs.since(0) == [kept]
    assert kept == replace(ended, health="degraded", since=LATER, reason=kept.reason)


def test_the_last_run_of_each_source_is_found(runs: Runs) -> None:
    run(runs, RunOutcome.OK)
    last = {"moej-ja": run(runs, RunOutcome.FAILED), "iges-en": run(runs, RunOutcome.OK, "iges-en")}
    assert runs.last() == last


def test_the_last_run_of_a_kind_is_found(runs: Runs) -> None:
    asked_all = run(runs, RunOutcome.DEGRADED, every_route=True)
    well = run(runs, RunOutcome.OK)
    run(runs, RunOutcome.FAILED, every_route=True)
    failed = run(runs, RunOutcome.FAILED)
    begun = runs.start("moej-ja", now=LATER, every_route=True)
    assert runs.last() == {"moej-ja": begun}
    assert runs.latest("moej-ja") == (begun, failed, well, asked_all)


def test_a_kind_of_which_there_is_no_run_is_none(runs: Runs) -> None:
    failed = run(runs, RunOutcome.FAILED)
    assert runs.latest("moej-ja") == (failed, failed, None, None)
    assert runs.latest("iges-en") == (None, None, None, None)


def test_runs_are_told_from_a_number_on_in_their_order(runs: Runs) -> None:
    assert (runs.newest(), runs.since(0)) == (0, [])
    first, second, third = (run(runs, RunOutcome.OK, source) for source in ("moej-ja", "iges-en", "moej-ja"))
    assert runs.since(0) == [first, second, third]
    assert (runs.since(first.number), runs.newest()) == ([second, third], third.number)


def test_a_run_through_a_mirror_did_not_touch_the_web(runs: Runs) -> None:
    runs.start("moej-ja", now=NOON, every_route=False, mirror="http://127.0.0.1:8801")
    assert not runs.touched_the_web()
    runs.start("moej-ja", now=NOON, every_route=False)
    assert runs.touched_the_web()


def test_a_run_whose_process_has_gone_is_ended_as_failed_once(runs: Runs) -> None:
    begun = runs.start("moej-ja", now=NOON, every_route=False)
    other = runs.start("iges-en", now=NOON, every_route=False)
    (ended,) = runs.cut_short(["moej-ja", "iclei"], now=LATER, why="its process was killed")
    assert (ended.outcome, ended.fault, ended.finished) == (RunOutcome.FAILED, "cut-short", LATER)
    assert ended.problems == (f"moej-ja: run {begun.number}: expected to finish, its process was killed",)
    assert runs.last() == {"moej-ja": ended, "iges-en": other}
    assert runs.cut_short(["moej-ja"], now=LATER, why="again") == []


def test_a_run_that_was_cut_short_stays_so_when_it_ends_after_all(runs: Runs) -> None:
    begun = runs.start("moej-ja", now=NOON, every_route=False)
    (ended,) = runs.cut_short(["moej-ja"], now=LATER, why="its process hung")
    runs.finish(replace(begun, finished=LATER, outcome=RunOutcome.OK))
    assert runs.last() == {"moej-ja": ended}


def test_what_breaks_a_source_and_what_mends_it_turns_it_once_each(runs: Runs) -> None:
    run(runs, RunOutcome.OK)
    broken, _ = run(runs, RunOutcome.FAILED), run(runs, RunOutcome.FAILED)
    run(runs, RunOutcome.OK, "iges-en")
    well, _ = run(runs, RunOutcome.OK), run(runs, RunOutcome.OK)
    assert runs.turns(limit=9) == [well, broken]
    assert runs.turns(limit=1) == [well]


def test_a_run_that_goes_on_has_the_health_that_it_found(runs: Runs) -> None:
    broken = run(runs, RunOutcome.FAILED)
    going_on = runs.start("moej-ja", now=LATER, every_route=False)
    assert (going_on.health, going_on.since, going_on.reason) == ("broken", broken.since, broken.reason)
    assert runs.last() == {"moej-ja": going_on}
    assert runs.turns(limit=9) == [broken]


def test_a_run_that_goes_on_counts_neither_as_failed_nor_as_well(runs: Runs) -> None:
    run(runs, RunOutcome.FAILED)
    runs.start("moej-ja", now=LATER, every_route=False)
    assert not run(runs, RunOutcome.FAILED).turned
    assert run(runs, RunOutcome.OK).turned


def test_a_run_that_was_cut_short_breaks_its_source_and_the_next_mends_it(runs: Runs) -> None:
    begun = runs.start("moej-ja", now=NOON, every_route=False)
    (ended,) = runs.cut_short(["moej-ja"], now=LATER, why="its process hung")
    assert (ended.health, ended.turned) == ("broken", True)
    assert ended.reason == f"the run didn't come to its end: run {begun.number}: expected to finish, its process hung"
    assert run(runs, RunOutcome.OK).turned


def test_pages_are_held_against_those_of_earlier_runs(runs: Runs) -> None:
    def pages(count: int, dates: int) -> Run:
        had = dict.fromkeys(("pages", "titles", "bodies", "attachments"), count) | {"failed": 0, "dates": dates}
        return run(runs, RunOutcome.OK, coverage=had)

    assert pages(200, 200).health == "ok"
    assert run(runs, RunOutcome.OK).health == "ok"
    lost = pages(2, 0)
    assert (lost.health, lost.reason) == ("broken", "2 of the last 2 pages have no date, which 100 % had before")
    assert run(runs, RunOutcome.OK).reason == lost.reason


def test_silence_is_told_by_the_rhythm_of_earlier_runs(runs: Runs) -> None:
    news = [run(runs, RunOutcome.OK, now=NOON + n * DAY, counts={"new": 1}, route="https://x/") for n in range(20)]
    quiet = [run(runs, RunOutcome.OK, now=NOON + n * DAY, counts={"new": 0}, route="https://x/") for n in range(20, 40)]
    (silent,) = runs.turns(limit=9)
    assert silent in quiet
    assert silent.health == "silent"
    assert news[-1].health == "ok"


def test_old_runs_that_say_nothing_are_forgotten_up_to_the_last_news(runs: Runs) -> None:
    asked_all = run(runs, RunOutcome.OK, every_route=True)
    turns = [run(runs, RunOutcome.FAILED), run(runs, RunOutcome.OK)]
    _ = [run(runs, RunOutcome.OK), run(runs, RunOutcome.OK)]
    recent = run(runs, RunOutcome.OK, now=NOON + 20 * DAY)
    news = run(runs, RunOutcome.OK, counts={"new": 2})
    since = [run(runs, RunOutcome.OK), run(runs, RunOutcome.OK)]
    assert runs.forget(now=NOON + 100 * DAY) == 2
    assert runs.since(0) == [asked_all, *turns, recent, news, *since]
