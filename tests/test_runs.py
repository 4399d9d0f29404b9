"""Every run is kept as it went, and the last one of each kind is found."""

from dataclasses import replace

import pytest

from store.database import Database
from store.runs import Run, RunOutcome, Runs
from tests.builders import NOON
from tests.conftest import LATER


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


def run(runs: Runs, outcome: RunOutcome, source: str = "moej-ja", *, every_route: bool = False) -> Run:
    begun = runs.start(source, now=NOON, every_route=every_route)
    ended = replace(begun, finished=LATER, outcome=outcome)
    runs.finish(ended)
    return ended


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
        problems=("moej-ja: https://www.env.go.jp/press/: 発表の一覧がありません", "zweite Zeile"),
    )
    runs.finish(ended)
    assert runs.since(0) == [ended]


def test_the_last_run_of_each_source_is_found(runs: Runs) -> None:
    run(runs, RunOutcome.OK)
    last = {"moej-ja": run(runs, RunOutcome.FAILED), "iges-en": run(runs, RunOutcome.OK, "iges-en")}
    assert runs.last() == last


def test_the_last_run_of_a_kind_is_found(runs: Runs) -> None:
    asked_all = run(runs, RunOutcome.DEGRADED, every_route=True)
    well = run(runs, RunOutcome.OK)
    asked_all_in_vain = run(runs, RunOutcome.FAILED, every_route=True)
    last = run(runs, RunOutcome.FAILED)
    assert runs.last() == {"moej-ja": last}
    assert runs.last(well=True) == {"moej-ja": well}
    assert runs.last(every_route=True) == {"moej-ja": asked_all_in_vain}
    assert runs.last(every_route=True, well=True) == {"moej-ja": asked_all}


def test_a_source_without_a_run_of_the_kind_is_left_out(runs: Runs) -> None:
    run(runs, RunOutcome.FAILED)
    runs.start("iges-en", now=NOON, every_route=False)
    assert (runs.last(well=True), runs.last(every_route=True)) == ({}, {})


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
