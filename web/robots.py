"""What search engines may list: nothing, for the texts are others'; where the operator says so all, with a sitemap.

The forms are those of RFC 9309 and of sitemaps.org, which has 50,000 addresses in a file at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from xml.sax.saxutils import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from store.roll import Roll
from web.documents import Document, answer
from web.pages.page import Site
from web.reader import page_of

_KEPT = {"Cache-Control": "public, max-age=3600"}
_CLOSED = "User-agent: *\nAllow: /feeds/\nAllow: /calendar.ics\nAllow: /feeds.opml\nDisallow: /\n"
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = ("/", "/calendar", "/feeds", "/about")
_PART = re.compile("0|[1-9][0-9]{0,4}")  # of 50,000 at most


class Robots:
    """The answers. Its methods are plain functions: they read the archive."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._roll = Roll(site.database)

    def routes(self) -> list[Route]:
        sitemap = [Route("/sitemap.xml", self.sitemap), Route("/sitemap-{part}.xml", self.part)]
        return [Route("/robots.txt", self.robots), *(sitemap if self._site.indexed else [])]

    def robots(self, request: Request) -> Response:
        """Return what robots may fetch: feeds are for programs anyway."""
        opened = f"User-agent: *\nAllow: /\nSitemap: {self._site.address('/sitemap.xml')}\n"
        told = opened if self._site.indexed else _CLOSED
        return answer(request, Document.of(told.encode()), "text/plain", _KEPT)

    def sitemap(self, request: Request) -> Response:
        """Return the list of the sitemap's parts: that of the pages, and those of the announcements."""
        parts = range(self._roll.parts() + 1)
        listed = (f"<sitemap>{_location(self._site.address(f'/sitemap-{part}.xml'))}</sitemap>" for part in parts)
        return self._answer(request, "sitemapindex", listed)

    def part(self, request: Request) -> Response:
        named = _PART.fullmatch(request.path_params["part"])
        if named is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        number = int(named[0])
        if number == 0:
            return self._answer(
                request, "urlset", (f"<url>{_location(self._site.address(page))}</url>" for page in _PAGES)
            )
        listed = self._roll.part(number)
        if not listed:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        addresses = ((self._site.address(page_of(id_)), at) for id_, at in listed)
        return self._answer(
            request,
            "urlset",
            (f"<url>{_location(address)}<lastmod>{at.isoformat()}</lastmod></url>" for address, at in addresses),
        )

    def _answer(self, request: Request, element: str, listed: Iterable[str]) -> Response:
        lines = ('<?xml version="1.0" encoding="UTF-8"?>', f'<{element} xmlns="{_SPACE}">', *listed, f"</{element}>\n")
        told = "\n".join(lines)
        return answer(request, Document.of(told.encode()), "application/xml", _KEPT)


def _location(address: str) -> str:
    return f"<loc>{escape(address)}</loc>"
