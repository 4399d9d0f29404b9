"""Runs in, faults out: what the runs of a source say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from store.runs import Run, RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A stretch of failed runs of one source: when the first of them ended, and the first that went well after it.

    ``reason`` is the first line of what the first of them reports, ``problems`` all of it.
    """

    source: str
    began: datetime
    ended: datetime | None = None
    reason: str
    problems: tuple[str, ...]


def faults(runs: Iterable[Run]) -> list[Fault]:
    """Return the faults among *runs*, which come in their order, by when they began."""
    lasting: dict[str, Fault] = {}
    over: list[Fault] = []
    for run in runs:
        if run.finished is None:
            continue
        fault = lasting.get(run.source)
        if run.outcome is RunOutcome.FAILED and fault is None:
            reason = run.problems[0] if run.problems else "the run failed"
            lasting[run.source] = Fault(source=run.source, began=run.finished, reason=reason, problems=run.problems)
        elif run.outcome in (RunOutcome.OK, RunOutcome.DEGRADED) and fault is not None:
            over.append(replace(lasting.pop(run.source), ended=run.finished))
    return sorted((*over, *lasting.values()), key=lambda fault: (fault.began, fault.source))
