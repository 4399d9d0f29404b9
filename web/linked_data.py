"""An announcement in, what programs that read pages ask of one out: schema.org as JSON-LD, and Open Graph. Pure.

This module alone knows their words. What a source doesn't say isn't said here either: no day where none was told, no
place where none was named, no licence that nobody verified. Deadlines are left out: schema.org has no word for them.

JSON-LD stands in a ``script`` that browsers don't run, and a Content-Security-Policy doesn't count (the HTML Standard,
4.12.1: a data block).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from markupsafe import Markup

from feeds.channels import organisation_name
from feeds.event_dates import DEADLINE, when
from feeds.text import address as uri
from feeds.text import language_tag, line, short
from store.announcement import Archived, Attachment, Event, From, Precision
from store.news import Telling
from web.terms import terms

_CONTEXT = "https://schema.org"
_MOST = 20  # files, events, translations, words
_MOST_HEADLINE = 110  # characters, as search engines ask
_MOST_DESCRIPTION = 300
_ONLINE = ("online", "オンライン")
_LOCALES = {"en": "en_US", "ja": "ja_JP"}
_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def linked_data(announcement: Archived, *, address: str, translations: Sequence[Archived | Telling] = ()) -> Markup:
    """Return *announcement* and its events as JSON-LD 1.1 that no title can break out of; *address* is our page's."""
    events = (event for event in announcement.events if event.kind != DEADLINE)
    dated = (found for event in events if (found := _event(announcement, event)))
    graph = [_article(announcement, address, translations), *islice(dated, _MOST)]
    written = json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=False, separators=(",", ":"))
    return Markup(written.translate(_ESCAPED))  # noqa: S704 (escaped)


def open_graph(announcement: Archived, *, address: str) -> list[tuple[str, str]]:
    """Return the properties of our page at *address*, as they stand in ``meta`` (ogp.me: an article), with contents."""
    told = [
        ("og:type", "article"),
        ("og:site_name", "zerowire"),
        ("og:title", _title(announcement)),
        ("og:description", short(announcement.summary, _MOST_DESCRIPTION)),
        ("og:url", address),
        ("og:locale", _LOCALES.get(announcement.language, "")),
        ("article:published_time", _published(announcement)),
        ("article:modified_time", _modified(announcement)),
        *(("article:tag", word) for word in _keywords(announcement)),
    ]
    return [(name, content) for name, content in told if content]


def _article(announcement: Archived, address: str, translations: Sequence[Archived | Telling]) -> dict[str, Any]:
    title = _title(announcement)
    licence = terms(announcement.organisation).licence
    return _said(
        "NewsArticle",
        {
            "@id": announcement.id,
            "headline": short(title, _MOST_HEADLINE),
            "name": title,
            "description": short(announcement.summary, _MOST_DESCRIPTION),
            "url": uri(announcement.url),
            "mainEntityOfPage": address,
            "archivedAt": address,
            "datePublished": _published(announcement),
            "dateModified": _modified(announcement),
            "inLanguage": language_tag(announcement.language),
            "author": _organisation(announcement),
            "publisher": _organisation(announcement),
            "license": licence and _said("CreativeWork", {"name": licence.get(announcement.language, licence["en"])}),
            "isAccessibleForFree": True,
            "keywords": _keywords(announcement),
            "associatedMedia": [_file(file) for file in islice(_on_the_web(announcement.attachments), _MOST)],
            "workTranslation": [_translation(each) for each in translations[:_MOST]],
        },
    )


def _event(announcement: Archived, event: Event) -> dict[str, Any]:
    """Return *event* as schema.org has it, nothing where its times can't be told."""
    found = when(event)
    if found is None:
        return {}
    starts, ends = (found.starts, found.ends) if found.since else (found.first, found.last)
    place = short(event.place)
    return _said(
        "Event",
        {
            "name": short(event.title) or _title(announcement),
            "startDate": starts.isoformat(),
            "endDate": ends.isoformat() if ends > starts else "",
            "eventAttendanceMode": _attendance(place),
            "location": _location(place, uri(announcement.url)),
            "inLanguage": language_tag(announcement.language),
            "subjectOf": {"@id": announcement.id},
        },
    )


def _attendance(place: str) -> str:
    """Return how an event at *place* is attended, where it says that it is online, or so as well."""
    if place in _ONLINE:
        return f"{_CONTEXT}/OnlineEventAttendanceMode"
    return f"{_CONTEXT}/MixedEventAttendanceMode" if any(word in place.lower() for word in _ONLINE) else ""


def _location(place: str, url: str) -> dict[str, Any]:
    if place in _ONLINE:
        return _said("VirtualLocation", {"url": url})
    return _said("Place", {"name": place}) if place else {}


def _file(attachment: Attachment) -> dict[str, Any]:
    return _said(
        "MediaObject",
        {
            "contentUrl": uri(attachment.url),
            "name": short(attachment.title),
            "encodingFormat": line(attachment.type),
            "contentSize": f"{attachment.length} B" if attachment.length else "",
        },
    )


def _translation(other: Archived | Telling) -> dict[str, Any]:
    told = {"@id": other.id, "url": uri(other.url), "name": short(other.title)}
    return _said("NewsArticle", told | {"inLanguage": language_tag(other.language)})


def _organisation(announcement: Archived) -> dict[str, Any]:
    name = line(organisation_name(announcement.organisation, announcement.language))
    return _said("Organization", {"name": name}) if name else {}


def _said(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a thing of a *kind* with those of its *properties* that say something."""
    return {"@type": kind} | {name: value for name, value in properties.items() if value}


def _title(announcement: Archived) -> str:
    return short(announcement.title) or uri(announcement.url)


def _published(announcement: Archived) -> str:
    """Return when it was published (ISO 8601), as exactly as its source says."""
    if announcement.published_from is From.FIRST_SEEN:
        return ""
    is_day = announcement.precision is Precision.DAY
    return announcement.published.date().isoformat() if is_day else _moment(announcement.published)


def _modified(announcement: Archived) -> str:
    return _moment(announcement.updated.astimezone(UTC)) if announcement.updated > announcement.first_seen else ""


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _keywords(announcement: Archived) -> list[str]:
    words = map(short, (*announcement.tags, *announcement.topics))
    return list(islice(filter(None, dict.fromkeys(words)), _MOST))


def _on_the_web(attachments: Iterable[Attachment]) -> Iterator[Attachment]:
    return (file for file in attachments if file.url.startswith(("https://", "http://")))
