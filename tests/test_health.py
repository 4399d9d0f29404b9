"""A source that fails is one fault until it is well again."""

from datetime import timedelta

from store.health import Fault, faults
from store.runs import Run, RunOutcome
from tests.builders import NOON

OK, DEGRADED, FAILED, RUNNING = RunOutcome.OK, RunOutcome.DEGRADED, RunOutcome.FAILED, RunOutcome.RUNNING


def runs(*outcomes: RunOutcome, source: str = "moej-ja") -> list[Run]:
    """Return runs an hour apart, that take a minute; one that was killed never finished."""
    return [
        Run(
            number=hour,
            source=source,
            started=NOON + timedelta(hours=hour),
            finished=None if outcome is RUNNING else NOON + timedelta(hours=hour, minutes=1),
            outcome=outcome,
            problems=(f"reason {hour}",) if outcome is FAILED else (),
        )
        for hour, outcome in enumerate(outcomes)
    ]


def spans(found: list[Fault]) -> list[tuple[int, int | None]]:
    return [(fault.began.hour - NOON.hour, fault.ended.hour - NOON.hour if fault.ended else None) for fault in found]


def test_failed_runs_in_a_row_are_one_fault() -> None:
    (fault,) = faults(runs(OK, FAILED, FAILED, RUNNING, FAILED, DEGRADED, OK))
    assert spans([fault]) == [(1, 5)]
    assert (fault.reason, fault.problems) == ("reason 1", ("reason 1",))


def test_a_fault_that_lasts_has_no_end() -> None:
    assert spans(faults(runs(FAILED, OK, FAILED, FAILED))) == [(0, 1), (2, None)]


def test_each_source_has_faults_of_its_own() -> None:
    both = sorted((*runs(FAILED, OK), *runs(OK, FAILED, source="iclei")), key=lambda run: run.started)
    assert [(fault.source, fault.ended is None) for fault in faults(both)] == [("moej-ja", False), ("iclei", True)]


def test_a_fault_without_a_word_says_that_the_run_failed() -> None:
    (run,) = runs(FAILED)
    assert (
        faults([Run(number=1, source="a", started=NOON, finished=NOON, outcome=FAILED)])[0].reason == "the run failed"
    )
    assert faults([run])[0].reason == "reason 0"
