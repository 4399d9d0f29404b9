"""A question asked in a browser: what is found, marked, counted, to be narrowed, and to be subscribed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.channels import Channel, Group
from store.announcement import Attachment
from store.archive import Archive
from store.database import Database
from store.query import Query
from tests.asking import Ask, asking_site, read, words
from tests.builders import NOON, an_announcement

JCM = Channel("jcm", "Joint Crediting Mechanism (JCM)", Query(topic="jcm", gone=False), group=Group.TOPIC)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    with closing(Database(f"sqlite:///{tmp_path_factory.mktemp('search')}/archive.db")) as database:
        _fill(Archive(database))
        yield asking_site(database, [JCM])


def _fill(archive: Archive) -> None:
    pdf = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="要領")
    for number in range(25):
        archive.save(
            an_announcement(
                url=f"https://www.env.go.jp/press/press_{number:05}.html",
                title=f"第{number}回の公募について",
                text=f"第{number}回の公募を行います。",
                published=datetime(2024 + number % 3, 5, 1 + number, tzinfo=TOKYO),
                topics=("jcm",) if number % 2 else (),
                attachments=(pdf,) if number == 3 else (),
            ),
            now=NOON,
        )
    archive.save(
        an_announcement(
            source="iges-en-news",
            organisation="iges",
            language="en",
            url="https://www.iges.or.jp/en/news/20260611",
            title="Call for proposals (公募)",
            text="Cities may apply.",
        ),
        now=NOON,
    )


def titles(ask: Ask, address: str) -> list[str]:
    return words(*(item.xpath("h2")[0] for item in read(ask(address)).find_class("item")))


def test_what_answers_is_listed_with_its_hits_marked(ask: Ask) -> None:
    page = read(ask("/search?q=第7回の公募"))
    (item,) = page.find_class("item")
    assert words(*item.xpath("h2")) == ["第7回の公募について"]
    assert words(*item.xpath("h2//mark")) == ["第7回の公募"]
    assert words(*page.xpath("//p[@role='status']")) == ["1 announcement"]
    assert item.xpath("h2/a/@lang") == ["ja"]


def test_every_page_of_the_answer_follows_from_the_one_before(ask: Ask) -> None:
    address, seen = "/search?q=公募", []
    while address:
        seen += titles(ask, address)
        address = next(iter(read(ask(address)).xpath("//a[@rel='next']/@href")), "")
    assert len(seen) == len(set(seen)) == 26


@pytest.mark.parametrize(
    ("heading", "counts"),
    [
        ("Organisation", ["MOEJ 25", "IGES 1"]),
        ("Language", ["Japanese 25", "English 1"]),
        ("Year", ["2026 9", "2025 8", "2024 9"]),
    ],
)
def test_it_is_counted_by_what_would_narrow_it(ask: Ask, heading: str, counts: list[str]) -> None:
    page = read(ask("/search?q=公募"))
    assert words(*page.xpath(f"//h3[.='{heading}']/following-sibling::ul[1]/li")) == counts


@pytest.mark.parametrize("heading", ["Organisation", "Language", "Source", "Year"])
def test_each_count_leads_to_as_many(ask: Ask, heading: str) -> None:
    for item in read(ask("/search?q=公募")).xpath(f"//h3[.='{heading}']/following-sibling::ul[1]/li"):
        found = words(*read(ask(item.xpath("a/@href")[0])).xpath("//p[@role='status']"))
        assert found[0].split()[0] == item.xpath("string(span[@class='count'])")


def test_a_topic_is_named_in_the_language_of_the_page(ask: Ask) -> None:
    chosen = read(ask("/ja/search?topic=jcm")).xpath("//select[@name='topic']/option[@selected]")
    assert words(*chosen) == ["二国間クレジット制度（JCM）"]


def test_the_form_keeps_what_was_chosen(ask: Ask) -> None:
    page = read(ask("/search?q=公募&organisation=moej&has=pdf&since=2024&sort=newest"))
    assert page.xpath("//input[@name='q']/@value") == ["公募"]
    assert page.xpath("//select/option[@selected]/@value") == ["moej", "newest"]
    assert page.xpath("//input[@checked]/@value") == ["pdf"]
    assert page.xpath("//details[@open]//select")
    assert titles(ask, "/search?q=公募&organisation=moej&has=pdf&since=2024&sort=newest") == ["第3回の公募について"]


def test_the_answer_is_a_feed_and_data_too(ask: Ask) -> None:
    page = read(ask("/search?q=公募&organisation=iges&sort=newest"))
    for link in page.xpath("//section[contains(@class, 'subscribe')]//a/@href"):
        assert parse_qs(urlsplit(link).query) == {"q": ["公募"], "organisation": ["iges"]}
        answer = ask(link)
        assert answer.status_code == 200
        if not link.split("?")[0].endswith("ics"):
            assert "Call for proposals" in answer.text


@pytest.mark.parametrize("asked", ["since=never", "q=title:", "has=love", "cursor=x", "sort=best", "q=a&q=b"])
def test_a_question_without_sense_is_told_beside_the_form(ask: Ask, asked: str) -> None:
    answer = ask(f"/search?{asked}")
    assert answer.status_code == 400
    assert words(*read(answer).xpath("//p[@role='alert']"))[0].startswith("This can’t be looked for.")


def test_nothing_found_is_said(ask: Ask) -> None:
    page = read(ask("/search?q=存在しない言葉"))
    assert words(*page.xpath("//p[@role='status']")) == ["0 announcements"]
    assert "Nothing was found." in page.text_content()


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_no_question_makes_it_fail_or_stands_unescaped(ask: Ask, question: str) -> None:
    asked = urlencode({"q": f'{question}"><script>alert(1)</script>'.encode(errors="ignore")})
    answer = ask(f"/search?{asked}")
    assert answer.status_code in (200, 400)
    assert "<script>alert" not in answer.text
