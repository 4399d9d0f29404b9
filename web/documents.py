"""Bytes in, answers out: validators, 304, gzip (RFC 9110, sections 8.8, 12.5.3 and 13).

This module alone knows when a client has what it asks for already, and which files were read before.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(r'"[^"]*"')
_CODING = re.compile(r"([^\s;]+)(?:\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?))?", re.IGNORECASE)
_OLDEST = datetime.min.replace(tzinfo=UTC)
_MOST_BYTES = 64_000_000  # of documents that are kept
_MOST_HEADS = 1_000  # that are kept
_CODED = {False: (), True: (("Content-Encoding", "gzip"),)}

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be served, plain and compressed; ``digest`` is of the plain ones, ``modified`` in UTC."""

    body: bytes
    compressed: bytes
    digest: str
    modified: datetime | None

    @classmethod
    def of(cls, body: bytes, modified: datetime | None = None) -> Document:
        return cls(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:32], modified)

    def tag(self, *, compressed: bool) -> str:
        """Return the strong entity tag: one a coding, as their bytes differ (section 8.8.3.3)."""
        return f'"{self.digest}-gzip"' if compressed else f'"{self.digest}"'


class Shelf:
    """Files as documents; a file is read again only when it was replaced. What was asked for lately is kept."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._read: OrderedDict[Path, tuple[tuple[int, int, int], Document]] = OrderedDict()

    def document(self, path: Path) -> Document:
        """Return the file *path* as it is now; as it was, where it can't be read anymore. Raises OSError."""
        try:
            return self._now(path)
        except OSError:
            if path not in self._read:
                raise
            return self._read[path][1]

    def _now(self, path: Path) -> Document:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._read.get(path)
        if known and known[0] == stamp:
            self._read.move_to_end(path)
            return known[1]
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            document = Document.of(file.read(), datetime.fromtimestamp(int(status.st_mtime), UTC))
        self._keep(path, (status.st_mtime_ns, status.st_size, status.st_ino), document)
        return document

    def _keep(self, path: Path, stamp: tuple[int, int, int], document: Document) -> None:
        before = self._read.pop(path, None)
        self._read[path] = stamp, document
        self._bytes += _size(document) - (_size(before[1]) if before else 0)
        while self._bytes > self._most_bytes and len(self._read) > 1:
            self._bytes -= _size(self._read.popitem(last=False)[1][1])


def answer(request: Request, document: Document, media_type: str, headers: Mapping[str, str]) -> Response:
    """Return *document* in the coding that the client takes, or 304 where the client has it."""
    compressed = _takes_gzip(request.headers.get("accept-encoding", ""))
    given = tuple(headers.items())
    known = _known_tag(request, document, compressed=compressed)
    if known:
        return _Answer(304, _fields(known, document.modified, given))
    body = document.compressed if compressed else document.body
    about = (("Content-Type", f"{media_type}; charset=utf-8"), ("Content-Length", str(len(body))), *_CODED[compressed])
    return _Answer(200, _fields(document.tag(compressed=compressed), document.modified, given + about), body)


class _Answer(Response):
    """A response whose fields are encoded already."""

    def __init__(self, status: int, fields: Fields, body: bytes = b"") -> None:
        self.status_code, self.raw_headers, self.body, self.background = status, list(fields), body, None


@lru_cache(_MOST_HEADS)
def _fields(tag: str, modified: datetime | None, others: tuple[tuple[str, str], ...]) -> Fields:
    """Return the header's fields as they are sent. Those of a feed are the same from request to request."""
    fields = {"ETag": tag, "Vary": "Accept-Encoding", **dict(others)}
    if modified:
        fields["Last-Modified"] = format_datetime(modified, usegmt=True)
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields.items())


def _known_tag(request: Request, document: Document, *, compressed: bool) -> str | None:
    """Return the tag of what the client has already, None where it needs an answer (section 13.2.2).

    A client that takes gzip can use the plain document as well, but not the other way round.
    """
    tags = [document.tag(compressed=each) for each in ((True, False) if compressed else (False,))]
    given = ", ".join(request.headers.getlist("if-none-match"))
    if given.strip() == "*":
        return tags[0]
    if given:
        return next((tag for tag in tags if tag in _TAG.findall(given)), None)  # W/ aside: the comparison is weak
    since = _instant(request.headers.get("if-modified-since", ""))
    return tags[0] if document.modified and document.modified <= since else None


def _instant(value: str) -> datetime:
    """Return an HTTP date, in the distant past where it is none: a wrong one is ignored (section 13.1.3)."""
    if not value:
        return _OLDEST
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return _OLDEST
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _takes_gzip(accepted: str) -> bool:
    codings = filter(None, (_CODING.fullmatch(given.strip()) for given in accepted.split(",")))
    weights = {coding[1].lower(): float(coding[2] or 1) for coding in codings}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _size(document: Document) -> int:
    return len(document.body) + len(document.compressed)
