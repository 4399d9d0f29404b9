"""The counts of one run while it goes on, and the outcome that they add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from crawler.errors import CrawlError
from store.runs import Run, RunOutcome

COUNTED = ("new", "changed", "same", "gone", "failed", "requests", "bytes")


@dataclass(slots=True)
class Tally:
    """What happened in a run so far. ``carried`` is the position of the route that carries it, None while none does."""

    run: Run
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    carried: int | None = None
    route: str = ""

    def fail(self, error: CrawlError) -> None:
        """Note something that was asked for and is missing now."""
        self.counts["failed"] += 1
        self.failures.append(str(error))

    def warn(self, error: CrawlError) -> None:
        """Note something that another way made up for."""
        self.warnings.append(str(error))

    def note(self, error: CrawlError) -> None:
        """Note something that is good to know, and no fault."""
        self.notes.append(str(error))

    def finished(self, now: datetime) -> Run:
        """Return the run as it ended: failed if anything is missing, degraded if anything had to be made up for."""
        if self.carried is None or self.failures:
            outcome = RunOutcome.FAILED
        else:
            outcome = RunOutcome.DEGRADED if self.warnings or self.carried else RunOutcome.OK
        return replace(
            self.run,
            finished=now,
            outcome=outcome,
            route=self.route,
            counts={name: self.counts[name] for name in COUNTED},
            problems=(*self.failures, *self.warnings, *self.notes),
        )
