"""The pages over HTTP: each in the reader's language, safe to show, not sent again, and helpful where there is none."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from feeds.editor import Editor
from store.archive import Archive
from store.database import Database
from tests.asking import BASE, Ask, asking_site, read, words
from tests.builders import NOON, an_announcement
from web.app import app
from web.standing import Watch

PAGES = ["/", "/search", "/search?q=脱炭素", "/feeds", "/calendar", "/status", "/about"]


@pytest.fixture
def kind() -> str:
    """One kind of database will do: what the pages ask is tested on both where it is asked."""
    return "sqlite"


@pytest.fixture
def ask(database: Database) -> Ask:
    Archive(database).save(an_announcement(), now=NOON)
    return asking_site(database)


@pytest.fixture
def page(database: Database, ask: Ask) -> str:
    (found,) = Archive(database).all()
    return f"/announcements/{found.id.removeprefix('urn:uuid:')}"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_in_the_language_that_the_browser_asks_for(ask: Ask, path: str) -> None:
    english, japanese = read(ask(path, accept_language="en")), read(ask(path, accept_language="ja"))
    assert (english.get("lang"), japanese.get("lang")) == ("en", "ja")
    assert words(*english.xpath("//h1")) != words(*japanese.xpath("//h1"))
    assert ask(path).headers["vary"] == "Accept-Language, Accept-Encoding"


@pytest.mark.parametrize("path", PAGES)
def test_the_language_in_an_address_counts_more_and_stays_in_the_links(ask: Ask, path: str) -> None:
    page = read(ask(f"/ja{path}", accept_language="en"))
    assert page.get("lang") == "ja"
    assert {address.split("/")[1] for address in page.xpath("//nav[1]//a/@href")} == {"ja"}


def test_a_switch_leads_to_the_same_page_in_the_other_language(ask: Ask) -> None:
    page = read(ask("/ja/search?q=脱炭素&language=ja"))
    (link,) = page.xpath("//nav[contains(@class, 'languages')]//a/@href")
    assert link == "/en/search?q=%E8%84%B1%E7%82%AD%E7%B4%A0&language=ja"
    assert words(*read(ask(link)).find_class("item")[0].xpath("h2")) == ["脱炭素先行地域の選定結果について"]


def test_a_page_has_one_address_to_be_kept_and_names_those_of_its_languages(ask: Ask) -> None:
    page = read(ask("/ja/search?q=a&utm_source=mail"))
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{BASE}/search?q=a"]
    found = {link.get("hreflang"): link.get("href") for link in page.xpath("//link[@hreflang]")}
    assert found == {
        "en": f"{BASE}/en/search?q=a",
        "ja": f"{BASE}/ja/search?q=a",
        "x-default": f"{BASE}/search?q=a",
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_the_browser_has_is_not_sent_again(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert ask(path, if_none_match=answer.headers["etag"]).status_code == 304
    assert answer.headers["cache-control"] == "no-cache"


def test_no_page_holds_what_the_policy_forbids(ask: Ask, page: str) -> None:
    for path in (*PAGES, page, f"{page}/revisions"):
        found = read(ask(path))
        assert found.xpath("//style | //@style | //@*[starts-with(name(), 'on')]") == []
        assert found.xpath("//script[not(@src) and not(@type='application/ld+json')]") == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_no_page_takes_anything(ask: Ask, method: str) -> None:
    for path in ("/", "/search", "/status"):
        assert ask(path, method).status_code == 405


@pytest.mark.parametrize(
    "path", ["/nothing", "/ja/nothing", "/announcements/1", f"/announcements/{'0' * 8}-0000-0000-0000-{'0' * 12}"]
)
def test_where_there_is_no_page_one_helps_on(ask: Ask, path: str) -> None:
    answer = ask(path)
    page = read(answer)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert page.get("lang") == ("ja" if path.startswith("/ja") else "en")
    assert page.xpath("//main//form//input[@name='q']")


def test_a_question_of_any_length_is_answered_by_a_page(ask: Ask) -> None:
    assert read(ask(f"/search?q={'x' * 20_000}")) is not None
    assert ask(f"/search?q={'x' * 20_000}").status_code == 414


@pytest.mark.parametrize("path", ["/", "/search?q=a", "/calendar", "/calendar.csv", "/status", "/sitemap.xml"])
def test_an_archive_that_cannot_be_read_is_told_by_a_page(new_url: str, path: str) -> None:
    with closing(Database(new_url)) as database:
        with database.writing() as connection:
            for table in ("run", "event", "announcement"):
                connection.execute(text(f"ALTER TABLE {table} RENAME TO lost_{table}"))
        answer = asking_site(database, indexed=True)(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert words(*read(answer).xpath("//h1")) == ["The archive can’t be read at the moment"]


def test_a_fault_of_ours_is_told_by_a_page_in_the_language_of_the_reader(database: Database) -> None:
    def now() -> datetime:
        raise RuntimeError("the clock is gone")

    site = app(
        public_dir=Path("nowhere"),
        channels=[],
        editor=Editor(database, base_url=BASE),
        archive=Archive(database),
        watch=Watch(database, [], now),
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.get("/ja/calendar")

    answer = asyncio.run(ask())
    assert (answer.status_code, words(*read(answer).xpath("//h1"))) == (500, ["エラーが発生しました"])
    assert "the clock is gone" not in answer.text
    assert "content-security-policy" in answer.headers


def test_below_a_path_every_link_is_below_it(database: Database) -> None:
    page = read(asking_site(database, base_url="https://city.example/wire")("/ja/"))
    links = page.xpath("//body//a/@href[not(starts-with(., '#'))] | //@src | //link[@rel!='canonical']/@href")
    assert {link.removeprefix("https://city.example").split("/")[1] for link in links} == {"wire"}


def test_search_engines_are_kept_out_unless_they_are_let_in(database: Database) -> None:
    closed, opened = asking_site(database), asking_site(database, indexed=True)
    assert closed("/").headers["x-robots-tag"] == closed("/feeds/none.atom").headers["x-robots-tag"] == "noindex"
    assert "x-robots-tag" not in opened("/").headers
    assert read(closed("/")).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert read(opened("/")).xpath("//meta[@name='robots']") == []
