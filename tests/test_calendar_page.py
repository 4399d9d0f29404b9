"""A month in a browser: what takes place on which day, what is due, and the same as data and as a feed."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.announcement import Event
from store.archive import Archive
from store.database import Database
from tests.asking import Ask, asking_site, read, words
from tests.builders import NOON, an_announcement


@pytest.fixture
def kind() -> str:
    """One kind of database will do: what the pages ask is tested on both where it is asked."""
    return "sqlite"


def an_event(day: int, kind: str = "event", **changes: Any) -> Event:
    given: dict[str, Any] = {"starts": datetime(2026, 6, day, 5, tzinfo=UTC), "timezone": "Asia/Tokyo", "title": ""}
    return Event(kind=kind, **given | changes)


@pytest.fixture
def ask(database: Database) -> Ask:
    archive = Archive(database)
    for number, (title, event, organisation) in enumerate(
        (
            ("Forum", an_event(15, ends=datetime(2026, 6, 17, 6, tzinfo=UTC)), "iges"),
            ("公募のお知らせ", an_event(21, "deadline"), "moej"),
            ("公募のお知らせ", an_event(12, title="公募説明会"), "moej"),
            ("Exhibition", an_event(1, ends=datetime(2026, 6, 28, 6, tzinfo=UTC)), "iges"),
            ("In July", an_event(21, starts=datetime(2026, 7, 2, tzinfo=UTC)), "moej"),
        )
    ):
        announcement = an_announcement(
            url=f"https://www.env.go.jp/{number}",
            title=title,
            text=f"{number}",
            events=(event,),
            organisation=organisation,
            language="en" if title.isascii() else "ja",
        )
        archive.save(announcement, now=NOON)
    return asking_site(database)


def cells(ask: Ask, address: str) -> dict[str, list[str]]:
    days = read(ask(address)).xpath("//table//td[contains(@class, 'here')]")
    return {day.xpath("string(time)"): words(*day.xpath(".//li")) for day in days if day.xpath(".//li")}


def test_each_event_stands_on_its_days_and_a_long_one_on_its_first_and_last(ask: Ask) -> None:
    assert cells(ask, "/calendar") == {
        "1": ["Exhibition"],
        "12": ["公募説明会：公募のお知らせ"],
        "15": ["Forum"],
        "16": ["Forum"],
        "17": ["Forum"],
        "21": ["Deadline 公募のお知らせ"],
        "28": ["Exhibition"],
    }


def test_deadlines_are_listed_apart(ask: Ask) -> None:
    page = read(ask("/calendar?month=2026-06"))
    lists = {words(each.xpath("../h2")[0])[0]: words(*each.xpath("li")) for each in page.find_class("agenda")}
    assert lists["Deadlines"] == ["21 June 2026 (Sun), 14:00 JST 公募のお知らせ MOEJ"]
    assert [each.rpartition(" ")[0] for each in lists["Events"]] == [
        "1 June 2026 (Mon), 14:00 – 28 June 2026 (Sun), 15:00 JST Exhibition",
        "12 June 2026 (Fri), 14:00 JST 公募説明会：公募のお知らせ",
        "15 June 2026 (Mon), 14:00 – 17 June 2026 (Wed), 15:00 JST Forum",
    ]
    assert lists["Closing soon"] == lists["Deadlines"]


def test_a_month_leads_to_the_ones_beside_it_and_keeps_the_filter(ask: Ask) -> None:
    page = read(ask("/calendar?month=2026-12&organisation=moej"))
    assert page.xpath("//a[@rel='prev' or @rel='next']/@href") == [
        "/calendar?month=2026-11&organisation=moej",
        "/calendar?month=2027-01&organisation=moej",
    ]
    assert list(cells(ask, "/calendar?month=2026-06&organisation=iges")) == ["1", "15", "16", "17", "28"]


def test_a_week_begins_as_it_does_where_the_reader_is(ask: Ask) -> None:
    assert words(*read(ask("/en/calendar")).xpath("//th"))[0] == "Mon"
    assert words(*read(ask("/ja/calendar")).xpath("//th"))[0] == "日"


def test_today_is_japans(database: Database) -> None:
    late = datetime(2026, 6, 30, 15, 30, tzinfo=UTC)
    page = read(asking_site(database, now=late)("/calendar"))
    assert words(*page.xpath("//h2[@id='month']")) == ["July 2026"]
    assert words(*page.xpath("//time[@aria-current='date']")) == ["1"]


@pytest.mark.parametrize("month", ["x", "2026", "2026-13", "2026-00", "0000-01", "9999-12", "２０２６-06", "-2026-06"])
def test_a_month_that_is_none_is_refused(ask: Ask, month: str) -> None:
    assert [ask(f"/calendar{form}?month={month}").status_code for form in ("", ".csv", ".json")] == [400] * 3


@pytest.mark.parametrize("month", ["1000-01", "9997-12"])
def test_any_other_month_is_shown(ask: Ask, month: str) -> None:
    assert ask(f"/calendar?month={month}").status_code == 200


def test_the_month_is_data_too(ask: Ask) -> None:
    told = ask("/calendar.json?month=2026-06&organisation=moej").json()["events"]
    assert [(each["kind"], each["starts"], each["title"]) for each in told] == [
        ("event", "2026-06-12T14:00:00+09:00", "公募説明会"),
        ("deadline", "2026-06-21T14:00:00+09:00", ""),
    ]
    rows = list(
        csv.DictReader(ask("/calendar.csv?month=2026-06&organisation=moej").text.removeprefix("\ufeff").splitlines())
    )
    assert [(row["kind"], row["announcement_title"]) for row in rows] == [
        ("event", "公募のお知らせ"),
        ("deadline", "公募のお知らせ"),
    ]


def test_a_list_is_found_in_every_form_at_its_own_address(ask: Ask) -> None:
    asked = {
        "/latest.atom": "/feeds/all.atom",
        "/latest.csv": "/api/announcements.csv",
        "/search.rss?q=a&sort=newest&topic=": "/feeds/search.rss?q=a",
        "/search.csv?language=ja": "/api/announcements.csv?language=ja",
        "/calendar.atom?organisation=moej": "/feeds/search.atom?q=has%3Aevent+OR+has%3Adeadline&organisation=moej",
        "/status.atom": "/feeds/health.atom",
    }
    assert {address: ask(address).headers["location"] for address in asked} == asked
    assert [ask(address).status_code for address in ("/latest.exe", "/search.html", "/calendar.exe")] == [404] * 3


def test_the_calendar_offers_itself_to_other_calendars(ask: Ask) -> None:
    page = read(ask("/calendar?organisation=moej"))
    (address,) = page.xpath("//input[@readonly]/@value")
    assert ask(address).text.count("BEGIN:VEVENT") == 3


def test_a_month_with_more_than_anyone_reads_says_how_many_more(database: Database, ask: Ask) -> None:
    events = tuple(an_event(2, title=f"Session {number}") for number in range(80))
    Archive(database).save(an_announcement(url="https://www.env.go.jp/many", text="many", events=events), now=NOON)
    page = read(ask("/calendar"))
    assert "33 more; filters show fewer." in page.text_content()
    assert cells(ask, "/calendar")["2"][-1] == "and 76 more"


def test_nothing_in_a_month_is_said(ask: Ask) -> None:
    page = read(ask("/calendar?month=2020-01"))
    assert page.text_content().count("None is known in this month.") == 2


def test_a_longer_event_is_found_in_the_months_between(database: Database, ask: Ask) -> None:
    spring = an_event(1, starts=NOON - timedelta(days=40), ends=NOON + timedelta(days=40), title="Consultation")
    Archive(database).save(an_announcement(url="https://www.env.go.jp/long", text="long", events=(spring,)), now=NOON)
    assert "Consultation" in read(ask("/calendar?month=2026-06")).text_content()
