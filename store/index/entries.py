"""An announcement in, what it is found by out: its words, those of its files, and its facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from store.announcement import Announcement
from store.index.fulltext import Entry
from store.query import GONE
from store.search import facet


def entry(announcement: Announcement, *, gone: bool) -> Entry:
    files = (f"{file.title}\n{file.text}" for file in announcement.attachments)
    facts = (*_facts(announcement), GONE) if gone else _facts(announcement)
    return Entry.of(announcement.title, "\n".join((announcement.text, *files)), facts)


def _facts(announcement: Announcement) -> Iterator[str]:
    for name in ("source", "organisation", "language"):
        yield facet(name, getattr(announcement, name))
    yield from (facet("topic", topic) for topic in announcement.topics)
    yield from (facet("has", event.kind) for event in announcement.events)
    if announcement.attachments:
        yield facet("has", "attachment")
    if any(file.type == "application/pdf" for file in announcement.attachments):
        yield facet("has", "pdf")
