"""One announcement in other forms: its dates for a calendar, its citation for a reference manager. Read-only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feeds.calendar import calendar
from store.announcement import Archived
from store.archive import Archive
from web.citation import bibtex, key, ris
from web.documents import Document, answer
from web.pages.page import Site
from web.reader import page_of

_CHECKED = {"Cache-Control": "no-cache"}


class Downloads:
    """The forms of each announcement of *site*. Its methods are plain functions: they read the archive."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._archive = Archive(site.database)
        self._forms: Mapping[str, tuple[str, Callable[[Archived], bytes]]] = {
            "ics": ("text/calendar", self._calendar),
            "bib": ("application/x-bibtex", self._bibtex),
            "ris": ("application/x-research-info-systems", self._ris),
        }

    def routes(self) -> list[Route]:
        return [Route("/announcements/{id:uuid}.{form}", self.answer)]

    def answer(self, request: Request) -> Response:
        identity, form = request.path_params["id"], request.path_params["form"]
        if form not in self._forms:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        found = self._archive.get(f"urn:uuid:{identity}")
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        media_type, made = self._forms[form]
        name = {"Content-Disposition": f'attachment; filename="{key(found)}.{form}"'}
        return answer(request, Document.of(made(found)), media_type, _CHECKED | name)

    def _calendar(self, found: Archived) -> bytes:
        return calendar(found.title, [found], address=self._site.address(f"{page_of(found.id)}.ics"))

    def _bibtex(self, found: Archived) -> bytes:
        return bibtex(found, source=self._site.title(found.source)).encode(errors="ignore")

    def _ris(self, found: Archived) -> bytes:
        return ris(found, source=self._site.title(found.source)).encode(errors="ignore")
