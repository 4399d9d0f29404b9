"""The caps: no answer costs more than it may, and none passes for whole that is cut.

In comes what a server sends, out goes its body, unpacked, or the reason for which it is refused. This module alone
knows how bodies are packed (RFC 9110, section 8.4), and how much is listened to before one begins. How large one may
be, packed and unpacked alike, Scrapy is told by ``DOWNLOAD_MAXSIZE`` and a request's ``download_maxsize``; and how long
all of it may take, from the connection to the last byte, by ``DOWNLOAD_TIMEOUT``.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure
    from twisted.web._newclient import Request as SentRequest
    from twisted.web.iweb import IResponse

LONGEST_HEAD = 128 * 1024  # bytes: the status and header lines, and what else comes with the end of them
_MOST_HEADERS = 200
_MOST_CODINGS = 2
_PIECE = 1024 * 1024  # bytes that are unpacked at a time, to see how many there are
_MOST_MEMBERS = 100  # of one gzip: each costs a copy of what comes after it
_GZIP, _ZLIB, _RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_KNOWN = {"gzip", "x-gzip", "deflate"}


class BadAnswer(IgnoreRequest):
    """An answer that can't be had whole, or that is larger than we take: what was expected of it."""


class CapsMiddleware:
    """Asks for what we can unpack, and unpacks it. Raises BadAnswer."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        request.headers["Accept-Encoding"] = "gzip, deflate"

    def process_response(self, request: Request, response: Response) -> Response:
        headers = sum(len(response.headers.getlist(name)) for name in response.headers)
        if headers > _MOST_HEADERS:
            raise BadAnswer(f"expected at most {_MOST_HEADERS} headers, got {headers}")
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings:
            return response
        most = request.meta.get("download_maxsize", self._most_bytes)
        unpacked = response.replace(body=unpack(response.body, codings, most_bytes=most))
        del unpacked.headers["Content-Encoding"]
        return unpacked


class CappedHandler(HTTP11DownloadHandler):
    """Fetches, and hangs up on a head that does not end and on a body that is too large. Raises BadAnswer."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _CappedFactory

    async def download_request(self, request: Request) -> Response:
        try:
            return await super().download_request(request)
        except DownloadCancelledError as error:
            most = request.meta.get("download_maxsize", self._default_maxsize)
            raise BadAnswer(f"expected at most {most} bytes") from error


class _CappedProtocol(_LenientHTTP11ClientProtocol):
    """A connection, as Scrapy's, that is ended when it brings ``LONGEST_HEAD`` bytes before the head of an answer ends.

    Twisted limits the length of a header line, not how many there are.
    """

    _left: int | None = None  # how much may come yet; None where no head is awaited

    def request(self, request: SentRequest) -> Deferred[IResponse]:
        self._left = LONGEST_HEAD
        return super().request(request).addBoth(self._after_head)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 Twisted's
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self.transport.abortConnection()  # type: ignore[union-attr]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _after_head(self, result: IResponse | Failure) -> IResponse | Failure:
        left, self._left = self._left, None
        if left is not None and left < 0:
            raise BadAnswer(f"expected the headers to end within {LONGEST_HEAD} bytes")
        return result


class _CappedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _CappedProtocol:  # noqa: N802 Twisted's
        return _CappedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


def unpack(body: bytes, codings: str, *, most_bytes: int) -> bytes:
    """Return *body* without its *codings*, a comma-separated list in the order in which they were put on.

    Raises BadAnswer for a coding that nobody asked for, for what is cut or broken, and for more than *most_bytes* in
    any layer; never holds more than that.
    """
    layers = [layer for name in codings.lower().split(",") if (layer := name.strip()) not in ("", "identity")]
    if len(layers) > _MOST_CODINGS or not _KNOWN.issuperset(layers):
        raise BadAnswer(f"expected gzip or deflate, got {codings[:100]!r}")
    for layer in reversed(layers):
        body = _without(body, layer, most_bytes)
    return body


def _without(body: bytes, layer: str, most_bytes: int) -> bytes:
    """Return *body* without one coding."""
    if not body:
        return body
    try:
        return _inflated(body, layer, most_bytes)
    except zlib.error as error:
        raise BadAnswer(f"expected {layer}: {error}") from error


def _inflated(body: bytes, layer: str, most_bytes: int) -> bytes:
    """Return what is packed in *body*: gzip in one member or several (RFC 1952, 2.2), and rubbish after the last."""
    window, whole = _window(body, layer), b""
    for _ in range(_MOST_MEMBERS):
        if len(whole) + _measured(body, window, most_bytes + 1) > most_bytes:
            raise BadAnswer(f"expected at most {most_bytes} bytes, unpacked from {layer}")
        stream = zlib.decompressobj(window)
        whole += stream.decompress(body)
        if not stream.eof:
            raise BadAnswer(f"expected the whole of a body in {layer}, got a part of it")
        body = stream.unused_data
        if window != _GZIP or not body.startswith(b"\x1f\x8b"):
            return whole
    raise BadAnswer(f"expected at most {_MOST_MEMBERS} members in {layer}")


def _measured(body: bytes, window: int, enough: int) -> int:
    """Return how many bytes the first member of *body* holds, or *enough* and some: bombs cost some time, no memory."""
    stream, size = zlib.decompressobj(window), 0
    while not stream.eof and size < enough and (piece := stream.decompress(body, _PIECE)):
        size, body = size + len(piece), stream.unconsumed_tail
    return size


def _window(body: bytes, layer: str) -> int:
    """Return what zlib calls the format of *body*: some servers send deflate without its header (RFC 1950, 2.2)."""
    if layer != "deflate":
        return _GZIP
    has_header = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return _ZLIB if has_header else _RAW_DEFLATE
