"""The counts of one run while it goes on, and the outcome, the fault and the coverage that they add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from crawler.errors import CrawlError
from crawler.extract import Extracted
from store.announcement import Announcement, From
from store.run import Fault, Reply, Run, RunOutcome

COVERED = ("pages", "failed", "titles", "dates", "bodies", "attachments")
_OUTWEIGH = (Fault.HELD, Fault.CUT_SHORT, Fault.STOPPED)
COUNTED = ("new", "changed", "same", "gone", "failed", "requests", "bytes", *map(str, Reply))


@dataclass(slots=True)
class Tally:
    """What happened in a run so far. ``carried`` is the position of the route that carries it, None while none does."""

    run: Run
    counts: Counter[str] = field(default_factory=Counter)
    coverage: Counter[str] = field(default_factory=Counter)
    failures: list[CrawlError] = field(default_factory=list)
    warnings: list[CrawlError] = field(default_factory=list)
    notes: list[CrawlError] = field(default_factory=list)
    carried: int | None = None
    route: str = ""

    def fail(self, error: CrawlError) -> None:
        """Note something that was asked for and is missing now."""
        self.counts["failed"] += 1
        self.failures.append(error)

    def warn(self, error: CrawlError) -> None:
        """Note something that another way made up for."""
        self.warnings.append(error)

    def note(self, error: CrawlError) -> None:
        """Note something that is good to know, and no fault."""
        self.notes.append(error)

    def cover(self, announcement: Announcement | None = None, page: Extracted | None = None) -> None:
        """Note what a *page* that was to be read had, and the *announcement* that it became; none if it failed."""
        self.coverage["pages"] += 1
        if announcement is None or page is None:
            self.coverage["failed"] += 1
            return
        self.coverage["titles"] += bool(page.title)
        self.coverage["dates"] += announcement.published_from not in (From.SLUG, From.FIRST_SEEN)
        self.coverage["bodies"] += page.declared
        self.coverage["attachments"] += bool(announcement.attachments)

    def finished(self, now: datetime) -> Run:
        """Return the run as it ended: failed if anything is missing, degraded if anything had to be made up for."""
        if self.carried is None or self.failures:
            outcome = RunOutcome.FAILED
        else:
            outcome = RunOutcome.DEGRADED if self.warnings or self.carried else RunOutcome.OK
        worst = sorted((*self.failures, *self.warnings), key=lambda error: error.fault != Fault.HELD)
        return replace(
            self.run,
            finished=now,
            outcome=outcome,
            route=self.route,
            counts={name: self.counts[name] for name in COUNTED},
            fault=self._fault(),
            coverage={name: self.coverage[name] for name in COVERED} if self.coverage["pages"] else {},
            problems=tuple(str(error) for error in (*worst, *self.notes)),
        )

    def _fault(self) -> str:
        """Return the kind of what failed the run; a flood that is held is one, whatever made up for it."""
        failed = [error.fault for error in self.failures]
        every = {*failed, *(error.fault for error in self.warnings)} & {Fault.HELD} | set(failed)
        return next((fault for fault in _OUTWEIGH if fault in every), failed[0] if failed else "")
