"""Requests in; pages, feeds and the API out. Read-only: only names of feeds meet the file system.

This module alone knows how the parts of the site are put together, and what every answer says to browsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.channels import Channel
from feeds.editor import Editor
from store.archive import Archive
from web.api import api
from web.downloads import Downloads
from web.feeds import Feeds
from web.lists import Lists
from web.pages.page import Site
from web.pages.routes import Pages
from web.robots import Robots
from web.standing import Watch
from web.status import Status

_GUARDS = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self';"
            b" base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def app(
    *,
    public_dir: Path,
    channels: Sequence[Channel],
    editor: Editor,
    archive: Archive,
    watch: Watch,
    indexed: bool = False,
) -> Starlette:
    """Return the web server's application: the feeds of *channels* under *public_dir*, those that *editor* makes of
    questions, the API over *archive*, the pages, and how the sources stand that *watch* knows.

    *indexed* lets search engines list the pages.
    """
    feeds = Feeds(public_dir, channels, editor)
    questions = api(archive, base_url=editor.base_url)
    site = Site(database=editor.database, channels=channels, watch=watch, base_url=editor.base_url, indexed=indexed)
    pages = Pages(site)
    routes = [
        *feeds.routes(),  # first: they are asked for most
        *pages.routes(),
        *Downloads(site).routes(),
        *Status(watch).routes(),
        *Lists(site).routes(),
        site.assets.route(),
        *Robots(site).routes(),
        Route("/api", questions),
        Route("/api/{below:path}", questions),
    ]
    application = Starlette(routes=routes, exception_handlers=pages.handlers())
    application.router.redirect_slashes = False  # a redirect would name whatever host the request does
    # Around all of it: a middleware would stand inside of what answers where something failed.
    application.middleware_stack = _Guarded(application.build_middleware_stack(), indexed=indexed)
    return application


class _Guarded:
    """Adds to every answer what keeps a browser from doing more with it than showing it, and, unless it may be
    *indexed*, search engines from listing it: the texts are others'.
    """

    def __init__(self, inner: ASGIApp, *, indexed: bool) -> None:
        self._inner = inner
        self._fields = _GUARDS if indexed else (*_GUARDS, (b"x-robots-tag", b"noindex"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._fields]
            await send(message)

        await self._inner(scope, receive, guarded)
