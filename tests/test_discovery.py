"""The bytes of a route become candidates: all that it names, in its order, each once, with what it knows of them."""

import json
import pickle
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.candidate import Candidate
from crawler.discovery import Found, Further, discover, kept, plain
from crawler.errors import EmptyList, EmptyRoute, RouteFailed
from crawler.spec import Feed, Listing, Page, Route, Sitemap, Source, WordPress, load
from store.announcement import From, Precision
from tests.declared import SITE, a_source, an_answer

TOKYO = ZoneInfo("Asia/Tokyo")
FEED = Feed(url=f"{SITE}/feed/")
POSTS = WordPress(url=f"{SITE}/wp-json/wp/v2/posts")
SITEMAP = Sitemap(url=f"{SITE}/sitemap.xml", parts=r"/post-sitemap")
LISTING = Listing(url=f"{SITE}/news/")
XML = '<?xml version="1.0" encoding="UTF-8"?>'
SOURCES = load()


def found(
    route: Route, body: str | bytes, *, url: str = "", source: type[Source] | None = None, **answer: Any
) -> Found:
    given = an_answer(body, url=url or route.start, **answer)
    return discover(route, given, source or a_source(routes=(route,)))


def one(route: Route, body: str, **options: Any) -> Candidate:
    [candidate] = found(route, body, **options).candidates
    return candidate


def urls(found_there: Found) -> list[str]:
    return [candidate.url.removeprefix(SITE) for candidate in found_there.candidates]


# Feeds


def rss(*items: str) -> str:
    return f'{XML}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


def item(inside: str = "", *, link: str = f"{SITE}/news/a/") -> str:
    return f"<item><link>{link}</link>{inside}</item>"


def test_an_item_of_rss_is_a_candidate_with_title_date_and_tags() -> None:
    inside = "<title>A forum</title><pubDate>Thu, 11 Jun 2026 09:30:00 +0900</pubDate><category>Energy</category>"
    candidate = one(FEED, rss(item(inside)))
    assert (candidate.url, candidate.title, candidate.tags) == (f"{SITE}/news/a/", "A forum", ("Energy",))
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 6, 11, 9, 30, tzinfo=TOKYO)
    assert (candidate.published.found, candidate.published.precision) == (From.FEED, Precision.MINUTE)


def test_an_item_of_rss_1_is_a_candidate() -> None:
    feed = f"""{XML}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{SITE}"><title>お知らせ</title></channel>
      <item rdf:about="{SITE}/news/a"><title>公募</title><link>{SITE}/news/a</link>
      <dc:date>2026-06-11T09:30:00+09:00</dc:date></item></rdf:RDF>"""
    candidate = one(FEED, feed)
    assert (candidate.url, candidate.title) == (f"{SITE}/news/a", "公募")
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 6, 11, 9, 30, tzinfo=TOKYO)


def test_an_entry_of_atom_is_a_candidate_that_knows_when_it_changed() -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">A &amp;amp; B</title><id>urn:a</id>
      <link rel="enclosure" href="/a.pdf"/><link rel="self" href="/x"/><link rel="alternate" href="/news/a"/>
      <published>2026-06-11T00:30:00Z</published><updated>2026-06-12T00:00:00Z</updated></entry></feed>"""
    candidate = one(FEED, feed)
    assert (candidate.url, candidate.title) == (f"{SITE}/news/a", "A & B")
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 6, 11, 0, 30, tzinfo=UTC)
    assert candidate.modified == datetime(2026, 6, 12, tzinfo=UTC)


def test_an_entry_that_only_says_when_it_changed_is_dated_by_that() -> None:
    feed = f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link href="{SITE}/news/a"/>
      <updated>2026-06-12T00:00:00Z</updated></entry></feed>"""
    candidate = one(FEED, feed)
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 6, 12, tzinfo=UTC)


def test_an_item_without_a_date_is_a_candidate_all_the_same() -> None:
    candidate = one(FEED, rss(item("<title>A</title>")))
    assert (candidate.published, candidate.modified) == (None, None)


def test_a_guid_is_the_address_where_there_is_no_link() -> None:
    assert one(FEED, rss(f"<item><title>A</title><guid>{SITE}/news/a</guid></item>")).url == f"{SITE}/news/a"


def test_what_a_feed_adds_to_an_address_is_taken_off_and_remembered() -> None:
    address = f"{SITE}/news/a/?utm_source=rss&utm_medium=rss&utm_campaign=a"
    candidate = one(FEED, rss(item(link=address.replace("&", "&amp;"))))
    assert (candidate.url, candidate.address) == (f"{SITE}/news/a/", address)


def test_the_description_of_a_feed_is_nobodys_text() -> None:
    inside = "<title>A forum</title><description>The post A forum appeared first on ICLEI.</description>"
    assert "appeared first on" not in repr(found(FEED, rss(item(inside))))


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("A &amp;amp; B &#8211; C", "A & B – C"),
        ("<![CDATA[Caf&eacute; &#8217;26]]>", "Café ’26"),
        ("A &lt;em&gt;forum&lt;/em&gt; of cities", "A forum of cities"),
        ("<![CDATA[CO2 < 50 g & falling]]>", "CO2 < 50 g & falling"),
        ("R&amp;D", "R&D"),
        ("\n  【COP31】\n 開催報告 ", "【COP31】 開催報告"),
    ],
)
def test_a_title_is_read_as_it_was_meant(markup: str, title: str) -> None:
    assert one(FEED, rss(item(f"<title>{markup}</title>"))).title == title


@pytest.mark.parametrize(
    "declared", [None, "application/rss+xml", "text/xml; charset=utf-8", "text/html; charset=UTF-8"]
)
def test_a_feed_is_read_whatever_it_is_served_as(declared: str | None) -> None:
    assert one(FEED, rss(item("<title>公募</title>")), content_type=declared).title == "公募"


def test_a_feed_in_shift_jis_is_read() -> None:
    feed = rss(item("<title>公募</title>")).replace("UTF-8", "Shift_JIS").encode("cp932")
    [candidate] = found(FEED, feed).candidates
    assert candidate.title == "公募"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<!DOCTYPE html><html><body><a href='/news/a'>Down for maintenance</a></body></html>", "expected RSS or Atom"),
        ("", "expected RSS or Atom"),
        ('{"items": []}', "expected RSS or Atom"),
        (f'<!DOCTYPE rss [<!ENTITY a "b">]>{rss(item())}', "expected XML that defines no entities"),
        (f"<!doctype x SYSTEM 'y' [\n<!ENTITY % p SYSTEM 'file:///etc/passwd'>]>{rss()}", "that defines no entities"),
    ],
)
def test_what_is_no_feed_is_refused(body: str, expected: str) -> None:
    with pytest.raises(RouteFailed, match=rf"a-source: {SITE}/feed/: .*{expected}"):
        found(FEED, body)


def test_a_plain_doctype_defines_nothing() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss.dtd">'
    assert urls(found(FEED, rss(item()).replace(XML, XML + doctype))) == ["/news/a/"]


def test_the_next_page_of_a_feed_is_counted_from_the_one_that_answered() -> None:
    assert found(FEED, rss(item())).further == (Further(f"{SITE}/feed/?paged=2"),)
    assert found(FEED, rss(item()), url=f"{SITE}/feed/?paged=2").further == (Further(f"{SITE}/feed/?paged=3"),)


LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp932"])
@pytest.mark.parametrize("before", ["", f"<!--{' ' * 99_999}-->"], ids=["at once", "late"])
@pytest.mark.parametrize("route", [FEED, SITEMAP])
def test_definitions_are_seen_in_any_encoding_wherever_they_stand(route: Route, before: str, encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>{before}<!DOCTYPE rss [{LAUGHS}]>{rss(item())}'
    with pytest.raises(RouteFailed, match="defines no entities"):
        found(route, body.encode(encoding), content_type=f"application/xml; charset={encoding}")


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "cp500"])
@pytest.mark.parametrize("route", [FEED, SITEMAP])
def test_an_encoding_that_hides_markup_hides_all_of_it(route: Route, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE rss [{LAUGHS}]>{rss(item())}'
    body = text.encode(encoding).replace(b"<", b"+ADw-")  # as UTF-7 may have it: Python leaves it as it is
    with pytest.raises(RouteFailed, match=r"expected (?:RSS or Atom|a sitemap)"):
        found(route, body, content_type=f"application/xml; charset={encoding}")


def test_attributes_that_nobody_wrote_are_refused() -> None:
    defaults = f'<!DOCTYPE urlset [<!ATTLIST url more CDATA "{"a" * 9_999}">]>'
    with pytest.raises(RouteFailed, match="defines no entities"):
        found(SITEMAP, defaults + sitemap((f"{SITE}/news/a", "")).removeprefix(XML))


def test_a_feed_that_is_the_name_of_a_file_does_not_open_it(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(rss(item()), "utf-8")
    with pytest.raises(RouteFailed, match="expected RSS or Atom"):
        found(FEED, str(tmp_path / "feed.xml"))


@pytest.mark.parametrize("route", [FEED, SITEMAP])
def test_nothing_is_fetched_for_a_document(route: Route) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        dtd = f'<!DOCTYPE rss SYSTEM "http://127.0.0.1:{listening.getsockname()[1]}/evil.dtd">'
        body = rss(item()) if route is FEED else sitemap((f"{SITE}/news/a", ""))
        assert urls(found(route, body.replace(XML, XML + dtd)))
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("half", [rss(item(), item(link=f"{SITE}/news/b"))[:-40], rss(item())[:-1]])
def test_half_a_feed_is_no_feed_with_fewer_items(half: str) -> None:
    with pytest.raises(RouteFailed, match="expected RSS or Atom, from beginning to end"):
        found(FEED, half)


# WordPress


def a_post(**changes: Any) -> dict[str, Any]:
    plain_post = {
        "link": f"{SITE}/news/a/",
        "title": {"rendered": "A &#8211; <em>forum</em> &amp; more"},
        "date_gmt": "2026-06-11T00:30:00",
        "modified_gmt": "2026-06-12T00:00:00",
    }
    return plain_post | changes


def test_a_post_of_wordpress_is_a_candidate() -> None:
    candidate = one(POSTS, json.dumps([a_post()]))
    assert (candidate.url, candidate.title) == (f"{SITE}/news/a/", "A – forum & more")
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 6, 11, 0, 30, tzinfo=UTC)
    assert candidate.modified == datetime(2026, 6, 12, tzinfo=UTC)


def test_a_post_whose_date_cannot_be_read_is_a_candidate_all_the_same() -> None:
    assert one(POSTS, json.dumps([a_post(date_gmt=None)])).published is None


@pytest.mark.parametrize(
    "body",
    [
        "", "[", "null", "7", '"text"', '{"code": "rest_no_route"}', "[1]", "[[]]", "[" * 100_000, "<html></html>",
        json.dumps([a_post(link=None)]), json.dumps([a_post(link=7)]), json.dumps([a_post(title="A")]),
        json.dumps([a_post(title={"rendered": None})]), json.dumps([{"link": f"{SITE}/news/a"}]),
    ],
)  # fmt: skip
def test_what_is_no_array_of_posts_is_refused(body: str) -> None:
    with pytest.raises(RouteFailed, match="expected a JSON array of WordPress posts"):
        found(POSTS, body)


def test_posts_are_paged_to_the_end_however_the_address_is_spelt() -> None:
    def following(url: str) -> list[str]:
        return [further.url for further in found(POSTS, json.dumps([a_post()]), url=url).further]

    assert following(POSTS.start) == [f"{POSTS.url}?page=2&per_page=100"]
    assert following(f"{POSTS.url}?page=2&per_page=100") == [f"{POSTS.url}?page=3&per_page=100"]
    assert following(f"{POSTS.url}?per_page=100&page=9") == [f"{POSTS.url}?page=10&per_page=100"]


# Sitemaps


def sitemap(*entries: tuple[str, str], kind: str = "url") -> str:
    inside = "".join(
        f"<{kind}><loc>\n{url}\n</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</{kind}>" for url, at in entries
    )
    root = "urlset" if kind == "url" else "sitemapindex"
    return f'{XML}<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</{root}>'


def test_an_address_in_a_sitemap_knows_when_it_changed_if_the_sitemap_does() -> None:
    listed = sitemap((f"{SITE}/news/a", "2026-06-11T09:30:00+09:00"), (f"{SITE}/news/b", ""))
    first, second = found(SITEMAP, listed).candidates
    assert (first.modified, first.published) == (datetime(2026, 6, 11, 9, 30, tzinfo=TOKYO), None)
    assert second.newest() is None


def test_a_day_in_a_sitemap_lasts_to_its_end() -> None:
    assert one(SITEMAP, sitemap((f"{SITE}/news/a", "2026-06-11"))).newest() == datetime(2026, 6, 12, tzinfo=TOKYO)


def test_an_index_names_the_sitemaps_that_the_source_wants() -> None:
    parts = [(f"{SITE}/post-sitemap{n}.xml", f"2026-06-1{n}T00:00:00Z") for n in (1, 2)]
    index = sitemap(*parts, (f"{SITE}/page-sitemap.xml", ""), (f"{SITE}/post-sitemap3.xml", ""), kind="sitemap")
    assert found(SITEMAP, index) == Found(
        (),
        (
            Further(f"{SITE}/post-sitemap1.xml", datetime(2026, 6, 11, tzinfo=UTC)),
            Further(f"{SITE}/post-sitemap2.xml", datetime(2026, 6, 12, tzinfo=UTC)),
            Further(f"{SITE}/post-sitemap3.xml"),
        ),
    )


def test_an_index_leads_to_no_other_host() -> None:
    index = sitemap(("https://elsewhere.example.org/post-sitemap.xml", ""), kind="sitemap")
    with pytest.raises(EmptyRoute):
        found(SITEMAP, index)


@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff"])
def test_a_sitemap_is_read_whatever_a_plugin_puts_before_it(before: str) -> None:
    assert urls(found(SITEMAP, before + sitemap((f"{SITE}/news/a", "")))) == ["/news/a"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "expected a sitemap: "),
        ("no XML at all", "expected a sitemap: "),
        (sitemap((f"{SITE}/news/a", ""))[:-5], "expected a sitemap: "),
        ("<html><body><a href='/news/a'>a</a></body></html>", "expected a sitemap, got <html>"),
        (f"<!DOCTYPE urlset [<!ENTITY a 'b'>]>{sitemap()}", "expected XML that defines no entities"),
    ],
)
def test_what_is_no_sitemap_is_refused(body: str, expected: str) -> None:
    with pytest.raises(RouteFailed, match=f"a-source: {SITE}/sitemap.xml: {expected}"):
        found(SITEMAP, body)


# Listings


MONTHS = """<table class="c-table-month__table"><tr><td>
  <a class="c-table-month__col__link" aria-label="2026年6月" href="/press/202606.html">6月</a>
  <a class="c-table-month__col__link" aria-label="2025年12月" href="/press/202512.html">12月</a></td></tr></table>"""


def moej(*days: str) -> str:
    return f"""<main><p><a href="/press/press_00001.html">ピックアップ</a></p>
      <div class="p-press-release-list__section">{"".join(days)}</div>{MONTHS}</main>"""


def day(heading: str, *items: str) -> str:
    return f"""<details class="p-press-release-list__block" open><summary class="p-press-release-list__head">
      <span class="p-press-release-list__head__content"><span class="p-press-release-list__button"></span>
      <span class="p-press-release-list__heading">{heading}</span></span></summary>
      <div class="p-press-release-list__body"><ul class="p-news-link c-news-link">{"".join(items)}</ul></div>
      </details>"""


def release(href: str, title: str = "脱炭素", tags: tuple[str, ...] = ()) -> str:
    spans = "".join(f'<span class="p-news-link__tag c-tag">{tag}</span>' for tag in tags)
    return f"""<li class="c-news-link__item"><div class="c-news-link__item__col">{spans}</div>
      <div class="c-news-link__item__col"><a class="c-news-link__link" href="{href}">
      {title} </a></div></li>"""


def released(*days: str) -> Found:
    source = SOURCES["moej-ja"]
    return found(source.routes[0], moej(*days), source=source)


def test_a_release_has_the_date_of_its_day_and_its_own_tags() -> None:
    first, second, third = released(
        day(
            "2026年06月11日発表",
            release("/press/press_05099.html", "公募", ("総合政策", "水・土壌")),
            release("/press/press_02181.html"),
        ),
        day("令和８年６月10日発表", release("/press/120345_00012.html", tags=("自然環境",))),
    ).candidates
    assert (first.url, first.title) == ("https://www.env.go.jp/press/press_05099.html", "公募")
    assert [candidate.tags for candidate in (first, second, third)] == [("総合政策", "水・土壌"), (), ("自然環境",)]
    dates = [candidate.published for candidate in (first, second, third)]
    assert [dated and dated.at.isoformat()[:10] for dated in dates] == ["2026-06-11", "2026-06-11", "2026-06-10"]
    assert all(dated and (dated.found, dated.precision) == (From.LISTING, Precision.DAY) for dated in dates)


def test_releases_and_documents_in_place_of_one_are_taken_from_the_ministrys_list() -> None:
    listed = released(
        day(
            "2026年06月11日発表",
            release("/content/000365031.pdf"),
            release("https://www.maff.go.jp/press/press_1.html"),
            release("/press/202605.html"),
            release("/press/110339.html"),
            release("mailto:press@env.go.jp"),
            release(""),
        )
    )
    assert [candidate.url for candidate in listed.candidates] == [
        "https://www.env.go.jp/content/000365031.pdf",
        "https://www.env.go.jp/press/110339.html",
    ]


def test_a_document_counts_only_where_a_group_dates_it() -> None:
    source = SOURCES["moej-ja"]
    site = f"https://{source.host()}"
    page = f'<a href="{site}/content/1.pdf">PDF</a><a href="{site}/press/110339.html">A</a>'
    listed = found(source.routes[1], page, source=source).candidates
    assert [candidate.url for candidate in listed] == ["https://www.env.go.jp/press/110339.html"]


def test_the_months_of_the_ministrys_archive_know_when_they_end() -> None:
    assert released(day("2026年06月11日発表", release("/press/press_05099.html"))).further == (
        Further(
            "https://www.env.go.jp/press/202606.html", datetime(2026, 7, 1, tzinfo=TOKYO) - timedelta(microseconds=1)
        ),
        Further(
            "https://www.env.go.jp/press/202512.html", datetime(2026, 1, 1, tzinfo=TOKYO) - timedelta(microseconds=1)
        ),
    )


def test_a_day_whose_heading_is_gone_leaves_its_releases_undated() -> None:
    [candidate] = released(day("", release("/press/press_05099.html"))).candidates
    assert candidate.published is None


def iges(name: str, markup: str) -> tuple[Candidate, ...]:
    source = SOURCES[name]
    return found(source.routes[0], markup, source=source).candidates


def test_news_of_iges_are_known_by_the_pattern_of_their_addresses() -> None:
    listed = iges(
        "iges-en-news",
        """<nav><a href="/en/news">News</a><a href="/en/about">About</a><a href="?page=1">next</a></nav>
        <a href="/en/news/20260211-2">Second</a><a href="http://www.iges.or.jp/en/news/20260211">First</a>
        <a href="/jp/news/20260211">日本語</a><a href="/en/events/20260211">Event</a><a href="/en/news/tag/jcm">JCM</a>
        <a href="https://www.ipcc-nggip.iges.or.jp/en/news/20260211">IPCC</a><a href="/en/news/20260211/print">p</a>""",
    )
    assert [candidate.url[-13:] for candidate in listed] == ["ws/20260211-2", "news/20260211"]


def test_a_date_in_the_address_of_news_is_that_of_publication() -> None:
    [candidate] = iges("iges-ja-news", '<a href="/jp/news/20260211">お知らせ</a>')
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 2, 11, tzinfo=TOKYO)
    assert (candidate.published.found, candidate.published.precision) == (From.SLUG, Precision.DAY)


def test_a_date_in_the_address_of_an_event_only_bounds_it() -> None:
    [candidate] = iges("iges-en-events", '<a href="/en/events/20260211-1">Event</a>')
    assert (candidate.published, candidate.latest) == (None, datetime(2026, 2, 12, tzinfo=TOKYO))


def test_a_date_that_no_calendar_has_is_none() -> None:
    [candidate] = iges("iges-en-news", '<a href="/en/news/20260231">News</a>')
    assert candidate.published is None


def test_a_date_in_an_address_counts_only_where_the_source_says_what_it_is() -> None:
    source = a_source(pages=r"/news/\d{8}", page=Page())
    candidate = one(LISTING, '<a href="/news/20260211">A</a>', source=source)
    assert (candidate.published, candidate.latest) == (None, None)


def test_a_link_to_a_staging_host_is_one_to_the_live_one() -> None:
    source = SOURCES["iclei-japan-ja"]
    listed = found(source.routes[3], '<a href="http://dev.japan.iclei.org/ja/news/kyoto">京都市</a>', source=source)
    assert [candidate.url for candidate in listed.candidates] == ["https://japan.iclei.org/ja/news/kyoto"]


def test_candidates_keep_the_order_of_the_list_and_each_is_there_once() -> None:
    listed = found(
        LISTING,
        """<a href="/news/c">C</a><a href="a">A</a><a href="/news/b/">B</a><a href="http://news.example.org/news/c#x">C</a>
        <a href="/news/b">B</a><a href="https://NEWS.example.org:443/news/a?utm_source=x">A</a>""",
    )
    assert urls(listed) == ["/news/c", "/news/a", "/news/b/"]


def test_a_candidate_has_the_title_of_its_heading_where_its_picture_comes_first() -> None:
    card = (
        '<a href="/news/a"><img src="a.jpg"></a><h2><a href="/news/a">A forum</a></h2><a href="/news/a">Read more</a>'
    )
    assert one(LISTING, card).title == "A forum"


def test_a_title_is_on_one_line_and_japanese_is_not_torn_apart_by_it() -> None:
    assert (
        one(LISTING, '<a href="/news/a">脱炭素\n   先行地域\n  and <b>more</b></a>').title == "脱炭素先行地域 and more"
    )


def test_a_list_in_shift_jis_is_read() -> None:
    [candidate] = found(LISTING, '<a href="/news/a">環境省の公募について</a>'.encode("cp932")).candidates
    assert candidate.title == "環境省の公募について"


def test_half_a_list_is_no_list_with_fewer_items() -> None:
    page = '<html><body><a href="/news/a">A</a><a href="/news/b">B</a></body></html>'
    assert urls(found(LISTING, page)) == ["/news/a", "/news/b"]
    with pytest.raises(RouteFailed, match="expected a whole page, got a part of it"):
        found(LISTING, page[:45])


@pytest.mark.parametrize(
    "body",
    [
        "<html><body><p>お探しのページは見つかりませんでした。</p></body></html>",
        '<a href="/about">About</a><a href="/news/">News</a>',
        "<!-- nothing -->",
        "<!DOCTYPE html>",
    ],
)
def test_a_list_that_names_nothing_is_no_list_without_news(body: str) -> None:
    with pytest.raises(EmptyRoute) as raised:
        found(LISTING, body)
    assert str(raised.value) == f"a-source: {SITE}/news/: expected addresses that match '/news/[a-z0-9-]+/?'"


def test_a_list_that_lost_its_blocks_names_nothing() -> None:
    with pytest.raises(EmptyRoute, match=r"moej-ja: https://www\.env\.go\.jp/press/: expected the list at"):
        found(SOURCES["moej-ja"].routes[0], '<a href="/press/press_1.html">A</a>', source=SOURCES["moej-ja"])


@pytest.mark.parametrize("route", [FEED, POSTS, SITEMAP, LISTING])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": 500}, "expected status 200, got 500"),
        ({"status": 304}, "expected status 200, got 304"),
        ({"whole": False}, "expected a whole answer, got a part of it"),
    ],
)
def test_an_answer_that_failed_is_not_read(route: Route, answer: dict[str, Any], expected: str) -> None:
    with pytest.raises(RouteFailed, match=expected):
        found(route, '<a href="/news/a">A</a>', **answer)


def test_why_a_route_failed_can_be_told_to_another_process() -> None:
    told = pickle.loads(pickle.dumps(EmptyRoute("a-source", SITE, "expected addresses")))  # noqa: S301
    assert (type(told), str(told)) == (EmptyRoute, f"a-source: {SITE}: expected addresses")


@given(st.sampled_from([FEED, POSTS, SITEMAP, LISTING]), st.binary() | st.text().map(str.encode))
def test_no_bytes_are_too_odd_to_be_refused(route: Route, body: bytes) -> None:
    with pytest.raises(RouteFailed):
        found(route, body)


def test_what_a_route_named_comes_back_as_it_was() -> None:
    named = released(day("2026年06月11日発表", release("/press/press_05099.html", tags=("総合政策",))))
    assert kept(json.loads(json.dumps(plain(named)))) == named


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (FEED, '<rss version="2.0"><channel><title>A</title></channel></rss>'),
        (POSTS, "[]"),
        (SITEMAP, '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>'),
        (Listing(url=LISTING.url, around="ul.news"), '<ul class="news"></ul><a href="/about">about</a>'),
    ],
)
def test_a_list_that_is_there_and_empty_is_told_from_one_that_is_not_there(route: Route, body: str) -> None:
    with pytest.raises(EmptyList, match="the list is there and empty"):
        found(route, body)


@pytest.mark.parametrize("body", ['<ul class="other"></ul>', '<ul class="news"><li><a href="/about">about</a></ul>'])
def test_a_list_that_is_not_there_or_names_other_things_is_not_empty(body: str) -> None:
    with pytest.raises(EmptyRoute) as raised:
        found(Listing(url=LISTING.url, around="ul.news"), body)
    assert not isinstance(raised.value, EmptyList)
