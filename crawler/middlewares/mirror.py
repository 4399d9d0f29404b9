"""The way through a mirror: requests for live addresses are fetched elsewhere, and nobody else notices.

A download handler, not a middleware: robots.txt, redirects, duplicates, slots and callbacks see live addresses only,
and those are what the guard judges. What is connected to is the mirror, wherever it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.middlewares.caps import CappedHandler

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class MirrorHandler(CappedHandler):
    """Fetches ``https://HOST/PATH?QUERY`` as ``MIRROR/HOST/PATH?QUERY``."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._mirror: str = crawler.settings["ZEROWIRE_MIRROR"].rstrip("/")

    async def download_request(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        asked = request.replace(url=f"{self._mirror}/{parts.netloc}{parts._replace(scheme='', netloc='').geturl()}")
        response = await super().download_request(asked)
        request.meta["download_latency"] = asked.meta.get("download_latency")
        return response.replace(url=request.url)
