"""Requests in, pages out, each in the language that the reader wants. This module alone knows which pages there are.

A page that was made is handed out for a while; what can't be shown is told by a page, too, and never kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from store.database import reason
from store.search import BadQuestion
from web.documents import Document, answer
from web.kept import Busy, Kept
from web.languages import NAMES, asked
from web.pages.about import about
from web.pages.announcement import announcement
from web.pages.calendar import calendar
from web.pages.errors import error
from web.pages.latest import latest
from web.pages.page import Asked, Site, Unusual
from web.pages.revisions import revisions
from web.pages.search import search
from web.pages.status import status
from web.pages.subscribe import subscribe
from web.parameters import LONGEST_QUERY_STRING, NARROWING, PAGING
from web.reader import Reader

_ASKING = frozenset(parameter.name for parameter in (*NARROWING, *PAGING))


class _Page(NamedTuple):
    """How a page is made, which parameters of an address it knows, and for how many seconds it may be handed out."""

    make: Callable[[Site, Asked], str]
    parameters: frozenset[str] = frozenset()
    fresh: float = 20


_PAGES = {
    "/": _Page(latest, frozenset({"cursor"})),
    "/search": _Page(search, _ASKING),
    "/announcements/{id:uuid}": _Page(announcement),
    "/announcements/{id:uuid}/revisions": _Page(revisions),
    "/feeds": _Page(subscribe),
    "/calendar": _Page(calendar, frozenset({"month", "organisation", "language", "topic"})),
    "/status": _Page(status, fresh=0),
    "/about": _Page(about),
}
_CHECKED = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Accept-Encoding"}
_UNKEPT = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
_MOST_PAGES = 300
_MOST_WAITING = 2_000

log = logging.getLogger(__name__)


class Pages:
    """The pages of *site*."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept = Kept(most=_MOST_PAGES, most_waiting=_MOST_WAITING)

    def routes(self) -> list[Route]:
        return [
            Route(address, partial(self._answer, prefix, page))
            for prefix in ("", *(f"/{language}" for language in NAMES))
            for path, page in _PAGES.items()
            for address in ([prefix, f"{prefix}/"] if prefix and path == "/" else [f"{prefix}{path}"])
        ]

    def handlers(self) -> Mapping[Any, Any]:
        """Return what answers, with a page that says why there is no other, where something was raised."""
        unanswered = dict.fromkeys((Busy, SQLAlchemyError), self._unanswered)
        return {HTTPException: self._refused, BadQuestion: self._senseless, **unanswered, Exception: self._failed}

    async def _refused(self, request: Request, refusal: HTTPException) -> Response:
        return self._told(request, HTTPStatus(refusal.status_code), refusal.headers)

    async def _senseless(self, request: Request, error: BadQuestion) -> Response:
        return self._told(request, HTTPStatus.BAD_REQUEST, why=reason(error))

    async def _unanswered(self, request: Request, error: Exception) -> Response:
        log.warning("unanswered", extra={"page": _path(request), "reason": reason(error)})
        return self._told(request, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "60"})

    async def _failed(self, request: Request, _error: Exception) -> Response:
        return self._told(request, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _answer(self, prefix: str, page: _Page, request: Request) -> Response:
        if len(request.scope["query_string"]) > LONGEST_QUERY_STRING:
            return self._told(request, HTTPStatus.REQUEST_URI_TOO_LONG)
        asked_for = self._asked(request, prefix, page.parameters)
        key = page.make, asked_for.reader, asked_for.path, asked_for.given
        try:
            made = await self._kept.document(key, lambda: _document(page.make(self._site, asked_for)), fresh=page.fresh)
        except Unusual as unusual:
            return HTMLResponse(unusual.page.encode(errors="ignore"), unusual.status, _UNKEPT)
        return answer(request, made, "text/html", _CHECKED)

    def _told(
        self, request: Request, status: HTTPStatus, headers: Mapping[str, str] | None = None, why: str = ""
    ) -> Response:
        page = error(self._site, self._asked(request, _prefix(_path(request))), status, why)
        return HTMLResponse(page.encode(errors="ignore"), status, {**(headers or {}), **_UNKEPT})

    def _asked(self, request: Request, prefix: str, known: frozenset[str] = frozenset()) -> Asked:
        locale = asked(request.headers.get("accept-language", ""), language=prefix.removeprefix("/") or None)
        reader = Reader(locale, self._site.root, prefix)
        path = _path(request).removeprefix(prefix) or "/"
        given = dict.fromkeys((name, text) for name, text in request.query_params.multi_items() if name in known)
        return Asked(reader, path, tuple(given), request.path_params)


def _path(request: Request) -> str:
    """Return the path of *request* below that of the site, whoever cut that off."""
    return str(request.scope["path"].removeprefix(request.scope.get("root_path", "")))


def _prefix(path: str) -> str:
    """Return the language with which *path* begins, as it stands there."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return f"/{first}" if first in NAMES else ""


def _document(page: str) -> Document:
    return Document.of(page.encode(errors="ignore"))
