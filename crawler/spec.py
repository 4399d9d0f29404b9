"""What a source declares: its routes, in the order in which they are tried, and where a page keeps what it says.

Plain data, read by Scrapy's callbacks and by everyone who lists the sources; nothing here imports Scrapy.
A wrong declaration fails when its module is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from crawler.candidate import Candidate
from crawler.errors import SpecError
from store.announcement import Announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a source's news, by its address. ``verified`` says that somebody was seen to use it."""

    url: str
    verified: bool = False

    @property
    def start(self) -> str:
        """The address of the route's first document."""
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Route):
    """RSS or Atom. ``older`` is appended to the address for a back-fill, ``{page}`` from 2 on."""

    older: str = "?paged={page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPress(Route):
    """A collection of WordPress's REST API, newest first; ``older`` as for a feed."""

    older: str = "?per_page=100&page={page}"

    @property
    def start(self) -> str:
        return self.url + self.older.format(page=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap(Route):
    """A sitemap or an index of sitemaps, of which those are read whose address holds the pattern ``parts``."""

    parts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Route):
    """A page that lists pages. All but the last two are CSS selectors.

    ``around`` is the element around the list, by which an empty one is told from one that can't be found. ``group`` is
    the smallest element that holds one date and the links it dates: a card with one link, or a day with several.
    ``item`` is the element inside it that holds one link and its ``tags``. ``older`` are links to earlier pages.
    ``month`` is a pattern of their addresses with the groups year and month, so that a back-fill asks for no month
    before its date.
    """

    link: str = "a[href]"
    around: str = ""
    group: str = ""
    date: str = ""
    item: str = ""
    tags: str = ""
    older: str = ""
    month: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a page keeps what it says: CSS selectors, but for ``drop``, which is XPath, as the extractor prunes.

    ``when`` is where the days and hours of an event stand, if not in the text. ``slug`` says what a date in the address
    is: that of publication, or the day of an event.
    """

    title: str = ""
    date: str = ""
    body: str = ""
    tags: str = ""
    when: str = ""
    attachments: str = "main a[href$='.pdf' i], article a[href$='.pdf' i]"
    drop: tuple[str, ...] = ()
    slug: Literal["", "published", "event"] = ""


class Source:
    """One stream of news of one organisation in one language: a class of attributes, without code.

    ``pages`` is the pattern that the path of an announcement's address matches as a whole, ``others`` one of those
    that match and are none; ``files`` that of documents which a listing's group may name in place of a page.
    ``staging`` names copies of the site; an address there is read as the live one.
    ``every`` is the minutes between two runs.
    """

    name: ClassVar[str]
    organisation: ClassVar[str]
    title: ClassVar[str]
    language: ClassVar[str]
    timezone: ClassVar[str]
    routes: ClassVar[tuple[Route, ...]]
    pages: ClassVar[str]
    others: ClassVar[str] = r"(?!)"
    files: ClassVar[str] = r"(?!)"
    page: ClassVar[Page] = Page()
    staging: ClassVar[tuple[str, ...]] = ()
    every: ClassVar[float] = 60

    def __init_subclass__(cls) -> None:
        for blank in ("name", "organisation", "title", "language", "timezone", "routes", "pages"):
            if not getattr(cls, blank, None):
                raise SpecError(cls.__module__, cls.__name__, f"expected {blank} to be set")
        _check(cls)

    @classmethod
    def keep(cls, candidate: Candidate) -> Candidate | None:
        """Return what becomes of a candidate, None to pass it over: for what no attribute can say."""
        return candidate

    @classmethod
    def finish(cls, announcement: Announcement) -> Announcement:
        """Return what becomes of an announcement before it is kept: for what no attribute can say."""
        return announcement

    @classmethod
    def zone(cls) -> ZoneInfo:
        return ZoneInfo(cls.timezone)

    @classmethod
    def host(cls) -> str:
        """The live host: all routes are on it."""
        return urlsplit(cls.routes[0].url).netloc

    @classmethod
    def hosts(cls) -> Mapping[str, str]:
        """The staging hosts, each with the live one that it stands for."""
        return MappingProxyType(dict.fromkeys(cls.staging, cls.host()))

    @classmethod
    def names(cls, url: str) -> bool:
        """Say whether *url*, in its one spelling, can be an announcement's."""
        parts = urlsplit(url)
        page = _pattern(cls.pages).fullmatch(parts.path) and not _pattern(cls.others).fullmatch(parts.path)
        return bool(page) and parts.netloc == cls.host() and not parts.query

    @classmethod
    def names_file(cls, url: str) -> bool:
        """Say whether *url*, in its one spelling, can be that of a document which is an announcement by itself."""
        parts = urlsplit(url)
        return parts.netloc == cls.host() and _pattern(cls.files).fullmatch(parts.path) is not None


def load(package: str = "spiders") -> dict[str, type[Source]]:
    """Return the sources declared in the modules of *package*, by name. Raises SpecError for a name given twice."""
    found: dict[str, type[Source]] = {}
    for source in _declared(package):
        if source.name in found:
            raise SpecError(source.__module__, source.__name__, f"expected another name than {source.name!r}")
        found[source.name] = source
    return found


def _declared(package: str) -> Iterator[type[Source]]:
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Source) and value.__module__ == module.__name__:
                yield value


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _check(source: type[Source]) -> None:
    routes = source.routes
    if not isinstance(routes, tuple) or not all(isinstance(route, Route) for route in routes):
        raise SpecError(source.__module__, source.__name__, f"expected routes to be a tuple of routes, got {routes!r}")
    for kind, text, read in _readings(source):
        try:
            read(text)
        except (ValueError, LookupError, OSError, re.error, SelectorError, etree.XPathError) as error:
            raise SpecError(source.__module__, source.__name__, f"expected {kind}, got {text!r}: {error}") from error
    if any(urlsplit(route.url)[:2] != ("https", source.host()) for route in routes):
        raise SpecError(source.__module__, source.__name__, f"expected every route at https://{source.host()}/")


_Reading = tuple[str, str, Callable[[str], object]]


def _readings(source: type[Source]) -> Iterator[_Reading]:
    """Yield every text of a declaration that must be readable, with what it should be and what reads it."""
    page = source.page
    selectors = [page.title, page.date, page.body, page.tags, page.attachments]
    yield "a time zone", source.timezone, ZoneInfo
    for pattern in (source.pages, source.others, source.files):
        yield "a pattern", pattern, _pattern
    for path in page.drop:
        yield "an XPath of elements", path, _elements
    for route in source.routes:
        if isinstance(route, Listing):
            selectors += [route.link, route.around, route.group, route.date, route.item, route.tags, route.older]
            yield "a pattern with the groups year and month", route.month, _month
        elif isinstance(route, Sitemap):
            yield "a pattern", route.parts, _pattern
        elif isinstance(route, Feed | WordPress):
            yield "a query with {page}", route.older, _numbered
    for selector in filter(None, selectors):
        yield "a CSS selector", selector, HTMLTranslator().css_to_xpath


def _elements(path: str) -> None:
    if not isinstance(etree.XPath(path)(etree.Element("html")), list):
        raise ValueError("it finds something else")


def _month(pattern: str) -> None:
    if pattern and _pattern(pattern).groups != 2:
        raise ValueError("other groups")


def _numbered(older: str) -> None:
    if older.format(page=1) == older.format(page=2):
        raise ValueError("always the same page")
