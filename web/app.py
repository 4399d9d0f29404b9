"""Requests in; feeds, the start page and the API out. Read-only: only a feed's name of a request meets the file system.

This module alone knows the addresses over HTTP and the headers of every answer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.channels import MEDIA_TYPES, Channel
from store.archive import Archive
from web.api import api
from web.documents import Document, Shelf, answer

_HERE = Path(__file__).parent
_FRESH = {"Cache-Control": "public, max-age=300"}
_SHARED = {"Access-Control-Allow-Origin": "*"}
_UNKEPT = {"Cache-Control": "no-store"}
_GUARDS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HEADINGS = {
    "": "Everything",
    "organisation": "Organisations",
    "language": "Languages",
    "topic": "Topics",
    "source": "Sources",
}

log = logging.getLogger(__name__)


def app(*, public_dir: Path, channels: Sequence[Channel], base_url: str, archive: Archive) -> Starlette:
    """Return the web server's application: the feeds of *channels* under *public_dir*, a page that lists them, and
    the API over *archive*.
    """
    questions = api(archive, base_url=base_url)
    site = _Site(public_dir, channels, base_url)
    routes = [
        Route("/", site.start),
        Route("/feeds/{name}", site.feed),
        Route("/static/style.css", site.style),
        Route("/api", questions),
        Route("/api/{below:path}", questions),
    ]
    application = Starlette(routes=routes, middleware=[Middleware(_Guarded)])
    application.router.redirect_slashes = False  # a redirect would name whatever host the request does
    return application


class _Site:
    """What is served. Its methods are plain functions, which Starlette runs in threads: they read files."""

    def __init__(self, public_dir: Path, channels: Sequence[Channel], base_url: str) -> None:
        paths = [channel.path(extension) for channel in channels for extension in MEDIA_TYPES]
        self._feeds = Shelf({path.rpartition("/")[2]: public_dir / path for path in paths})
        self._start = Document.of(_start_page(channels, base_url).encode())
        self._style = Document.of((_HERE / "static" / "style.css").read_bytes())

    def start(self, request: Request) -> Response:
        return answer(request, self._start, "text/html", _FRESH)

    def style(self, request: Request) -> Response:
        return answer(request, self._style, "text/css", _FRESH)

    def feed(self, request: Request) -> Response:
        """Return a feed as it stands on disk: 404 where no channel has that name, 503 where it can't be read yet."""
        name = request.path_params["name"]
        if name not in self._feeds:
            return PlainTextResponse("There is no such feed.\n", 404, headers=_SHARED | _UNKEPT)
        try:
            document = self._feeds.document(name)
        except OSError as error:
            log.warning("feed=%s status=%s reason=%s", name, "unreadable", error.strerror)
            headers = {"Retry-After": "60"} | _SHARED | _UNKEPT
            return PlainTextResponse("This feed was not published yet.\n", 503, headers=headers)
        return answer(request, document, MEDIA_TYPES[name.rpartition(".")[2]], _FRESH | _SHARED)


class _Guarded:
    """Adds to every answer what keeps a browser from doing more with it than showing it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_GUARDS)
            await send(message)

        await self._inner(scope, receive, guarded)


def _start_page(channels: Sequence[Channel], base_url: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("start.html").render(
        announced=[channel for channel in channels if _heading(channel) in ("Everything", "Languages")],
        base_url=base_url.rstrip("/"),
        groups=_groups(channels),
        media_types=MEDIA_TYPES,
        root=urlsplit(base_url).path.rstrip("/"),
    )


def _groups(channels: Sequence[Channel]) -> dict[str, list[Channel]]:
    groups: dict[str, list[Channel]] = {heading: [] for heading in _HEADINGS.values()}
    for channel in channels:
        groups[_heading(channel)].append(channel)
    return {heading: found for heading, found in groups.items() if found}


def _heading(channel: Channel) -> str:
    narrowed = (name for name in ("source", "organisation", "language", "topic") if getattr(channel.query, name))
    return _HEADINGS[next(narrowed, "")]
