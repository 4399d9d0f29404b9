"""Requests in; feeds, the page that lists them and the API out. Read-only: only names of feeds meet the file system.

This module alone knows how the parts of the site are put together, and what every answer says to browsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.channels import Channel
from feeds.editor import Editor
from feeds.index import STYLE, index
from store.archive import Archive
from web.api import api
from web.documents import Document, answer
from web.feeds import Feeds
from web.standing import Watch
from web.status import Status

_FRESH = {"Cache-Control": "public, max-age=300"}
_GUARDS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def app(*, public_dir: Path, channels: Sequence[Channel], editor: Editor, archive: Archive, watch: Watch) -> Starlette:
    """Return the web server's application: the feeds of *channels* under *public_dir*, those that *editor* makes of
    questions, a page that lists them, the API over *archive*, and how the sources stand that *watch* knows.
    """
    feeds = Feeds(public_dir, channels, editor)
    questions = api(archive, base_url=editor.base_url)
    pages = _Pages(index(channels, base_url=editor.base_url))
    routes = [
        *feeds.routes(),  # first: they are asked for most
        Route("/", pages.index),
        Route("/feeds", pages.index),
        Route("/static/style.css", pages.style),
        *Status(watch, editor.base_url).routes(),
        Route("/api", questions),
        Route("/api/{below:path}", questions),
    ]
    application = Starlette(routes=routes, middleware=[Middleware(_Guarded)])
    application.router.redirect_slashes = False  # a redirect would name whatever host the request does
    return application


class _Pages:
    """What is the same for everybody until the next start."""

    def __init__(self, page: bytes) -> None:
        self._index = Document.of(page)
        self._style = Document.of(STYLE)

    async def index(self, request: Request) -> Response:
        return answer(request, self._index, "text/html", _FRESH)

    async def style(self, request: Request) -> Response:
        return answer(request, self._style, "text/css", _FRESH)


class _Guarded:
    """Adds to every answer what keeps a browser from doing more with it than showing it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_GUARDS]
            await send(message)

        await self._inner(scope, receive, guarded)
