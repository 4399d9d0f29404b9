"""Whose word counts where the route, the page and the address speak of one announcement."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.announce import announcement
from crawler.candidate import Candidate, Dated
from crawler.errors import NoContent
from crawler.extract import Extracted
from crawler.spec import Page
from store.announcement import Announcement, Attachment, From, Precision
from tests.builders import NOON
from tests.declared import SITE, a_source

URL = f"{SITE}/news/forum"
DAY = timedelta(days=1)
PDF = Attachment(url=f"{SITE}/a.pdf", type="application/pdf")


def dated(found: From, at: datetime = NOON - DAY) -> Dated:
    return Dated(at=at, precision=Precision.DAY, found=found)


def announced(
    *, url: str = URL, of: dict[str, Any] | None = None, by: dict[str, Any] | None = None, **page: Any
) -> Announcement:
    """Announce the page that answered at *url*, *of* a candidate, *by* a source."""
    candidate = Candidate(**{"url": URL, "address": URL} | (of or {}))
    plain = {"title": "A forum", "text": "Text.", "html": "<p>Text.</p>", "summary": "Text.", "language": "en"}
    return announcement(a_source(**by or {}), candidate, Extracted(**plain | page), url=url, now=NOON)


def test_an_announcement_holds_what_the_page_says() -> None:
    made = announced(attachments=(PDF,), tags=("energy",))
    assert (made.title, made.text, made.html, made.summary) == ("A forum", "Text.", "<p>Text.</p>", "Text.")
    assert (made.attachments, made.tags, made.language) == ((PDF,), ("energy",), "en")


def test_an_announcement_holds_what_the_source_declares() -> None:
    made = announced()
    assert (made.source, made.organisation, made.timezone) == ("a-source", "an-organisation", "Asia/Tokyo")


def test_what_the_page_names_as_another_version_is_told_in_its_one_spelling() -> None:
    named = (("en", f"{SITE}/news/forum"), ("ja", f"{SITE}/ja/news/forum?utm_source=top"))
    assert announced(alternates=named).alternates == (f"{SITE}/ja/news/forum",)


def test_the_title_of_the_page_counts_then_that_of_the_route() -> None:
    assert announced(of={"title": "A for…"}).title == "A forum"
    assert announced(of={"title": "A forum, says the feed"}, title="").title == "A forum, says the feed"


def test_the_tags_of_the_page_count_then_those_of_the_route() -> None:
    assert announced(of={"tags": ("route",)}, tags=("page",)).tags == ("page",)
    assert announced(of={"tags": ("route",)}).tags == ("route",)


def test_a_page_whose_language_is_unclear_has_that_of_its_source() -> None:
    assert announced(language="", by={"language": "ja"}).language == "ja"


@pytest.mark.parametrize(
    ("missing", "page", "expected"),
    [
        ({"title": ""}, Page(title="h1.entry-title"), "expected a title at 'h1.entry-title'"),
        ({"title": ""}, Page(), "expected a title at 'h1'"),
        ({"text": ""}, Page(body=".body"), "expected a text at '.body'"),
        ({"text": ""}, Page(), "expected a text at 'the page'"),
    ],
)
def test_a_page_without_title_or_text_is_no_announcement(missing: dict[str, Any], page: Page, expected: str) -> None:
    with pytest.raises(NoContent) as raised:
        announced(by={"page": page}, **missing)
    assert str(raised.value) == f"a-source: {URL}: {expected}"


def test_the_date_on_the_page_counts_then_that_of_the_route() -> None:
    page, listing = dated(From.PAGE, NOON - 2 * DAY), dated(From.LISTING)
    made = announced(published=page, of={"published": listing})
    assert (made.published, made.published_from, made.precision) == (NOON - 2 * DAY, From.PAGE, Precision.DAY)
    assert announced(of={"published": listing}).published_from is From.LISTING


def test_a_date_in_the_future_is_nobodys_word() -> None:
    ahead = dated(From.PAGE, NOON + timedelta(seconds=1))
    assert announced(published=ahead, of={"published": dated(From.FEED)}).published_from is From.FEED
    assert announced(published=ahead, of={"published": ahead}).published is None


def test_a_page_without_a_date_leaves_it_to_the_archive() -> None:
    made = announced(of={"latest": NOON - DAY, "modified": NOON - DAY})
    assert (made.published, made.published_from) == (None, From.FIRST_SEEN)


def test_a_date_keeps_the_zone_of_its_source() -> None:
    midnight = datetime(2026, 6, 11, tzinfo=ZoneInfo("Asia/Tokyo"))
    made = announced(published=dated(From.PAGE, midnight))
    assert made.published is not None
    assert made.published.isoformat() == "2026-06-11T00:00:00+09:00"


def test_the_address_is_the_one_that_answered_and_the_others_lead_to_it() -> None:
    made = announced(url=f"{SITE}/news/forum-2026/", of={"address": "http://news.example.org/news/forum?utm_source=x"})
    assert made.url == f"{SITE}/news/forum-2026/"
    assert made.aliases == (URL, "http://news.example.org/news/forum?utm_source=x")


def test_the_page_may_name_a_better_address_for_itself() -> None:
    made = announced(url=f"{SITE}/news/forum?print=1", canonical="http://news.example.org/news/forum?utm_source=x")
    assert made.url == URL
    assert made.aliases == (f"{SITE}/news/forum?print=1",)


@pytest.mark.parametrize("claimed", [f"{SITE}/", f"{SITE}/about", "https://elsewhere.example.org/news/forum", "x:y"])
def test_a_page_that_calls_itself_something_else_is_not_believed(claimed: str) -> None:
    assert announced(canonical=claimed).url == URL


def test_a_staging_address_becomes_the_live_one() -> None:
    made = announced(canonical="https://dev.example.org/news/forum", by={"staging": ("dev.example.org",)})
    assert made.url == URL
