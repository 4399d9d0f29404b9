"""The bytes of a route in, candidates out, and the addresses where the route goes on. Pure.

This module alone knows how feeds, sitemaps, WordPress's API and listings name pages. What comes in can be made to hang
a parser or to fill a memory: a crawl calls this in a process of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import singledispatch
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import feedparser
from lxml import etree

from crawler import dates
from crawler.answer import Answer
from crawler.candidate import Candidate, Dated, as_data, from_data
from crawler.decode import decode
from crawler.errors import EmptyList, EmptyRoute, RouteFailed, Unreachable
from crawler.markup import parsed
from crawler.spec import Feed, Listing, Route, Sitemap, Source, WordPress
from crawler.urls import absolute, canonical
from store.announcement import From, Precision

_MOST = 50_000  # addresses in one document: the sitemap protocol's own limit
_EXPANDED = ("<!ENTITY", "<!ATTLIST")  # what makes much of little (XML 1.0, 4.2 and 3.3)
_UTF_8 = "application/xml; charset=utf-8"
_FEED_ENDS = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_LISTING_BEGINS, _LISTING_ENDS = re.compile(r"<html\b", re.IGNORECASE), re.compile(r"</(?:html|body)\b", re.IGNORECASE)
_MARK = "7777777"


@dataclass(frozen=True, slots=True)
class Further:
    """Another document of the route. Nothing in it is newer than ``until``; None where the route does not say."""

    url: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer names: candidates in the route's order, each address once, and where the route goes on."""

    candidates: tuple[Candidate, ...]
    further: tuple[Further, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An address as a route names it, before anyone asked whether it is an announcement's."""

    address: str
    title: str = ""
    date: Dated | None = None
    modified: datetime | None = None
    tags: tuple[str, ...] = ()


def discover(route: Route, answer: Answer, source: type[Source]) -> Found:
    """Return what *answer* names.

    Raises RouteFailed for an answer that is no whole document of the route's kind, EmptyRoute where it names no
    candidate, EmptyList where that is because there is none to name; an index of sitemaps names its sitemaps instead.
    """
    if answer.status != 200:
        raise Unreachable(source.name, answer.url, f"expected status 200, got {answer.status}")
    if not answer.whole:
        raise Unreachable(source.name, answer.url, "expected a whole answer, got a part of it")
    entries, further = _read(route, answer, source)
    grouped = isinstance(route, Listing) and bool(route.group)
    named = _candidates(entries, answer, source, files=grouped)
    found = Found(tuple(named), tuple(_once(further, answer)))
    if not found.candidates and not (isinstance(route, Sitemap) and found.further):
        raise _nothing_named(route, answer, source, entries=list(entries))
    return found


def _nothing_named(route: Route, answer: Answer, source: type[Source], *, entries: Sequence[_Entry]) -> EmptyRoute:
    """Return what to raise where the list is there and empty, or can't be found."""
    around = route.around if isinstance(route, Listing) else ""
    lists = parsed(decode(answer.body, answer.content_type)).cssselect(around) if around else []
    if isinstance(route, Listing):
        is_empty = bool(lists) and not any(found.cssselect(route.link) for found in lists)
    else:
        is_empty = not entries
    if is_empty:
        return EmptyList(source.name, answer.url, "expected announcements, the list is there and empty")
    expected = f"the list at {around!r}" if around and not lists else f"addresses that match {source.pages!r}"
    return EmptyRoute(source.name, answer.url, f"expected {expected}")


def _candidates(entries: Iterable[_Entry], answer: Answer, source: type[Source], *, files: bool) -> Iterator[Candidate]:
    named: dict[str, Candidate] = {}
    for entry in entries:
        url = canonical(entry.address, base=answer.url, hosts=source.hosts())
        if url is None or not (source.names(url) or (files and source.names_file(url))):
            continue
        first = named.setdefault(url.rstrip("/"), _candidate(url, entry, answer, source))
        if not first.title and entry.title:  # a picture's link has none, that of the heading beside it has
            named[url.rstrip("/")] = replace(first, title=entry.title)
    yield from filter(None, map(source.keep, named.values()))


def _candidate(url: str, entry: _Entry, answer: Answer, source: type[Source]) -> Candidate:
    day = dates.slug(urlsplit(url).path, zone=source.zone()) if source.page.slug else None
    slug = Dated(at=day, precision=Precision.DAY, found=From.SLUG) if day and source.page.slug == "published" else None
    return Candidate(
        url=url,
        address=absolute(entry.address, answer.url) or url,
        title=entry.title,
        published=entry.date or slug,
        modified=entry.modified,
        latest=day + timedelta(days=1) if day and source.page.slug == "event" else None,
        tags=entry.tags,
    )


def _once(further: Iterable[Further], answer: Answer) -> Iterator[Further]:
    """Yield each document on the same host once, in the one spelling that keeps pagers from running in circles."""
    seen: set[str] = set()
    for other in further:
        url = canonical(other.url, base=answer.url)
        if url and url not in seen and urlsplit(url).netloc == urlsplit(answer.url).netloc:
            seen.add(url)
            yield Further(url, other.until)


_Read = tuple[Iterable[_Entry], Iterable[Further]]


@singledispatch
def _read(route: Route, answer: Answer, source: type[Source]) -> _Read:
    raise TypeError(f"expected a route, got {route!r}")


@_read.register
def _feed(route: Feed, answer: Answer, source: type[Source]) -> _Read:
    xml = _xml(answer, source)
    if not _FEED_ENDS.search(xml):  # half a feed would be read as one of fewer items, a large page for a minute
        raise RouteFailed(source.name, answer.url, "expected RSS or Atom, from beginning to end")
    # A stream: feedparser takes bytes for the name of a file first, and opens it.
    feed = feedparser.parse(BytesIO(xml), response_headers={"content-type": _UTF_8})
    if not feed.get("version"):
        raise RouteFailed(source.name, answer.url, "expected RSS or Atom")
    entries = [_feed_entry(entry, source) for entry in feed.entries[:_MOST] if entry.get("link")]
    return entries, [Further(_next_page(route.url, route.older, answer.url))] if entries else []


def _feed_entry(entry: Any, source: type[Source]) -> _Entry:
    published, updated = entry.get("published"), dict.get(entry, "updated")  # its own get takes one for the other
    changed = updated if updated != published else None
    return _Entry(
        address=entry.link,
        title=_feed_title(entry),
        date=_stamp(published or updated, From.FEED, source),
        modified=dates.machine(changed, zone=source.zone()) if changed else None,
        tags=tuple(term for tag in entry.get("tags", ()) if (term := _line(tag.get("term") or ""))),
    )


def _feed_title(entry: Any) -> str:
    title = entry.get("title", "")
    is_markup = entry.get("title_detail", {}).get("type") != "text/plain"
    return _line(_without_tags(title) if is_markup else title)


@_read.register
def _wordpress(route: WordPress, answer: Answer, source: type[Source]) -> _Read:
    try:
        posts = json.loads(answer.body)
        entries = [_post(post, source) for post in posts[:_MOST]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RouteFailed(source.name, answer.url, "expected a JSON array of WordPress posts") from error
    return entries, [Further(_next_page(route.url, route.older, answer.url))] if entries else []


def _post(post: dict[str, Any], source: type[Source]) -> _Entry:
    return _Entry(
        address=post["link"].strip(),
        title=_line(_without_tags(post["title"]["rendered"])),
        date=_stamp(f"{post['date_gmt']}Z", From.FEED, source),
        modified=dates.machine(f"{post['modified_gmt']}Z", zone=source.zone()),
    )


def _next_page(base: str, older: str, asked: str) -> str:
    """Return the address of the page after *asked*, which is *base* or *base* with *older* filled in."""
    marked = canonical(base + older.format(page=_MARK)) or ""  # as *asked* is spelt, its query sorted
    number = re.fullmatch(re.escape(marked).replace(_MARK, r"(\d{1,6})"), canonical(asked) or "")
    return base + older.format(page=int(number[1]) + 1 if number else 2)


@_read.register
def _sitemap(route: Sitemap, answer: Answer, source: type[Source]) -> _Read:
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(_xml(answer, source), parser)
    except etree.XMLSyntaxError as error:
        raise RouteFailed(source.name, answer.url, f"expected a sitemap: {error.msg}") from error
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        raise RouteFailed(source.name, answer.url, f"expected a sitemap, got <{kind}>")
    if kind == "sitemapindex":
        parts = [part for part in _locations(root, source) if re.search(route.parts, part.address)]
        return [], [Further(part.address, part.modified) for part in parts]
    return _locations(root, source), []


def _locations(root: Any, source: type[Source]) -> list[_Entry]:
    named = (
        (url.findtext("{*}loc"), url.findtext("{*}lastmod") or "") for url in root.iterchildren("{*}url", "{*}sitemap")
    )
    return [
        _Entry(address=address.strip(), modified=_until(changed, source))
        for address, changed in list(named)[:_MOST]
        if address
    ]


@_read.register
def _listing(route: Listing, answer: Answer, source: type[Source]) -> _Read:
    text = decode(answer.body, answer.content_type)
    if not text.strip():
        raise RouteFailed(source.name, answer.url, "expected a page, got nothing")
    if _LISTING_BEGINS.search(text) and not _LISTING_ENDS.search(text):
        raise Unreachable(source.name, answer.url, "expected a whole page, got a part of it")
    tree = parsed(text)
    groups = tree.cssselect(route.group) if route.group else [tree]
    entries = [entry for group in groups for entry in _grouped(route, group, source)]
    older = tree.cssselect(route.older) if route.older else []
    return entries, [Further(link.get("href", ""), _month_end(route, link.get("href", ""), source)) for link in older]


def _grouped(route: Listing, group: Any, source: type[Source]) -> Iterator[_Entry]:
    headings = group.cssselect(route.date) if route.date else []
    printed = [found for heading in headings[:1] for found in dates.find(heading.text_content(), zone=source.zone())]
    found = next(iter(printed), None)
    date = Dated(at=found.starts, precision=found.precision, found=From.LISTING) if found else None
    for item in group.cssselect(route.item) if route.item else [group]:
        tags = tuple(_line(tag.text_content()) for tag in item.cssselect(route.tags)) if route.tags else ()
        for link in item.cssselect(route.link):
            yield _Entry(address=link.get("href", ""), title=_line(link.text_content()), date=date, tags=tags)


def _month_end(route: Listing, address: str, source: type[Source]) -> datetime | None:
    """Return the last moment of the month that *address* names, None where it names none."""
    named = re.search(route.month, address) if route.month else None
    if named is None:
        return None
    year, month = map(int, named.groups())
    first_of_next = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=source.zone())
    return first_of_next - timedelta(microseconds=1)


def _xml(answer: Answer, source: type[Source]) -> bytes:
    """Return *answer* in UTF-8. Raises RouteFailed where it defines entities, or attributes that nobody wrote.

    Parsers are handed what was looked at, so there is no charset in which they would see a definition that was missed.
    """
    text = decode(answer.body, answer.content_type).lstrip()  # plugins put blank lines before the XML declaration
    if any(mark in text for mark in _EXPANDED):
        raise RouteFailed(source.name, answer.url, "expected XML that defines no entities")
    return text.encode()


def _until(stamp: str, source: type[Source]) -> datetime | None:
    """Return the moment of *stamp*, the end of the day where it is a bare day."""
    at = dates.machine(stamp, zone=source.zone())
    return at + timedelta(days=1) if at and ":" not in stamp else at


def _stamp(text: str | None, found: From, source: type[Source]) -> Dated | None:
    at = dates.machine(text, zone=source.zone()) if text else None
    return Dated(at=at, precision=Precision.MINUTE, found=found) if at else None


def _without_tags(markup: str) -> str:
    return re.sub(r"<[^>]*>", "", markup)


def _line(text: str) -> str:
    return " ".join(unescape(text).split())


def plain(found: Found) -> dict[str, Any]:
    """Return *found* as plain data, to be kept beside the validators of the answer that named it."""
    further = [[other.url, other.until.isoformat() if other.until else None] for other in found.further]
    return {"candidates": [as_data(named) for named in found.candidates], "further": further}


def kept(data: dict[str, Any]) -> Found:
    """Return what ``plain`` made *data* of."""
    further = (Further(url, datetime.fromisoformat(until) if until else None) for url, until in data["further"])
    return Found(tuple(map(from_data, data["candidates"])), tuple(further))
