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
from pathlib import Path
from typing import Any

import pytest

from store.announcement import Archived
from store.days import moment
from tests.playground import BEGINNING, Playground, playing

ANNOUNCING = ("moej-ja", "iges-en-news", "iclei")
KEIJI = "https://www.env.go.jp/press/press_05241.html"
GONE = "https://www.env.go.jp/press/press_05238.html"


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    with playing(tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground after one crawl of everything; not to be changed."""
    with playing(tmp_path_factory.mktemp("full")) as one:
        crawl(one, "--since", BEGINNING)
        yield one


def crawl(playground: Playground, *arguments: str, status: int = 0) -> dict[str, dict[str, Any]]:
    """Crawl, and return how each source went."""
    done = playground.zerowire("crawl", "--json", *arguments)
    assert done.returncode == status, done.stderr
    return {run["source"]: run for run in map(json.loads, done.stdout.splitlines())}


def lasting(announcements: list[Archived]) -> list[tuple[object, ...]]:
    return sorted((a.id, a.url, a.title, a.text, a.html, a.aliases, a.tags, a.attachments) for a in announcements)


def asked(playground: Playground, host: str = "") -> list[str]:
    return [f"{each.host}{each.target}" for each in playground.replica.requests if each.host.startswith(host)]


def test_a_second_crawl_stores_nothing_asks_for_no_page_and_leaves_every_feed_as_it_is(playground: Playground) -> None:
    crawl(playground, "--since", BEGINNING)
    playground.zerowire("publish")
    before, stored = playground.feeds(), playground.announcements()
    playground.replica.requests.clear()
    runs = crawl(playground)
    assert all(run["new"] == run["changed"] == run["failed"] == 0 and run["requests"] == 1 for run in runs.values())
    answers = [each.status for each in playground.replica.requests if not each.target.endswith("/robots.txt")]
    assert answers == [304] * len(runs)
    playground.zerowire("publish")
    assert (playground.feeds(), playground.announcements()) == (before, stored)


def test_no_page_is_asked_for_twice_in_a_crawl(full: Playground) -> None:
    pages = Counter(address for address in asked(full) if not address.endswith("robots.txt"))
    twice = {address for address, times in pages.items() if times > 1}
    assert {address for address in twice if "sitemap" not in address and "wp-json" not in address} == set()


def test_what_robots_txt_forbids_is_never_asked_for(full: Playground) -> None:
    forbidden = ("/cgi-bin", "/wp-admin", "/internal/", "/members-only", "/search/", "/drafts/")
    assert [address for address in asked(full) if any(path in address for path in forbidden)] == []
    assert asked(full, "dev.") == []


def test_something_new_is_found_by_the_next_crawl(playground: Playground) -> None:
    crawl(playground, *ANNOUNCING, "--since", BEGINNING)
    urls = {playground.replica.announce() for _ in range(3)}
    runs = crawl(playground, *ANNOUNCING)
    assert sum(run["new"] for run in runs.values()) == 3
    assert urls <= {each.url for each in playground.announcements()}


def test_an_edit_is_found_by_a_recheck_and_keeps_the_id(playground: Playground) -> None:
    crawl(playground, "moej-ja", "--since", "2026-11-01")
    before = {each.url: each.id for each in playground.announcements()}
    playground.replica.edit(KEIJI, "三次公募", "第三次公募")
    runs = crawl(playground, "moej-ja", "--recheck")
    assert runs["moej-ja"]["changed"] == 1
    assert {each.url: each.id for each in playground.announcements()} == before


def test_a_page_that_is_missing_once_stays(playground: Playground) -> None:
    crawl(playground, "moej-ja", "--since", "2026-11-01")
    playground.replica.remove(GONE)
    runs = crawl(playground, "moej-ja", "--recheck")
    assert (runs["moej-ja"]["gone"], runs["moej-ja"]["failed"]) == (0, 0)
    assert GONE in {each.url for each in playground.announcements() if each.gone is None}


def test_a_redesign_is_carried_by_the_next_route_and_said(playground: Playground) -> None:
    playground.replica.redesign("www.env.go.jp")
    runs = crawl(playground, "moej-ja")
    assert runs["moej-ja"]["outcome"] == "degraded"
    assert runs["moej-ja"]["route"] == "https://www.env.go.jp/press/index.html"
    assert any("https://www.env.go.jp/press/: expected" in problem for problem in runs["moej-ja"]["problems"])
    assert runs["moej-ja"]["new"] >= 3


def test_a_redesign_changes_nothing_that_is_known(playground: Playground) -> None:
    crawl(playground, "moej-ja", "--since", BEGINNING)
    before = playground.announcements()
    playground.replica.redesign("www.env.go.jp")
    crawl(playground, "moej-ja", "--recheck")
    assert playground.announcements() == before


def test_an_outage_fails_its_sources_by_name_and_no_other(playground: Playground) -> None:
    crawl(playground, *ANNOUNCING, "--since", BEGINNING)
    before = playground.announcements()
    playground.replica.outage("iclei.org")
    runs = crawl(playground, *ANNOUNCING, status=1)
    assert {name for name, run in runs.items() if run["outcome"] == "failed"} == {"iclei"}
    assert any(problem.startswith("iclei: https://iclei.org/") for problem in runs["iclei"]["problems"])
    assert playground.announcements() == before
    playground.replica.heal("iclei.org")
    assert crawl(playground, *ANNOUNCING)["iclei"]["outcome"] == "ok"


def test_a_first_crawl_goes_back_ninety_days_and_takes_what_stands_in_front(playground: Playground) -> None:
    crawl(playground, "moej-ja", "iges-en-news")
    urls = {each.url for each in playground.announcements()}
    assert KEIJI in urls
    assert "https://www.env.go.jp/press/110339.html" not in urls


def test_a_back_fill_stops_at_its_date(playground: Playground) -> None:
    crawl(playground, "moej-ja", "--since", "2026-10-16")
    assert [each for each in playground.announcements() if each.published < moment("2026-10-16")] == []
    assert [address for address in asked(playground) if "202609" in address or "202112" in address] == []


@pytest.mark.parametrize("times", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_crawl_killed_again_and_again_ends_up_as_an_undisturbed_one(
    playground: Playground, tmp_path: Path, times: int
) -> None:
    sources = ("moej-ja", "iges-en-news", "iclei")
    control = Playground(playground.replica, playground.mirror, tmp_path / "control")
    control.directory.mkdir()
    crawl(control, *sources, "--since", BEGINNING)
    dice = random.Random(20261122)  # noqa: S311
    for _ in range(times):
        _kill_after(playground.start("crawler", *sources, "--since", BEGINNING), dice.uniform(0.5, 2.5))
    crawl(playground, *sources, "--since", BEGINNING)
    assert lasting(playground.announcements()) == lasting(control.announcements())
    with closing(sqlite3.connect(tmp_path / "zerowire.db")) as connection:
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
