"""Requests for feeds in, feeds out: as they stand on disk, or, of a question, made for it and kept for a while.

This module alone knows the addresses of feeds over HTTP, those that they had, and how long an answer may be kept. What
goes wrong is told as plain text, never as HTML; the last good feed is served as long as there is one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from feeds.channels import MEDIA_TYPES, Channel, Group
from feeds.documents import documents
from feeds.editor import Editor
from feeds.publish import OPML
from feeds.text import address, is_japanese, language_tag
from store.database import reason
from store.search import BadQuestion
from web.documents import Document, Shelf, answer
from web.kept import Busy, Kept
from web.parameters import LONGEST_QUERY_STRING, NARROWING, query, values

_TYPES = {**MEDIA_TYPES, "ics": "text/calendar", "opml": "text/x-opml", "css": "text/css"}
_FRESH = 300  # seconds
_KEPT = {"Cache-Control": f"public, max-age={_FRESH}"}
_FULL = {"Cache-Control": "public, max-age=604800, immutable"}  # a volume of the history
_UNKEPT = {"Cache-Control": "no-store"}
_SHARED = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Last-Modified, Link"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, Cache-Control",
    "Access-Control-Max-Age": "86400",
}
_OLD = {  # what other programs call the feed of everything
    **dict.fromkeys(("feed", "feed/", "feed.xml", "atom.xml", "index.xml", "feed.atom"), "feeds/all.atom"),
    **dict.fromkeys(("rss", "rss/", "rss.xml", "feed.rss"), "feeds/all.rss"),
    **dict.fromkeys(("feed.json",), "feeds/all.json"),
    **dict.fromkeys(("opml", "opml.xml", "feeds/feeds.opml"), OPML),
    **dict.fromkeys(("all.ics", "feeds/all.ics", "feeds/calendar.ics"), "calendar.ics"),
}
_VOLUME = re.compile(r"feeds/([a-z0-9-]+)/([1-9][0-9]{0,8})\.atom")
_MOST_QUESTIONS = 100  # whose answers are kept
_MOST_WAITING = 20
_VARY = {"Vary": "Accept, Accept-Encoding"}
_METHODS = ["GET", "HEAD", "OPTIONS"]

log = logging.getLogger(__name__)


class Feeds:
    """The feeds of *channels*, as they stand under *public_dir*, and those that *editor* makes of questions."""

    def __init__(self, public_dir: Path, channels: Sequence[Channel], editor: Editor) -> None:
        self._public = public_dir
        self._shelf = Shelf()
        self._channels = {name: channel for channel in channels for name in (channel.name, *channel.formerly)}
        paths = {path for channel in channels for path in channel.paths} | {OPML, "feeds/feed.css"}
        self._files = {path: public_dir / path for path in paths}
        self._old = _OLD | {old: path for channel in channels for old, path in _old_paths(channel)}
        self._answers = _Answers(editor)
        self._root = urlsplit(editor.base_url).path.rstrip("/")
        self._links = _links(channels, editor)

    def routes(self) -> list[Route]:
        there = ["/feeds/{path:path}", "/calendar.ics", f"/{OPML}"]
        old = [f"/{path}" for path in _OLD if not path.startswith("feeds/")]
        asked = Route("/feeds/search.{extension}", self.asked, methods=_METHODS)
        return [asked, *(Route(path, self.published, methods=_METHODS) for path in (*there, *old))]

    async def published(self, request: Request) -> Response:
        """Return what stands on disk: 404 where nothing of that name is published, 503 where it is not there yet."""
        path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).removeprefix("/")
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_SHARED | _PREFLIGHT)
        if path in self._files:
            return self._file(request, path, _KEPT)
        if path in self._old:
            return self._elsewhere(self._old[path], HTTPStatus.MOVED_PERMANENTLY)
        return self._volume(request, path)

    async def asked(self, request: Request) -> Response:
        """Return a question's feed: 400 where it makes no sense, 503 where the archive can't be read."""
        extension = request.path_params["extension"]
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_SHARED | _PREFLIGHT)
        if extension not in (*MEDIA_TYPES, "ics"):
            return _told("There is no such feed.", HTTPStatus.NOT_FOUND)
        if len(request.scope["query_string"]) > LONGEST_QUERY_STRING:
            expected = f"Expected a query string of at most {LONGEST_QUERY_STRING} bytes."
            return _told(expected, HTTPStatus.REQUEST_URI_TOO_LONG)
        try:
            document = await self._answers.answer(extension, request.query_params.multi_items())
        except BadQuestion as error:
            return _told(reason(error), HTTPStatus.BAD_REQUEST)
        except (Busy, SQLAlchemyError) as error:
            log.warning("unanswered", extra={"feed": "search", "reason": reason(error)})
            return _told("The archive can't be asked at the moment.", HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(request, document, extension, _KEPT | _SHARED)

    def _file(self, request: Request, path: str, kept: dict[str, str]) -> Response:
        try:
            document = self._shelf.document(self._files.get(path) or self._public / path)
        except OSError as error:
            log.warning("unreadable", extra={"feed": path, "reason": error.strerror})
            return _told("This feed was not published yet.", HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(request, document, path.rpartition(".")[2], kept | _SHARED | self._links.get(path, {}))

    def _volume(self, request: Request, path: str) -> Response:
        """Return a volume of a channel's history. What follows the last full one is in the channel's feed."""
        named = _VOLUME.fullmatch(path)
        channel = self._channels.get(named[1]) if named else None
        if named is None or channel is None:
            return _told("There is no such feed.", HTTPStatus.NOT_FOUND)
        if named[1] != channel.name:
            return self._elsewhere(channel.path("atom", int(named[2])), HTTPStatus.MOVED_PERMANENTLY)
        number = int(named[2])
        if (self._public / path).is_file():
            return self._file(request, path, _FULL)
        if number > 1 and (self._public / channel.path("atom", number - 1)).is_file():
            return self._elsewhere(channel.path("atom"), HTTPStatus.TEMPORARY_REDIRECT)
        return _told("There is no such volume.", HTTPStatus.NOT_FOUND)

    def _elsewhere(self, path: str, status: HTTPStatus) -> Response:
        """Redirect to a path of ours: whatever host the request names is not repeated."""
        return RedirectResponse(f"{self._root}/{path}", status, headers=_SHARED | _KEPT)


class _Answers:
    """Feeds of questions."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._kept = Kept(most=_MOST_QUESTIONS, most_waiting=_MOST_WAITING)

    async def answer(self, extension: str, given: Sequence[tuple[str, str]]) -> Document:
        """Return the feed of the question that *given* makes. Raises BadQuestion, SQLAlchemyError, Busy."""
        channel = _asked(values(given, NARROWING))
        key = extension, channel.parameters
        return await self._kept.document(key, lambda: self._made(channel, extension), fresh=_FRESH)

    def _made(self, channel: Channel, extension: str) -> Document:
        editor = Editor(self._editor.database, base_url=self._editor.base_url)
        if extension == "ics":
            return Document.of(editor.calendar(channel, channel.path("ics")))
        written = documents(editor.asked(channel), [extension])[1]
        return Document.of(written[extension])  # without a time: what leaves it changes it, too, and moves none


def _asked(asked: Mapping[str, Any]) -> Channel:
    """Return the channel of a question: its address is one however the parameters were ordered."""
    named = {parameter.name: _each(asked.get(parameter.name)) for parameter in NARROWING}
    pairs = [(name, _text(value)) for name, given in named.items() for value in given]
    asked_for = ", ".join(text for _, text in pairs)
    title = f"検索：{asked_for}" if is_japanese(asked_for) else f"Search: {asked_for}" if pairs else "Search"
    wanted = replace(query(asked), gone=False)
    if wanted.language is not None and not language_tag(wanted.language):
        raise BadQuestion("language: expected a tag such as en or ja")
    wanted.question()  # it makes sense, or it is refused before anything is kept of it
    return Channel("search", title, wanted, asked.get("language"), Group.SEARCH, (), urlencode(pairs))


def _each(value: Any) -> tuple[Any, ...]:
    return () if value is None else value if isinstance(value, tuple) else (value,)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _old_paths(channel: Channel) -> Iterator[tuple[str, str]]:
    """Yield where the feeds of *channel* were, or where one might look for them, and where they are."""
    for name in (channel.name, *channel.formerly):
        yield from ((f"feeds/{name}{end}", channel.path("atom")) for end in ("", "/", ".xml"))
    for name in channel.formerly:
        yield from ((f"feeds/{name}.{extension}", channel.path(extension)) for extension in MEDIA_TYPES)
        if channel.calendar:
            yield f"feeds/{name}.ics", channel.calendar


def _links(channels: Sequence[Channel], editor: Editor) -> dict[str, dict[str, str]]:
    """Return by path how a feed's hub, and its own address, are told in the header (WebSub, section 4)."""
    if not editor.hub:
        return {}
    return {
        path: {"Link": f'<{address(editor.hub)}>; rel="hub", <{address(editor.site + path)}>; rel="self"'}
        for channel in channels
        for path in channel.paths
    }


def _answer(request: Request, document: Document, extension: str, headers: dict[str, str]) -> Response:
    """Return a feed as what it is. Browsers show plain XML in its style, and a feed as bare text or not at all."""
    media_type = _TYPES[extension]
    if extension not in ("atom", "rss"):
        return answer(request, document, media_type, headers)
    accepted = request.headers.get("accept", "")
    seen = "text/html" in accepted and media_type not in accepted
    return answer(request, document, "application/xml" if seen else media_type, headers | _VARY)


def _told(told: str, status: HTTPStatus) -> Response:
    retry = {"Retry-After": "60"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return PlainTextResponse(f"{told}\n", status, headers=_SHARED | _UNKEPT | retry)
