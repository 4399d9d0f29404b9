"""An event's dates are told as an editor of either language would write them, and so that nobody comes too late."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feeds.event_dates import dates
from feeds.text import short
from store.announcement import Event
from tests.builders import an_archived


def told(starts: str, ends: str = "", zone: str = "Asia/Tokyo", language: str = "ja", **others: Any) -> str:
    announcement = an_archived(language=language, events=(event(starts, ends, zone, **others),))
    (line,) = dates(announcement)
    return line


def event(starts: str, ends: str = "", zone: str = "Asia/Tokyo", **others: Any) -> Event:
    values: dict[str, Any] = {"kind": "event", "title": "公募説明会", "all_day": "T" not in starts} | others
    return Event(starts=at(starts, zone), ends=at(ends, zone) if ends else None, timezone=zone, **values)


def at(moment: str, zone: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))


def test_hours_of_a_day_are_told_with_their_zone() -> None:
    span = ("2026-07-22T14:00", "2026-07-22T15:30")
    assert told(*span, place="online") == "公募説明会：2026年7月22日（水）14:00～15:30（日本時間、オンライン）"
    english = told(*span, language="en", title="briefing", place="online")
    assert english == "22 July 2026 (Wed), 14:00–15:30 JST: briefing (online)"


def test_a_deadline_is_named_and_its_announcement_is_not() -> None:
    due = {"kind": "deadline", "title": an_archived().title}
    assert told("2026-08-21T12:00", **due) == "締切：2026年8月21日（金）12:00（日本時間）"
    assert told("2026-08-21T12:00", language="en", **due) == "Deadline: 21 August 2026 (Fri), 12:00 JST"
    assert told("2026-08-21", **due) == "締切：2026年8月21日（金）"


@pytest.mark.parametrize(
    ("first", "last", "japanese", "english"),
    [
        ("2026-10-14", "", "2026年10月14日（水）", "14 October 2026 (Wed)"),
        ("2026-10-14", "2026-10-15", "2026年10月14日（水）～15日（木）", "14–15 October 2026"),
        ("2026-10-30", "2026-11-02", "2026年10月30日（金）～11月2日（月）", "30 October – 2 November 2026"),
        (
            "2026-12-30",
            "2027-01-02",
            "2026年12月30日（水）～2027年1月2日（土）",
            "30 December 2026 – 2 January 2027",
        ),
        (
            "2026-10-14T17:00",
            "2026-10-15T20:00",
            "2026年10月14日（水）17:00～15日（木）20:00（日本時間）",
            "14 October 2026 (Wed), 17:00 – 15 October 2026 (Thu), 20:00 JST",
        ),
    ],
)
def test_a_span_says_once_what_both_ends_share(first: str, last: str, japanese: str, english: str) -> None:
    assert told(first, last) == f"公募説明会：{japanese}"
    assert told(first, last, language="en", title="Forum") == f"{english}: Forum"


def test_midnight_is_the_24_00_of_the_day_that_it_ends() -> None:
    assert told("2026-09-01T00:00", kind="deadline", title="") == "締切：2026年8月31日（月）24:00（日本時間）"
    assert told("2026-09-01T22:00", "2026-09-02T00:00") == "公募説明会：2026年9月1日（火）22:00～24:00（日本時間）"
    assert told("2026-09-01T00:00", "2026-09-01T01:00") == "公募説明会：2026年9月1日（火）00:00～01:00（日本時間）"


def test_what_is_called_as_its_announcement_has_a_word_in_place_of_its_name() -> None:
    assert told("2026-10-14", title="", place="京都市") == "開催：2026年10月14日（水）（京都市）"
    assert told("2026-10-14", title="", place="Kyoto", language="en") == "Event: 14 October 2026 (Wed), Kyoto"
    assert told("2026-10-14", title=an_archived().title) == "開催：2026年10月14日（水）"


def test_of_a_session_the_announcements_title_is_not_said_again() -> None:
    assert told("2026-10-27", title=f"{an_archived().title}: 札幌") == "札幌：2026年10月27日（火）"


@pytest.mark.parametrize(
    ("zone", "japanese", "english"),
    [
        ("Europe/Berlin", "現地時間、UTC+2", "CEST"),
        ("America/New_York", "現地時間、UTC-4", "EDT"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT+9", "現地時間、UTC-9", "UTC-9"),
        ("Asia/Manila", "現地時間、UTC+8", "UTC+8"),
        ("Asia/Kolkata", "現地時間、UTC+5:30", "UTC+5:30"),
    ],
)
def test_a_zone_whose_name_is_not_plain_to_everybody_is_its_offset(zone: str, japanese: str, english: str) -> None:
    assert told("2026-07-22T14:00", zone=zone) == f"公募説明会：2026年7月22日（水）14:00（{japanese}）"
    assert told("2026-07-22T14:00", zone=zone, language="en", title="") == f"Event: 22 July 2026 (Wed), 14:00 {english}"


def test_a_named_deadline_says_of_what_it_is() -> None:
    line = told("2026-10-02T12:00", kind="deadline", title="事前登録")
    assert line == "締切（事前登録）：2026年10月2日（金）12:00（日本時間）"


def test_a_place_with_brackets_stands_apart() -> None:
    assert (
        told("2026-10-14", place="東京都港区（三田）") == "公募説明会：2026年10月14日（水）　会場：東京都港区（三田）"
    )


def test_dates_can_be_told_in_the_readers_language() -> None:
    announcement = an_archived(language="en", events=(event("2026-10-14", title="Forum", place="online"),))
    assert dates(announcement, "ja") == ["Forum：2026年10月14日（水）（オンライン）"]


def test_an_event_without_a_zone_is_told_in_utc() -> None:
    moment = datetime(2026, 7, 22, 14, tzinfo=ZoneInfo("Asia/Tokyo"))
    lines = dates(an_archived(events=(Event(kind="event", starts=moment, title="公募説明会"),)))
    assert lines == ["公募説明会：2026年7月22日（水）05:00（UTC）"]


def test_an_end_before_the_start_is_none() -> None:
    assert told("2026-10-14", "2026-10-13") == "公募説明会：2026年10月14日（水）"
    assert told("2026-10-14T10:00", "2026-10-14T09:00") == "公募説明会：2026年10月14日（水）10:00（日本時間）"


def test_the_earliest_comes_first() -> None:
    announcement = an_archived(events=(event("2026-10-14", title="二"), event("2026-10-07T09:00", title="一")))
    assert [line[0] for line in dates(announcement)] == ["一", "二"]


def test_what_no_calendar_can_tell_is_left_out() -> None:
    before_the_first = Event(kind="event", starts=datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo")))
    first = Event(kind="deadline", starts=datetime.min.replace(tzinfo=UTC), timezone="UTC")
    assert dates(an_archived(events=(before_the_first, first))) == ["締切：1年1月1日（月）00:00（UTC）"]


def test_a_text_is_one_line_of_bounded_length_that_acts_on_nothing() -> None:
    assert short("a\x00\r\nb\u2028c \u202ed\ud800\x1b[2J") == "a b c d[2J"
    assert short("鯨" * 1_000_000) == "鯨" * 299 + "…"


def test_other_languages_are_told_in_english() -> None:
    assert told("2026-10-14", language="fr", title="Forum") == "14 October 2026 (Wed): Forum"


def test_an_announcement_without_events_has_no_dates() -> None:
    assert dates(an_archived()) == []
