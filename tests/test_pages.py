"""Every page, in a real browser: what it may not do there, whom it may not keep out, and that it is valid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import httpx
import pytest
from icalendar import Calendar
from lxml import html
from playwright.sync_api import Browser, Page

from tests.browser import CHROMIUM, DESK, PHONE, Visits, browsing
from tests.page_rules import AXE, CHECKER, barriers, invalid
from tests.playground import Playground
from tests.served import BROKEN, Served, serving_the_demo
from tests.site import answer, playing

# {revised} and the like stand for the UUID of that example (tests.served).
PAGES = (
    "/",
    "/search",
    "/search?q=公募+OR+carbon",
    "/announcements/{revised}",
    "/announcements/{translated}",
    "/announcements/{gone}",
    "/announcements/{revised}/revisions",
    "/feeds",
    "/calendar",
    "/status",
    "/about",
)
LANGUAGES = ("en", "ja")

# Language, width, and whether it is dark: two of them show most of what goes wrong.
USUAL = {("en", DESK, False), ("ja", PHONE, True)}
WINDOWS = [
    pytest.param(
        {"language": language, "width": width, "dark": dark},
        id=f"{language}-{width}-{'dark' if dark else 'light'}",
        marks=() if (language, width, dark) in USUAL else pytest.mark.slow,
    )
    for language, width, dark in product(LANGUAGES, (PHONE, DESK), (False, True))
]

npm = pytest.mark.skipif(not (AXE.exists() and CHECKER.exists()), reason="needs what `make page-tools` installs by npm")


@pytest.fixture(scope="module")
def site(everything: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_the_demo(everything, tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium")
    with browsing() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, site: Served) -> Iterator[Visits]:
    """Opens pages of the site; what goes wrong in any of them fails the test at its end."""
    visits = Visits(browser, site.origin)
    yield visits
    visits.end()
    assert visits.faults == []


@npm
@pytest.mark.parametrize("pattern", PAGES)
@pytest.mark.parametrize("window", WINDOWS)
def test_a_page_keeps_nobody_out(site: Served, visit: Visits, pattern: str, window: dict[str, Any]) -> None:
    assert barriers(visit(site.path(pattern), **window)) == []


@pytest.mark.parametrize("pattern", PAGES)
def test_a_page_without_scripts_fits_a_small_phone(site: Served, visit: Visits, pattern: str) -> None:
    page = visit(site.path(pattern), width=320, javascript=False)
    assert page.locator("main").inner_text()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


WRONG = """<!DOCTYPE html><title>x</title>
<p style="color: red">styled</p>
<script>alert(1)</script>
<img src="/missing.png">
<img src="http://127.0.0.2:9/elsewhere.png">"""
POLICY = "Content-Security-Policy: default-src 'none'; img-src *"


@npm
def test_every_page_and_style_sheet_is_valid(site: Served, tmp_path: Path) -> None:
    """The checker takes seconds to start: it is asked once, and shown something wrong, too, to see that it looks."""
    documents = {"wrong.html": WRONG.encode()}
    for pattern, language in product(PAGES, LANGUAGES):
        page = _get(site, site.path(pattern), language)
        documents[f"{language}{pattern.replace('/', '-')}.html"] = page
        for style in html.fromstring(page).xpath("//link[@rel='stylesheet']/@href"):
            documents[Path(style).name] = _get(site, style, language)
    messages = invalid(documents, tmp_path)
    wrong = [message for message in messages if message.startswith("wrong.html")]
    assert any("“alt” attribute" in message for message in wrong)
    assert sorted(set(messages) - set(wrong)) == []
    assert any(name.endswith(".css") for name in documents)


def _get(site: Served, path: str, language: str) -> bytes:
    headers = {"Accept-Language": language, "Accept": "text/html"}
    return httpx.get(site.origin + path, headers=headers).raise_for_status().content


def test_what_a_page_may_not_do_is_seen(browser: Browser) -> None:
    with playing({"/": answer(WRONG.encode(), "Content-Type: text/html", POLICY)}) as wrong:
        visits = Visits(browser, wrong.url)
        visits("/")
        visits.end()
    said = "\n".join(visits.faults)
    assert said.count("Content Security Policy") == 2
    assert "404" in said
    assert "asked for http://127.0.0.2:9/elsewhere.png" in said


@pytest.mark.parametrize(("expected", "faults"), [(404, 0), (200, 2)])
def test_a_page_that_is_not_there_is_no_fault_where_it_is_expected(
    browser: Browser, expected: int, faults: int
) -> None:
    with playing(
        {"/": answer(b"<link rel=icon href=data:,>Sorry", "Content-Type: text/html", status="404 Not Found")}
    ) as without:
        visits = Visits(browser, without.url)
        visits("/", status=expected)
        visits.end()
    assert len(visits.faults) == faults


@npm
def test_whom_a_page_keeps_out_is_seen(browser: Browser) -> None:
    with browser.new_page() as page:
        page.set_content(WRONG)
        assert any(barrier.startswith("image-alt: ") for barrier in barriers(page))


WORDS = {
    "en": {"search": "Search", "filters": "Filters", "whose": "Organisation", "apply": "Apply", "revised": "revised"},
    "ja": {"search": "検索", "filters": "絞り込み", "whose": "機関", "apply": "適用", "revised": "修正"},
}
WAYS = [
    pytest.param({"language": "en", "width": DESK}, id="en-desk"),
    pytest.param({"language": "ja", "width": PHONE}, id="ja-phone"),
    pytest.param({"language": "ja", "width": DESK, "javascript": False}, id="ja-desk-without-scripts"),
    pytest.param({"language": "en", "width": PHONE, "javascript": False}, id="en-phone-without-scripts"),
]


def titles(page: Page) -> list[str]:
    return page.locator(".item > :is(h2, h3)").all_inner_texts()


@pytest.mark.parametrize("way", WAYS)
def test_an_announcement_is_found_by_a_japanese_word_narrowed_and_opened(visit: Visits, way: dict[str, Any]) -> None:
    words = WORDS[way["language"]]
    page = visit("/", **way)
    page.get_by_role("searchbox").fill("公募")
    page.get_by_role("main").get_by_role("button", name=words["search"]).click()
    every = titles(page)
    page.get_by_text(words["filters"], exact=True).click()
    page.get_by_label(words["whose"], exact=True).select_option("moej")
    page.get_by_role("button", name=words["apply"]).click()
    narrowed = titles(page)
    assert 0 < len(narrowed) < len(every)
    assert all("公募" in " ".join(item.split()) for item in page.locator(".item").all_inner_texts())
    page.locator(".item a").first.click()
    assert page.locator("h1").inner_text() == narrowed[0]
    assert str(page.locator(".original a").get_attribute("href")).startswith("https://www.env.go.jp/")


@pytest.mark.parametrize("way", WAYS)
def test_what_was_edited_can_be_read(site: Served, visit: Visits, way: dict[str, Any]) -> None:
    page = visit(site.path("/announcements/{revised}"), **way)
    page.get_by_role("link", name=WORDS[way["language"]]["revised"]).click()
    assert "12" in page.locator("del").all_inner_texts()
    assert "18" in page.locator("ins").all_inner_texts()


@pytest.mark.parametrize("way", WAYS)
def test_a_search_can_be_subscribed_to(visit: Visits, way: dict[str, Any]) -> None:
    page = visit("/search?q=title:公募", **way)
    found = titles(page)
    address = page.locator(".subscribe input").input_value()
    if way.get("javascript", True):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator(".subscribe button").click()
        page.locator(".subscribe button", has_text={"en": "Copied", "ja": "コピーしました"}[way["language"]]).wait_for()
        assert page.evaluate("() => navigator.clipboard.readText()") == address
    feed = feedparser.parse(httpx.get(address).content)
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} <= set(found)
    assert feed.entries


@pytest.mark.parametrize("way", WAYS)
def test_an_event_is_found_in_its_month_and_taken_into_a_calendar(
    site: Served, visit: Visits, way: dict[str, Any]
) -> None:
    event = next(each for each in site.examples["event"].events if each.kind == "event")
    page = visit(f"/calendar?month={event.starts.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m}", **way)
    page.locator(".agenda a").first.click()
    with page.expect_download() as downloading:
        page.locator(".events a").click()
    taken = Calendar.from_ical(downloading.value.path().read_bytes()).walk("VEVENT")
    assert page.locator("h1").inner_text() in " ".join(str(each["SUMMARY"]) for each in taken)


@pytest.mark.parametrize("way", WAYS)
def test_a_source_that_is_broken_is_seen_at_a_glance(visit: Visits, way: dict[str, Any]) -> None:
    page = visit("/status", **way)
    page.locator(".problem a", has_text="ICLEI: news").click()
    standing = page.locator(f"#{BROKEN}")
    assert {"en": "broken", "ja": "取得不可"}[way["language"]] in standing.locator(".state").inner_text()
    assert "503" in standing.inner_text()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_turns_into_the_other_language_and_back(visit: Visits, width: int) -> None:
    page = visit("/search?q=公募", width=width)
    page.get_by_role("link", name="日本語").click()
    assert page.locator("html").get_attribute("lang") == "ja"
    page.get_by_role("link", name="新着", exact=True).click()
    assert page.locator("html").get_attribute("lang") == "ja"
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/")


def test_a_list_is_walked_with_two_keys(visit: Visits) -> None:
    page = visit("/search?q=公募")
    page.locator(".item a").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("() => document.activeElement.textContent") == titles(page)[1]


def test_on_paper_there_is_the_text_and_nothing_to_click(site: Served, visit: Visits) -> None:
    page = visit(site.path("/announcements/{pdf}"))
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation").first.is_visible()
    assert page.locator(".text").first.is_visible()
    assert page.locator(".original .address").is_visible()
