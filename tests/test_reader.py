"""How dates, numbers and addresses are written for a reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from store.announcement import Event, Precision
from tests.builders import NOON, an_archived
from web.reader import Reader

TOKYO = ZoneInfo("Asia/Tokyo")
ENGLISH, AMERICAN, JAPANESE = (Reader(Locale.parse(name), "/wire", "") for name in ("en_001", "en_US", "ja_JP"))


def test_what_we_saw_is_told_in_utc_and_to_who_reads_japanese_in_japans_time() -> None:
    assert ENGLISH.moment(NOON) == "11 June 2026, 03:00 UTC"
    assert AMERICAN.moment(NOON) == "June 11, 2026, 03:00 UTC"
    assert JAPANESE.moment(NOON) == "2026年6月11日12:00（日本時間）"


def test_a_source_is_quoted_in_its_own_zone_as_exactly_as_it_says() -> None:
    there = {"timezone": "Asia/Tokyo", "published": datetime(2026, 6, 12, tzinfo=TOKYO)}
    assert ENGLISH.published(an_archived(**there, precision=Precision.DAY)) == "12 June 2026"
    assert ENGLISH.published(an_archived(**there)) == "12 June 2026, 00:00 JST"
    assert JAPANESE.published(an_archived(**there)) == "2026年6月12日00:00（日本時間）"


def test_a_link_stays_below_the_root_and_in_the_language_of_its_page() -> None:
    japanese = Reader(Locale.parse("ja_JP"), "/wire", "/ja")
    assert japanese.at("/search", q="公募 jcm", topic="") == "/wire/ja/search?q=%E5%85%AC%E5%8B%9F+jcm"
    assert japanese.data("/feeds/all.atom") == "/wire/feeds/all.atom"
    assert ENGLISH.at("/search", has=["pdf", "event"]) == "/wire/search?has=pdf&has=event"


@pytest.mark.parametrize(("octets", "size"), [(1, "1 kB"), (837_600, "838 kB"), (12_345_678, "12.3 MB")])
def test_a_size_is_told_in_the_unit_that_people_use(octets: int, size: str) -> None:
    assert ENGLISH.size(octets) == size


def test_an_event_is_told_with_its_zone() -> None:
    event = Event(kind="deadline", starts=datetime(2026, 8, 21, 3, tzinfo=UTC), timezone="Asia/Tokyo")
    assert ENGLISH.span(event) == "21 August 2026 (Fri), 12:00 JST"
    assert JAPANESE.span(event) == "2026年8月21日（金）12:00（日本時間）"


def test_a_day_with_its_weekday_and_a_time_are_written_as_they_are_in_japanese() -> None:
    assert JAPANESE.day(date(2026, 11, 23), "full") == "2026年11月23日（月）"
    assert ENGLISH.day(date(2026, 11, 23), "full") == "Monday, 23 November 2026"
    assert (JAPANESE.duration(timedelta(hours=1)), ENGLISH.duration(timedelta(hours=4))) == ("60分", "4 hours")


def test_a_place_online_is_told_in_the_language_of_the_page() -> None:
    event = Event(kind="event", starts=NOON, place="オンライン")
    assert (ENGLISH.place(event), JAPANESE.place(event)) == ("online", "オンライン")
