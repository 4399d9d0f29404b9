"""A crawl is a process of its own: it ends with its parent, is killed when it hangs, meets no other of its source."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from service.crawls import Crawls
from settings import Settings
from store.runs import RunOutcome, Runs
from tests.playground import Playground
from tests.test_scheduler import eventually

_PARENT = """
import os, time
from service.crawls import Child
from settings import load
child = Child(load(os.environ), ["iclei"])
print(child.number, flush=True)
time.sleep(600)
"""


def settings(playground: Playground, **more: float) -> Settings:
    return Settings(database_url=playground.database_url, mirror=playground.mirror, **more)  # type: ignore[arg-type]


def asked(playground: Playground) -> bool:
    return bool(playground.replica.requests)


def lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_crawl_ends_when_its_parent_is_killed(playground: Playground) -> None:
    slow = playground.environment(ZEROWIRE_DELAY="2")
    with subprocess.Popen([sys.executable, "-c", _PARENT], env=slow, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert eventually(lambda: asked(playground))
        parent.kill()
    assert eventually(lambda: not lives(child), within=15)


def test_a_crawl_that_hangs_is_killed_and_its_runs_have_failed(playground: Playground) -> None:
    with playground.database() as database:
        crawls = Crawls(settings(playground, delay=2.0), database, silence=2)
        crawls.start(["iclei"])
        assert crawls.names == {"iclei"}
        assert eventually(lambda: asked(playground))
        os.kill(crawls.children[0].number, signal.SIGSTOP)
        assert eventually(lambda: crawls.ended() == ["iclei"], within=20)
        run = Runs(database).last()["iclei"]
        assert (crawls.names, run.outcome, run.health) == (set(), RunOutcome.FAILED, "broken")
        assert "showed no sign of life for 2 s and was killed" in run.problems[0]


def test_a_crawl_that_hangs_holds_up_no_other(full: Playground) -> None:
    with full.database() as database:
        before = Runs(database).newest()
        crawls = Crawls(settings(full, delay=2.0), database)
        crawls.start(["iclei"])
        assert eventually(lambda: asked(full))
        os.kill(crawls.children[0].number, signal.SIGSTOP)
        crawls.start(["moej-ja-kaiken"])
        assert eventually(lambda: crawls.ended() == ["moej-ja-kaiken"])
        assert crawls.names == {"iclei"}
        crawls.end()
        outcomes = {run.source: run.outcome for run in Runs(database).since(before)}
        assert outcomes["moej-ja-kaiken"] is RunOutcome.OK


def test_a_crawl_leaves_to_another_what_that_is_at(playground: Playground) -> None:
    first = playground.start("cli", "crawl", "iclei", ZEROWIRE_DELAY="0.3")
    assert eventually(lambda: asked(playground))
    second = playground.zerowire("crawl", "iclei", "moej-ja-kaiken")
    first.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 1)
    assert "expected no other crawl of it source=iclei" in second.stderr
    with playground.database() as database:
        outcomes = [(run.source, run.outcome) for run in Runs(database).since(0)]
    assert sorted(outcomes) == [("iclei", RunOutcome.OK), ("moej-ja-kaiken", RunOutcome.OK)]


def test_what_a_killed_crawl_left_counts_as_failed_and_the_next_one_begins_at_once(full: Playground) -> None:
    with full.database() as database:
        before = Runs(database).newest()
    killed = full.start("crawler", "iclei", ZEROWIRE_DELAY="3")
    assert eventually(lambda: asked(full))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    done = full.zerowire("crawl", "iclei")
    assert done.returncode == 0, done.stderr
    with full.database() as database:
        first, second = Runs(database).since(before)
    assert (first.outcome, second.outcome) == (RunOutcome.FAILED, RunOutcome.OK)
    assert "its process ended before it did" in first.problems[0]


def test_stopping_ends_what_is_under_way(playground: Playground) -> None:
    with playground.database() as database:
        crawls = Crawls(settings(playground, delay=1.0), database)
        crawls.start(["iclei"])
        assert eventually(lambda: asked(playground))
        number = crawls.children[0].number
        begun = time.monotonic()
        crawls.end()
        assert not lives(number)
        assert time.monotonic() - begun < 10  # a promise: SIGTERM ends it in time
        assert crawls.names == set()
