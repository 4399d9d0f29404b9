"""What the runs of a source say about it: each run is judged as it ends, and what it was told by stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from store.health import Past, judged
from store.rhythm import patience, working_days_between
from store.run import Fault, Run, RunOutcome
from tests.builders import NOON
from tests.conftest import Tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGINNING = datetime(2024, 1, 9, tzinfo=UTC)
ROUTE = "https://www.env.go.jp/press/"
EMPTY = "moej-ja: https://www.env.go.jp/press/: expected announcements, the list is there and empty"


@dataclass
class History:
    """The runs of one source, and of them what the archive would hand to the next."""

    last: Run | None = None
    coverage: list[Any] = field(default_factory=list)
    news: list[datetime] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    turns: list[Run] = field(default_factory=list)

    def run(self, at: datetime, *, new: int = 0, **changes: Any) -> Run:
        """Judge a run that began at *at* and went well, but for *changes*."""
        values: dict[str, Any] = {"outcome": RunOutcome.OK, "route": ROUTE, "counts": {"new": new}} | changes
        ended = Run(number=1, source="moej-ja", started=at, finished=at, **values)
        past = Past(last=self.last, coverage=self.coverage[:50], news=self.news[:500], asked=self.asked)
        self.last = judged(ended, past)
        self._remember(self.last, new)
        return self.last

    def fail(self, at: datetime, fault: Fault = Fault.EMPTY_LIST, problem: str = EMPTY) -> Run:
        """Judge a run that no route carried."""
        return self.run(at, outcome=RunOutcome.FAILED, route="", fault=fault, problems=(problem,))

    def read(self, at: datetime, pages: int = 1, **lacking: int) -> Run:
        """Judge a run that read *pages*, so many of them *lacking* something."""
        had = {"titles": pages, "dates": pages, "bodies": pages, "attachments": pages}
        failed = lacking.pop("failed", 0)
        read = {name: count - failed - lacking.get(name, 0) for name, count in had.items()}
        outcome, fault = (RunOutcome.FAILED, Fault.PAGES) if failed else (RunOutcome.OK, "")
        coverage = {"pages": pages, "failed": failed} | read
        return self.run(at, new=pages - failed, outcome=outcome, fault=fault, coverage=coverage)

    def _remember(self, run: Run, new: int) -> None:
        if run.turned:
            self.turns.append(run)
        if run.coverage:
            self.coverage.insert(0, run.coverage)
        if new:
            self.news.insert(0, run.started)
            self.asked.clear()
        elif run.route:
            self.asked.insert(0, run.started)


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def known(history: History) -> History:
    """A source whose pages are known: 130 of them, whole."""
    for number in range(13):
        history.read(NOON - (13 - number) * DAY, 10)
    return history


def test_a_run_without_a_route_breaks_its_source_and_the_next_that_is_well_mends_it(history: History) -> None:
    runs = [history.run(NOON), history.fail(NOON + HOUR), history.fail(NOON + 2 * HOUR), history.run(NOON + 3 * HOUR)]
    assert [run.health for run in runs] == ["ok", "broken", "broken", "ok"]
    assert [run.turned for run in runs] == [False, True, False, True]
    assert [run.since for run in runs] == [NOON, NOON + HOUR, NOON + HOUR, NOON + 3 * HOUR]


def test_a_reason_is_in_plain_words_and_does_not_name_the_source(history: History) -> None:
    reason = f"the list is there, and empty: {EMPTY.removeprefix('moej-ja: ')}"
    assert history.fail(NOON).reason == reason
    assert history.run(NOON + HOUR).reason == f"broken from 2026-06-11 03:00 UTC to 2026-06-11 04:00 UTC: {reason}"
    assert history.run(NOON + 2 * HOUR).reason == ""


@pytest.mark.parametrize(("fault", "words"), [(Fault.NO_LIST, "can't be found"), (Fault.EMPTY_LIST, "and empty")])
def test_a_list_that_is_empty_is_told_from_one_that_is_not_there(history: History, fault: Fault, words: str) -> None:
    assert words in history.fail(NOON, fault).reason


def test_a_flood_that_is_held_is_a_quarantine_though_another_route_carries(history: History) -> None:
    held = history.run(NOON, outcome=RunOutcome.DEGRADED, fault=Fault.HELD, problems=(EMPTY,))
    assert (held.health, held.turned) == ("quarantined", True)
    assert history.fail(NOON + HOUR).turned is False


def test_a_fallback_route_is_shown_and_no_alert(history: History) -> None:
    assert history.run(NOON, outcome=RunOutcome.DEGRADED, problems=(EMPTY,)).health == "degraded"
    assert history.run(NOON + HOUR).health == "ok"
    assert history.turns == []


def test_a_run_that_was_cut_short_is_broken_and_one_that_was_stopped_says_nothing(history: History) -> None:
    history.fail(NOON, Fault.CUT_SHORT)
    stopped = history.run(NOON + HOUR, outcome=RunOutcome.FAILED, fault=Fault.STOPPED)
    assert (stopped.health, stopped.since, stopped.turned) == ("broken", NOON, False)
    assert len(history.turns) == 1


def test_one_page_that_fails_breaks_nothing_and_several_in_a_row_do(known: History) -> None:
    assert known.read(NOON, 1, failed=1).health == "degraded"
    assert known.read(NOON + HOUR, 1, failed=1).health == "degraded"
    assert known.read(NOON + 2 * HOUR, 1, failed=1).health == "broken"
    assert known.read(NOON + 3 * HOUR, 1).health == "ok"
    assert [run.health for run in known.turns] == ["broken", "ok"]


def test_one_page_of_many_that_fails_breaks_nothing(known: History) -> None:
    assert known.read(NOON, 50, failed=1).health == "degraded"


def test_the_first_pages_of_all_may_fail_too(history: History) -> None:
    assert history.read(NOON, 4, failed=4).health == "broken"


@pytest.mark.parametrize("field", ["titles", "dates", "bodies"])
def test_a_field_that_all_pages_had_and_two_have_no_more_is_lost(known: History, field: str) -> None:
    lost = known.read(NOON, 2, **{field: 2})
    assert (lost.health, lost.turned) == ("broken", True)
    assert lost.reason.startswith("2 of the last 2 pages have no ")
    assert known.read(NOON + DAY, 2).health == "ok"


def test_a_run_without_a_page_leaves_what_pages_said(known: History) -> None:
    lost = known.read(NOON, 3, dates=3)
    assert known.run(NOON + HOUR).health == "broken"
    assert known.run(NOON + 2 * HOUR).reason == lost.reason


def test_what_pages_never_had_is_not_lost(history: History) -> None:
    for number in range(100):
        history.read(NOON + number * HOUR, 3, dates=3, attachments=2)
    assert history.turns == []


def test_attachments_that_have_gone_are_shown_and_no_alert(known: History) -> None:
    assert known.read(NOON, 8, attachments=8).health == "degraded"
    assert known.turns == []


def test_working_days_leave_out_what_nobody_works_on() -> None:
    assert working_days_between(date(2026, 6, 12), date(2026, 6, 15)) == 1  # Friday to Monday
    assert working_days_between(date(2026, 12, 18), date(2027, 1, 7)) == 1
    assert working_days_between(date(2026, 4, 28), date(2026, 5, 7)) == 1
    assert working_days_between(date(2026, 7, 31), date(2026, 9, 1)) == 1
    assert working_days_between(date(2026, 6, 12), date(2026, 6, 1)) == 0


def test_a_rhythm_is_known_from_twelve_gaps_on() -> None:
    weekly = [NOON - number * 7 * DAY for number in range(13)]
    assert (patience(weekly[:12]), patience(weekly)) == (None, 15)


def test_several_news_a_day_are_one_day_with_news() -> None:
    assert patience(NOON + number * timedelta(minutes=1) for number in range(100)) is None


def quiet_after(history: History, days: int) -> list[Run]:
    """Let a source have news on every weekday, and then *days* without, asked once an hour."""
    for number in range(60):
        history.run(BEGINNING + number * DAY, new=int((BEGINNING + number * DAY).weekday() < 5))
    end = BEGINNING + 59 * DAY
    return [history.run(end + number * HOUR) for number in range(1, days * 24)]


def test_silence_is_told_once_when_it_lasts_longer_than_the_rhythm(history: History) -> None:
    runs = quiet_after(history, 14)
    (silent,) = history.turns
    assert silent.health == "silent"
    assert silent.reason == "nothing new since 2024-03-08, and that for more than 5 working days"
    assert runs[-1].since == silent.finished
    assert history.run(runs[-1].started + HOUR, new=1).turned


def test_what_breaks_while_it_is_silent_is_no_second_alert(history: History) -> None:
    end = quiet_after(history, 14)[-1].started
    assert [history.fail(end + HOUR).health, history.run(end + 2 * HOUR).health] == ["broken", "silent"]
    assert len(history.turns) == 1


@pytest.mark.parametrize("leap", [400 * DAY, -400 * DAY])
def test_a_clock_that_leaps_raises_no_alarm(history: History, leap: timedelta) -> None:
    at = quiet_after(history, 2)[-1].started
    leapt = [history.run(at + leap + number * HOUR) for number in range(50)]
    assert {run.health for run in (*leapt, history.run(at + HOUR))} == {"ok"}


def test_a_machine_that_was_off_saw_no_silence(history: History) -> None:
    at = quiet_after(history, 2)[-1].started
    assert history.run(at + 90 * DAY).health == "ok"


Pattern = Callable[[Random, date, bool], int]


def several_a_weekday(random: Random, day: date, closed: bool) -> int:
    obon = day.month == 8 and 10 <= day.day <= 16
    return 0 if closed else sum(random.random() < (0.15 if obon else 0.6) for _ in range(6))


def one_a_week(random: Random, day: date, closed: bool) -> int:
    return int(not closed and day.weekday() == 1 and random.random() < (0.5 if day.month == 8 else 0.9))


def a_blog(random: Random, day: date, closed: bool) -> int:
    return int(not closed and random.random() < (0.1 if day.month == 8 else 0.33))


def a_few_a_month(random: Random, day: date, closed: bool) -> int:
    return int(not closed and random.random() < (0.05 if day.month == 8 else 0.15))


def bursts_of_events(random: Random, day: date, closed: bool) -> int:
    """A fortnight of announcements every seven weeks or so, and nothing between."""
    position = (day.toordinal() + 7 * (day.toordinal() // 49) % 20) % 49
    return int(not closed and position < 14 and random.random() < 0.5)


PATTERNS = (several_a_weekday, one_a_week, a_blog, a_few_a_month, bursts_of_events)


def is_closed(day: date) -> bool:
    """Say whether offices are closed: in Japan, and for the turn of the year everywhere."""
    turn_of_the_year = (day.month, day.day) >= (12, 27) or (day.month, day.day) <= (1, 4)
    golden_week = (4, 29) <= (day.month, day.day) <= (5, 5)
    return day.weekday() >= 5 or turn_of_the_year or golden_week


def two_years(history: History, pattern: Pattern, *, every: timedelta, seed: int) -> Iterator[Run]:
    """Let a source live for 30 months as *pattern* says, asked *every* so often, with a bad page at times."""
    random = Random(f"{pattern.__name__} {seed}")  # noqa: S311
    at, waiting, day = BEGINNING, 20, BEGINNING.date()
    while at < BEGINNING + 912 * DAY:
        waiting += sum(
            pattern(random, each, is_closed(each))
            for each in (day + number * DAY for number in range((at.date() - day).days))
        )
        day = at.date()
        had = {name: sum(random.random() < 0.004 for _ in range(waiting)) for name in ("dates", "bodies")}
        failed = int(waiting > 0 and random.random() < 0.02)
        yield history.read(at, waiting, failed=failed, **had) if waiting > failed else history.run(at)
        at, waiting = at + every, 0


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("hours", [pytest.param(1, marks=pytest.mark.slow), 12, 24])
def test_no_healthy_source_is_ever_called_unhealthy(history: History, pattern: Pattern, hours: int) -> None:
    runs = list(two_years(history, pattern, every=hours * HOUR, seed=hours))
    assert len(runs) > 900
    assert [(run.started, run.reason) for run in history.turns] == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_source_that_falls_silent_is_told_of_once_within_its_rhythm(
    history: History, pattern: Pattern, told: Tell
) -> None:
    *_, last = two_years(history, pattern, every=DAY, seed=1)
    most = patience(history.news)
    assert most is not None
    while not history.turns:
        last = history.run(last.started + DAY)
    quiet = working_days_between(history.news[0].date(), last.started.date())
    assert quiet == most + 1
    for _ in range(30):
        last = history.run(last.started + DAY)
    history.run(last.started + DAY, new=1)
    assert [run.health for run in history.turns] == ["silent", "ok"]
    told(f"silence is noticed, {pattern.__name__.replace('_', ' ')}", f"after {quiet} working days")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_outage_and_a_redesign_are_told_at_once_and_once_each(history: History, pattern: Pattern) -> None:
    *_, last = two_years(history, pattern, every=DAY, seed=2)
    at = last.started
    outage = [history.fail(at + number * HOUR, Fault.UNREACHABLE) for number in range(1, 30)]
    history.run(at + 30 * HOUR)
    redesign = [history.read(at + number * HOUR, 3, dates=3, bodies=3) for number in range(31, 60)]
    history.read(at + 60 * HOUR, 3)
    assert [run.started for run in history.turns] == [
        outage[0].started,
        at + 30 * HOUR,
        redesign[0].started,
        at + 60 * HOUR,
    ]
