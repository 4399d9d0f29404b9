"""Announcements in, the time of writing them as a feed out: ours beside feedgen, lxml and json, used bare.

All write the same entries. Bare lxml and json write our very document: a byte's difference raises. Bare feedgen writes
less: feeds.atom_rss says what it leaves out.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from html import escape
from statistics import median
from typing import Any

from feedgen.feed import FeedGenerator
from lxml.etree import Element, ProcessingInstruction, SubElement, tostring

from bench.announcements import announcement, seen
from feeds.atom_rss import atom, rss
from feeds.channels import Channel
from feeds.contents import Contents
from feeds.entries import Elsewhere, Entry, entry
from feeds.jsonfeed import json_feed
from store.announcement import Announcement, Archived
from store.identity import first_id
from store.news import Telling
from store.query import Query

BARE = {"Atom, ours": "Atom, bare lxml", "RSS, ours": "RSS, bare lxml", "JSON, ours": "JSON, bare json"}
_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_HTML_BYTES = 5_000
_UPDATED = datetime(2026, 6, 1, tzinfo=UTC)
_CHANNEL = Channel("all", "Zero-carbon policy news", Query(gone=False))
_STYLE = 'type="text/css" href="feed.css"'
_DOCS = "http://www.rssboard.org/rss-specification"

Told = tuple[Archived, Sequence[Telling]]


@dataclass(frozen=True, slots=True)
class Took:
    """CPU milliseconds, the least and the median of some rounds."""

    best: float
    median: float


def measure(count: int, rounds: int) -> dict[str, Took]:
    """Return what it takes to make the entries of *count* announcements, and to write them as each feed, by name."""
    told = records(count)
    held = contents(told)
    ways: dict[str, Callable[[], object]] = {
        "entries from records": lambda: contents(told),
        **{name: partial(write, held) for name, write in _WRITERS.items()},
        **_as_json(held),
    }
    for ours, bare in BARE.items():
        if ways[ours]() != ways[bare]():
            raise RuntimeError(f"{bare}: expected the document that {ours} is")
    return _taken(ways, rounds)


def _as_json(held: Contents) -> dict[str, Callable[[], object]]:
    told = json.loads(json_feed(held))
    return {
        "JSON, ours": partial(json_feed, held),
        "JSON, bare json": lambda: json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n",
    }


def _taken(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Took]:
    """Return what each of *ways* takes. They take turns, so that what else the machine does meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()
            began = time.process_time()
            way()
            taken[name].append((time.process_time() - began) * 1000)
    return {name: Took(min(times), median(times)) for name, times in taken.items()}


def records(count: int) -> list[Told]:
    """Return *count* announcements as the archive returns them, of about 5 kB of HTML each, and what tells the same."""
    return [_record(number) for number in range(count)]


def _record(number: int) -> Told:
    made, now = announcement(number), seen(number)
    others = [_telling(made, url) for url in made.alternates]
    values = {name: getattr(made, name) for name in Announcement.__dataclass_fields__} | {
        "html": _page(number),
        "published": made.published or now,
        "id": first_id(made.url),
        "first_seen": now,
        "updated": now,
        "translations": tuple(other.id for other in others),
    }
    return Archived(**values), others


def _telling(made: Announcement, url: str) -> Telling:
    language = "en" if made.language == "ja" else "ja"
    return Telling(
        id=first_id(url), url=url, title=made.title, language=language, organisation=made.organisation, source=""
    )


def _page(number: int) -> str:
    """Return paragraphs, lists and links, as pages have them."""
    lines: list[str] = []
    while len("".join(lines).encode()) < _HTML_BYTES:
        for at, line in enumerate(announcement(number).text.splitlines()):
            link = f'<a href="https://www.env.go.jp/press/{number}.html">{line[:12]}</a>{line[12:]}'
            lines.append(f"<p>{link}</p>" if at % 3 else f"<h2>{line[:30]}</h2><ul><li>{link}</li></ul>")
        number += 1
    return "".join(lines)


def contents(told: Iterable[Told]) -> Contents:
    entries = tuple(entry(archived, tellings) for archived, tellings in told)
    return Contents(channel=_CHANNEL, entries=entries, base_url="https://wire.example", updated=_UPDATED)


def bare_atom(held: Contents) -> bytes:
    """Return what ``atom`` does, by lxml alone."""
    feed = Element("feed", {_LANG: "en"}, {None: _ATOM})
    SubElement(feed, "id").text = held.address("atom")
    SubElement(feed, "title").text = held.title
    SubElement(feed, "updated").text = held.updated.isoformat()
    SubElement(feed, "link", href=held.address("atom"), rel="self", type="application/atom+xml")
    SubElement(feed, "link", href=held.site, rel="alternate", type="text/html")
    SubElement(feed, "generator").text = "zerowire"
    SubElement(feed, "subtitle").text = held.description
    for each in held.entries:
        _bare_entry(SubElement(feed, "entry"), each)
    return _document(feed)


def _bare_entry(element: Any, each: Entry) -> None:
    if each.language:
        element.set(_LANG, each.language)
    SubElement(element, "id").text = each.id
    SubElement(element, "title").text = each.title
    SubElement(element, "updated").text = each.updated.isoformat()
    SubElement(SubElement(element, "author"), "name").text = each.author
    SubElement(element, "content", type="html").text = each.html
    SubElement(element, "summary").text = each.summary
    for category in each.categories:
        SubElement(element, "category", term=category)
    SubElement(element, "published").text = each.published.isoformat()
    page = {"rel": "alternate", "type": "text/html"}
    SubElement(element, "link", page | {"href": each.url} | _hreflang(each))
    for other in each.translations:
        SubElement(element, "link", page | {"href": other.url} | _hreflang(other) | {"title": other.title})
    if each.translations:
        SubElement(element, "link", rel="alternate", href=each.url)
    for other in each.others:
        SubElement(element, "link", rel="related", href=other.url, title=other.title)
    for file in each.files:
        length = {} if file.length is None else {"length": str(file.length)}
        enclosure = {"rel": "enclosure", "type": file.type, "href": file.url} | length | {"title": file.title}
        SubElement(element, "link", enclosure)


def bare_rss(held: Contents) -> bytes:
    """Return what ``rss`` does, by lxml alone."""
    root = Element("rss", {"version": "2.0"}, {"dc": _DC, "atom": _ATOM, "content": _CONTENT})
    channel = SubElement(root, "channel")
    SubElement(channel, "title").text = held.title
    SubElement(channel, "link").text = held.site
    SubElement(channel, "description").text = held.description
    SubElement(channel, f"{{{_ATOM}}}link", href=held.address("rss"), rel="self", type="application/rss+xml")
    SubElement(channel, "docs").text = _DOCS
    SubElement(channel, "generator").text = "zerowire"
    SubElement(channel, "lastBuildDate").text = format_datetime(held.updated)
    for each in held.entries:
        _bare_item(SubElement(channel, "item"), each)
    return _document(root)


def _bare_item(item: Any, each: Entry) -> None:
    if each.translations:
        page = {"rel": "alternate", "type": "text/html"}
        SubElement(item, f"{{{_ATOM}}}link", page | {"href": each.url} | _hreflang(each))
        for other in each.translations:
            translation = page | {"href": other.url} | _hreflang(other) | {"title": other.title}
            SubElement(item, f"{{{_ATOM}}}link", translation)
    SubElement(item, "title").text = each.title
    SubElement(item, "link").text = each.url
    SubElement(item, "description").text = escape(each.summary, quote=False)
    SubElement(item, f"{{{_CONTENT}}}encoded").text = each.html
    SubElement(item, "guid", isPermaLink="false").text = each.id
    for category in each.categories:
        SubElement(item, "category").text = category
    for file in each.files[:1]:
        SubElement(item, "enclosure", url=file.url, length=str(file.length or 0), type=file.type)
    SubElement(item, "pubDate").text = format_datetime(each.published)
    SubElement(item, f"{{{_DC}}}creator").text = each.author
    if each.language:
        SubElement(item, f"{{{_DC}}}language").text = each.language


def _hreflang(place: Entry | Elsewhere) -> dict[str, str]:
    return {"hreflang": place.language} if place.language else {}


def _document(root: Any) -> bytes:
    root.addprevious(ProcessingInstruction("xml-stylesheet", _STYLE))
    return bytes(tostring(root.getroottree(), pretty_print=True, encoding="UTF-8", xml_declaration=True))


def feedgen_atom(held: Contents) -> bytes:
    """Return what somebody writes who has read feedgen's introduction."""
    feed = _generator(held, "atom")
    for each in held.entries:
        element = _feedgen_entry(feed, each)
        element.link(href=each.url, rel="alternate", type="text/html")
        element.author(name=each.author)
        element.updated(each.updated)
        element.summary(each.summary)
        for file in each.files:
            element.link(href=file.url, rel="enclosure", type=file.type, length=str(file.length or 0))
    return bytes(feed.atom_str(pretty=True))


def feedgen_rss(held: Contents) -> bytes:
    feed = _generator(held, "rss")
    feed.load_extension("dc")
    for each in held.entries:
        element = _feedgen_entry(feed, each)
        element.link(href=each.url)
        element.dc.dc_creator(each.author)
        element.description(each.summary, isSummary=True)
        for file in each.files[:1]:
            element.enclosure(file.url, file.length or 0, file.type)
    return bytes(feed.rss_str(pretty=True))


def _generator(held: Contents, extension: str) -> FeedGenerator:
    feed = FeedGenerator()
    feed.id(held.address("atom"))
    feed.title(held.title)
    feed.description(held.description)
    feed.language("en")
    feed.updated(held.updated)
    feed.link(href=held.address(extension), rel="self")
    feed.link(href=held.site, rel="alternate")
    return feed


def _feedgen_entry(feed: FeedGenerator, each: Entry) -> Any:
    element = feed.add_entry(order="append")
    element.id(each.id)
    element.title(each.title)
    element.content(each.html, type="html")
    element.published(each.published)
    for category in each.categories:
        element.category(term=category)
    return element


_WRITERS = {
    "Atom, ours": atom,
    "Atom, bare lxml": bare_atom,
    "Atom, bare feedgen": feedgen_atom,
    "RSS, ours": rss,
    "RSS, bare lxml": bare_rss,
    "RSS, bare feedgen": feedgen_rss,
}
