"""Announcements as JSON objects, one a line, and back: the export record that others script against. Lossless."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from store.announcement import Archived, Attachment, Event, From, Precision, Revision

_NAMES = (
    *("id", "url", "aliases", "source", "organisation", "language", "title", "summary", "text", "html"),
    *("published", "published_from", "precision", "timezone", "first_seen", "updated", "gone", "tags", "topics"),
    *("attachments", "events", "story", "translations", "revisions"),
)
_TIMES = ("published", "first_seen", "updated", "gone")


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
        given = json.loads(exported)
        return Archived(**{name: _value(name, given[name]) for name in _NAMES if name in given})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRecord(f"expected an exported announcement: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Attachment | Event | Revision):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _value(name: str, given: Any) -> Any:
    if name in _TIMES:
        return _time(given)
    if name in _READERS:
        return _READERS[name](given)
    return tuple(given) if isinstance(given, list) else given


def _event(given: dict[str, Any]) -> Event:
    return Event(**given | {"starts": _time(given["starts"]), "ends": _time(given["ends"])})


def _revision(given: dict[str, Any]) -> Revision:
    return Revision(**given | {"seen": _time(given["seen"])})


def _time(given: str | None) -> Any:
    return datetime.fromisoformat(given) if given else None


_READERS: dict[str, Callable[[Any], Any]] = {
    "published_from": From,
    "precision": Precision,
    "attachments": lambda given: tuple(Attachment(**part) for part in given),
    "events": lambda given: tuple(map(_event, given)),
    "revisions": lambda given: tuple(map(_revision, given)),
}
