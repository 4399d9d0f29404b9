"""Entries in, Atom 1.0 (RFC 4287) and RSS 2.0 documents out. Pure: the same entries give the same bytes.

The only module that knows feedgen, and what bites in it. Its extensions, of the feed and of each entry, write what it
can't itself:

- It writes an Atom entry's links without rel, type, hreflang and length, no ``xml:lang``, and no style sheet.
- For each date of RSS it sets the locale of the process, whatever other threads do with it.
- Of an RSS channel's links the last one given counts, and but for rel="self" none becomes an ``atom:link``; of an
  item's enclosures the last counts.
- ``updated`` and ``lastBuildDate`` are the time of rendering unless they are set.
- ``add_entry()`` puts the entry first unless it is told to append.
- One character that XML 1.0 forbids raises, and costs the whole feed: an entry holds nothing but legal text.

And what bites in readers: of the links rel="alternate" some take the first for the entry's address, some the last. The
page's own comes first, with its language; then the translations' (RFC 4287, section 4.1.2); then it comes again, plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from typing import Any

from feedgen.feed import FeedGenerator
from lxml.etree import ProcessingInstruction, SubElement

from feeds.channels import MEDIA_TYPES
from feeds.contents import Contents
from feeds.entries import Entry, File

_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#\w+|\w+);")

Links = Iterable[Mapping[str, str | None]]


def atom(contents: Contents) -> bytes:
    """Return *contents* as an Atom 1.0 document.

    ``published`` has the offset of the source's zone; every attachment is an enclosure (section 4.2.7.2). A volume of
    the history is an archive document of RFC 5005, section 4.
    """
    feed = _feed(contents, "atom")
    feed.id(contents.site + contents.channel.path("atom"))
    feed.language(contents.language or "en")  # of the feed's title; each entry names its own
    links = [{"rel": rel, "href": href, "type": MEDIA_TYPES["atom"]} for rel, href in contents.history("atom").items()]
    for link in links:
        feed.link(link)
    feed.register_extension("zerowire", lambda: _AtomFeed(contents), _AtomEntry, atom=True, rss=False)
    for entry in contents.entries:
        _add_atom(feed.add_entry(order="append"), entry)
    return bytes(feed.atom_str(pretty=True))


def rss(contents: Contents) -> bytes:
    """Return *contents* as an RSS 2.0 document by the RSS Advisory Board's profile.

    The text is in ``content:encoded``, the summary, escaped for HTML, in ``description``; an item's enclosure is its
    first attachment, of length 0 where that is unknown.
    """
    feed = _feed(contents, "rss")
    feed.register_extension("zerowire", lambda: _RSSFeed(contents), _RSSItem, atom=False, rss=True)
    if contents.language:
        feed.language(contents.language)
    for entry in contents.entries:
        _add_rss(feed.add_entry(order="append"), entry)
    return bytes(feed.rss_str(pretty=True))


def _feed(contents: Contents, extension: str) -> FeedGenerator:
    feed = FeedGenerator()
    feed.title(contents.title)
    feed.description(contents.description)
    feed.generator("zerowire")
    feed.updated(contents.updated)
    feed.link(href=contents.address(extension), rel="self", type=MEDIA_TYPES[extension])
    if contents.hub and contents.volume is None:
        feed.link(href=contents.hub, rel="hub")
    feed.link(href=contents.site, rel="alternate", type="text/html")  # the last one: it becomes RSS's channel link
    return feed


def _add_atom(element: Any, entry: Entry) -> None:
    _add(element, entry)
    element.author(name=entry.author)
    element.updated(entry.updated)
    element.published(entry.published)
    element.summary(entry.summary)


def _add_rss(element: Any, entry: Entry) -> None:
    _add(element, entry)
    element.title(_plain(entry.title))
    element.link(href=entry.url)
    element.description(escape(entry.summary, quote=False), isSummary=True)
    for file in entry.files[:1]:
        element.enclosure(file.url, file.length or 0, file.type)


def _add(element: Any, entry: Entry) -> None:
    element.id(entry.id)  # in RSS a guid that is no permalink
    element.title(entry.title)
    element.content(entry.html, type="html")
    element.category([{"term": category} for category in entry.categories])
    element.zerowire.entry = entry


def _plain(title: str) -> str:
    """Return *title* for RSS, where some readers take it for text and some for HTML: as text where both are one."""
    return escape(title, quote=False) if _MARKUP.search(title) else title


@dataclass(frozen=True, slots=True)
class _AtomFeed:
    """The style sheet, and the mark of an archive document."""

    contents: Contents

    def extend_ns(self) -> dict[str, str]:
        return {} if self.contents.volume is None else {"fh": _HISTORY}

    def extend_atom(self, feed: Any) -> Any:
        if self.contents.volume is not None:
            SubElement(feed, f"{{{_HISTORY}}}archive")
        return _styled(feed, self.contents)


@dataclass(frozen=True, slots=True)
class _RSSFeed:
    """The style sheet, and the link to the hub."""

    contents: Contents

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DUBLIN_CORE}

    def extend_rss(self, feed: Any) -> Any:
        if self.contents.hub:
            _append_links(feed[0], [{"rel": "hub", "href": self.contents.hub}], _ATOM_LINK)
        return _styled(feed, self.contents)


def _styled(root: Any, contents: Contents) -> Any:
    """Add the style sheet that makes the document readable in a browser (xml-stylesheet 1.0)."""
    place = "" if contents.volume is None else "../"
    root.addprevious(ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{place}feed.css"'))
    return root


class _AtomEntry:
    """The language of an entry (RFC 4287, section 2) and its links (section 4.2.7)."""

    entry: Entry

    def extend_atom(self, element: Any) -> None:
        entry = self.entry
        if entry.language:
            element.set(_XML_LANG, entry.language)
        own = {"rel": "alternate", "href": entry.url}
        again = [own] if entry.translations else []
        others = ({"rel": "related", "href": other.url, "title": other.title} for other in entry.others)
        _append_links(element, [*_versions(entry), *again, *others, *map(_enclosure, entry.files)], "link")


class _RSSItem:
    """The date of an item, its author, whom RSS itself knows by an address of e-mail only, and its language; and its
    translations, which stand before its own link: that one is so the last.
    """

    entry: Entry

    def extend_rss(self, element: Any) -> None:
        entry = self.entry
        SubElement(element, "pubDate").text = format_datetime(entry.published)
        SubElement(element, f"{{{_DUBLIN_CORE}}}creator").text = entry.author
        if entry.language:
            SubElement(element, f"{{{_DUBLIN_CORE}}}language").text = entry.language
        if entry.translations:
            there = len(element)
            _append_links(element, _versions(entry), _ATOM_LINK)
            element[:] = [*element[there:], *element[:there]]


def _versions(entry: Entry) -> Iterator[dict[str, str | None]]:
    """Yield the links to the page, and to its translations."""
    page = {"rel": "alternate", "type": "text/html"}
    yield {**page, "href": entry.url, "hreflang": entry.language}
    for other in entry.translations:
        yield {**page, "href": other.url, "hreflang": other.language, "title": other.title}


def _enclosure(file: File) -> dict[str, str | None]:
    length = None if file.length is None else str(file.length)
    return {"rel": "enclosure", "type": file.type, "href": file.url, "length": length, "title": file.title}


def _append_links(element: Any, links: Links, name: str) -> None:
    """feedgen's elements of Atom have no namespace until they are written: a link with one would get a prefix."""
    for link in links:
        SubElement(element, name, {attribute: value for attribute, value in link.items() if value})
