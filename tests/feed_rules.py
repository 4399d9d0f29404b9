"""What validators ask of feeds, as a list of what a document breaks: nobody else's program, no network.

The rules are those of RFC 4287 (Atom), RFC 5005 (history), RSS 2.0 with the profile of the RSS Advisory Board, JSON
Feed 1.1 and OPML 2.0, with what the W3C's validator warns of, and the project's own limits of size. An empty list is a
feed that is right.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import html5lib
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
DC = "{http://purl.org/dc/elements/1.1/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
XML = "{http://www.w3.org/XML/1998/namespace}"

MOST_BYTES, MOST_ENTRIES = 500_000, 50
_TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|\d{3}))?")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*", re.ASCII)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_MARKUP = re.compile(r"</?[a-z][a-z0-9]*\b[^<>]*>|&(?:[a-z]+|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_FORBIDDEN = re.compile(
    "script|style|i?frame|frameset|object|embed|applet|form|input|button|select|textarea|base|link|meta|svg|math"
)
_ADDRESSES = ("href", "src", "action", "background", "cite", "data", "longdesc", "poster", "srcset")
_RELATIONS = ("self", "alternate", "related", "enclosure", "hub", "current", "prev-archive", "next-archive")

Faults = Iterator[str]


def _often(*, once: str, perhaps: str = "", some: str = "", many: str = "") -> dict[str, str]:
    """Return how often there may be which element."""
    given = {"1": once, "?": perhaps, "+": some, "*": many}
    return {name: often for often, names in given.items() for name in names.split()}


_OF_A_FEED = _often(once="id title updated", perhaps="subtitle generator", some="link", many="author entry")
_OF_AN_ENTRY = _often(once="id title updated published summary content author", some="link", many="category")
_OF_A_CHANNEL = _often(
    once="title link description lastBuildDate", perhaps="docs generator language", some=f"{ATOM}link", many="item"
)
_OF_AN_ITEM = _often(
    once=f"title link description {CONTENT} guid pubDate {DC}creator",
    perhaps=f"enclosure {DC}language",
    many=f"category {ATOM}link",
)
_OF_JSON = _often(once="version title home_page_url feed_url description items", perhaps="language hubs")
_OF_A_JSON_ITEM = _often(
    once="id url title content_html summary authors date_published date_modified",
    perhaps="tags language attachments",
)


def faults(document: bytes, *, address: str, content_type: str, now: datetime) -> list[str]:
    """Return what is wrong with *document*, which was served from *address* as *content_type* at *now*."""
    media_type, _, charset = content_type.partition("; charset=")
    check = _CHECKS.get(media_type)
    if check is None or charset != "utf-8":
        return [f"content type: {content_type}"]
    return [*_of_bytes(document), *check(document, address, now)]


def _of_bytes(document: bytes) -> Faults:
    if len(document) > MOST_BYTES:
        yield f"size: {len(document)} bytes"
    if _UNSEEN.search(document.decode()):  # raises where it is no UTF-8
        yield "a character that is not seen, or turns the text around"


def _atom(document: bytes, address: str, now: datetime) -> Faults:
    root = _root(document)
    yield from _of_xml(document, root, address, {None: ATOM[1:-1]})
    if root.tag != f"{ATOM}feed":
        yield f"root: {root.tag}"
    entries = root.findall(f"{ATOM}entry")
    yield from _counts("feed", [each for each in root if each.tag != f"{HISTORY}archive"], _OF_A_FEED, ATOM)
    yield from _feed_links(root.findall(f"{ATOM}link"), address, "application/atom+xml")
    yield from _history(root, address)
    yield from _ids([root.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)])
    yield from _most(entries)
    yield from _title("feed title", root.findtext(f"{ATOM}title"))
    changed = _instant(root.findtext(f"{ATOM}updated"))
    yield from _date("feed updated", root.findtext(f"{ATOM}updated"), _RFC_3339, now)
    for entry in entries:
        yield from (f"{entry.findtext(f'{ATOM}id')}: {fault}" for fault in _atom_entry(entry, now))
        if changed and (_instant(entry.findtext(f"{ATOM}updated")) or changed) > changed:
            yield "feed updated: before an entry's"


def _atom_entry(entry: etree._Element, now: datetime) -> Faults:
    yield from _counts("entry", entry, _OF_AN_ENTRY, ATOM)
    title, summary, content = (entry.find(f"{ATOM}{name}") for name in ("title", "summary", "content"))
    if title is None or summary is None or content is None:
        return
    yield from _title("title", title.text)
    yield from _text("summary", summary.text)
    yield from _language("xml:lang", entry.get(f"{XML}lang"))
    if (title.get("type"), summary.get("type"), content.get("type")) not in {(None, None, "html")}:
        yield "type: expected title and summary as text, content as HTML"
    yield from _content(content.text, summary.text)
    yield from _text("author", entry.findtext(f"{ATOM}author/{ATOM}name"))
    published, updated = (entry.findtext(f"{ATOM}{name}") for name in ("published", "updated"))
    yield from _date("published", published, _RFC_3339, now)
    yield from _date("updated", updated, _RFC_3339, now)
    if published and updated and (_instant(updated) or now) < (_instant(published) or now):
        yield "updated: before it was published"
    yield from _links(entry.findall(f"{ATOM}link"))
    if not any(link.get("rel") == "alternate" for link in entry.findall(f"{ATOM}link")):
        yield "link: no alternate"
    yield from _categories([category.get("term") for category in entry.findall(f"{ATOM}category")])


def _rss(document: bytes, address: str, now: datetime) -> Faults:
    root = _root(document)
    prefixes: dict[str | None, str] = {"atom": ATOM[1:-1], "dc": DC[1:-1], "content": CONTENT[1:].partition("}")[0]}
    yield from _of_xml(document, root, address, prefixes)
    if (root.tag, root.get("version"), len(root)) != ("rss", "2.0", 1):
        yield "root: expected one channel of RSS 2.0"
    channel = root[0]
    items = channel.findall("item")
    yield from _counts("channel", channel, _OF_A_CHANNEL)
    yield from _feed_links(channel.findall(f"{ATOM}link"), address, "application/rss+xml", alternate=False)
    yield from _address("channel link", channel.findtext("link"))
    yield from _language("language", channel.findtext("language"))
    yield from _date("lastBuildDate", channel.findtext("lastBuildDate"), _RFC_822, now)
    yield from _title("channel title", channel.findtext("title"))
    yield from _text("channel description", channel.findtext("description"))
    yield from _ids([item.findtext("guid") for item in items])
    yield from _most(items)
    for item in items:
        yield from (f"{item.findtext('guid')}: {fault}" for fault in _rss_item(item, now))


def _rss_item(item: etree._Element, now: datetime) -> Faults:
    yield from _counts("item", item, _OF_AN_ITEM)
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false":
        yield "guid: an id that is no address, and no isPermaLink=false"
    yield from _title("title", item.findtext("title"))
    yield from _text("description", item.findtext("description"))
    yield from _content(item.findtext(CONTENT), item.findtext("description"))
    yield from _text("dc:creator", item.findtext(f"{DC}creator"))
    yield from _language("dc:language", item.findtext(f"{DC}language"))
    yield from _address("link", item.findtext("link"))
    yield from _date("pubDate", item.findtext("pubDate"), _RFC_822, now)
    yield from _links(item.findall(f"{ATOM}link"))
    yield from _categories([category.text for category in item.findall("category")])
    for enclosure in item.findall("enclosure"):
        yield from _address("enclosure", enclosure.get("url"))
        yield from _file(enclosure.get("type"), enclosure.get("length") or "none")


def _json(document: bytes, address: str, now: datetime) -> Faults:
    told = json.loads(document)
    yield from _keys("feed", told, _OF_JSON)
    if told.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"version: {told.get('version')}"
    if told.get("feed_url") != address:
        yield f"feed_url: {told.get('feed_url')}, expected {address}"
    yield from _address("home_page_url", told.get("home_page_url"))
    yield from _language("language", told.get("language"))
    yield from _text("feed title", told.get("title"))
    items = told.get("items", [])
    yield from _ids([item.get("id") for item in items])
    yield from _most(items)
    for hub in told.get("hubs", []):
        yield from _keys("hub", hub, _often(once="type url"))
    for item in items:
        yield from (f"{item.get('id')}: {fault}" for fault in _json_item(item, now))


def _json_item(item: dict[str, Any], now: datetime) -> Faults:
    yield from _keys("item", item, _OF_A_JSON_ITEM)
    yield from _address("url", item.get("url"))
    yield from _text("title", item.get("title"))
    yield from _text("summary", item.get("summary"))
    yield from _content(item.get("content_html"), item.get("summary"))
    yield from _language("language", item.get("language"))
    for name in ("date_published", "date_modified"):
        yield from _date(name, item.get(name), _RFC_3339, now)
    if (_instant(item.get("date_modified")) or now) < (_instant(item.get("date_published")) or now):
        yield "date_modified: before it was published"
    for author in item.get("authors", []):
        yield from _keys("author", author, _often(once="name", perhaps="url"))
        yield from _text("author", author.get("name"))
    yield from _categories(item.get("tags", []))
    for file in item.get("attachments", []):
        yield from _keys("attachment", file, _often(once="url mime_type", perhaps="title size_in_bytes"))
        yield from _address("attachment", file.get("url"))
        yield from _file(file.get("mime_type"), str(file.get("size_in_bytes", 0)))


def _opml(document: bytes, address: str, now: datetime) -> Faults:
    root = _root(document)
    outlines = [outline for outline in root.iter("outline") if outline.get("type")]
    if (root.tag, root.get("version"), [part.tag for part in root]) != ("opml", "2.0", ["head", "body"]):
        yield "root: expected OPML 2.0 with a head and a body"
    yield from _title("title", root.findtext("head/title"))
    yield from (f"outline without text: {dict(each.attrib)}" for each in root.iter("outline") if not each.get("text"))
    addresses = [outline.get("xmlUrl") for outline in outlines]
    if not outlines or len(set(addresses)) < len(addresses):
        yield "outlines: expected some, each with a feed of its own"
    for outline in outlines:
        if outline.get("type") != "rss":
            yield f"type: {outline.get('type')}"
        yield from _address("xmlUrl", outline.get("xmlUrl"))
        yield from _address("htmlUrl", outline.get("htmlUrl"))
        yield from _language("language", outline.get("language"))


_CHECKS: dict[str, Callable[[bytes, str, datetime], Faults]] = {
    "application/atom+xml": _atom,
    "application/rss+xml": _rss,
    "application/feed+json": _json,
    "text/x-opml": _opml,
}


def _root(document: bytes) -> etree._Element:
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))


def _of_xml(document: bytes, root: etree._Element, address: str, prefixes: dict[str | None, str]) -> Faults:
    """A declared encoding, a harmless style sheet, no DOCTYPE, the prefixes that everybody uses."""
    if not re.match(rb"<\?xml version='1.0' encoding='UTF-8'\?>\n", document) or b"<!DOCTYPE" in document:
        yield "prologue: expected a declaration of UTF-8 and no document type"
    sheets = [node.text or "" for node in root.itersiblings(preceding=True)]
    if any(not re.fullmatch(r'type="text/css" href="(\.\./)?feed\.css"', sheet) for sheet in sheets):
        yield f"style sheet: {sheets}"
    known = prefixes | {"fh": HISTORY[1:-1]}
    used = {(prefix, name) for each in root.iter(etree.Element) for prefix, name in each.nsmap.items()}
    yield from (f"prefix: {prefix}={name}" for prefix, name in used if known.get(prefix) != name)
    yield from _language("xml:lang", root.get(f"{XML}lang"))


def _counts(what: str, children: Iterable[etree._Element], expected: dict[str, str], namespace: str = "") -> Faults:
    """Every element as often as it may be: once (1), perhaps (?), some (+), any (*); no other."""
    found = Counter(child.tag for child in children)
    for name, often in expected.items():
        count = found.pop(f"{namespace}{name}" if not name.startswith("{") else name, 0)
        if (often in "1+" and not count) or (often in "1?" and count > 1):
            yield f"{what}: {count} times {name}"
    yield from (f"{what}: unknown {name}" for name in found)


def _keys(what: str, told: dict[str, Any], expected: dict[str, str]) -> Faults:
    yield from (f"{what}: no {name}" for name, often in expected.items() if often == "1" and name not in told)
    yield from (f"{what}: unknown {name}" for name in told if name not in expected and not name.startswith("_"))
    yield from (
        f"{what}: empty {name}" for name, value in told.items() if name != "items" and value in (None, "", [], {})
    )


def _feed_links(links: list[etree._Element], address: str, media_type: str, *, alternate: bool = True) -> Faults:
    own = [(link.get("href"), link.get("type")) for link in links if link.get("rel") == "self"]
    if own != [(address, media_type)]:
        yield f"self: {own}, expected {address}"
    if alternate and not any(link.get("rel") == "alternate" for link in links):
        yield "feed: no alternate"
    yield from _links(links)


def _links(links: list[etree._Element]) -> Faults:
    same = Counter((link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate")
    yield from (f"alternate: {count} of {of}" for of, count in same.items() if count > 1)
    for link in links:
        if link.get("rel") not in _RELATIONS:
            yield f"rel: {link.get('rel')}"
        yield from _address("link", link.get("href"))
        yield from _language("hreflang", link.get("hreflang"))
        if link.get("rel") == "enclosure" or link.get("type"):
            yield from _file(link.get("type"), link.get("length", "0"))


def _history(root: etree._Element, address: str) -> Faults:
    """RFC 5005, section 4: an archive document says so, and leads to its neighbours and to the current one."""
    links = {link.get("rel"): link.get("href", "") for link in root.findall(f"{ATOM}link")}
    archived = re.fullmatch(r"(.*)/(\d+)\.atom", address)
    marks = len(root.findall(f"{HISTORY}archive"))
    if marks != (1 if archived else 0) or ("current" in links) != bool(archived):
        yield "history: an archive document is marked and leads to the current one, which is not"
    if archived:
        feed, number = archived[1], int(archived[2])
        expected = {"current": f"{feed}.atom", "next-archive": f"{feed}/{number + 1}.atom"}
        expected |= {"prev-archive": f"{feed}/{number - 1}.atom"} if number > 1 else {}
        yield from (f"{rel}: {links.get(rel)}" for rel, href in expected.items() if links.get(rel) != href)
        if number == 1 and "prev-archive" in links:
            yield "prev-archive: of the first one"
    elif "next-archive" in links:
        yield "next-archive: of the current one"


def _ids(given: Iterable[str | None]) -> Faults:
    for name, count in Counter(given).items():
        if count > 1:
            yield f"id: {count} times {name}"
        yield from _address("id", name)


def _most(entries: list[Any]) -> Faults:
    if len(entries) > MOST_ENTRIES:
        yield f"entries: {len(entries)}"


def _text(what: str, text: str | None) -> Faults:
    if not text or not text.strip() or text != text.strip() or "\n" in text:
        yield f"{what}: {text!r}, expected a line"


def _title(what: str, text: str | None) -> Faults:
    """A line which nobody can take for HTML."""
    yield from _text(what, text)
    if _MARKUP.search(text or ""):
        yield f"{what}: markup that is not declared: {text}"


def _content(content: str | None, summary: str | None) -> Faults:
    """HTML that is not empty nor said before, runs nothing, and leads to addresses that are whole."""
    if not content or not content.strip():
        yield "content: empty"
    elif content.strip() == (summary or "").strip():
        yield "summary: the whole content"
    yield from _of_html(content or "")


@lru_cache(maxsize=1_000)  # the same stands in many feeds
def _of_html(content: str) -> tuple[str, ...]:
    document = html5lib.parse(content, namespaceHTMLElements=False)
    return tuple(fault for element in document.iter() for fault in _of_element(element))


def _of_element(element: Any) -> Faults:
    if _FORBIDDEN.fullmatch(str(element.tag)):
        yield f"content: {element.tag}"
    for attribute, value in element.items():
        if attribute.startswith("on") or attribute == "style":
            yield f"content: {attribute}"
        elif attribute in _ADDRESSES and urlsplit(value.strip()).scheme.lower() not in ("http", "https", "mailto"):
            yield f"content: {attribute}={value}"
        elif attribute in ("lang", "hreflang"):
            yield from _language(f"content {attribute}", value)


def _address(what: str, address: str | None) -> Faults:
    """A URI with all that it takes (RFC 3986), of a scheme that readers know."""
    if not address or not _URI.fullmatch(address) or _BAD_ESCAPE.search(address):
        yield f"{what}: {address!r} is no URI"
    elif urlsplit(address).scheme in ("http", "https") and not urlsplit(address).hostname:
        yield f"{what}: {address!r} has no host"
    elif urlsplit(address).scheme not in ("http", "https", "urn"):
        yield f"{what}: {address!r} is not of the web"


def _language(what: str, tag: str | None) -> Faults:
    if tag is not None and not _TAG.fullmatch(tag):
        yield f"{what}: {tag!r} is no language (RFC 5646)"


def _file(media_type: str | None, length: str) -> Faults:
    if not _MEDIA_TYPE.fullmatch(media_type or ""):
        yield f"type: {media_type!r} is no media type (RFC 6838)"
    if not re.fullmatch(r"\d+", length):
        yield f"length: {length!r}"


def _categories(given: Iterable[str | None]) -> Faults:
    for name, count in Counter(given).items():
        yield from _text("category", name)
        if count > 1:
            yield f"category: {count} times {name}"


def _date(what: str, told: str | None, form: re.Pattern[str], now: datetime) -> Faults:
    instant = _instant(told) if told and form.fullmatch(told) else None
    if instant is None:
        yield f"{what}: {told!r} is no date of its format"
    elif not datetime(1990, 1, 1, tzinfo=UTC) <= instant <= now:
        yield f"{what}: {told} is not plausible"
    elif form is _RFC_822 and f"{instant:%a}" != (told or "")[:3]:
        yield f"{what}: {told} is another day of the week"


def _instant(told: str | None) -> datetime | None:
    read = datetime.fromisoformat if re.match(r"\d{4}-", told or "") else parsedate_to_datetime
    try:
        instant = read(told or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else None
