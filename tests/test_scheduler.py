"""The clock, as a process that runs beside a replica."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from crawler.spec import load
from tests.playground import Playground, free_port

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(playground: Playground) -> Iterator[Start]:
    """Start `zerowire run` on a port; what a test leaves running is killed after it."""
    started: list[subprocess.Popen[str]] = []

    def start_on(port: int, **settings: str) -> subprocess.Popen[str]:
        here = f"127.0.0.1:{port}"
        given = {"ZEROWIRE_LISTEN": here, "ZEROWIRE_BASE_URL": f"http://{here}", "ZEROWIRE_LOG_FORMAT": "json"}
        started.append(playground.start("cli", "run", **given, **settings))
        return started[-1]

    yield start_on
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def eventually(holds: Callable[[], bool], *, within: float = 150) -> bool:
    """Say whether *holds* comes true within so many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.2)
    return False


def feed(port: int, name: str) -> httpx.Response | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/feeds/{name}", timeout=5)
    except httpx.TransportError:
        return None


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Send SIGTERM; return the exit status and what was logged. Fails where it takes more than 10 seconds."""
    process.send_signal(signal.SIGTERM)
    _, logged = process.communicate(timeout=10)
    return process.returncode, logged


@pytest.mark.parametrize("begins_with", ["full", pytest.param("playground", marks=pytest.mark.slow)])
def test_run_crawls_publishes_and_serves_until_it_is_stopped(
    begins_with: str, start: Start, request: pytest.FixtureRequest
) -> None:
    playground: Playground = request.getfixturevalue(begins_with)
    port, announced = free_port(), playground.replica.announce()
    process = start(port, ZEROWIRE_SCHEDULE="{moej-ja = 0.01}")
    assert eventually(lambda: announced in (answer.text if (answer := feed(port, "moej-ja.atom")) else ""))
    served = feed(port, "moej-ja.atom")
    asked = [httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=10) for path in ("healthz", "status.json")]
    status, logged = stop(process)
    assert asked[0].json() == {"status": "ok"}
    assert [each["name"] for each in asked[1].json()["sources"]] == list(load())
    assert served is not None
    assert served.content == playground.feeds()["moej-ja.atom"]
    assert status == 0, logged
    crawled = {line["source"]: line for line in map(json.loads, logged.splitlines()) if line["event"] == "crawled"}
    assert (crawled["moej-ja"]["outcome"], all(line["run"] for line in crawled.values())) == ("ok", True)


def test_sigterm_in_the_midst_of_a_crawl_ends_it_and_its_child(playground: Playground, start: Start) -> None:
    process = start(free_port())
    assert eventually(lambda: any(each.target.startswith("/press") for each in playground.replica.requests))
    status, _ = stop(process)
    count = len(playground.replica.requests)
    time.sleep(1)
    assert (status, len(playground.replica.requests)) == (0, count)


def test_a_second_scheduler_says_so_waits_and_takes_over_when_the_first_is_killed(
    full: Playground, start: Start
) -> None:
    first_port, second_port = free_port(), free_port()
    first = start(first_port)
    assert eventually(lambda: feed(first_port, "all.atom") is not None)
    second = start(second_port)
    time.sleep(4)
    assert feed(second_port, "all.atom") is None
    first.kill()
    first.wait()  # until its parent has seen it die a process is there
    assert eventually(lambda: feed(second_port, "all.atom") is not None, within=60)
    _, logged = stop(second)
    assert "another scheduler" in logged
    assert "waiting" in logged


def test_a_source_that_was_crawled_lately_is_not_due_at_once(full: Playground, start: Start) -> None:
    process = start(free_port(), ZEROWIRE_SCHEDULE="{moej-ja = 0.01}")
    assert eventually(lambda: any(each.host == "www.env.go.jp" for each in full.replica.requests))
    stop(process)
    assert {each.host for each in full.replica.requests} == {"www.env.go.jp"}


def test_an_unknown_source_in_the_schedule_is_wrong_usage(playground: Playground) -> None:
    done = playground.zerowire("run", ZEROWIRE_SCHEDULE="{nobody = 5}")
    assert done.returncode == 2
    assert "nobody" in done.stderr


def test_an_address_that_is_taken_is_named(playground: Playground) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = f"127.0.0.1:{listener.getsockname()[1]}"
        done = playground.zerowire("run", ZEROWIRE_LISTEN=taken)
    assert done.returncode == 2
    assert taken in done.stderr


@pytest.mark.slow  # who writes waits for half a minute
def test_an_archive_that_is_locked_for_a_while_does_not_end_the_scheduler(playground: Playground, start: Start) -> None:
    playground.zerowire("crawl")
    port = free_port()
    process = start(port, ZEROWIRE_SCHEDULE="{" + ", ".join(f"{name} = 0.2" for name in load()) + "}")
    assert eventually(lambda: feed(port, "all.atom") is not None)
    with closing(sqlite3.connect(playground.directory / "zerowire.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(70)
        assert process.poll() is None
        other.execute("ROLLBACK")
    playground.replica.announce()
    before = len(playground.announcements())
    assert eventually(lambda: len(playground.announcements()) > before or process.poll() is not None)
    status, logged = stop(process)
    assert status == 0, logged
