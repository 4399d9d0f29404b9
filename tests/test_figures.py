"""Announcements, runs and replies are counted by week, and how late announcements are seen is told as it is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from store.announcement import From, Precision
from store.archive import Archive
from store.database import Database
from store.figures import WEEKS, WEEKS_OF_RUNS, Figures, Lags
from store.run import Reply
from store.runs import RunOutcome, Runs
from tests.builders import NOON, an_announcement
from tests.playground import Playground

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MONDAY = datetime(2026, 6, 8, tzinfo=ZoneInfo("Asia/Tokyo"))  # before NOON
WATCHED = NOON - 10 * DAY
ONE_HALF_HOUR = Lags(1, HOUR / 2, HOUR / 2, (1, 0, 0, 0, 0))


@pytest.fixture
def figures(database: Database) -> Figures:
    return Figures(database)


def add(archive: Archive, published: datetime, *, late: timedelta = HOUR / 2, **changes: Any) -> None:
    name = f"{published.isoformat()}{late}"
    url = f"https://www.env.go.jp/press/{name}.html"
    said = {"url": url, "title": name, "text": name, "published": published}
    archive.save(an_announcement(**said | changes), now=published + late)


def run(database: Database, *, now: datetime, outcome: RunOutcome = RunOutcome.OK, **counts: int) -> None:
    runs = Runs(database)
    begun = runs.start("moej-ja", now=now, every_route=False)
    runs.finish(replace(begun, finished=now, outcome=outcome, counts=counts))


def test_announcements_are_counted_by_the_week_of_japan(archive: Archive, figures: Figures) -> None:
    for published in (MONDAY, MONDAY - HOUR, MONDAY - 2 * HOUR, NOON, MONDAY - (WEEKS - 1) * WEEK):
        add(archive, published)
    add(archive, NOON - WEEK, source="iges-en-news")
    weekly = figures.announcements(NOON)
    assert (weekly.mondays[0], weekly.mondays[-1]) == (date(2024, 6, 17), date(2026, 6, 8))
    assert weekly.of("moej-ja") == (1, *[0] * (WEEKS - 3), 2, 2)
    assert weekly.of("iges-en-news") == (*[0] * (WEEKS - 2), 1, 0)
    assert weekly.of("iclei") == (0,) * WEEKS


def test_what_lies_outside_the_two_years_is_not_counted(archive: Archive, figures: Figures) -> None:
    add(archive, MONDAY - (WEEKS - 1) * WEEK - HOUR)
    add(archive, MONDAY + WEEK)
    assert figures.announcements(NOON).counts == {}


def test_what_is_gone_was_published_all_the_same(archive: Archive, figures: Figures) -> None:
    add(archive, NOON)
    archive.mark_gone(f"https://www.env.go.jp/press/{NOON.isoformat()}{HOUR / 2}.html", now=NOON + DAY)
    assert figures.announcements(NOON).of("moej-ja")[-1] == 1


def test_runs_and_replies_are_counted_by_week(database: Database, figures: Figures) -> None:
    run(database, now=MONDAY - HOUR, outcome=RunOutcome.FAILED, answered=0, unchanged=0, refused=2, unreachable=1)
    run(database, now=NOON, answered=5, unchanged=1, refused=0, unreachable=0)
    run(database, now=NOON, outcome=RunOutcome.DEGRADED, answered=2, unchanged=0, refused=1, unreachable=0)
    weekly = figures.outcomes(NOON)
    assert len(weekly.mondays) == WEEKS_OF_RUNS
    latest = {name: weeks[-2:] for name, weeks in weekly.counts.items()}
    runs = {"ok": (0, 1), "degraded": (0, 1), "failed": (1, 0)}
    assert latest == runs | {"answered": (0, 7), "unchanged": (0, 1), "refused": (2, 1), "unreachable": (1, 0)}


def test_replies_that_no_run_counted_are_not_known(database: Database, figures: Figures) -> None:
    run(database, now=NOON - WEEK, requests=9)
    assert figures.outcomes(NOON).of(Reply.REFUSED)[-3:] == (0, None, 0)
    run(database, now=NOON - WEEK, requests=9, answered=9, unchanged=0, refused=0, unreachable=0)
    assert figures.outcomes(NOON).of(Reply.REFUSED)[-2] == 0


def test_a_run_that_goes_on_or_lies_too_far_back_is_not_counted(database: Database, figures: Figures) -> None:
    Runs(database).start("moej-ja", now=NOON, every_route=False)
    run(database, now=MONDAY - (WEEKS_OF_RUNS - 1) * WEEK - HOUR)
    assert {sum(filter(None, weeks)) for weeks in figures.outcomes(NOON).counts.values()} == {0}


def test_lateness_is_told_by_its_middle_its_worst_tenth_and_how_many_took_how_long() -> None:
    lags = [HOUR, 2 * HOUR, 2 * HOUR, 6 * HOUR, 7 * HOUR, DAY, 2 * DAY, 3 * DAY, 4 * DAY, 9 * DAY]
    assert Lags.of(lags) == Lags(10, 7 * HOUR, 4 * DAY, (1, 3, 2, 2, 2))
    assert Lags.of([HOUR / 2]) == ONE_HALF_HOUR


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {"moej-ja": ONE_HALF_HOUR}),
        ({"precision": Precision.DAY}, {}),
        ({"published": WATCHED - DAY}, {}),
        ({"source": "never-run"}, {}),
    ],
)
def test_only_what_tells_the_minute_and_came_while_we_watched_tells_how_late_we_are(
    archive: Archive, database: Database, figures: Figures, changes: dict[str, Any], told: dict[str, Lags]
) -> None:
    run(database, now=WATCHED)
    add(archive, **{"published": NOON - DAY} | changes)
    assert figures.lags(NOON) == told


def test_what_tells_no_date_or_lies_90_days_back_says_nothing_of_lateness(
    archive: Archive, database: Database, figures: Figures
) -> None:
    run(database, now=NOON - 200 * DAY)
    add(archive, NOON - 91 * DAY)
    archive.save(an_announcement(published=None, published_from=From.FIRST_SEEN), now=NOON - DAY)
    assert figures.lags(NOON) == {}


def test_a_crawl_counts_every_reply(full: Playground) -> None:
    newest = {each.source: each for each in reversed(full.announcements())}
    edited, removed = newest["moej-ja"], newest["moej-en"]
    full.replica.edit(edited.url, edited.title, f"{edited.title}（訂正）")
    full.replica.remove(removed.url)
    full.replica.outage("www.iges.or.jp")
    full.zerowire("crawl", "moej-ja", "moej-en", "iges-en-pub", "--recheck")
    with full.database() as database:
        replies = {source: [run.counts[reply] for reply in Reply] for source, run in Runs(database).last().items()}
        requests = {source: run.counts["requests"] for source, run in Runs(database).last().items()}
    assert replies["moej-ja"] == [1, requests["moej-ja"] - 1, 0, 0]
    assert replies["moej-en"] == [0, requests["moej-en"] - 1, 1, 0]
    assert (requests["iges-en-pub"], sum(replies["iges-en-pub"][:3]), replies["iges-en-pub"][3] > 0) == (0, 0, True)
