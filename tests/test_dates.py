"""What is printed is read, to the day or the minute, in its zone; what is no date is not."""

import doctest
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime
from itertools import pairwise
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler import calendar_days, clock_times, date_ranges, dates
from crawler.dates import Found, find, machine, slug
from store.announcement import Precision

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
MODULES = (dates, date_ranges, calendar_days, clock_times)


def spelled(found: Found) -> str:
    """Return what was found in short: ``2022-03-09..10``-like days, or times with their zone unless it is Tokyo's."""
    form = "%Y-%m-%d" if found.precision is Precision.DAY else "%Y-%m-%dT%H:%M"
    moments = [moment.strftime(form) for moment in (found.starts, found.ends) if moment]
    zone = "" if found.timezone == "Asia/Tokyo" else f" {found.timezone}"
    return "/".join(moments) + zone


DAYS = {
    "2026年06月11日発表": "2026-06-11",
    "2026年5月1日": "2026-05-01",
    "2026 年 5 月 1 日": "2026-05-01",
    "令和8年5月1日": "2026-05-01",
    "令和８年５月１日": "2026-05-01",
    "令和元年5月1日": "2019-05-01",
    "令和8年(2026年)5月1日": "2026-05-01",
    "2026年(令和8年)5月1日": "2026-05-01",
    "平成30年12月1日": "2018-12-01",
    "平成33年3月31日": "2021-03-31",
    "昭和64年1月7日": "1989-01-07",
    "㋿8年5月1日": "2026-05-01",
    "R5.1.31": "2023-01-31",
    "H30.12.1": "2018-12-01",
    "Ｒ８．１．３１": "2026-01-31",
    "令和8.4.1": "2026-04-01",
    "2026年5⽉1⽇": "2026-05-01",
    "✍2021年1月22日": "2021-01-22",
    "✐2020年10月16日": "2020-10-16",
    "発表日:2024.09.27": "2024-09-27",
    "2024/03/04": "2024-03-04",
    "2024-03-04": "2024-03-04",
    "November 19, 2021": "2021-11-19",
    "(December 25, 2019)": "2019-12-25",
    "Sept. 3, 2024": "2024-09-03",
    "25 June 2024": "2024-06-25",
    "25 june 2024": "2024-06-25",
    "29th of July, 2020": "2020-07-29",
    "17th March 2021": "2021-03-17",
    "14-Oct-2026": "2026-10-14",
    "Friday, 21 August 2026": "2026-08-21",
    "21 August (Fri) 2026": "2026-08-21",
}
RANGES = {
    "2020年12月7日~10日": "2020-12-07/2020-12-10",
    "2020年12月7日から10日まで": "2020-12-07/2020-12-10",
    "2026年10月14日(水)及び15日(木)": "2026-10-14/2026-10-15",
    "2026年12月7・8日": "2026-12-07/2026-12-08",
    "2026年12月28日～1月3日": "2026-12-28/2027-01-03",
    "令和8年4月1日から同年5月29日まで": "2026-04-01/2026-05-29",
    "令和8年6月1日(月)から同月30日(火)まで": "2026-06-01/2026-06-30",
    "令和8年12月1日から翌年12月31日まで": "2026-12-01/2027-12-31",
    "2024/3/4~3/6": "2024-03-04/2024-03-06",
    "25 and 26 January 2023": "2023-01-25/2023-01-26",
    "24, 25 and 26 January 2023": "2023-01-24/2023-01-26",
    "January 25 and 26, 2023": "2023-01-25/2023-01-26",
    "09 - 10 March 2022": "2022-03-09/2022-03-10",
    "from 14 to 16 October 2026": "2026-10-14/2026-10-16",
    "October 14–16, 2026": "2026-10-14/2026-10-16",
    "28 February - 3 March 2023": "2023-02-28/2023-03-03",
    "December 28 – January 3, 2027": "2026-12-28/2027-01-03",
    "December 28, 2026 – January 3, 2027": "2026-12-28/2027-01-03",
    "Wed, October 14 - Thu, October 15, 2026": "2026-10-14/2026-10-15",
}
TIMES = {
    "26 February 2024, 10:00-11:30 JST": "2024-02-26T10:00/2024-02-26T11:30",
    "26 February 2024, 17:00 -18:45 JST": "2024-02-26T17:00/2024-02-26T18:45",
    "26 February 2024 from 10:00 to 11:30": "2024-02-26T10:00/2024-02-26T11:30",
    "26 February 2024\nTime: 10:00-11:30 JST (UTC+9)": "2024-02-26T10:00/2024-02-26T11:30",
    "2026年8月21日(金)\n時間 14:00~16:00": "2026-08-21T14:00/2026-08-21T16:00",
    "2026年6月1日から同月30日17時まで": "2026-06-01T00:00/2026-06-30T17:00",
    "10:00-11:30 JST, 26 February 2024": "2024-02-26T10:00/2024-02-26T11:30",
    "26 February 2024, 23:00 – 24:30 JST": "2024-02-26T23:00/2024-02-27T00:30",
    "26 February 2024, 23:00 – 0:30 JST": "2024-02-26T23:00/2024-02-27T00:30",
    "26 February 2024, 11:00 – 1:00 pm JST": "2024-02-26T11:00/2024-02-26T13:00",
    "26 February 2024, 5 – 9 p.m. JST": "2024-02-26T17:00/2024-02-26T21:00",
    "9.30am – 11.00 am on 3 Sept. 2026": "2026-09-03T09:30/2026-09-03T11:00",
    "17th March 2021 18:00~20:15": "2021-03-17T18:00/2021-03-17T20:15",
    "2026年8月21日(金)18:00~20:15": "2026-08-21T18:00/2026-08-21T20:15",
    "２０２６年８月２１日（金）１８：００～２０：１５": "2026-08-21T18:00/2026-08-21T20:15",
    "2026年8月21日(金) 午前10時～正午": "2026-08-21T10:00/2026-08-21T12:00",
    "2026年8月21日(金) 午後1時30分から3時まで": "2026-08-21T13:30/2026-08-21T15:00",
    "2026年8月21日(金)の14時~15時30分": "2026-08-21T14:00/2026-08-21T15:30",
    "2026年8月21日(金)正午(必着)": "2026-08-21T12:00",
    "2026年11月17日 10:00~11:30(現地時間)/16:00~17:30(日本時間)": "2026-11-17T16:00/2026-11-17T17:30",
    "2026年11月17日 10:00~11:30(現地時間)": "2026-11-17",
    "2026年11月17日 10:00~11:30(トルコ時間)/16:00~17:30(日本時間)": "2026-11-17T16:00/2026-11-17T17:30",
    "17 November 2026, 9.30-14.00": "2026-11-17T09:30/2026-11-17T14:00",
    "17 November 2026, 10:00–11:30 TRT": "2026-11-17T10:00/2026-11-17T11:30 Etc/GMT-3",
    "3 March 2027, 23:59 (Anywhere on Earth)": "2027-03-03T23:59 Etc/GMT+12",
    "令和8年10月14日(水)及び15日(木) 各日17:00~20:00": "2026-10-14T17:00/2026-10-15T20:00",
    "noon on 21 August 2026 (Japan Standard Time)": "2026-08-21T12:00",
    "日本時間午後7時, 21 August 2026": "2026-08-21T19:00",
    "7月1日(水)10時から8月21日(金)17時まで": "2026-07-01T10:00/2026-08-21T17:00",
    "2026年7月1日(水)～8月21日(金)17時まで": "2026-07-01T00:00/2026-08-21T17:00",
    "1-3 March 2022, 10:00 JST": "2022-03-01T10:00/2022-03-04T00:00",
    "2026年10月14日13:00～10月15日17:00": "2026-10-14T13:00/2026-10-15T17:00",
    "25 and 26 January 2023, 5:00pm – 8:00 pm JST": "2023-01-25T17:00/2023-01-26T20:00",
    "21 October 2020, 3 p.m. EDT": "2020-10-21T15:00 Etc/GMT+4",
    "21 July 2020, 10:00 CET": "2020-07-21T10:00 Etc/GMT-1",
    "21 October 2020, 10:00 UTC - 11:30 UTC": "2020-10-21T10:00/2020-10-21T11:30 UTC",
    "21 October 2020, 10:00 UTC+5:30": "2020-10-21T10:00 Asia/Kolkata",
    "21 October 2020, 10:00 (GMT+9)": "2020-10-21T10:00",
}


@pytest.mark.parametrize(("text", "expected"), (DAYS | RANGES | TIMES).items())
def test_each_printed_form_is_read_wherever_it_stands(text: str, expected: str) -> None:
    for before, after in (
        ("", ""),
        ("開催日：", "（予定）"),
        ("It is ", ". Join us!\n2 rooms"),
        ("第3回 ", "\n\n1. 概要"),
    ):
        [found] = find(before + text + after, zone=TOKYO, anchor=date(2026, 6, 11))
        assert spelled(found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026年2月30日",
        "31 April 2026",
        "February 29, 2023",
        "昭和0年1月1日",
        "2201年1月1日",
        "1867年12月31日",
        "2026年13月1日",
        "November 2026",
        "2026年11月",
        "令和8年度",
        "令和8年度4月",
        "FY2026",
        "03/04/2024",
        "第20261113号",
        "代表 03-3581-3351",
        "0120-2026-11-13",
        "version 2024.09.27.1",
        "v2024.09.27",
        "1.5.31",
        "/news/2024/03/04/title",
        "press_2024-03-04.pdf",
        "毎年6月5日",
        "同年6月5日",
        "10月の3日間",
        "you may 2",
        "2023 and the 18th century",
        "5 people and 6 May",
        "10:00 - 11:30 JST",
    ],
)
def test_what_is_no_date_of_a_known_year_is_not_found(text: str) -> None:
    assert find(text, zone=TOKYO) == []
    assert find(f"本文 {text}。", zone=TOKYO) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "17th March 2021 18:00~20:15, 18th 16:00~19:50",
            ["2021-03-17T18:00/2021-03-17T20:15", "2021-03-18T16:00/2021-03-18T19:50"],
        ),
        (
            "2026年10月14日 10:00~12:00、13:00~15:00",
            ["2026-10-14T10:00/2026-10-14T12:00", "2026-10-14T13:00/2026-10-14T15:00"],
        ),
        ("14 and 21 January 2023, 10:00 JST", ["2023-01-14T10:00", "2023-01-21T10:00"]),
        ("2026年10月14日(水)、15日(木)、21日(水)", ["2026-10-14/2026-10-15", "2026-10-21"]),
        ("平成31年4月1日及び令和元年5月1日", ["2019-04-01", "2019-05-01"]),
        ("Posted 3 Mar 2024 | Updated 4 Mar 2024", ["2024-03-03", "2024-03-04"]),
        ("30 February - 2 March 2023", ["2023-03-02"]),
        ("Held on 3 May 2026. 2030 is next", ["2026-05-03"]),
        ("Date14 and 15 October 2026Venue", ["2026-10-14/2026-10-15"]),
        ("Date14 October 2026 10:00 CETVenue", ["2026-10-14T10:00 Etc/GMT-1"]),
        ("Room 5, 26 January 2023", ["2023-01-26"]),
        ("COP 30 - 12 January 2026", ["2026-01-12"]),
        ("2026年10月1日から3日間", ["2026-10-01"]),
        ("令和8年4月1日に開始し、翌年5月29日に終了", ["2026-04-01", "2027-05-29"]),
    ],
)
def test_several_dates_are_found_in_order(text: str, expected: list[str]) -> None:
    assert [spelled(found) for found in find(text, zone=TOKYO)] == expected


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("21 October 2020 @ 9:00 – 11:30 CEST/ 16:00 -18:30 JST", TOKYO, "2020-10-21T16:00/2020-10-21T18:30"),
        (
            "21 October 2020 9:00 – 11:30 CEST/ 16:00 -18:30 JST",
            BERLIN,
            "2020-10-21T09:00/2020-10-21T11:30 Europe/Berlin",
        ),
        ("21 October 2020 @ 9:00 – 11:30 UTC+2/ 16:00 -18:30 JST", UTC, "2020-10-21T09:00/2020-10-21T11:30 Etc/GMT-2"),
        ("21 October 2020, 9:00 – 11:30 UTC+2/ 16:00 JST", TOKYO, "2020-10-21T16:00/2020-10-21T18:30"),
        ("21 October 2020, 23:00 UTC / 8:00 JST", TOKYO, "2020-10-22T08:00"),
        ("21 July 2020, 10:00 CET / 17:00 JST", TOKYO, "2020-07-21T17:00"),
        ("21 July 2020, 10:00 CET / 20:00 JST", TOKYO, "2020-07-21T10:00 Etc/GMT-1"),
        ("21 October 2020, 16:00 JST (UTC+9) = 16:00 UTC+9", TOKYO, "2020-10-21T16:00"),
    ],
)
def test_a_session_in_two_zones_is_found_once(text: str, zone: ZoneInfo, expected: str) -> None:
    assert [spelled(found) for found in find(text, zone=zone)] == [expected]


@pytest.mark.parametrize(
    ("text", "anchor", "expected"),
    [
        ("12月28日～1月3日", date(2026, 12, 1), "2026-12-28/2027-01-03"),
        ("12月28日～1月3日", date(2027, 1, 10), "2026-12-28/2027-01-03"),
        ("21 October @ 10:00", date(2020, 10, 1), "2020-10-21T10:00"),
        ("January 5", date(2026, 12, 20), "2027-01-05"),
        ("December 20", datetime(2027, 1, 5, tzinfo=UTC), "2026-12-20"),
        ("本年6月5日", date(2026, 4, 1), "2026-06-05"),
    ],
)
def test_a_missing_year_is_the_one_nearest_to_the_anchor(text: str, anchor: date, expected: str) -> None:
    assert [spelled(found) for found in find(text, zone=TOKYO, anchor=anchor)] == [expected]
    assert find(text, zone=TOKYO) == []


def test_a_leap_day_without_a_year_is_not_moved_to_a_far_year() -> None:
    assert find("29 February", zone=TOKYO, anchor=date(2026, 2, 1)) == []


def test_a_bare_day_is_midnight_in_the_sources_zone() -> None:
    [found] = find("25 June 2024", zone=BERLIN)
    assert (found.starts, found.ends) == (datetime(2024, 6, 25, tzinfo=BERLIN), None)
    assert (found.starts.tzinfo, found.timezone) == (BERLIN, "Europe/Berlin")


def test_printed_weekdays_are_ignored_even_wrong_ones() -> None:
    [wrong], [right] = find("2026年8月21日(月)", zone=TOKYO), find("Sunday, 21 August 2026", zone=TOKYO)
    assert wrong.starts == right.starts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026年06月11日発表", "2026-06-11T00:00+09:00"),
        ("(December 25, 2019)", "2019-12-25T00:00+09:00"),
        ("発表日:2024.09.27", "2024-09-27T00:00+09:00"),
        ("(令和7年6月20日(金)9:15~9:28 於:環境省第一会議室)", "2025-06-20T09:15+09:00"),
    ],
)
def test_a_text_that_is_there_for_its_date_gives_one_moment(text: str, expected: str) -> None:
    moment = find(text, zone=TOKYO)[0].starts
    assert moment.isoformat(timespec="minutes") == expected


def test_a_text_without_a_date_has_none() -> None:
    assert find("お知らせ", zone=TOKYO) == []


@pytest.mark.parametrize(
    "path", ["/en/news/20230126", "/jp/events/20230126-2", "https://x.test/en/news/20230126-10/?a=b#c"]
)
def test_a_date_slug_is_the_last_segment(path: str) -> None:
    assert slug(path, zone=TOKYO) == datetime(2023, 1, 26, tzinfo=TOKYO)


@pytest.mark.parametrize("path", ["/press/202605.html", "/20230126/title", "/en/news/20231301", "/news/120230126", ""])
def test_other_addresses_have_no_date_slug(path: str) -> None:
    assert slug(path, zone=TOKYO) is None


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-13", "2026-11-13T00:00:00+09:00"),
        ("20261113T090000Z", "2026-11-13T09:00:00+00:00"),
        ("2026-11-13T09:00:00.123456789+09:00", "2026-11-13T09:00:00.123456+09:00"),
        (" 2026-11-13 09:00:00 +0900\n", "2026-11-13T09:00:00+09:00"),
        ("2026-11-13 09:00:00 UTC", "2026-11-13T09:00:00+00:00"),
        ("2026-11-13T09:00", "2026-11-13T09:00:00+09:00"),
        ("Fri, 13 Nov 2026 09:00:00 +0900", "2026-11-13T09:00:00+09:00"),
        ("Fri, 13 Nov 2026 09:00:00 GMT", "2026-11-13T09:00:00+00:00"),
        ("Fri, 13 Nov 2026 09:00:00 EST", "2026-11-13T09:00:00-05:00"),
        ("Fri, 13 Nov 2026 09:00:00 CET", "2026-11-13T09:00:00+01:00"),
        ("13 Nov 26 09:00 -0000", "2026-11-13T09:00:00+00:00"),
        ("13 Nov 2026 09:00:00", "2026-11-13T09:00:00+09:00"),
    ],
)
def test_a_machines_stamp_is_read(stamp: str, expected: str) -> None:
    moment = machine(stamp, zone=TOKYO)
    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "soon",
        "2026",
        "2026-11",
        "2026-13-01",
        "20261332",
        "1768262400",
        "2026-11-13T25:00",
        "2026-11-13T09:00+99:00",
        "Fri, 31 Nov 2026 09:00:00 GMT",
        "Fri, 13 Foo 2026 09:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "9999-12-31",
    ],
)
def test_a_nonsense_stamp_gives_none(stamp: str) -> None:
    assert machine(stamp, zone=TOKYO) is None


# Properties: whatever the day, the form, the separator and the width

ERAS = [
    (date(2019, 5, 1), "令和", "R"),
    (date(1989, 1, 8), "平成", "H"),
    (date(1926, 12, 25), "昭和", "S"),
    (date(1912, 7, 30), "大正", "大正"),
    (date(1868, 10, 23), "明治", "明治"),
]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August"]
MONTHS += ["September", "October", "November", "December"]
WIDE = str.maketrans("0123456789./:RHS", "０１２３４５６７８９．／：ＲＨＳ")


def month(day: date) -> str:
    return MONTHS[day.month - 1]


def nth(day: date) -> str:
    return f"{day.day}{'th' if day.day in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(day.day % 10, 'th')}"


def era(day: date, *, letter: bool = False) -> str:
    first, name, short = next(row for row in ERAS if row[0] <= day)
    counted = day.year - first.year + 1
    return f"{short if letter else name}{'元' if counted == 1 else counted}"


JAPANESE: list[Callable[[date], str]] = [
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day:%Y年%m月%d日}",
    lambda day: f"{day.year} 年 {day.month} 月 {day.day} 日",
    lambda day: f"{era(day)}年{day.month}月{day.day}日",
    lambda day: f"{era(day)}年({day.year}年){day.month:02}月{day.day:02}日",
    lambda day: f"{era(day, letter=True)}.{day.month}.{day.day}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}/{day.month:02}/{day.day:02}",
    lambda day: f"{day.year}-{day.month:02}-{day.day:02}",
]
ENGLISH: list[Callable[[date], str]] = [
    lambda day: f"{month(day)} {day.day}, {day.year}",
    lambda day: f"{month(day)[:3]}. {day.day:02}, {day.year}",
    lambda day: f"{month(day).upper()} {nth(day)} {day.year}",
    lambda day: f"{day.day} {month(day)} {day.year}",
    lambda day: f"{day.day:02} {month(day)[:3]} {day.year}",
    lambda day: f"{nth(day)} of {month(day)}, {day.year}",
    lambda day: f"{day.day}-{month(day)[:3].lower()}-{day.year}",
]
DASHES = st.sampled_from(["-", " - ", "–", " – ", "—", " —", "−", "~", " ~ ", "～", "〜 "])
WEEKDAYS = st.sampled_from(["", "(月)", "（木・祝）", " (Wed)", " (Sunday)"])
A_DAY = st.dates(date(1868, 10, 23), date(2117, 12, 31))
OFFSETS = st.integers(-12, 14)
PIECES = re.split(
    "[|]",
    "1|2|12|31|2026|２|年|月|日|時|分|令和|R5|元|(|)|(水)|及び|から|午後|正午|まで|今年|㋿|,|、|.|/|:|-|–|～|@"
    "| |\n|\u3000|Jan|Mar|May |June|th|and|, and| to |Mon|am|pm|JST|UTC+|CET|noon|on |\ud800|\x00",
)
SCRAPS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text()


@given(day=A_DAY, form=st.sampled_from(JAPANESE), wide=st.booleans(), weekday=WEEKDAYS)
def test_every_day_is_read_back_from_every_japanese_form(
    day: date, form: Callable[[date], str], wide: bool, weekday: str
) -> None:
    text = form(day).translate(WIDE if wide else {}) + weekday
    [found] = find(f"公表：{text}、", zone=TOKYO)
    assert (found.printed, found.starts.date(), found.ends) == (text, day, None)


@given(day=A_DAY, form=st.sampled_from(ENGLISH), weekday=WEEKDAYS)
def test_every_day_is_read_back_from_every_english_form(day: date, form: Callable[[date], str], weekday: str) -> None:
    text = form(day) + weekday
    [found] = find(f"Held on {text}.", zone=TOKYO)
    assert (found.printed, found.starts.date(), found.ends) == (text, day, None)


@given(day=A_DAY, length=st.integers(1, 364), dash=DASHES)
def test_every_range_is_read_back_however_much_of_it_is_left_out(day: date, length: int, dash: str) -> None:
    last = day + timedelta(days=length)
    texts = [
        f"{day:%Y年%m月%d日}{dash}{last.month}月{last.day}日",
        f"{era(day)}年{day.month}月{day.day}日(土){dash}{last:%Y年%m月%d日}",
        f"{day.day} {month(day)}{dash}{last.day} {month(last)} {last.year}",
        f"{month(day)} {day.day}{dash}{month(last)} {last.day}, {last.year}",
    ]
    if (day.year, day.month) == (last.year, last.month):
        texts += [
            f"{day.year}年{day.month}月{day.day}日{dash}{last.day}日",
            f"{nth(day)}{dash}{nth(last)} {month(day)} {day.year}",
            f"{month(day)} {day.day}{dash}{last.day}, {day.year}",
        ]
    for text in texts:
        [found] = find(text, zone=UTC)
        assert (found.printed, found.starts.date(), found.ends and found.ends.date()) == (text, day, last)


@given(day=A_DAY, off=st.integers(-180, 180))
def test_every_day_without_a_year_is_read_back_near_its_anchor(day: date, off: int) -> None:
    for text in (f"{day.month}月{day.day}日", f"{nth(day)} {month(day)}", f"{month(day)} {day.day}"):
        [found] = find(text, zone=UTC, anchor=day + timedelta(days=off))
        assert found.starts.date() == day


@given(opens=st.times(), closes=st.times(), dash=DASHES)
def test_every_time_is_read_back_from_every_form(opens: time, closes: time, dash: str) -> None:
    assume(opens.replace(second=0, microsecond=0) < closes.replace(second=0, microsecond=0))
    day = datetime(2026, 8, 21, tzinfo=TOKYO)
    kanji = [f"{'午後' if at.hour > 11 else '午前'}{at.hour % 12}時{at.minute}分" for at in (opens, closes)]
    for first, last in (
        (f"{opens:%H:%M}", f"{closes:%H:%M}"),
        (f"{opens:%I:%M %p}", f"{closes:%I:%M%p}".lower()),
        (f"{opens.hour}時{opens.minute:02}分", f"{closes.hour}時{closes.minute}分"),
        (kanji[0], kanji[1]),
    ):
        [found] = find(f"2026年8月21日(金) {first}{dash}{last}", zone=TOKYO)
        assert found.starts == day + timedelta(hours=opens.hour, minutes=opens.minute)
        assert found.ends == day + timedelta(hours=closes.hour, minutes=closes.minute)


@given(day=A_DAY, minute=st.integers(0, 1439), one=OFFSETS, other=OFFSETS)
def test_every_session_printed_in_two_zones_is_one_moment(day: date, minute: int, one: int, other: int) -> None:
    starts = datetime.combine(day, time(), timezone(timedelta(hours=one))) + timedelta(minutes=minute)
    there = starts.astimezone(timezone(timedelta(hours=other)))
    text = f"{day.day} {month(day)} {day.year}, {starts:%H:%M} UTC{one:+} / {there:%H:%M} UTC{other:+}"
    assert [found.starts for found in find(text, zone=UTC)] == [starts]


@given(text=SCRAPS, anchor=st.none() | A_DAY)
def test_any_text_is_survived_and_what_is_found_is_printed_there(text: str, anchor: date | None) -> None:
    found = find(text, zone=TOKYO, anchor=anchor)
    assert all(one.printed == text[one.start : one.end] != "" for one in found)
    assert all(one.ends is None or one.starts <= one.ends for one in found)
    for one, two in pairwise(found):
        assert one.end <= two.start or (one.start, one.end) == (two.start, two.end)


@given(one=SCRAPS, two=SCRAPS)
def test_no_pattern_reaches_over_a_blank_line(one: str, two: str) -> None:
    gap = "\n\n\n"
    apart = [found.printed for text in (one, two) for found in find(text, zone=TOKYO)]
    assert [found.printed for found in find(one + gap + two, zone=TOKYO)] == apart


@given(moment=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(TOKYO) | st.just(UTC)))  # noqa: DTZ001
def test_every_stamp_is_read_back(moment: datetime) -> None:
    assert machine(moment.isoformat(), zone=BERLIN) == moment
    assert machine(f"{moment:%Y%m%dT%H%M%S.%f%z}", zone=BERLIN) == moment
    assert machine(format_datetime(moment), zone=BERLIN) == moment.replace(microsecond=0)


@given(text=SCRAPS | st.from_regex(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{2,4} [0-9:]{4,8} ?[A-Z+0-9-]{0,5}"))
def test_any_stamp_is_survived(text: str) -> None:
    moment = machine(text, zone=TOKYO)
    assert moment is None or moment.tzinfo is not None


@given(text=SCRAPS)
def test_places_in_the_text_stay_what_they_are(text: str) -> None:
    assert len(dates._fold(text)) == len(text)


@pytest.mark.parametrize("module", MODULES)
def test_no_pattern_has_an_unbounded_part(module: ModuleType) -> None:
    """So that each attempt to match looks at a bounded stretch, and a text takes time in proportion to its length."""
    for pattern in (value.pattern for value in vars(module).values() if isinstance(value, re.Pattern)):
        bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", pattern)
        assert not re.search(r"[*+]|\{[0-9]+,\}", bare), pattern


@pytest.mark.parametrize(
    "unit", ["1", "2026", " ", "1, ", "1 and ", "1月", "1月1日、", "Mon ", "10:00-", "10:00 JST/", "(", "令和"]
)
def test_a_long_monotonous_text_comes_to_an_end(unit: str) -> None:
    assert find(unit * (100_000 // len(unit)), zone=TOKYO) == []


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
