"""Announcements as JSON objects, one a line, and back: the export record that others script against. Lossless."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from enum import EnumType
from functools import cache
from itertools import accumulate
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from store.announcement import Archived, Attachment, Event, Revision, storable
from store.index.results import Hit

_NAMES = (
    *(
        "id",
        "url",
        "aliases",
        "alternates",
        "source",
        "organisation",
        "language",
        "title",
        "title_language",
        "summary",
        "text",
        "html",
    ),
    *("published", "published_from", "precision", "timezone", "first_seen", "updated", "gone", "tags", "topics"),
    *("attachments", "events", "story", "translations", "translation_reasons", "revisions"),
)


_ID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST_YEAR, _LAST_YEAR = 1000, 9000  # whose days all zones have
_FORMULA = re.compile(r"^(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r])", re.MULTILINE)
CSV_COLUMNS = (
    *("id", "published", "source", "organisation", "language", "title", "summary", "url"),
    *("topics", "tags", "attachments", "updated", "gone", "story", "translations", "text"),
)


class BadRecord(ValueError):
    """A line that is no exported announcement: what was expected of it."""


def record(announcement: Archived) -> dict[str, Any]:
    """Return *announcement* as plain data; times are RFC 3339 with an offset."""
    return {name: _plain(getattr(announcement, name)) for name in _NAMES}


def line(announcement: Archived) -> str:
    return json.dumps(record(announcement), ensure_ascii=False)


def match(found: Hit) -> dict[str, Any]:
    """Return where a hit answers: the stretch of text, from and to which character of it, and the file it stands in."""
    starts = accumulate((len(piece.text) for piece in found.snippet), initial=0)
    spans = [[start, start + len(piece.text)] for start, piece in zip(starts, found.snippet, strict=False) if piece.hit]
    return {"snippet": "".join(piece.text for piece in found.snippet), "hits": spans, "found_in": found.found_in}


def csv_lines(announcements: Iterable[Archived]) -> Iterator[str]:
    """Yield *announcements* as lines of comma-separated values, a heading first."""
    yield csv_line(CSV_COLUMNS)
    for announcement in announcements:
        about = record(announcement)
        about["attachments"] = [file.url for file in announcement.attachments]
        yield csv_line(about[name] for name in CSV_COLUMNS)


def csv_line(values: Iterable[Any]) -> str:
    """Return *values* as a line of comma-separated ones (RFC 4180); several in one column have a line each. A text that
    a spreadsheet would take for a formula gets an apostrophe.
    """
    written = io.StringIO()
    csv.writer(written).writerow(map(_csv_cell, values))
    return written.getvalue()


def _csv_cell(value: Any) -> str:
    text = "\n".join(value) if isinstance(value, list) else str(value or "")
    return _FORMULA.sub("'", text)


def announcement(exported: str) -> Archived:
    """Return the announcement of one exported line. Raises BadRecord."""
    try:
        read: Archived = _read(Archived, json.loads(exported))
        _check(read)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRecord(f"expected an exported announcement: {error}") from error
    return read


def _check(announcement: Archived) -> None:
    """Raise ValueError where a record says what no archive of ours would."""
    if not _ID.fullmatch(announcement.id):
        raise ValueError(f"expected an id, urn:uuid: and a UUID, got {announcement.id!r:.60}")
    for address in (announcement.url, *announcement.aliases, *(file.url for file in announcement.attachments)):
        if not address.startswith(("https://", "http://")):
            raise ValueError(f"expected an address that begins with https://, got {address!r:.60}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Attachment | Event | Revision):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _read(kind: Any, given: Any) -> Any:
    """Return plain data as the *kind* that a field is declared to be; what a record has besides is left out."""
    if hasattr(kind, "__dataclass_fields__") and isinstance(given, dict):
        return kind(**{name: _read(declared, given[name]) for name, declared in _declared(kind) if name in given})
    if get_origin(kind) is tuple and isinstance(given, list):
        return tuple(_read(get_args(kind)[0], part) for part in given)
    if get_origin(kind) is UnionType:
        return None if given is None else _read(get_args(kind)[0], given)
    if kind is datetime and isinstance(given, str):
        return _time(given)
    if isinstance(kind, EnumType):
        return kind(given)
    if get_origin(kind) is None and isinstance(given, kind):
        return storable(given) if isinstance(given, str) else given
    raise TypeError(f"expected {getattr(kind, '__name__', kind)}, got {given!r:.60}")


@cache
def _declared(kind: Any) -> list[tuple[str, Any]]:
    return list(get_type_hints(kind).items())


def _time(given: str) -> datetime:
    read = datetime.fromisoformat(given)
    if read.tzinfo is None:
        raise ValueError(f"expected a time with an offset, got {given!r}")
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise ValueError(f"expected a time of the years {_FIRST_YEAR} to {_LAST_YEAR}, got {given!r}")
    return read
