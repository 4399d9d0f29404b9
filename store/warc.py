"""What sites answered, in WARC files (ISO 28500:2017, version 1.1): appended, and read back where it begins.

The only module that knows warcio. Each record is a gzip member of its own (annex D). An answer is a ``response``, what
was known of it at the time a ``metadata`` record right behind it: the two count only together. Whoever dies while
appending leaves a torn tail, which the next one to append cuts off; no two append at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from warcio.archiveiterator import WARCIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

_VERSION = "WARC/1.1"
_INFO = {
    "software": "zerowire",
    "format": "WARC file version 1.1",
    "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
}
_GZIP = 16 + zlib.MAX_WBITS
_BLOCK = 64 * 1024
# A file may be anybody's: warcio says in many ways that a record lacks what it should have.
_UNREADABLE = (OSError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError, ArchiveLoadFailed)
_OF_THE_TRANSFER = ("content-encoding", "transfer-encoding", "content-length")  # the body is kept without any


class TornFile(Exception):
    """A file does not hold what it should: which one, where, which record, and what was expected. One line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the address *url* answered when it was *fetched*; ``body`` is decompressed.

    ``record`` is the id of the response record (``urn:uuid:…``), ``about`` plain data: what was known of the answer.
    """

    record: str
    url: str
    fetched: datetime
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    about: Mapping[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)


class Place(NamedTuple):
    """Where an answer lies in a file, and when it was fetched. Places are in the order of fetching."""

    fetched: datetime
    path: Path
    offset: int


def append(path: Path, kept: Kept, *, after: int = 0) -> int:
    """Put *kept* at the end of the file at *path*, safe on the disk, and return at which byte it begins.

    At the byte *after* a record is known to begin: what stands before it is not looked at. Raises TornFile, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = _end_of_the_whole(file, path, after)
        file.truncate(end)
        head = b"" if end else _member(_info(path, kept.fetched))
        file.write(head + _member(_response(kept)) + _member(_metadata(kept)))
        file.flush()
        os.fsync(file.fileno())
    return end + len(head)


def read(path: Path, offset: int, record: str = "") -> Kept:
    """Return the answer that begins at byte *offset*, which is *record* where that is given. Raises TornFile."""
    try:
        with path.open("rb") as file:
            members = _members(file, offset)
            response, metadata = (_parsed(data) for _, data in (next(members), next(members)))
        return _kept(response, metadata, record)
    except (EOFError, StopIteration, *_UNREADABLE) as error:
        expected = f"expected {record or 'an answer'} and what is known of it at byte {offset}"
        raise TornFile(f"{path}: {expected}: {_why(error)}") from error


def places(path: Path) -> Iterator[Place]:
    """Yield where the answers in the file at *path* lie. Raises TornFile where it can't be read any further."""
    offset = 0
    try:
        with path.open("rb") as file:
            for end, data in _members(file, 0):
                record = _parsed(data)
                if record.rec_type == "response":
                    yield Place(_date(record), path, offset)
                offset = end
    except (EOFError, *_UNREADABLE) as error:
        raise TornFile(f"{path}: expected a record at byte {offset}: {_why(error)}") from error


def _end_of_the_whole(file: BinaryIO, path: Path, after: int) -> int:
    """Return where the last answer ends that has what is known of it behind it."""
    end = after if after < file.seek(0, os.SEEK_END) else 0
    try:
        for reached, data in _members(file, end):
            if _parsed(data).rec_type != "response":
                end = reached
    except EOFError:
        pass  # the torn tail
    except (zlib.error, ArchiveLoadFailed) as error:  # nobody who died leaves that: it is not ours to cut off
        raise TornFile(f"{path}: expected a record at byte {end} or soon after: {_why(error)}") from error
    return end


def _members(file: BinaryIO, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield what each gzip member from *start* on holds, with where it ends. Raises EOFError, zlib.error."""
    file.seek(start)
    rest = file.read(_BLOCK)
    while rest:
        member, parts = zlib.decompressobj(_GZIP), []
        while not member.eof:
            if not rest:
                raise EOFError("the file ends in the middle of it")
            parts.append(member.decompress(rest))
            rest = member.unused_data or file.read(_BLOCK)
        yield file.tell() - len(rest), b"".join(parts)


def _parsed(data: bytes) -> ArcWarcRecord:
    record = next(WARCIterator(BytesIO(data)), None)
    if record is None:
        raise ValueError("it is empty")
    return record


def _kept(response: ArcWarcRecord, metadata: ArcWarcRecord, record: str) -> Kept:
    said, status = response.rec_headers, response.http_headers
    is_it = response.rec_type == "response" and _id(response) == (record or _id(response))
    if not is_it or _id(metadata, "WARC-Refers-To") != _id(response):
        raise ValueError(f"got {response.rec_type} {_id(response)}, and behind it {metadata.rec_type} {_id(metadata)}")
    return Kept(
        record=_id(response),
        url=said.get_header("WARC-Target-URI"),
        fetched=_date(response),
        status=int(status.get_statuscode()),
        headers=tuple(status.headers),
        body=response.raw_stream.read(),
        about=json.loads(metadata.raw_stream.read()),
    )


def _id(record: ArcWarcRecord, name: str = "WARC-Record-ID") -> str:
    return str(record.rec_headers.get_header(name)).strip("<>")


def _date(record: ArcWarcRecord) -> datetime:
    date = datetime.fromisoformat(str(record.rec_headers.get_header("WARC-Date")))
    if date.tzinfo is None:
        raise ValueError(f"expected a WARC-Date with an offset, got {date.isoformat()}")
    return date


def _why(error: Exception) -> str:
    if isinstance(error, StopIteration):
        return "the file ends before it"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _member(record: ArcWarcRecord) -> bytes:
    out = BytesIO()
    WARCWriter(out, gzip=True, warc_version=_VERSION).write_record(record)
    return out.getvalue()


def _info(path: Path, at: datetime) -> ArcWarcRecord:
    fields = "".join(f"{name}: {value}\r\n" for name, value in _INFO.items())
    return _record("warcinfo", _derived(path.name, at.isoformat()), at, fields.encode(), **{"WARC-Filename": path.name})


def _response(kept: Kept) -> ArcWarcRecord:
    headers = [(name, value) for name, value in kept.headers if name.lower() not in _OF_THE_TRANSFER]
    headers.append(("Content-Length", str(len(kept.body))))
    status = StatusAndHeaders(f"{kept.status} {_phrase(kept.status)}", headers, protocol="HTTP/1.1")
    return _record("response", kept.record, kept.fetched, kept.body, url=kept.url, http_headers=status)


def _metadata(kept: Kept) -> ArcWarcRecord:
    about = json.dumps(kept.about, ensure_ascii=False, sort_keys=True).encode()
    record = _derived(kept.record, "metadata")
    refers = {"WARC-Refers-To": f"<{kept.record}>", "Content-Type": "application/json"}
    return _record("metadata", record, kept.fetched, about, url=kept.url, **refers)


def _record(
    kind: str,
    record: str,
    at: datetime,
    payload: bytes,
    *,
    url: str = "",
    http_headers: StatusAndHeaders | None = None,
    **further: str,
) -> ArcWarcRecord:
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return WARCWriter(None, warc_version=_VERSION).create_warc_record(
        url,
        kind,
        payload=BytesIO(payload),
        length=len(payload),
        warc_headers_dict={"WARC-Record-ID": f"<{record}>", "WARC-Date": moment} | further,
        http_headers=http_headers,
    )


def _derived(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, '#'.join(parts))}"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unknown"
