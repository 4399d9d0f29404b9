"""Announcements in, entries out: what every format of a feed shows of them. Pure.

This module alone knows what an entry's text is made of, and that the archive may hold anything: an entry has text that
XML allows, HTML that nothing runs in (store.markup), and addresses in ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from itertools import islice

from feeds.channels import organisation_name
from feeds.event_dates import dates
from feeds.text import address, anchor, beginning, language_tag, legal, line, paragraphs, short
from store.announcement import Archived, Attachment
from store.markup import shown
from store.news import Telling

_ON_THE_WEB = re.compile(r"https?://(?:[^/?#@]*@)?[^\W_]")  # it names a host
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_HREF = re.compile(r'\bhref="([^"]*)"')
_BLOCK_END = re.compile(r"</(?:p|h[1-6]|ul|ol|dl|table|blockquote|pre|div|figure)>\s*")
_MINUTE = timedelta(minutes=1)
_MOST_HTML = 200_000  # bytes, escaped: two long entries and all that stands around them fit into a feed
_MOST_READ = 400_000  # characters
_MOST_TITLE, _MOST_SUMMARY = 500, 2_000
_MOST_FILES, _MOST_DATES, _MOST_TELLINGS, _MOST_CATEGORIES = 100, 50, 20, 30
_WORDS = {
    "en": {
        "attachments": "Attachments",
        "dates": "Dates",
        "others": "Also announced by",
        "translations": "In other languages",
        "goes on": "The text goes on at its source",
        "colon": ": ",
    },
    "ja": {
        "attachments": "添付資料",
        "dates": "日程",
        "others": "他機関の発表",
        "translations": "他の言語版",
        "goes on": "続きは発表元のページへ",
        "colon": "：",
    },
}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; ``length`` is in bytes."""

    url: str
    type: str
    title: str
    length: int | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same, told by another announcement: in another language, or by another organisation."""

    url: str
    title: str
    language: str | None
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all formats show: text that XML allows, addresses in ASCII, no gaps. ``html`` ends with what readers of it
    would miss: dates, other places, files that the text does not link. Times are to the second, as RSS has them.
    """

    id: str
    url: str
    title: str
    language: str | None
    author: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    categories: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    translations: tuple[Elsewhere, ...] = ()
    others: tuple[Elsewhere, ...] = ()


def entry(announcement: Archived, tellings: Sequence[Telling] = ()) -> Entry:
    """Return *announcement* as an entry; *tellings* are the others that tell its story."""
    url = address(announcement.url)
    title = short(announcement.title, _MOST_TITLE) or url or announcement.id
    there = filter(_is_on_the_web, announcement.attachments)
    files = tuple(_file(attachment) for attachment in islice(there, _MOST_FILES))
    translated = set(announcement.translations)
    tellings = tellings[:_MOST_TELLINGS]
    dated = replace(announcement, events=announcement.events[:_MOST_DATES])
    made = Entry(
        id=legal(announcement.id),
        url=url,
        title=title,
        language=language_tag(announcement.language),
        author=line(organisation_name(announcement.organisation, announcement.language)) or "zerowire",
        summary=short(announcement.summary, _MOST_SUMMARY)
        or beginning(short(announcement.text, _MOST_SUMMARY))
        or title,
        html=_html(announcement),
        published=_published(announcement).replace(microsecond=0),
        updated=_updated(announcement).replace(microsecond=0),
        categories=_categories(announcement),
        files=files,
        translations=tuple(_elsewhere(telling, announcement) for telling in tellings if telling.id in translated),
        others=tuple(_elsewhere(telling, announcement) for telling in tellings if telling.id not in translated),
    )
    return replace(made, html=_whole(made, list(map(line, dates(dated)))))


def _html(announcement: Archived) -> str:
    """Return what the page says. Legal text comes out of legal text but for references such as ``&#11;``."""
    markup = shown(legal(announcement.html[:_MOST_READ]), announcement.url)
    return legal(markup) or paragraphs(legal(announcement.text[:_MOST_READ]))


def _published(announcement: Archived) -> datetime:
    """Return when it was published, in its source's zone; in UTC where RFC 3339 can't tell that: until there were zones
    clocks were some minutes and seconds apart.
    """
    offset = announcement.published.utcoffset() or timedelta()
    return announcement.published.astimezone(UTC) if offset % _MINUTE else announcement.published


def _categories(announcement: Archived) -> tuple[str, ...]:
    named = (short(name, _MOST_TITLE) for name in (*announcement.tags, *announcement.topics))
    return tuple(islice(filter(None, dict.fromkeys(named)), _MOST_CATEGORIES))


def _updated(announcement: Archived) -> datetime:
    """Return when the text last changed. What never did is as old as it says: a first crawl must flood no reader."""
    changed = announcement.updated > announcement.first_seen
    return announcement.updated.astimezone(UTC) if changed else _published(announcement)


def _elsewhere(telling: Telling, announcement: Archived) -> Elsewhere:
    author = line(organisation_name(telling.organisation, announcement.language)) or "zerowire"
    url = address(telling.url)
    return Elsewhere(url, short(telling.title) or url, language_tag(telling.language), author)


def _is_on_the_web(attachment: Attachment) -> bool:
    return bool(_ON_THE_WEB.match(attachment.url))


def _file(attachment: Attachment) -> File:
    url = address(attachment.url)
    media_type = attachment.type if _MEDIA_TYPE.fullmatch(attachment.type) else "application/octet-stream"
    return File(url, media_type, short(attachment.title) or url.rpartition("/")[2] or url, attachment.length)


def _whole(made: Entry, event_dates: Sequence[str]) -> str:
    """Return the text of *made* with what belongs to it below."""
    words = _WORDS.get(made.language or "", _WORDS["en"])
    linked = {address(unescape(there)) for there in _HREF.findall(made.html)}
    parts = {
        "dates": [escape(told, quote=False) for told in event_dates],
        "attachments": [anchor(file.url, file.title) for file in made.files if file.url not in linked],
        "others": [_telling(other, made, words["colon"]) for other in made.others],
        "translations": [_telling(other, made, words["colon"]) for other in made.translations],
    }
    below = [_list(words[name], items) for name, items in parts.items() if items]
    return "\n".join((_cut(made, words["goes on"]), *below))


def _telling(other: Elsewhere, made: Entry, colon: str) -> str:
    """Return a link to *other*, with whose it is where that is not who tells *made*."""
    language = f' lang="{other.language}" hreflang="{other.language}"' if other.language else ""
    author = "" if other.author == made.author else f"{escape(other.author, quote=False)}{colon}"
    return f'{author}<a href="{escape(other.url)}"{language}>{escape(other.title, quote=False)}</a>'


def _list(heading: str, items: Iterable[str]) -> str:
    return f"<p>{heading}</p>\n<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _cut(made: Entry, goes_on: str) -> str:
    """Return the text of *made*, of one that would fill a feed the beginning."""
    if not made.html:
        return f"<p>{anchor(made.url, made.title)}</p>"
    if len(escape(made.html).encode()) <= _MOST_HTML:
        return made.html
    ends = _fitting_ends(made.html)
    kept = made.html[: max(ends, default=0)] or paragraphs(beginning(line(re.sub(r"<[^>]*>", " ", made.html))))
    return f"{shown(kept, made.url)}\n<p>{anchor(made.url, goes_on)}</p>"


def _fitting_ends(html: str) -> Iterator[int]:
    """Yield where blocks of *html* end that a feed has room for."""
    size = start = 0
    for end in (found.end() for found in _BLOCK_END.finditer(html)):
        size += len(escape(html[start:end]).encode())
        if size > _MOST_HTML:
            return
        start = end
        yield end
