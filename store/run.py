"""The record of a run: one crawl of one source, with its counts, its problems, its outcome, and what it says of health.

Plain data, which ``store.runs`` keeps and ``store.health`` judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RunOutcome(StrEnum):
    """How a run ended. Degraded: a fallback route carried it, or the first route is incomplete."""

    RUNNING = "running"
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class Reply(StrEnum):
    """What came of a request of a run, as its counts name it. What a rule of ours stopped is none of these."""

    ANSWERED = "answered"  # with a document, a page or a file
    UNCHANGED = "unchanged"  # it is as it was (status 304)
    REFUSED = "refused"  # with an error: forbidden, missing, too many requests, a fault of the server
    UNREACHABLE = "unreachable"  # no answer, not even to who may ask (robots.txt), or not a whole one


class Fault(StrEnum):
    """The kind of what a run failed of; what says nothing of the source is STOPPED."""

    UNREACHABLE = "unreachable"  # a route gave no answer, or not a whole one
    NO_LIST = "no-list"  # a route answered, and what should list announcements isn't in it
    EMPTY_LIST = "empty-list"  # the list is there, and nothing is in it
    HELD = "held"  # a route named many times what it usually does
    PAGES = "pages"  # pages that should be announcements became none
    CUT_SHORT = "cut-short"  # the run didn't come to its end
    STOPPED = "stopped"  # somebody ended the run
    OURS = "ours"  # our own code failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One crawl of one source. ``route`` is the address of the route that carried it, empty where none did;
    ``mirror`` the one that it went through, empty for the live web.

    ``counts`` holds ``new changed same gone failed requests bytes`` and how many there were of each ``Reply``: those
    with an answer are the ``requests``. What an earlier release counted has no replies: they aren't known. ``problems``
    says in a line each what went wrong.
    ``fault`` is the kind of what failed it, empty where nothing did. ``coverage`` tells of the ``pages`` that were to
    be read how many ``failed``, and how many had ``titles dates bodies attachments``; it is empty where there were
    none. ``health`` is the state in which the run left its source, or found it while it goes on; ``since``
    when that began, ``reason`` why (store.health). ``turned`` says that the source became unhealthy with this run, or
    well again.
    """

    number: int
    source: str
    started: datetime
    finished: datetime | None = None
    outcome: RunOutcome = RunOutcome.RUNNING
    every_route: bool = False
    mirror: str = ""
    route: str = ""
    fault: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    health: str = ""
    since: datetime | None = None
    turned: bool = False
    reason: str = ""
