"""ICLEI – Local Governments for Sustainability: the world secretariat, its blog CityTalk, ICLEI Japan, Daring Cities.

WordPress sites, read feed first. Feeds hold the last ten posts, and little but titles: the pages are always fetched.
``iclei.org/news/rss/`` is verified; the other routes are WordPress's usual ones, unverified.
"""

from crawler.spec import Feed, Listing, Page, Sitemap, Source, WordPress

_OLDER = "a.next, .nav-previous a, a[rel='next']"
_SHARING = (
    "//*[contains(@class, 'sharedaddy') or contains(@class, 'share-buttons')]",
    "//*[contains(@style, 'display:none') or contains(@style, 'display: none')]",
)


class WorldSecretariat(Source):
    name = "iclei"
    organisation = "iclei"
    title = "ICLEI: news"
    language = "en"
    timezone = "Europe/Berlin"
    routes = (
        Feed(url="https://iclei.org/news/rss/", verified=True),
        Feed(url="https://iclei.org/feed/"),
        WordPress(url="https://iclei.org/wp-json/wp/v2/posts"),
        Sitemap(url="https://iclei.org/sitemap_index.xml", parts=r"/post-sitemap"),
        Listing(url="https://iclei.org/news/", link="article h2 a", older=_OLDER),
    )
    pages = r"/(?:activity/)?[a-z0-9%-]+/?"
    others = r"/(?:about|activity|blog|category|contact|feed|members|news|staff|tag)/?"
    page = Page(title="h1.entry-title", body="article .entry-content", tags=".tags-links a", drop=_SHARING)


class CityTalk(Source):
    name = "citytalk"
    organisation = "iclei"
    title = "ICLEI CityTalk"
    language = "en"
    timezone = "Europe/Berlin"
    routes = (
        Feed(url="https://talkofthecities.iclei.org/feed/"),
        WordPress(url="https://talkofthecities.iclei.org/wp-json/wp/v2/posts"),
        Sitemap(url="https://talkofthecities.iclei.org/wp-sitemap.xml", parts=r"-posts-post-"),
        Listing(url="https://talkofthecities.iclei.org/blog/", link="article h2 a, h2.entry-title a", older=_OLDER),
    )
    pages = r"/[a-z0-9%-]+/?"
    others = r"/(?:about|blog|category|feed|tag|write-for-us)/?"
    page = Page(title="h1.entry-title", body="article .entry-content", tags=".tags-links a", drop=_SHARING)
    staging = ("dev.talkofthecities.iclei.org",)


class JapanInJapanese(Source):
    name = "iclei-japan-ja"
    organisation = "iclei"
    title = "イクレイ日本 お知らせ"
    language = "ja"
    timezone = "Asia/Tokyo"
    routes = (
        Feed(url="https://japan.iclei.org/ja/feed/"),
        WordPress(url="https://japan.iclei.org/wp-json/wp/v2/posts"),
        Sitemap(url="https://japan.iclei.org/sitemap_index.xml", parts=r"/post-sitemap"),
        Listing(url="https://japan.iclei.org/ja/news/", older=_OLDER),
    )
    pages = r"/ja/news/[a-z0-9%-]+/?"
    others = r"/ja/news/page/?"
    page = Page(
        title="article h1",
        date="article .entry-content > p:contains('✍'), article .entry-content > p:contains('✐')",
        body="article .entry-content",
        drop=(*_SHARING, "//article//p[contains(., '✍') or contains(., '✐')]"),
    )
    staging = ("dev.japan.iclei.org",)


class JapanInEnglish(Source):
    name = "iclei-japan-en"
    organisation = "iclei"
    title = "ICLEI Japan: news and events"
    language = "en"
    timezone = "Asia/Tokyo"
    routes = (
        Feed(url="https://japan.iclei.org/en/feed/"),
        WordPress(url="https://japan.iclei.org/wp-json/wp/v2/posts"),
        Sitemap(url="https://japan.iclei.org/sitemap_index.xml", parts=r"/(?:post|events)-sitemap"),
        Listing(url="https://japan.iclei.org/en/news/", older=_OLDER),
        Listing(url="https://japan.iclei.org/en/events/", older=_OLDER),
    )
    pages = r"/en/(?:news|events)/[a-z0-9%-]+/?"
    others = r"/en/(?:news|events)/page/?"
    page = Page(title="article h1", body="article .entry-content", when="article .event-meta", drop=_SHARING)
    staging = ("dev.japan.iclei.org",)


class DaringCities(Source):
    name = "daring-cities"
    organisation = "iclei"
    title = "Daring Cities: programme and media"
    language = "en"
    timezone = "Europe/Berlin"
    routes = (
        Feed(url="https://daringcities.org/feed/"),
        WordPress(url="https://daringcities.org/wp-json/wp/v2/tribe_events"),
        WordPress(url="https://daringcities.org/wp-json/wp/v2/posts"),
        Sitemap(url="https://daringcities.org/wp-sitemap.xml", parts=r"-posts-(?:tribe_events|post)-"),
        Listing(url="https://daringcities.org/program/"),
        Listing(url="https://daringcities.org/media/"),
    )
    pages = r"/(?:program|media)/[a-z0-9%-]+/?"
    others = r"/(?:program|media)/(?:list|tag|page|\d{4}-\d\d-\d\d)/?"
    page = Page(
        title="h1.tribe-events-single-event-title, article h1",
        body=".tribe-events-single-event-description, article .entry-content",
        tags=".tribe-event-tags a",
        when=".tribe-events-schedule",
        drop=_SHARING,
    )
