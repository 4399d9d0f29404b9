"""Entries in, Atom 1.0 (RFC 4287) and RSS 2.0 documents out. Pure: the same entries give the same bytes.

The only module that knows feedgen, and what bites in it. Its extensions, of the feed and of each entry, write what it
can't itself:

- It writes an Atom entry's links without rel, type, hreflang and length, and no ``xml:lang``.
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
from html import escape
from typing import Any

from feedgen.feed import FeedGenerator
from lxml.etree import SubElement

from feeds.channels import MEDIA_TYPES
from feeds.contents import Contents
from feeds.entries import Entry, File

_ATOM = "http://www.w3.org/2005/Atom"
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
    feed.language(contents.channel.language or "en")  # of the feed's title; each entry names its own
    links = [{"rel": rel, "href": href, "type": MEDIA_TYPES["atom"]} for rel, href in contents.history("atom").items()]
    for link in links:
        feed.link(link)
    feed.register_extension("zerowire", lambda: _Volume(contents), atom=True, rss=False)
    for entry in contents.entries:
        _add_atom(feed.add_entry(order="append"), entry)
    return _styled(feed.atom_str(pretty=True), contents)


def rss(contents: Contents) -> bytes:
    """Return *contents* as an RSS 2.0 document by the RSS Advisory Board's profile.

    The text is in ``content:encoded``, the summary, escaped for HTML, in ``description``; an item's enclosure is its
    first attachment, of length 0 where that is unknown.
    """
    feed = _feed(contents, "rss")
    feed.load_extension("dc", atom=False)
    feed.register_extension("zerowire", lambda: _Hub(contents.hub), atom=False, rss=True)
    if contents.channel.language:
        feed.language(contents.channel.language)
    for entry in contents.entries:
        _add_rss(feed.add_entry(order="append"), entry)
    return _styled(feed.rss_str(pretty=True), contents)


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


def _styled(document: bytes, contents: Contents) -> bytes:
    """Return *document* with the style sheet that makes it readable in a browser (xml-stylesheet 1.0)."""
    declaration, _, rest = document.partition(b"\n")
    place = b"" if contents.volume is None else b"../"
    return b'%b\n<?xml-stylesheet type="text/css" href="%bfeed.css"?>\n%b' % (declaration, place, rest)


def _add_atom(element: Any, entry: Entry) -> None:
    _add(element, entry)
    element.author(name=entry.author)
    element.updated(entry.updated)
    element.summary(entry.summary)
    element.register_extension("zerowire", lambda: _AtomEntry(entry), atom=True, rss=False)


def _add_rss(element: Any, entry: Entry) -> None:
    _add(element, entry)
    element.title(_plain(entry.title))
    element.link(href=entry.url)
    element.dc.dc_creator(entry.author)  # RSS's own author is an address of e-mail
    if entry.language:
        element.dc.dc_language(entry.language)
    element.description(escape(entry.summary, quote=False), isSummary=True)
    for file in entry.files[:1]:
        element.enclosure(file.url, file.length or 0, file.type)
    if entry.translations:
        element.register_extension("zerowire", lambda: _RSSItem(entry), atom=False, rss=True)


def _add(element: Any, entry: Entry) -> None:
    element.id(entry.id)  # in RSS a guid that is no permalink
    element.title(entry.title)
    element.content(entry.html, type="html")
    element.published(entry.published)
    element.category([{"term": category} for category in entry.categories])


def _plain(title: str) -> str:
    """Return *title* for RSS, where some readers take it for text and some for HTML: as text where both are one."""
    return escape(title, quote=False) if _MARKUP.search(title) else title


@dataclass(frozen=True, slots=True)
class _Volume:
    """The mark of an archive document."""

    contents: Contents

    def extend_ns(self) -> dict[str, str]:
        return {} if self.contents.volume is None else {"fh": _HISTORY}

    def extend_atom(self, feed: Any) -> Any:
        if self.contents.volume is not None:
            SubElement(feed, f"{{{_HISTORY}}}archive")
        return feed


@dataclass(frozen=True, slots=True)
class _Hub:
    """The link to the hub, which feedgen leaves out of RSS."""

    address: str

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_rss(self, feed: Any) -> Any:
        if self.address:
            _append_links(feed[0], [{"rel": "hub", "href": self.address}])
        return feed


@dataclass(frozen=True, slots=True)
class _AtomEntry:
    """The language of an entry (RFC 4287, section 2) and its links (section 4.2.7)."""

    entry: Entry

    def extend_atom(self, element: Any) -> None:
        if self.entry.language:
            element.set(_XML_LANG, self.entry.language)
        own = {"rel": "alternate", "href": self.entry.url}
        again = [own] if self.entry.translations else []
        others = ({"rel": "related", "href": other.url, "title": other.title} for other in self.entry.others)
        _append_links(element, [*_versions(self.entry), *again, *others, *map(_enclosure, self.entry.files)])


@dataclass(frozen=True, slots=True)
class _RSSItem:
    """The translations of an item; they stand before its own link, which so is the last."""

    entry: Entry

    def extend_rss(self, element: Any) -> None:
        there = len(element)
        _append_links(element, _versions(self.entry))
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


def _append_links(element: Any, links: Links) -> None:
    for link in links:
        SubElement(element, f"{{{_ATOM}}}link", {name: value for name, value in link.items() if value})
