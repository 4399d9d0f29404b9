"""Institute for Global Environmental Strategies: news, events and publications in English and Japanese.

A Drupal site whose listings are known by their addresses only, so links count by the pattern of the address. An English
and a Japanese page of one item share the date in it. The path segment of Japanese pages is ``jp``. The date in an
event's address is one of its days: when the page was published, nobody says. Nothing but addresses is verified.
"""

from dataclasses import replace

from crawler.spec import Listing, Page, Route, Sitemap, Source

_SITE = "https://www.iges.or.jp"
_DAY = r"(?:19|20)\d{6}(?:-\d+)?"
_DROP = (
    "//*[contains(@class, 'addtocal') or contains(@class, 'event-details') or contains(@class, 'share-buttons')]",
    "//*[contains(@class, 'field--name-field-keywords') or contains(@class, 'field--name-field-contact')]",
)
_TAGS = ".field--name-field-keywords a"
_FILES = "main article a[href*='/sites/default/files/']"
_BODY = ".field--name-body"
_EVENT = Page(
    title="h1",
    body=_BODY,
    tags=_TAGS,
    attachments=_FILES,
    drop=_DROP,
    when=".field--name-field-event-date",
    slug="event",
)
_PUBLICATION = Page(title="h1", date=".field--name-field-date", body=_BODY, tags=_TAGS, attachments=_FILES, drop=_DROP)


def _routes(segment: str, kind: str) -> tuple[Route, ...]:
    return (
        Listing(url=f"{_SITE}/{segment}/{kind}", older="nav.pager a[rel='next'], li.pager__item--next a"),
        Sitemap(url=f"{_SITE}/sitemap.xml"),
    )


class NewsInEnglish(Source):
    name = "iges-en-news"
    organisation = "iges"
    title = "IGES: news"
    language = "en"
    timezone = "Asia/Tokyo"
    routes = _routes("en", "news")
    pages = rf"/en/news/{_DAY}"
    page = Page(title="h1", body=_BODY, tags=_TAGS, attachments=_FILES, drop=_DROP, slug="published")


class NewsInJapanese(Source):
    name = "iges-ja-news"
    organisation = "iges"
    title = "IGES ニュース"
    language = "ja"
    timezone = "Asia/Tokyo"
    routes = _routes("jp", "news")
    pages = rf"/jp/news/{_DAY}"
    page = replace(_PUBLICATION, slug="published")


class EventsInEnglish(Source):
    name = "iges-en-events"
    organisation = "iges"
    title = "IGES: events"
    language = "en"
    timezone = "Asia/Tokyo"
    routes = _routes("en", "events")
    pages = rf"/en/events/{_DAY}"
    page = _EVENT


class EventsInJapanese(Source):
    name = "iges-ja-events"
    organisation = "iges"
    title = "IGES イベント"
    language = "ja"
    timezone = "Asia/Tokyo"
    routes = _routes("jp", "events")
    pages = rf"/jp/events/{_DAY}"
    page = _EVENT


class PublicationsInEnglish(Source):
    name = "iges-en-pub"
    organisation = "iges"
    title = "IGES: publications"
    language = "en"
    timezone = "Asia/Tokyo"
    routes = _routes("en", "pub")
    pages = r"/en/pub/[^/]+/en"
    page = _PUBLICATION
    every = 240


class PublicationsInJapanese(Source):
    name = "iges-ja-pub"
    organisation = "iges"
    title = "IGES 出版物"
    language = "ja"
    timezone = "Asia/Tokyo"
    routes = _routes("jp", "pub")
    pages = r"/jp/pub/[^/]+/ja"
    page = _PUBLICATION
    every = 240
