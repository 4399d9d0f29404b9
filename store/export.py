"""Announcements as JSON objects, one a line, and back: the export record that others script against. Lossless."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from enum import EnumType
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from store.announcement import Archived, Attachment, Event, Revision

_NAMES = (
    *(
        "id",
        "url",
        "aliases",
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
    *("attachments", "events", "story", "translations", "revisions"),
)


class BadRecord(ValueError):
    """A line that is no exported announcement: what was expected of it."""


def record(announcement: Archived) -> dict[str, Any]:
    """Return *announcement* as plain data; times are RFC 3339 with an offset."""
    return {name: _plain(getattr(announcement, name)) for name in _NAMES}


def line(announcement: Archived) -> str:
    return json.dumps(record(announcement), ensure_ascii=False)


def announcement(exported: str) -> Archived:
    """Return the announcement of one exported line. Raises BadRecord."""
    try:
        read: Archived = _read(Archived, json.loads(exported))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRecord(f"expected an exported announcement: {error}") from error
    return read


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
        return given
    raise TypeError(f"expected {getattr(kind, '__name__', kind)}, got {given!r:.60}")


@cache
def _declared(kind: Any) -> list[tuple[str, Any]]:
    return list(get_type_hints(kind).items())


def _time(given: str) -> datetime:
    read = datetime.fromisoformat(given)
    if read.tzinfo is None:
        raise ValueError(f"expected a time with an offset, got {given!r}")
    return read
