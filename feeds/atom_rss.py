"""Announcements in, Atom 1.0 (RFC 4287) and RSS 2.0 documents out. Pure: the same announcements give the same bytes.

The only module that knows feedgen, and what bites in it:

- It writes an Atom entry's links without rel, type, hreflang and length, and no ``xml:lang``: an extension of the
  entry writes both (``_AtomExtras``), and the entry's own ``link()`` is left alone.
- Of an RSS channel's links the last one given counts, and of an item's enclosures.
- ``updated`` and ``lastBuildDate`` are the time of rendering unless they are set.
- ``add_entry()`` puts the entry first unless it is told to append.
- One character that XML 1.0 forbids raises, and costs the whole feed: ``_Entry`` holds nothing but legal text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any
from urllib.parse import quote

from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from feeds.channels import MEDIA_TYPES, Channel, organisation_name
from store.announcement import Archived, Attachment

_EMPTY = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was updated; validators doubt years before 1990
_ILLEGAL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
    + "]"
)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_HREF = re.compile(r'\bhref="([^"]*)"')
_BEGINNING = re.compile(r".{150,299}(?:[。！？]|(?= ))")
_ATTACHMENTS = {"en": "Attachments", "ja": "添付資料"}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def atom(channel: Channel, announcements: Sequence[Archived], *, base_url: str) -> bytes:
    """Return *announcements*, newest first, as an Atom 1.0 document (RFC 4287).

    ``published`` has the offset of the source's zone. The feed's ``updated`` is the latest among the announcements';
    every attachment is an enclosure (section 4.2.7.2).
    """
    feed = _feed(channel, announcements, base_url, "atom")
    feed.id(_own_address(channel, base_url, "atom"))
    feed.language(channel.language or "en")  # of the feed's title; each entry names its own
    for entry in _entries(announcements):
        _add_atom(feed.add_entry(order="append"), entry)
    return bytes(feed.atom_str(pretty=True))


def rss(channel: Channel, announcements: Sequence[Archived], *, base_url: str) -> bytes:
    """Return *announcements*, newest first, as an RSS 2.0 document by the RSS Advisory Board's profile.

    The text is in ``content:encoded``, the summary, escaped for HTML, in ``description``; an item's enclosure is its
    first attachment, of length 0 where that is unknown.
    """
    feed = _feed(channel, announcements, base_url, "rss")
    feed.load_extension("dc", atom=False)
    if channel.language:
        feed.language(channel.language)
    for entry in _entries(announcements):
        _add_rss(feed.add_entry(order="append"), entry)
    return bytes(feed.rss_str(pretty=True))


@dataclass(frozen=True, slots=True)
class _File:
    """An attachment as feeds show it; ``length`` is in bytes."""

    url: str
    type: str
    title: str
    length: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An announcement as both formats show it: text that XML allows, addresses in ASCII, no gaps."""

    id: str
    url: str
    title: str
    language: str | None
    author: str
    summary: str
    html: str
    categories: tuple[str, ...]
    files: tuple[_File, ...]
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class _AtomExtras:
    """What feedgen can't write into an Atom entry itself; it is registered with it as an extension."""

    entry: _Entry

    def extend_atom(self, element: Any) -> None:
        """Add the language (RFC 4287, section 2) and the links (section 4.2.7)."""
        language = self.entry.language
        if language:
            element.set(_XML_LANG, language)
        page = {"rel": "alternate", "type": "text/html", "href": self.entry.url, "hreflang": language}
        for link in (page, *map(_enclosure, self.entry.files)):
            xml_elem("link", element, **{name: value for name, value in link.items() if value})


def _enclosure(file: _File) -> dict[str, str | None]:
    length = None if file.length is None else str(file.length)
    return {"rel": "enclosure", "type": file.type, "href": file.url, "length": length, "title": file.title}


def _feed(channel: Channel, announcements: Sequence[Archived], base_url: str, extension: str) -> FeedGenerator:
    feed = FeedGenerator()
    title = _line(channel.title) or channel.name
    feed.title(title)
    feed.description(f"{title}の新着情報" if channel.language == "ja" else f"New announcements: {title}")
    feed.generator("zerowire")
    feed.updated(max((announcement.updated for announcement in announcements), default=_EMPTY).astimezone(UTC))
    feed.link(href=_own_address(channel, base_url, extension), rel="self", type=MEDIA_TYPES[extension])
    feed.link(href=base_url, rel="alternate", type="text/html")  # the last one: it becomes RSS's channel link
    return feed


def _own_address(channel: Channel, base_url: str, extension: str) -> str:
    return f"{base_url.rstrip('/')}/{channel.path(extension)}"


def _add_atom(element: Any, entry: _Entry) -> None:
    _add(element, entry)
    element.author(name=entry.author)
    element.updated(entry.updated)
    element.summary(entry.summary)
    element.register_extension("zerowire", lambda: _AtomExtras(entry), atom=True, rss=False)


def _add_rss(element: Any, entry: _Entry) -> None:
    _add(element, entry)
    element.link(href=entry.url)
    element.dc.dc_creator(entry.author)  # RSS's own author is an address of e-mail
    if entry.language:
        element.dc.dc_language(entry.language)
    element.description(escape(entry.summary, quote=False), isSummary=True)
    for file in entry.files[:1]:
        element.enclosure(file.url, file.length or 0, file.type)


def _add(element: Any, entry: _Entry) -> None:
    element.id(entry.id)  # in RSS a guid that is no permalink
    element.title(entry.title)
    element.content(entry.html, type="html")
    element.published(entry.published)
    element.category([{"term": category} for category in entry.categories])


def _entries(announcements: Sequence[Archived]) -> list[_Entry]:
    return [_entry(each) for each in sorted(announcements, key=lambda each: each.published, reverse=True)]


def _entry(announcement: Archived) -> _Entry:
    url = _address(announcement.url)
    title = _line(announcement.title) or url or announcement.id
    files = tuple(_file(attachment) for attachment in announcement.attachments if _is_on_the_web(attachment))
    return _Entry(
        id=_legal(announcement.id),
        url=url,
        title=title,
        language=announcement.language if _LANGUAGE_TAG.fullmatch(announcement.language) else None,
        author=_line(organisation_name(announcement.organisation, announcement.language)) or "zerowire",
        summary=_line(announcement.summary) or _beginning(_line(announcement.text)) or title,
        html=_html(announcement, files) or f"<p>{_anchor(url, title)}</p>",
        categories=tuple(filter(None, dict.fromkeys(map(_line, (*announcement.tags, *announcement.topics))))),
        files=files,
        published=announcement.published,
        updated=_updated(announcement),
    )


def _updated(announcement: Archived) -> datetime:
    """Return when the text last changed. What never did is as old as it says: a first crawl must flood no reader."""
    changed = announcement.updated > announcement.first_seen
    return announcement.updated.astimezone(UTC) if changed else announcement.published


def _is_on_the_web(attachment: Attachment) -> bool:
    return attachment.url.startswith(("https://", "http://"))


def _file(attachment: Attachment) -> _File:
    url = _address(attachment.url)
    media_type = attachment.type if _MEDIA_TYPE.fullmatch(attachment.type) else "application/octet-stream"
    return _File(url, media_type, _line(attachment.title) or url.rpartition("/")[2] or url, attachment.length)


def _html(announcement: Archived, files: Sequence[_File]) -> str:
    """Return the announcement's HTML, with a list at its end of the files it doesn't link."""
    html = _legal(announcement.html).strip() or _paragraphs(_legal(announcement.text))
    linked = {_address(unescape(address)) for address in _HREF.findall(html)}
    missing = [f"<li>{_anchor(file.url, file.title)}</li>" for file in files if file.url not in linked]
    if missing:
        heading = _ATTACHMENTS.get(announcement.language, _ATTACHMENTS["en"])
        html += f"\n<p>{heading}</p>\n<ul>{''.join(missing)}</ul>"
    return html


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line.strip())


def _anchor(url: str, title: str) -> str:
    return f'<a href="{escape(url)}">{escape(title, quote=False)}</a>'


def _beginning(text: str) -> str:
    """Return the first few sentences, or as many words, or, of Japanese without an end in sight, characters."""
    if len(text) <= 300:
        return text
    found = _BEGINNING.match(text)
    return f"{found[0] if found else text[:299]}…"


def _legal(text: str) -> str:
    """Return *text* without what XML 1.0 forbids or advises against (section 2.2)."""
    return _ILLEGAL.sub("", text)


def _line(text: str) -> str:
    return " ".join(_legal(text).split())


def _address(url: str) -> str:
    """Return *url* as a URI (RFC 3986), whose characters RSS and validators ask for; escapes stay as they are."""
    return quote(_legal(url).strip(), safe="%/:?#@!$&'()*+,;=~")
