"""An announcement in, as much of it out as a page has room for: a site may send a title as long as a book. Pure.

Its text is cut by what shows it. What is left out here is still in the record, which the API hands out whole.
"""

from __future__ import annotations

from dataclasses import replace

from store.announcement import Archived, Attachment

_MOST = 100  # files, events, tags, topics
MOST_TITLE = 500  # characters
_MOST_WORDS = 300  # characters of what else stands on a line
_MOST_SUMMARY = 1_000
_MOST_TRANSLATIONS = 10


def fitted(announcement: Archived) -> Archived:
    """Return *announcement* with at most so many parts, none longer than its place."""
    return replace(
        announcement,
        title=_cut(announcement.title, MOST_TITLE),
        summary=announcement.summary[:_MOST_SUMMARY],
        tags=tuple(_cut(tag) for tag in announcement.tags[:_MOST]),
        topics=announcement.topics[:_MOST],
        attachments=tuple(map(_fitted_file, announcement.attachments[:_MOST])),
        events=announcement.events[:_MOST],
        translations=announcement.translations[:_MOST_TRANSLATIONS],
    )


def _fitted_file(file: Attachment) -> Attachment:
    return replace(file, title=_cut(file.title), type=_cut(file.type), problem=_cut(file.problem))


def _cut(text: str, most: int = _MOST_WORDS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
