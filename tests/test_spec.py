"""A source is declared rightly or not at all; the sources that are declared are those that were promised."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.announce import announcement
from crawler.candidate import Candidate
from crawler.discovery import discover
from crawler.errors import EmptyRoute, SpecError
from crawler.extract import extract
from crawler.spec import Feed, Listing, Page, Sitemap, Source, WordPress, load
from store.announcement import Announcement
from tests.builders import NOON
from tests.declared import SITE, a_source, an_answer

NAMES = [
    *("moej-ja", "moej-en", "moej-ja-kaiken"),
    *("iges-en-news", "iges-ja-news", "iges-en-events", "iges-ja-events", "iges-en-pub", "iges-ja-pub"),
    *("iclei", "iclei-japan-ja", "iclei-japan-en", "citytalk", "daring-cities"),
]

A_SOURCE = """
from crawler.spec import Listing, Source

class {name}(Source):
    name = "twin"
    organisation = title = "x"
    language = "en"
    timezone = "UTC"
    pages = "/a"
    routes = (Listing(url="https://example.org/"),)
"""


@pytest.mark.parametrize("name", ["name", "organisation", "title", "language", "timezone", "routes", "pages"])
@pytest.mark.parametrize("blank", ["", None])
def test_a_source_that_leaves_something_out_is_none(name: str, blank: object) -> None:
    with pytest.raises(SpecError, match=f"spiders.example: ASource: expected {name} to be set"):
        a_source(**{name: blank})


def test_a_source_that_says_nothing_is_none() -> None:
    with pytest.raises(SpecError, match=f"{__name__}: Nothing: expected name to be set"):

        class Nothing(Source):
            pass


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"timezone": "Asia/Edo"}, "a time zone, got 'Asia/Edo'"),
        ({"timezone": "Asia"}, "a time zone, got 'Asia'"),
        ({"timezone": "../etc"}, "a time zone, got '../etc'"),
        ({"pages": "/news/("}, r"a pattern, got '/news/\('"),
        ({"others": "["}, r"a pattern, got '\['"),
        ({"page": Page(title="h1 >")}, "a CSS selector, got 'h1 >'"),
        ({"page": Page(date="time[")}, r"a CSS selector, got 'time\['"),
        ({"page": Page(body="div:first")}, "a CSS selector, got 'div:first'"),
        ({"page": Page(tags="..a")}, "a CSS selector, got '..a'"),
        ({"page": Page(attachments="a[href$=.pdf]")}, "a CSS selector, got"),
        ({"page": Page(drop=("//div[",))}, r"an XPath of elements, got '//div\['"),
        ({"page": Page(drop=("string(//p)",))}, "an XPath of elements, got"),
        ({"routes": (Listing(url=f"{SITE}/", link="a["),)}, r"a CSS selector, got 'a\['"),
        ({"routes": (Listing(url=f"{SITE}/", group="{"),)}, "a CSS selector, got '{'"),
        ({"routes": (Listing(url=f"{SITE}/", older="a:next"),)}, "a CSS selector, got 'a:next'"),
        (
            {"routes": (Listing(url=f"{SITE}/", month=r"/(\d{6})\.html"),)},
            "a pattern with the groups year and month, got",
        ),
        ({"routes": (Sitemap(url=f"{SITE}/", parts="*"),)}, r"a pattern, got '\*'"),
        ({"routes": (Feed(url=f"{SITE}/", older="?paged=2"),)}, r"a query with {page}, got '\?paged=2'"),
        ({"routes": (WordPress(url=f"{SITE}/", older="?p={number}"),)}, "a query with {page}, got"),
        ({"routes": Listing(url=f"{SITE}/")}, "routes to be a tuple of routes, got Listing"),
        ({"routes": (f"{SITE}/",)}, "routes to be a tuple of routes, got"),
        ({"routes": (Listing(url="http://news.example.org/"),)}, "every route at https://news.example.org/"),
        ({"routes": (Listing(url="/news/"),)}, "every route at https://"),
        (
            {"routes": (Listing(url=f"{SITE}/"), Feed(url="https://other.example.org/feed/"))},
            "every route at https://news.example.org/",
        ),
    ],
)
def test_a_wrong_declaration_fails_with_its_file_its_class_and_what_was_expected(
    wrong: dict[str, Any], expected: str
) -> None:
    with pytest.raises(SpecError, match=f"spiders.example: ASource: expected {expected}"):
        a_source(**wrong)


def test_a_misspelt_attribute_of_a_route_is_refused_by_python_itself() -> None:
    with pytest.raises(TypeError, match="linkk"):
        Listing(url=f"{SITE}/", linkk="a")  # type: ignore[call-arg]


def test_two_sources_cannot_have_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "twins"
    package.mkdir()
    for module, name in (("__init__", ""), ("one", "First"), ("two", "Second")):
        (package / f"{module}.py").write_text(A_SOURCE.format(name=name) if name else "", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SpecError, match=r"twins\.two: Second: expected another name than 'twin'"):
        load("twins")
    for module in ("twins", "twins.one", "twins.two"):
        sys.modules.pop(module)


def test_the_sources_are_the_fourteen_that_were_promised() -> None:
    assert sorted(load("spiders")) == sorted(NAMES)


@pytest.mark.parametrize("source", load().values(), ids=load())
def test_every_source_has_two_routes_at_least_and_names_what_it_is(source: type[Source]) -> None:
    assert len(source.routes) >= 2
    assert len({route.start for route in source.routes}) == len(source.routes)
    assert source.language in ("en", "ja")
    assert source.organisation in ("moej", "iges", "iclei")


@pytest.mark.parametrize("source", load().values(), ids=load())
def test_no_route_of_a_source_is_an_announcement_of_it(source: type[Source]) -> None:
    assert [route.url for route in source.routes if source.names(route.url)] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("moej-ja", "/press/press_05099.html"), ("moej-ja", "/press/120345_00012.html"),
        ("moej-ja", "/press/107831.html"), ("moej-ja", "/press/110339.html"), ("moej-en", "/en/press/press_02402.html"),
        ("moej-en", "/en/headline/2558.html"), ("moej-ja-kaiken", "/annai/kaiken/kaiken_00407.html"),
        ("iges-en-news", "/en/news/20260211"), ("iges-ja-news", "/jp/news/20260211-2"),
        ("iges-en-events", "/en/events/20230126"), ("iges-ja-events", "/jp/events/20230126"),
        ("iges-en-pub", "/en/pub/some-slug/en"), ("iges-ja-pub", "/jp/pub/some-slug/ja"),
        ("iclei", "/some-news/"), ("iclei", "/activity/an-academy/"), ("iclei-japan-ja", "/ja/news/some-slug"),
        ("iclei-japan-en", "/en/events/zero-carbon-city-international-forum"),
        ("citytalk", "/daring-cities-2020s-sessions-by-japan"), ("daring-cities", "/program/a-session/"),
    ],
)  # fmt: skip
def test_an_announcement_is_known_by_the_form_of_its_address(name: str, path: str) -> None:
    source = load()[name]
    assert source.names(f"https://{source.host()}{path}")
    assert not source.names(f"https://{source.host()}{path}?page=2")
    assert not source.names(f"https://www.ipcc-nggip.iges.or.jp{path}")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("moej-ja", "/press/202605.html"), ("moej-ja", "/press/index.html"), ("moej-ja", "/press/recycle/index.html"),
        ("moej-ja", "/content/000365031.pdf"), ("iges-en-news", "/jp/news/20260211"), ("iges-en-news", "/en/news"),
        ("iges-en-pub", "/en/pub/some-slug/ja"), ("iclei", "/tag/japan/"), ("iclei", "/news/page/2/"), ("iclei", "/"),
        ("citytalk", "/category/climate/"), ("iclei-japan-ja", "/ja/news/page/2"), ("iclei-japan-ja", "/en/news/a"),
        ("daring-cities", "/program/2026-10-05/"), ("daring-cities", "/program/tag/energy/"),
    ],
)  # fmt: skip
def test_a_page_that_only_lists_or_belongs_to_another_source_is_no_announcement(name: str, path: str) -> None:
    source = load()[name]
    assert not source.names(f"https://{source.host()}{path}")


@pytest.mark.parametrize(
    ("first", "day"),
    [("✍2021年1月22日", "2021-01-22"), ("✐2020年10月16日", "2020-10-16"), ("2021年1月22日、京都で", None)],
)
def test_only_a_date_behind_a_pen_is_iclei_japans_own(first: str, day: str | None) -> None:
    source = load()["iclei-japan-ja"]
    body = f"<article><h1>A</h1><div class='entry-content'><p>{first}</p><p>本文です。</p></div></article>"
    found = extract(body, f"https://{source.host()}/ja/news/a", source.page, zone=source.zone())
    assert (found.published and found.published.at.isoformat()[:10], "本文です。" in found.text) == (day, True)


def test_a_candidate_that_a_source_does_not_keep_is_passed_over() -> None:
    class Picky(a_source()):  # type: ignore[misc]
        @classmethod
        def keep(cls, candidate: Candidate) -> Candidate | None:
            return replace(candidate, title="kept") if candidate.url.endswith("/b") else None

    listing = '<a href="/news/a">A</a><a href="/news/b">B</a>'
    [kept] = discover(Picky.routes[0], an_answer(listing), Picky).candidates
    assert (kept.url, kept.title) == (f"{SITE}/news/b", "kept")
    with pytest.raises(EmptyRoute):
        discover(Picky.routes[0], an_answer('<a href="/news/a">A</a>'), Picky)


def test_a_source_has_the_last_word_on_an_announcement() -> None:
    class Careful(a_source()):  # type: ignore[misc]
        @classmethod
        def finish(cls, announcement: Announcement) -> Announcement:
            return replace(announcement, title=announcement.title.upper())

    candidate = Candidate(url=f"{SITE}/news/a", address=f"{SITE}/news/a")
    page = extract("<h1>Title</h1><article><p>Text.</p></article>", candidate.url)
    assert announcement(Careful, candidate, page, url=candidate.url, now=NOON).title == "TITLE"
