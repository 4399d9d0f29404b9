"""A page's HTML in, what it says out: title, text, clean HTML, date, language, files. Pure.

The only module that knows trafilatura. It finds the article where no source declares the element that holds it; where
one does, its reading counts if nothing is missing in it, else the element is taken as it stands.
"""

from __future__ import annotations

import logging
import mimetypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import document_fromstring
from trafilatura import bare_extraction
from trafilatura.htmlprocessing import convert_to_html
from trafilatura.settings import Document

from crawler import dates, markup
from crawler.alternates import Named, alternates
from crawler.candidate import Dated
from crawler.decode import clean
from crawler.language import language
from crawler.markup import line
from crawler.metadata import Metadata, metadata
from crawler.spec import Page
from crawler.urls import absolute
from store.announcement import Attachment, From, Precision
from store.markup import sanitised

# It warns of each page without a text, on stderr where nobody listens: what that means is the crawl's to say.
logging.getLogger("trafilatura").addHandler(logging.NullHandler())

_DOCUMENTS = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|csv)$", re.IGNORECASE)
_SIZE = re.compile(
    r"\s*[\[(（［【]\s*(?:PDF|Word|Excel)?[^\])）］】]*?[\d.,]+\s*[KMG]i?B[^\])）］】]*[\])）］】]\s*$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[。！？](?![」』）)])|[.!?](?=\s)")
_LONGEST_SUMMARY = 300
_SHORTEST_SUMMARY = 60
_LONGEST_LABEL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a page says. ``html`` is sanitised, its addresses absolute; ``canonical`` is empty where none is named.

    ``alternates`` are languages and addresses in which it says that it stands, its own among them.

    ``when`` is what the page prints beside its text on the days and hours of an event. ``declared`` is False where the
    page has no element that its source declares as the body, and it was searched for.
    """

    title: str
    text: str
    html: str
    summary: str
    language: str
    published: Dated | None = None
    canonical: str = ""
    tags: tuple[str, ...] = ()
    alternates: tuple[Named, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    when: str = ""
    declared: bool = True


def extract(html: str, url: str, page: Page | None = None, *, zone: tzinfo = UTC) -> Extracted:
    """Return what the page *html* at *url* says; *page* tells where, if its source declares it.

    ``title`` and ``text`` are empty where the page has none. *zone* is the time zone of printed dates.
    """
    page = page or Page()
    tree = _parsed(html, url)
    about = metadata(tree)
    versions = alternates(tree, url)
    title = line(_text(tree, page.title)) or about.title
    published = _published(tree, page, about, zone)
    tags = tuple(dict.fromkeys(filter(None, map(line, _texts(tree, page.tags)))))
    when = line(" ".join(_text_pieces(tree, page.when)))
    files = _anchors(tree, page.attachments)
    bodies = _bodies(tree, page)
    clean_html = markup.without_title(_read(tree, bodies, url), title)
    text = markup.plain(clean_html)
    return Extracted(
        title=title,
        text=text,
        html=clean_html,
        summary=summary(text),
        language=language(f"{title}\n{text}", about.language[:2]),
        published=published,
        canonical=absolute(about.canonical, url) or "" if about.canonical else "",
        tags=tags or about.tags,
        alternates=versions,
        attachments=tuple(_attachments([*files, *markup.links(clean_html)], url)),
        when=when,
        declared=bool(bodies) or not page.body,
    )


def summary(text: str) -> str:
    """Return the beginning of *text*, cut behind a sentence, at most 300 characters."""
    begins = line(text[: 2 * _LONGEST_SUMMARY])
    if len(begins) <= _LONGEST_SUMMARY:
        return begins
    ends = [end.end() for end in _SENTENCE_END.finditer(begins, _SHORTEST_SUMMARY, _LONGEST_SUMMARY)]
    return begins[: ends[-1]] if ends else begins[: _LONGEST_SUMMARY - 1] + "…"


def unsized(label: str) -> str:
    """Return the name of a file without its kind and size, as sites print them behind it.

    >>> unsized("選定された計画提案の一覧 [PDF 4.6 KB]")
    '選定された計画提案の一覧'
    """
    return _SIZE.sub("", label[:_LONGEST_LABEL])


def _parsed(html: str, url: str) -> Any:
    tree = markup.parsed(clean(html))
    markup.show_lazy_images(tree)
    for base in tree.xpath("//base[@href]"):
        if absolute(base.get("href"), url) is None:
            markup.remove(base)
    tree.make_links_absolute(url, handle_failures="discard", resolve_base_href=True)
    return tree


def _published(tree: Any, page: Page, about: Metadata, zone: tzinfo) -> Dated | None:
    """Return the date the page gives: where the source says it stands, else what the page tells machines."""
    for element in tree.cssselect(page.date) if page.date else ():
        for found in dates.find(" ".join(element.itertext()), zone=zone)[:1]:
            return Dated(at=found.starts, precision=found.precision, found=From.PAGE)
    at = dates.machine(about.published, zone=zone) if about.published else None
    if at is None:
        return None
    precision = Precision.MINUTE if "T" in about.published or ":" in about.published else Precision.DAY
    return Dated(at=at, precision=precision, found=From.PAGE)


def _bodies(tree: Any, page: Page) -> list[Any]:
    """Return the outermost elements that hold the article, without what the source drops."""
    for path in page.drop:
        for element in tree.xpath(path):
            markup.remove(element)
    found = tree.cssselect(page.body) if page.body else []
    return [body for body in found if not any(ancestor in found for ancestor in body.iterancestors())]


def _read(tree: Any, bodies: list[Any], url: str) -> str:
    """Return the article as sanitised HTML: all that *bodies* hold, or what can be found in *tree* if there are none.

    trafilatura takes short paragraphs, lists of links, captions, lines between blocks for boilerplate. In a page that
    nobody described that is its virtue; of what a source declares to be the text nothing may be missing.
    """
    markup.tidy(tree)
    if not bodies:
        markup.clear_furniture(tree)
        return _searched(tree, url)
    whole = markup.as_it_stands(bodies)
    searched = _searched(_article(bodies), url)
    return searched if markup.says_as_much(searched, whole) else whole


def _searched(tree: Any, url: str) -> str:
    """Return what trafilatura takes for the article in *tree*, as sanitised HTML."""
    found = bare_extraction(
        tree,
        url=url,
        with_metadata=False,
        include_comments=False,
        include_links=True,
        include_images=True,
        include_formatting=True,
        include_tables=True,
    )
    if not isinstance(found, Document) or found.body is None:
        return ""
    return sanitised(etree.tostring(convert_to_html(found.body), encoding="unicode", method="html"))


def _article(bodies: list[Any]) -> Any:
    """Return a document that holds *bodies* and nothing else."""
    document = document_fromstring("<html><body><article></article></body></html>")
    document.find("body/article").extend(bodies)
    return document


def _anchors(tree: Any, selector: str) -> list[Any]:
    return [link for area in tree.cssselect(selector) for link in area.iter("a")] if selector else []


def _attachments(links: Iterable[Any], url: str) -> Iterator[Attachment]:
    """Yield the documents that *links* lead to, each once."""
    seen: set[str] = set()
    for link in links:
        address = absolute(link.get("href") or "", url)
        path = urlsplit(address).path if address else ""
        if not address or address in seen or not _DOCUMENTS.search(path):
            continue
        seen.add(address)
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        label = unsized(line(link.text_content()))
        yield Attachment(url=address, type=kind, title=label or unquote(path.rpartition("/")[2]))


def _text(tree: Any, selector: str) -> str:
    return next(iter(_texts(tree, selector)), "")


def _text_pieces(tree: Any, selector: str) -> list[str]:
    return [piece for element in tree.cssselect(selector)[:1] for piece in element.itertext()] if selector else []


def _texts(tree: Any, selector: str) -> list[str]:
    return [element.text_content() for element in tree.cssselect(selector)] if selector else []
