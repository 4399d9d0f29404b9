"""Questions over HTTP in, announcements as JSON, JSON Lines and CSV out. Read-only; nothing of a request is fetched.

This module alone knows what each address of the API answers, and how an error is told (RFC 9457): never as HTML.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from store.announcement import Archived
from store.archive import Archive
from store.database import reason
from store.export import csv_lines, line, match, record
from store.index.results import Results, Sort
from store.search import BadQuestion
from web.documents import Document, answer
from web.openapi import document
from web.parameters import LONGEST_QUERY_STRING, NARROWING, PAGING, USUAL_ON_A_PAGE, Given, query, values

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link",
    "Cache-Control": "no-cache",
}
_BLOCK = 65_536  # bytes of a stream that are handed over at once
_URN = "urn:uuid:"

log = logging.getLogger(__name__)


def api(archive: Archive, *, base_url: str) -> Starlette:
    """Return the application that answers ``/api`` and all below it from *archive*."""
    answers = _Api(archive, base_url.rstrip("/"))
    application = Starlette(
        routes=[
            Route("/api", answers.description),
            Route("/api/announcements", answers.page),
            Route("/api/announcements.jsonl", answers.lines),
            Route("/api/announcements.csv", answers.table),
            Route("/api/announcements/{id}", answers.one),
        ],
        exception_handlers=_PROBLEMS,
    )
    application.router.redirect_slashes = False
    return application


class _Api:
    """The answers. Its methods are plain functions, which Starlette runs in threads: they read the archive."""

    def __init__(self, archive: Archive, base_url: str) -> None:
        self._archive = archive
        self._root = urlsplit(base_url).path
        self._description = _document(document(base_url))

    def description(self, request: Request) -> Response:
        return answer(request, self._description, "application/json", _HEADERS)

    def page(self, request: Request) -> Response:
        """Return one page of what is found, and the address of the next."""
        given = _given(request)
        asked = values(given, (*NARROWING, *PAGING))
        found = self._archive.search(
            query(asked),
            limit=asked.get("limit", USUAL_ON_A_PAGE),
            sort=asked.get("sort", Sort.RELEVANCE),
            cursor=asked.get("cursor"),
        )
        following = self._following(given, found)
        link = {"Link": f'<{following}>; rel="next"'} if following else {}
        told = {"announcements": list(_told(found)), "next": following, "cursor": found.following}
        return answer(request, _document(told), "application/json", _HEADERS | link)

    def one(self, request: Request) -> Response:
        announcement = self._archive.get(_URN + request.path_params["id"].removeprefix(_URN))
        if announcement is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no announcement with this id.")
        return answer(request, _document(record(announcement)), "application/json", _HEADERS)

    def lines(self, request: Request) -> Response:
        return self._whole(request, lambda found: (f"{line(one)}\n" for one in found), "jsonl", "application/jsonl")

    def table(self, request: Request) -> Response:
        """Return the whole result as a table. Spreadsheets on Japanese machines know UTF-8 by its byte-order mark."""
        return self._whole(request, lambda found: chain(("\ufeff",), csv_lines(found)), "csv", "text/csv")

    def _whole(
        self, request: Request, written: Callable[[Iterable[Archived]], Iterable[str]], extension: str, media_type: str
    ) -> Response:
        """Stream all that is found. The first block is made before the answer begins: until then it may be an error."""
        blocks = _blocks(written(self._archive.all(query(values(_given(request), NARROWING)))))
        first = next(blocks)
        told = _HEADERS | {"Content-Disposition": f'attachment; filename="zerowire-announcements.{extension}"'}
        fields = told | {"Content-Type": f"{media_type}; charset=utf-8"}
        return StreamingResponse((), headers=fields) if request.method == "HEAD" else _Streamed(first, blocks, fields)

    def _following(self, given: Given, found: Results) -> str | None:
        if found.following is None:
            return None
        kept = [(name, text) for name, text in given if text and name != "cursor"]
        return f"{self._root}/api/announcements?{urlencode([*kept, ('cursor', found.following)])}"


class _Streamed(StreamingResponse):
    """Blocks one by one, until the client goes away. Where the archive breaks, the stream breaks off without the end
    that HTTP expects: nobody takes a part for the whole.
    """

    def __init__(self, first: bytes, others: Generator[bytes, None, None], headers: Mapping[str, str]) -> None:
        super().__init__(chain((first,), others), headers=headers)
        self._others = others

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except (SQLAlchemyError, BadQuestion) as error:
            log.warning("broken off", extra={"reason": reason(error)})
        finally:
            self._others.close()


def _given(request: Request) -> Given:
    """Return the parameters of *request* as they came."""
    if len(request.scope["query_string"]) > LONGEST_QUERY_STRING:
        expected = f"Expected a query string of at most {LONGEST_QUERY_STRING} bytes."
        raise HTTPException(HTTPStatus.REQUEST_URI_TOO_LONG, expected)
    return request.query_params.multi_items()


def _told(found: Results) -> Iterator[dict[str, Any]]:
    yield from (record(hit.announcement) | {"match": match(hit)} for hit in found.hits)


def _document(told: Mapping[str, Any]) -> Document:
    return Document.of(_json(told))


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode(errors="ignore")


def _blocks(lines: Iterable[str]) -> Generator[bytes, None, None]:
    """Yield *lines* in UTF-8, gathered to blocks of some size."""
    block = bytearray()
    for one in lines:
        block += one.encode(errors="ignore")
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _bad(_request: Request, error: BadQuestion) -> Response:
    return _problem(HTTPStatus.BAD_REQUEST, reason(error))


def _refused(_request: Request, error: HTTPException) -> Response:
    return _problem(HTTPStatus(error.status_code), error.detail, error.headers)


def _unreadable(_request: Request, error: SQLAlchemyError) -> Response:
    """Tell the operator why, and the client that it may come again."""
    log.warning("archive unreadable", extra={"reason": reason(error)})
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The archive can't be read at the moment.", {"Retry-After": "60"})


def _problem(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    told = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    fields = {**(headers or {}), **_HEADERS, "Cache-Control": "no-store"}
    return Response(_json(told), status.value, fields, "application/problem+json")


_PROBLEMS: Mapping[Any, Any] = {BadQuestion: _bad, HTTPException: _refused, SQLAlchemyError: _unreadable}
