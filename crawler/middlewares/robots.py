"""robots.txt by RFC 9309: asked once a host, before anything else of it.

Where it can't be had (a server error, no answer, a page instead of a text) nothing may be fetched (2.3.1.4); where
there is none (4xx) everything may (2.3.1.3). Scrapy's own middleware lets both through, and lets several first requests
to a host through before the answer is there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

NETWORK_ERRORS = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
CRAWL_DELAY = "crawl_delay"  # in a request's meta: how many seconds apart its host wants to be asked, 60 at most
_LONGEST_DELAY = 60.0
_LONGEST = 512_000  # bytes that are read (RFC 9309, 2.5: at least 500 KiB)


class Forbidden(IgnoreRequest):
    """robots.txt does not allow the request: policy, no fault."""


class Unreadable(Forbidden):
    """Nobody can say what robots.txt allows, for the host does not answer: then nothing is allowed (2.3.1.4)."""


class RobotsMiddleware:
    """Lets through what the host's robots.txt allows to our user agent. Raises Forbidden for the rest."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._asked: dict[str, asyncio.Task[Protego]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("is_robots_txt"):
            return
        host = urlsplit(request.url).netloc
        if host not in self._asked:
            self._asked[host] = asyncio.ensure_future(self._ask(host))
        rules = await asyncio.shield(self._asked[host])
        if not rules.can_fetch(request.url, self._agent):
            raise Forbidden(f"robots.txt of {host} does not allow it")
        request.meta[CRAWL_DELAY] = min(max(rules.crawl_delay(self._agent) or 0.0, 0.0), _LONGEST_DELAY)

    async def _ask(self, host: str) -> Protego:
        """Return the rules of *host*. Raises Unreadable where nobody can say which they are."""
        asked = Request(f"https://{host}/robots.txt", meta={"is_robots_txt": True}, dont_filter=True)
        engine = self._crawler.engine
        if engine is None:
            raise RuntimeError("robots.txt was asked for before the crawl began")
        try:
            response = await engine.download_async(asked)
        except (*NETWORK_ERRORS, IgnoreRequest) as error:
            why = str(error) if isinstance(error, IgnoreRequest) else type(error).__name__
            raise _unreadable(host, why) from error
        rules = _rules(response)
        if rules is None:
            raise _unreadable(host, f"expected a text, got status {response.status}")
        return Protego.parse(rules)


def _unreadable(host: str, why: str) -> Unreadable:
    return Unreadable(f"robots.txt of {host} could not be read, so nothing is asked of it: {why}")


def _rules(response: Response) -> str | None:
    """Return what a robots.txt says; nothing where there is none (2.3.1.3), None where nobody can say."""
    if response.status in range(400, 500):
        return ""
    text = response.body[:_LONGEST].decode("utf-8", "replace")
    is_page = text.lstrip("\ufeff \t\r\n")[:1] == "<"
    return text if response.status == 200 and not is_page else None
