"""Whole crawls, as processes, of a replica on which things happen."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import pytest

from store.announcement import Archived
from store.days import moment
from tests.playground import BEGINNING, Playground, playing

ANNOUNCING = ("moej-ja", "iges-en-news", "iclei")
KEIJI = "https://www.env.go.jp/press/press_05241.html"
GONE = "https://www.env.go.jp/press/press_05238.html"


def crawl(playground: Playground, *arguments: str, status: int = 0) -> dict[str, dict[str, Any]]:
    """Crawl, and return how each source went."""
    done = playground.zerowire("crawl", "--json", *arguments)
    assert done.returncode == status, done.stderr
    return {run["source"]: run for run in map(json.loads, done.stdout.splitlines())}


def lasting(announcements: list[Archived]) -> list[tuple[object, ...]]:
    return sorted((a.id, a.url, a.title, a.text, a.html, a.aliases, a.tags, a.attachments) for a in announcements)


def asked(playground: Playground, host: str = "") -> list[str]:
    return [f"{each.host}{each.target}" for each in playground.replica.requests if each.host.startswith(host)]


def test_a_second_crawl_stores_nothing_asks_for_no_page_and_leaves_every_feed_as_it_is(full: Playground) -> None:
    before, stored = full.feeds(), full.announcements()
    runs = crawl(full)
    assert all(run["new"] == run["changed"] == run["failed"] == 0 and run["requests"] == 1 for run in runs.values())
    answers = [each.status for each in full.replica.requests if not each.target.endswith("/robots.txt")]
    assert answers == [304] * len(runs)
    full.zerowire("publish")
    assert (full.feeds(), full.announcements()) == (before, stored)


def test_no_page_is_asked_for_twice_in_a_crawl(everything: Playground) -> None:
    pages = Counter(address for address in asked(everything) if not address.endswith("robots.txt"))
    twice = {address for address, times in pages.items() if times > 1}
    assert {address for address in twice if "sitemap" not in address and "wp-json" not in address} == set()


def test_what_robots_txt_forbids_is_never_asked_for(everything: Playground) -> None:
    forbidden = ("/cgi-bin", "/wp-admin", "/internal/", "/members-only", "/search/", "/drafts/")
    assert len(asked(everything)) > 14 * 8
    assert [address for address in asked(everything) if any(path in address for path in forbidden)] == []
    assert asked(everything, "dev.") == []


class Later(NamedTuple):
    """A second crawl, and what was ``announced`` since the first."""

    playground: Playground
    announced: set[str]
    runs: dict[str, dict[str, Any]]

    def announcements(self) -> dict[str, Archived]:
        return {each.url: each for each in self.playground.announcements()}


@pytest.fixture(scope="module")
def later(everything: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    """A crawl that looks again at everything after something was announced, edited and removed; not to be changed."""
    with playing(tmp_path_factory.mktemp("later")) as one:
        everything.copy(one.directory)
        announced = {one.replica.announce() for _ in range(3)}
        one.replica.edit(KEIJI, "三次公募", "第三次公募")
        one.replica.remove(GONE)
        yield Later(one, announced, crawl(one, *ANNOUNCING, "--recheck"))


def test_something_new_is_found_by_the_next_crawl(later: Later) -> None:
    assert sum(run["new"] for run in later.runs.values()) == 3
    assert later.announced <= later.announcements().keys()


def test_an_edit_is_found_by_a_recheck_and_keeps_the_id(later: Later, everything: Playground) -> None:
    assert later.runs["moej-ja"]["changed"] == 1
    assert "第三次公募" in later.announcements()[KEIJI].title
    before = {each.url: each.id for each in everything.announcements()}
    assert before.items() <= {url: each.id for url, each in later.announcements().items()}.items()


def test_a_page_that_is_missing_once_stays(later: Later) -> None:
    assert (later.runs["moej-ja"]["gone"], later.runs["moej-ja"]["failed"]) == (0, 0)
    assert 404 in {each.status for each in later.playground.replica.requests if GONE.endswith(each.target)}
    assert later.announcements()[GONE].gone is None


def test_a_redesign_is_carried_by_the_next_route_and_said(playground: Playground) -> None:
    playground.replica.redesign("www.env.go.jp")
    runs = crawl(playground, "moej-ja")
    assert runs["moej-ja"]["outcome"] == "degraded"
    assert runs["moej-ja"]["route"] == "https://www.env.go.jp/press/index.html"
    assert any("https://www.env.go.jp/press/: expected" in problem for problem in runs["moej-ja"]["problems"])
    assert runs["moej-ja"]["new"] >= 3


def test_a_redesign_changes_nothing_that_is_known(full: Playground) -> None:
    before = full.announcements()
    full.replica.redesign("www.env.go.jp")
    crawl(full, "moej-ja", "--recheck")
    assert full.announcements() == before


def test_an_outage_fails_its_sources_by_name_and_no_other(full: Playground) -> None:
    before = full.announcements()
    full.replica.outage("iclei.org")
    runs = crawl(full, *ANNOUNCING, status=1)
    assert {name for name, run in runs.items() if run["outcome"] == "failed"} == {"iclei"}
    assert any(problem.startswith("iclei: https://iclei.org/") for problem in runs["iclei"]["problems"])
    assert full.announcements() == before
    full.replica.heal("iclei.org")
    assert crawl(full, *ANNOUNCING)["iclei"]["outcome"] == "ok"


def test_a_first_crawl_goes_back_ninety_days_and_takes_what_stands_in_front(playground: Playground) -> None:
    crawl(playground, "moej-ja")
    urls = {each.url for each in playground.announcements()}
    assert KEIJI in urls
    assert "https://www.env.go.jp/press/110339.html" not in urls


def test_a_back_fill_stops_at_its_date(playground: Playground) -> None:
    crawl(playground, "moej-ja", "--since", "2026-10-16")
    assert [each for each in playground.announcements() if each.published < moment("2026-10-16")] == []
    assert [address for address in asked(playground) if "202609" in address or "202112" in address] == []


@pytest.mark.parametrize("times", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_crawl_killed_again_and_again_ends_up_as_an_undisturbed_one(
    playground: Playground, everything: Playground, times: int
) -> None:
    undisturbed = [each for each in everything.announcements() if each.source in ANNOUNCING]
    dice = random.Random(20261122)  # noqa: S311
    for _ in range(times):
        _kill_after(playground.start("crawler", *ANNOUNCING, "--since", BEGINNING), dice.uniform(0.5, 2.5))
    crawl(playground, *ANNOUNCING, "--since", BEGINNING)
    assert lasting(playground.announcements()) == lasting(undisturbed)
    with closing(sqlite3.connect(playground.directory / "zerowire.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _kill_after(process: Any, seconds: float) -> None:
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_crawl_that_is_stopped_says_so_by_its_exit_status(playground: Playground) -> None:
    process = playground.start("crawler", "--since", BEGINNING)
    while not playground.replica.requests:
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 1
