"""What a page lists, in other forms: ``/search.csv`` beside ``/search``, and so on. Read-only.

This module alone knows which list is which feed, or which question to the API: those make the forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from store.agenda import Agenda, Dated
from store.export import csv_line
from store.query import Query
from web.documents import Document, answer
from web.pages.calendar import NARROWING as NARROWING_A_CALENDAR
from web.pages.calendar import asked_month, bounds
from web.pages.page import Site
from web.parameters import NARROWING

_CHECKED = {"Cache-Control": "no-cache"}
_COLUMNS = (
    *("kind", "starts", "ends", "all_day", "timezone", "title", "place"),
    *("announcement", "announcement_title", "language", "organisation", "source", "url"),
)
_DATED = "has:event OR has:deadline"
_BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets on Japanese machines know UTF-8


class Lists:
    """The lists of *site*. Its methods are plain functions: they read the archive."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._agenda = Agenda(site.database)

    def routes(self) -> list[Route]:
        return [
            Route("/latest.{form}", self.latest),
            Route("/search.{form}", self.search),
            Route("/calendar.{form}", self.calendar),
            Route("/status.{form}", self.status),
        ]

    def latest(self, request: Request) -> Response:
        """Lead to the feed of everything, and the whole archive as a table."""
        form = _form(request, "atom", "rss", "json", "csv")
        return self._elsewhere("/api/announcements.csv" if form == "csv" else f"/feeds/all.{form}")

    def search(self, request: Request) -> Response:
        """Lead to the same question as a feed, a calendar, or a table: in what order it was is nothing to these."""
        form = _form(request, "atom", "rss", "json", "ics", "csv")
        known = {parameter.name for parameter in NARROWING}
        asked = [(name, text) for name, text in request.query_params.multi_items() if name in known and text]
        return self._elsewhere("/api/announcements.csv" if form == "csv" else f"/feeds/search.{form}", asked)

    def calendar(self, request: Request) -> Response:
        """Return the events and deadlines of a month; as a feed, lead to what announces any. Raises BadQuestion."""
        form = _form(request, "atom", "rss", "json", "csv")
        narrowed: dict[str, Any] = {name: request.query_params.get(name) or None for name in NARROWING_A_CALENDAR}
        if form in ("atom", "rss"):
            return self._elsewhere(f"/feeds/search.{form}", [("q", _DATED), *_given(narrowed)])
        first = asked_month(request.query_params.get("month", ""), self._site.now())
        records = [_record(each) for each in self._agenda.between(*bounds(first), query=Query(gone=False, **narrowed))]
        written, media_type = _FORMS[form](records)
        return answer(request, Document.of(written.encode(errors="ignore")), media_type, _CHECKED)

    def status(self, request: Request) -> Response:
        """Lead to the feed of what fails and recovers."""
        return self._elsewhere(f"/feeds/health.{_form(request, 'atom', 'rss')}")

    def _elsewhere(self, path: str, asked: Iterable[tuple[str, str]] = ()) -> Response:
        query = urlencode(list(asked))
        address = f"{self._site.root}{path}{'?' if query else ''}{query}"
        return RedirectResponse(address, HTTPStatus.TEMPORARY_REDIRECT)


def _form(request: Request, *known: str) -> str:
    form = str(request.path_params["form"])
    if form not in known:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return form


def _given(narrowed: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in narrowed.items() if value]


def _record(dated: Dated) -> dict[str, Any]:
    event = dated.event
    ends = event.ends.isoformat() if event.ends else None
    told = (event.kind, event.starts.isoformat(), ends, event.all_day, event.timezone, event.title, event.place)
    of = (dated.id, dated.title, dated.language, dated.organisation, dated.source, dated.url)
    return dict(zip(_COLUMNS, (*told, *of), strict=True))


def _json(records: list[dict[str, Any]]) -> tuple[str, str]:
    return json.dumps({"events": records}, ensure_ascii=False), "application/json"


def _csv(records: list[dict[str, Any]]) -> tuple[str, str]:
    lines = [csv_line(_COLUMNS), *(csv_line(each.values()) for each in records)]
    return f"{_BYTE_ORDER_MARK}{''.join(lines)}", "text/csv"


_FORMS: dict[str, Callable[[list[dict[str, Any]]], tuple[str, str]]] = {"json": _json, "csv": _csv}
