"""The pace: one request at a time a host, some time apart, over all processes; and leaving alone who asks for it.

What a host that is down or busy is spared: after a failure the next request comes later each time, after five in a row
none in this run; 429 and 503 say with Retry-After how long (RFC 9110, section 10.2.3), which is kept over restarts. A
short wait is waited for. The nearest to the network of all: what the others refuse takes no turn.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest

from crawler.middlewares.robots import CRAWL_DELAY
from store.hosts import Hosts, Turn
from store.waiting import asked_to_wait

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MOST_FAILURES = 5
PATIENCE = timedelta(seconds=60)  # what is waited for in a run; who asks for more is left alone
_LONGEST_REQUEST = timedelta(seconds=40)  # DOWNLOAD_TIMEOUT, and some
_LONGEST_BACK_OFF = timedelta(seconds=60)
_LOOK = 1.0  # seconds between two looks at whose turn it is, and at whether the crawl goes on
_BUSY = (429, 503)
_TURN = "turn"


class LeftAlone(IgnoreRequest):
    """A host that is asked nothing for a while: which, and why."""


class _Lane:
    """One host as this process knows it: one request at a time is in it."""

    def __init__(self) -> None:
        self.free = asyncio.Lock()
        self.failures = 0  # in a row


class PaceMiddleware:
    """Lets one request of a host at a time pass, when its turn has come. Raises LeftAlone.

    With no delay, as through a mirror, there are no turns: only what asks for time or fails is left alone.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._delay = timedelta(seconds=crawler.settings.getfloat("DOWNLOAD_DELAY"))
        self._lanes: defaultdict[str, _Lane] = defaultdict(_Lane)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        host, lane = self._lane(request)
        await lane.free.acquire()
        try:
            await self._turn_of(host, lane, self._apart(request))
            request.meta[_TURN] = True
        finally:
            if _TURN not in request.meta:
                lane.free.release()

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        self._end(request, failed=response.status >= 500 or response.status in _BUSY)
        wait = _wait(response) if response.status in _BUSY else None
        if wait is None:
            return response
        now = _now()
        self._hosts.leave_alone(self._lane(request)[0], until=now + min(wait, timedelta(days=365)), now=now)
        again = get_retry_request(request, spider=self._spider, reason="Retry-After") if wait <= PATIENCE else None
        return again or response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        self._end(request, failed=not isinstance(exception, IgnoreRequest))

    @property
    def _spider(self) -> Spider:
        if self._crawler.spider is None:
            raise RuntimeError("something was asked for before the crawl began")
        return self._crawler.spider

    @property
    def _hosts(self) -> Hosts:
        hosts: Hosts = self._spider.hosts  # type: ignore[attr-defined]
        return hosts

    def _lane(self, request: Request) -> tuple[str, _Lane]:
        host = urlsplit(request.url).netloc
        return host, self._lanes[host]

    def _apart(self, request: Request) -> timedelta:
        asked = timedelta(seconds=request.meta.get(CRAWL_DELAY, 0))
        return max(self._delay, asked) if self._delay else timedelta()

    async def _turn_of(self, host: str, lane: _Lane, apart: timedelta) -> None:
        if lane.failures >= MOST_FAILURES:
            raise LeftAlone(f"{host} failed {lane.failures} times in a row: it is left alone for this run")
        while (turn := self._take(host, apart)).wait:
            if turn.away_until and turn.wait > PATIENCE:
                raise LeftAlone(f"{host} asked to be left alone until {turn.away_until:%Y-%m-%d %H:%M} UTC")
            await asyncio.sleep(min(turn.wait.total_seconds(), _LOOK))
            if not self._crawler.crawling:
                raise LeftAlone(f"{host} is not asked anymore: the crawl is being stopped")

    def _take(self, host: str, apart: timedelta) -> Turn:
        now = _now()
        if apart:
            return self._hosts.take(host, apart=apart, longest=_LONGEST_REQUEST, now=now)
        away = self._hosts.away(now=now).get(host)
        return Turn(away - now, away) if away else Turn(timedelta())

    def _end(self, request: Request, *, failed: bool) -> None:
        """End the turn of *request*, if it got one."""
        if not request.meta.pop(_TURN, False):
            return
        host, lane = self._lane(request)
        lane.failures = lane.failures + 1 if failed else 0
        if apart := self._apart(request):
            now = _now()
            self._hosts.end(host, due=now + _back_off(apart, lane.failures), now=now)
        lane.free.release()


def _back_off(apart: timedelta, failures: int) -> timedelta:
    """Return how long after a request the next may begin: with each failure twice as long, and never the same."""
    if not failures:
        return timedelta()
    doubled: timedelta = apart * 2**failures * random.uniform(1, 1.5)  # noqa: S311
    return min(doubled, _LONGEST_BACK_OFF)


def _wait(response: Response) -> timedelta | None:
    """Return how long the host wants to be left alone, None where it does not say."""
    header = response.headers.get("Retry-After")
    wait = asked_to_wait(header.decode("latin-1"), now=_now()) if header else None
    return wait if wait and wait > timedelta() else None


def _now() -> datetime:
    return datetime.now(UTC)
