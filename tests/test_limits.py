"""What is too much costs the page that is too much, and nothing else: over real HTTP, in a real crawl."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from demo.replica import Replica
from tests.playground import Playground

ARTICLE = "<main><article><h1>{title}</h1><div class='entry-content'>{body}</div></article></main>"
GOOD = ARTICLE.format(title="Solar ferries", body="<p>The ferries of the outer islands run on solar power now.</p>" * 3)
HUGE = ARTICLE.format(title="Huge", body="<p>All work and no play.</p>" * 400_000)
SLOW = ARTICLE.format(title="Slow", body="".join(f"<p><a href='/{n}/'>link {n}</a></p>" for n in range(90_000)))
PAGES = {"/iclei.org/solar-ferries/": GOOD, "/iclei.org/huge/": HUGE, "/iclei.org/slow/": SLOW}
DAY = "Thu, 19 Nov 2026 10:30:00 +0000"
ITEM = "<item><title>{name}</title><link>https://iclei.org/{name}/</link><pubDate>" + DAY + "</pubDate></item>"


class Handler(BaseHTTPRequestHandler):
    """Answers by HTTP/1.0: a body ends with its connection."""

    feed = ""

    def do_GET(self) -> None:
        body = (self.feed if self.path.endswith("/rss/") else PAGES.get(self.path, "")).encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(gzip.compress(body))

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests read what the program logs."""


@contextmanager
def site(*names: str) -> Iterator[str]:
    """Play a site whose feed names these pages."""
    items = "".join(ITEM.format(name=name) for name in names)
    feed = f"<rss version='2.0'><channel><title>ICLEI</title>{items}</channel></rss>"
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Naming", (Handler,), {"feed": feed})) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Crawled(NamedTuple):
    """What a crawl complained of, and the addresses that it stored."""

    problems: list[str]
    stored: set[str]

    def complains_of(self, url: str) -> bool:
        return any(url in problem for problem in self.problems)


def crawl(directory: Path, *names: str) -> Crawled:
    with site(*names) as mirror:
        playground = Playground(Replica(now=lambda: datetime.now(UTC)), mirror, directory)
        (run,) = map(json.loads, playground.zerowire("crawl", "iclei", "--json").stdout.splitlines())
    return Crawled(run["problems"], {each.url for each in playground.announcements()})


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl(tmp_path_factory.mktemp("limits"), "huge", "solar-ferries")


def test_a_page_of_more_than_8_mib_after_decompression_is_named_and_not_stored(crawled: Crawled) -> None:
    assert crawled.complains_of("https://iclei.org/huge/")
    assert "https://iclei.org/huge/" not in crawled.stored


def test_the_pages_beside_it_are_stored(crawled: Crawled) -> None:
    assert "https://iclei.org/solar-ferries/" in crawled.stored


@pytest.mark.slow  # it has 20 seconds
def test_a_page_whose_reading_takes_too_long_is_given_up_or_read_and_never_hangs(tmp_path: Path) -> None:
    crawled = crawl(tmp_path, "slow", "solar-ferries")
    assert crawled.complains_of("https://iclei.org/slow/") != ("https://iclei.org/slow/" in crawled.stored)
    assert "https://iclei.org/solar-ferries/" in crawled.stored
