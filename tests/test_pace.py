"""The pace towards a host, over all processes: apart, one at a time, later after failures, not at all when it asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from typing import NamedTuple

import pytest

from demo.replica import Replica
from store.runs import Runs
from tests.playground import Playground

APART = 0.2
HERE = "www.env.go.jp"
SMALL = "moej-ja-kaiken", "moej-en"  # both there


class Asked(NamedTuple):
    host: str
    path: str
    begun: float
    ended: float


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]


Script = Callable[["Mirror", str, str], Answer | None]


@dataclass
class Mirror:
    """A mirror that plays a replica, but for what its script says, and takes a moment for each answer."""

    replica: Replica
    script: Script
    asked: list[Asked]

    def of(self, host: str) -> list[Asked]:
        return sorted((each for each in self.asked if each.host == host), key=lambda each: each.begun)


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            begun = time.monotonic()
            host, _, path = self.path.lstrip("/").partition("/")
            given = mirror.script(mirror, host, f"/{path}")
            answer = mirror.replica.answer(host, f"/{path.partition('?')[0]}", path.partition("?")[2])
            body = b"" if given else answer.body
            time.sleep(APART / 10)
            mirror.asked.append(Asked(host, f"/{path}", begun, time.monotonic()))
            self.send_response(given.status if given else answer.status)
            headers = dict(given.headers) if given else {"Content-Type": answer.media_type}
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def mirroring(playground: Playground, script: Script) -> Iterator[tuple[Playground, Mirror]]:
    mirror = Mirror(playground.replica, script, [])
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(mirror)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield replace(playground, mirror=f"http://127.0.0.1:{server.server_port}"), mirror
        server.shutdown()


def as_ever(_mirror: Mirror, _host: str, _path: str) -> Answer | None:
    return None


def once(status: int, **headers: str) -> Script:
    """The first answer of the host's pages is this one."""

    def script(mirror: Mirror, host: str, path: str) -> Answer | None:
        first = host == HERE and path != "/robots.txt" and not [a for a in mirror.of(HERE) if a.path != "/robots.txt"]
        return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}) if first else None

    return script


def test_two_crawls_of_a_host_at_once_keep_its_requests_apart_and_one_at_a_time(playground: Playground) -> None:
    with mirroring(playground, as_ever) as (here, mirror):
        crawls = [here.start("cli", "crawl", name, ZEROWIRE_DELAY=str(APART)) for name in SMALL]
        ended = [process.communicate(timeout=120) and process.returncode for process in crawls]
    asked = mirror.of(HERE)
    assert ended == [0, 0]
    assert all(later.begun >= earlier.ended for earlier, later in pairwise(asked))
    assert min(later.begun - earlier.begun for earlier, later in pairwise(asked)) >= APART * 0.9
    assert {each.path.split("/")[1] for each in asked} >= {"annai", "en"}  # both were at it


def test_a_short_wait_that_is_asked_for_is_waited_for(playground: Playground) -> None:
    with mirroring(playground, once(429, Retry_After="2")) as (here, mirror):
        done = here.zerowire("crawl", SMALL[0])
    robots, refused, again, *_ = mirror.of(HERE)
    assert done.returncode == 0, done.stdout
    assert (robots.path, refused.path) == ("/robots.txt", again.path)
    assert again.begun - refused.ended >= 1.5


@pytest.mark.parametrize(
    "retry", ["date", *(pytest.param(each, marks=pytest.mark.slow) for each in ("7200", "9" * 20))]
)
def test_a_host_that_asks_for_time_is_left_alone_over_restarts(playground: Playground, retry: str) -> None:
    if retry == "date":
        retry = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    with mirroring(playground, once(503, Retry_After=retry)) as (here, mirror):
        first = here.zerowire("crawl", SMALL[0])
        asked = len(mirror.asked)
        second = here.zerowire("crawl", *SMALL)
    assert (first.returncode, second.returncode) == (1, 1)
    assert [each.path for each in mirror.asked[:asked]] == ["/robots.txt", "/annai/kaiken/index.html"]
    assert mirror.asked[asked:] == []
    with here.database() as database:
        problems = Runs(database).last()[SMALL[1]].problems
    assert "www.env.go.jp asked to be left alone until 20" in problems[0]


@pytest.mark.parametrize(
    "retry",
    [
        "soon",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("-5", "", "Thu, 01 Jan 1970 00:00:00 GMT", "0")),
    ],
)
def test_a_wait_that_says_nothing_is_none(playground: Playground, retry: str) -> None:
    with mirroring(playground, once(429, Retry_After=retry)) as (here, mirror):
        done = here.zerowire("crawl", SMALL[0])
    assert done.returncode == 0, done.stdout  # by the next route
    assert len(mirror.of(HERE)) > 5


def test_a_host_that_fails_five_times_in_a_row_is_left_alone_for_the_run(playground: Playground) -> None:
    def failing(_mirror: Mirror, host: str, path: str) -> Answer | None:
        return Answer(502, {}) if host == HERE and path != "/robots.txt" else None

    with mirroring(playground, failing) as (here, mirror):
        done = here.zerowire("crawl", "iclei-japan-en", *SMALL, "--json")
        once_more = here.zerowire("crawl", SMALL[0])
    assert (done.returncode, once_more.returncode) == (1, 1)
    pages = [each for each in mirror.of(HERE) if each.path != "/robots.txt"]
    assert len(pages) == 10  # five in each of two runs
    assert '"source": "iclei-japan-en"' in done.stdout
    assert "failed 5 times in a row" in done.stdout


@pytest.mark.slow
def test_crawl_delay_is_kept_where_there_is_a_pace(playground: Playground) -> None:
    playground.replica.edit(f"https://{HERE}/robots.txt", "User-agent: *", "User-agent: *\nCrawl-delay: 0.5")
    with mirroring(playground, as_ever) as (here, mirror):
        here.zerowire("crawl", SMALL[0], ZEROWIRE_DELAY="0.01")
    pages = [each for each in mirror.of(HERE) if each.path != "/robots.txt"]
    assert min(later.begun - earlier.begun for earlier, later in pairwise(pages)) >= 0.45
