"""Ministry of the Environment, Japan: press releases (報道発表) in both languages, and the minister's conferences.

The Japanese listing groups releases by day: one heading, "2026年06月11日発表", over the day's links. The numbers in the
addresses are in no order of time. There is no feed. Terms: Public Data License 1.0; the source must be named.
"""

from crawler.spec import Listing, Page, Source

_LIST = ".p-press-release-list__section"
_BLOCK = "details.p-press-release-list__block"
_HEADING = ".p-press-release-list__heading"
_ITEM = "li.c-news-link__item"
_LINK = "a.c-news-link__link"
_TAG = ".p-news-link__tag"
_MONTH = r"/press/((?:19|20)\d\d)(0[1-9]|1[0-2])\.html"

_RELEASE = Page(
    title=".p-press-release-material__heading, .well h1",
    date=".p-press-release-material__date, .well p.date",
    tags=".p-press-release-material .p-news-link__tag, .well .tags li",
    body="main .c-component, main .well",
    attachments="main",
    drop=(
        "//main//*[contains(@class, 'p-press-release-material')]",
        "//*[@class='wysiwyg'][h2[contains(., '連絡先') or contains(., 'Contact')]]",
        "//*[contains(@class, 'for-jp') or contains(@class, 'plugin_install')]",
        "//*[@class='attach']",
        "//*[@class='well']/*[self::h1 or @class='date' or @class='category' or @class='tags']",
    ),
)


class PressReleases(Source):
    name = "moej-ja"
    organisation = "moej"
    title = "環境省 報道発表"
    language = "ja"
    timezone = "Asia/Tokyo"
    pages = r"/press/(?:press_\d+|\d{6}(?:_\d{5})?)\.html"
    others = _MONTH
    files = r"/content/\d+\.pdf"
    routes = (
        Listing(
            url="https://www.env.go.jp/press/",
            verified=True,
            around=_LIST,
            group=_BLOCK,
            date=_HEADING,
            item=_ITEM,
            link=_LINK,
            tags=_TAG,
            older="a.c-table-month__col__link",
            month=_MONTH,
        ),
        Listing(url="https://www.env.go.jp/press/index.html"),
    )
    page = _RELEASE


class PressReleasesInEnglish(Source):
    name = "moej-en"
    organisation = "moej"
    title = "Ministry of the Environment, Japan: press releases"
    language = "en"
    timezone = "Asia/Tokyo"
    pages = r"/en/(?:press/press_\d+|headline/\d+)\.html"
    routes = (
        Listing(
            url="https://www.env.go.jp/en/press/index.html",
            around=_LIST,
            group=_BLOCK,
            date=_HEADING,
            item=_ITEM,
            link=_LINK,
            tags=_TAG,
        ),
        Listing(url="https://www.env.go.jp/en/index.html"),
    )
    page = _RELEASE


class PressConferences(Source):
    name = "moej-ja-kaiken"
    organisation = "moej"
    title = "環境省 大臣記者会見"
    language = "ja"
    timezone = "Asia/Tokyo"
    pages = r"/annai/kaiken/kaiken_\d+\.html"
    routes = (
        Listing(url="https://www.env.go.jp/annai/kaiken/index.html"),
        Listing(url="https://www.env.go.jp/annai/index.html"),
    )
    page = Page(
        title="main h1:contains('会見録'), main h2:contains('会見録')",
        date="main h1:contains('会見録'), main h2:contains('会見録')",
        body="main",
        drop=(
            "//main//*[self::h1 or self::h2[contains(., '会見録')]]",
            "//main//*[@class='c-back' or @class='c-section'] | //main//p[a][contains(., '一覧へ戻る')]",
        ),
    )
