"""Entries in, JSON Feed 1.1 documents out. Pure: the same entries give the same bytes.

What JSON Feed has no word for, translations and other places, stands in the extension ``_zerowire``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from feeds.contents import Contents
from feeds.entries import Elsewhere, Entry, File

_VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(contents: Contents) -> bytes:
    """Return *contents* as a JSON Feed. Times are RFC 3339; ``date_published`` has the offset of the source's zone."""
    told = {
        "version": _VERSION,
        "title": contents.title,
        "home_page_url": contents.site,
        "feed_url": contents.address("json"),
        "description": contents.description,
        "language": contents.language,
        "hubs": [{"type": "WebSub", "url": contents.hub}] if contents.hub else None,
    }
    items = {"items": [_item(entry) for entry in contents.entries]}  # there have to be some, be it none
    return json.dumps(_given(told) | items, ensure_ascii=False, indent=1).encode() + b"\n"


def _item(entry: Entry) -> dict[str, Any]:
    elsewhere = {"translations": _places(entry.translations), "others": _places(entry.others)}
    return _given(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "summary": entry.summary,
            "date_published": _time(entry.published),
            "date_modified": _time(entry.updated),
            "authors": [{"name": entry.author}],
            "tags": list(entry.categories),
            "language": entry.language,
            "attachments": list(map(_attachment, entry.files)),
            "_zerowire": _given(elsewhere),
        }
    )


def _attachment(file: File) -> dict[str, Any]:
    return _given({"url": file.url, "mime_type": file.type, "title": file.title, "size_in_bytes": file.length})


def _places(places: tuple[Elsewhere, ...]) -> list[dict[str, Any]]:
    return [
        _given({"url": place.url, "title": place.title, "language": place.language, "author": place.author})
        for place in places
    ]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _given(told: dict[str, Any]) -> dict[str, Any]:
    """Return *told* without what is not known, or is empty."""
    return {name: value for name, value in told.items() if value not in (None, [], {})}
