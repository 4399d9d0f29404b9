"""What the archive dates is read back from a calendar: by the library, by a real program, whatever it is made of."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.calendar import MOST_BYTES, MOST_EVENTS, calendar
from feeds.event_dates import where
from store.announcement import Archived, Event
from tests.builders import NOON, an_archived

ADDRESS = "https://wire.example/calendar.ics"
TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
MEETING = Event(
    kind="event",
    starts=datetime(2026, 7, 22, 14, tzinfo=TOKYO),
    ends=datetime(2026, 7, 22, 15, 30, tzinfo=TOKYO),
    timezone="Asia/Tokyo",
    title="公募説明会",
    place="online",
)
FORUM = Event(
    kind="event",
    starts=datetime(2026, 10, 14, tzinfo=TOKYO),
    ends=datetime(2026, 10, 15, tzinfo=TOKYO),
    timezone="Asia/Tokyo",
    all_day=True,
    title="ゼロカーボンシティ国際フォーラム2026",
    place="京都市",
)
DUE = Event(kind="deadline", starts=datetime(2026, 8, 21, 12, tzinfo=TOKYO), timezone="Asia/Tokyo")


def written(*announcements: Archived) -> bytes:
    return calendar("環境省", announcements, address=ADDRESS)


def parsed(document: bytes) -> Any:
    return icalendar.Calendar.from_ical(document)


def read(*announcements: Archived) -> list[Any]:
    return list(parsed(written(*announcements)).events)


def the_only(event: Event, **changes: Any) -> Any:
    (found,) = read(an_archived(events=(event,), **changes))
    return found


def an_event(starts: datetime, **others: Any) -> Event:
    zone = starts.tzinfo.key if isinstance(starts.tzinfo, ZoneInfo) else "UTC"
    values: dict[str, Any] = {"kind": "event", "starts": starts, "timezone": zone, "title": "説明会"}
    return Event(**values | others)


def test_a_calendar_tells_what_it_is_called_and_where_it_is_found() -> None:
    document = parsed(written(an_archived(events=(MEETING,), gone=NOON + timedelta(days=1))))
    assert (document["VERSION"], document["PRODID"]) == ("2.0", "-//zerowire//zerowire//EN")
    assert (document["NAME"], document["X-WR-CALNAME"]) == ("環境省", "環境省")
    assert document["SOURCE"] == ADDRESS
    assert document["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert document["LAST-MODIFIED"].dt == NOON + timedelta(days=1)


def test_an_event_comes_back_with_its_hours_its_place_and_its_page() -> None:
    found = the_only(MEETING, topics=("calls", "zero, carbon"))
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (MEETING.starts, MEETING.ends)
    assert found["DTSTART"].params["TZID"] == found["DTEND"].params["TZID"] == "Asia/Tokyo"
    assert (found["SUMMARY"], found["LOCATION"]) == ("公募説明会", "オンライン")
    assert found["URL"] == an_archived().url
    assert found["DESCRIPTION"] == f"{an_archived().title}\n選定結果の公表\n{an_archived().url}"
    assert found["SUMMARY"].params["LANGUAGE"] == found["DESCRIPTION"].params["LANGUAGE"] == "ja"
    assert found.categories == ["calls", "zero, carbon"]
    assert (found["STATUS"], found["SEQUENCE"]) == ("CONFIRMED", 0)
    assert "TRANSP" not in found
    assert not found.subcomponents


def test_an_event_without_a_name_is_called_as_its_announcement() -> None:
    found = the_only(an_event(MEETING.starts, title=""), summary="")
    assert found["SUMMARY"] == an_archived().title
    assert found["DESCRIPTION"] == an_archived().url
    assert "LOCATION" not in found


def test_the_last_day_of_a_span_is_one_of_it() -> None:
    found = the_only(FORUM)
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2026, 10, 14), date(2026, 10, 16))
    assert found["DTSTART"].params["VALUE"] == "DATE"


def test_a_day_without_an_end_is_one_day() -> None:
    found = the_only(an_event(FORUM.starts, all_day=True))
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2026, 10, 14), date(2026, 10, 15))


def test_a_deadline_is_a_day_with_an_alarm_at_9_the_day_before() -> None:
    found = the_only(DUE)
    (alarm,) = found.subcomponents
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (date(2026, 8, 21), date(2026, 8, 22))
    assert found["SUMMARY"] == alarm["DESCRIPTION"] == f"締切：{an_archived().title}"
    assert found["DESCRIPTION"].startswith("締切：2026年8月21日（金）12:00（日本時間）\n")
    assert found["TRANSP"] == "TRANSPARENT"
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(hours=-15))


def test_a_deadline_is_named_in_the_language_of_the_announcement() -> None:
    assert the_only(DUE, language="en", title="Call")["SUMMARY"] == "Deadline: Call"


def test_what_is_due_at_midnight_is_due_on_the_day_that_ends() -> None:
    found = the_only(an_event(datetime(2026, 9, 1, tzinfo=TOKYO), kind="deadline"))
    assert found["DTSTART"].dt == date(2026, 8, 31)
    assert "2026年8月31日（月）24:00（日本時間）" in found["DESCRIPTION"]


def test_a_deadline_is_on_the_day_of_its_own_zone() -> None:
    anywhere = ZoneInfo("Etc/GMT+12")
    assert the_only(an_event(datetime(2026, 8, 21, 23, 59, tzinfo=anywhere), kind="deadline"))["DTSTART"].dt == date(
        2026, 8, 21
    )


def test_times_are_those_of_the_archive() -> None:
    found = the_only(MEETING, updated=NOON + timedelta(hours=2), first_seen=NOON)
    assert found["CREATED"].dt == NOON
    assert found["DTSTAMP"].dt == found["LAST-MODIFIED"].dt == NOON + timedelta(hours=2)
    assert found["SEQUENCE"] == 7200


def test_what_is_gone_is_cancelled_and_rings_no_more() -> None:
    gone = the_only(DUE, updated=NOON + timedelta(hours=1), gone=NOON + timedelta(hours=3))
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 10_800)
    assert gone["DTSTAMP"].dt == NOON + timedelta(hours=3)
    assert not gone.subcomponents


def uids(*events: Event, **changes: Any) -> dict[datetime, str]:
    found = read(an_archived(events=events, **changes))
    return {each["DTSTART"].dt: str(each["UID"]) for each in found}


FIRST, SECOND, THIRD = (datetime(2026, 9, day, 18, tzinfo=TOKYO) for day in (17, 18, 25))


def test_an_event_stays_itself_when_it_is_postponed_and_its_page_says_so() -> None:
    before = uids(an_event(FIRST, title=an_archived().title))
    after = uids(an_event(THIRD, title="【延期】地域の会"), title="【延期】地域の会")
    assert list(before.values()) == list(after.values())


def test_a_session_stays_itself_when_its_page_is_called_otherwise() -> None:
    before = uids(an_event(FIRST, title="Forum: Day 1"), an_event(SECOND, title="Forum: Day 2"), title="Forum")
    after = uids(an_event(FIRST, title="Fora: Day １"), an_event(SECOND, title="Fora: DAY-2"), title="Fora")
    assert before == after


def test_sessions_of_one_name_stay_themselves_in_whatever_order_they_are_read() -> None:
    assert uids(an_event(FIRST), an_event(SECOND)) == uids(an_event(SECOND), an_event(FIRST))
    assert uids(an_event(FIRST), an_event(SECOND))[SECOND] == uids(an_event(FIRST), an_event(THIRD))[THIRD]


def test_a_session_with_a_name_stays_itself_when_others_come_before_it() -> None:
    assert (
        uids(an_event(SECOND, title="札幌会場"))[SECOND]
        == uids(an_event(FIRST), an_event(SECOND, title="札幌会場"))[SECOND]
    )


def test_events_of_one_time_are_several() -> None:
    found = read(an_archived(events=(MEETING, MEETING)), an_archived(url="https://www.env.go.jp/2", events=(MEETING,)))
    assert len({str(each["UID"]) for each in found}) == 3


def test_the_newest_event_comes_first_and_the_order_of_what_is_given_does_not_matter() -> None:
    announcements = [
        an_archived(events=(FORUM, DUE)),
        an_archived(url="https://www.env.go.jp/2", events=(MEETING, an_event(datetime(2026, 9, 1, tzinfo=BERLIN)))),
    ]
    assert written(*announcements) == written(*reversed(announcements))
    assert [each["DTSTART"].dt.month for each in read(*announcements)] == [10, 9, 8, 7]


def test_a_calendar_never_takes_more_than_readers_do_and_leaves_out_the_oldest() -> None:
    announcements = [
        an_archived(
            url=f"https://www.env.go.jp/{n}", summary="鯨" * 1000, events=(an_event(FIRST + timedelta(days=n)),)
        )
        for n in range(200)
    ]
    document = written(*announcements)
    found = parsed(document).events
    assert MOST_BYTES - 10_000 < len(document) <= MOST_BYTES
    assert [each["DTSTART"].dt for each in found] == [FIRST + timedelta(days=199 - n) for n in range(len(found))]


def test_more_events_than_it_says_never_fit() -> None:
    smallest = [an_event(FIRST + timedelta(days=n), title="a", all_day=True) for n in range(2)]
    one, two = (written(an_archived(title="a", url="a", summary="", events=smallest[:n])) for n in (1, 2))
    assert MOST_BYTES < MOST_EVENTS * (len(two) - len(one)) < 1.5 * MOST_BYTES


def test_an_empty_calendar_has_the_one_component_that_shows_nothing() -> None:
    document = parsed(written(an_archived()))
    assert [component.name for component in document.subcomponents] == ["VTIMEZONE"]
    assert document.timezones[0].tz_name == "UTC"


def test_every_zone_is_described_once_and_utc_never() -> None:
    zones = ("Europe/Berlin", "Asia/Tokyo", "UTC", "Etc/GMT+9", "Asia/Tokyo")
    events = tuple(an_event(datetime(2026, 7, 22, 14, tzinfo=ZoneInfo(zone))) for zone in zones)
    document = parsed(written(an_archived(events=events)))
    assert [zone.tz_name for zone in document.timezones] == ["Asia/Tokyo", "Etc/GMT+9", "Europe/Berlin"]
    assert b"\r\nDTSTART:20260722T140000Z\r\n" in written(an_archived(events=events))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_zone_puts_its_clocks_forward_and_back_when_people_do(zone: str) -> None:
    document = parsed(written(an_archived(events=(an_event(datetime(2026, 7, 1, 9, tzinfo=ZoneInfo(zone))),))))
    onsets = sorted(onset for observance in document.timezones[0].subcomponents for onset in its_onsets(observance))
    for hour in range(24 * 366):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        told = max(onset for onset in onsets if onset[0] <= moment)[1]
        assert told == moment.astimezone(ZoneInfo(zone)).utcoffset()


def its_onsets(observance: Any) -> list[tuple[datetime, timedelta]]:
    """Return since when an observance holds, and its offset, as RFC 5545, section 3.6.5 counts."""
    clocks = [observance.DTSTART, *(clock for clock, _ in observance.rdates)]
    return [((clock - observance.TZOFFSETFROM).replace(tzinfo=UTC), observance.TZOFFSETTO) for clock in clocks]


def test_an_hour_that_comes_twice_is_told_in_utc() -> None:
    again = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    assert the_only(an_event(again))["DTSTART"].to_ical() == b"20261025T013000Z"
    assert the_only(an_event(again.replace(fold=0)))["DTSTART"].to_ical() == b"20261025T023000"


@pytest.mark.parametrize("year", [1, 1900, 1970, 2037, 2500, 9999])
def test_a_year_whose_zone_is_not_described_is_told_in_utc(year: int) -> None:
    moment = datetime(year, 7, 1, 12, tzinfo=TOKYO)
    found = the_only(an_event(moment))
    assert found["DTSTART"].to_ical().endswith(b"Z")
    assert found["DTSTART"].dt == moment


def test_an_end_that_is_not_behind_the_start_is_left_out() -> None:
    assert "DTEND" not in the_only(an_event(FIRST, ends=FIRST))
    assert "DTEND" not in the_only(an_event(FIRST, ends=FIRST - timedelta(days=1)))
    assert the_only(an_event(FORUM.starts, ends=FIRST, all_day=True))["DTEND"].dt == date(2026, 10, 15)


def test_the_day_that_no_day_comes_after_is_left_out() -> None:
    last = datetime(9999, 12, 31, tzinfo=UTC)
    assert read(an_archived(events=(an_event(last, all_day=True), an_event(FIRST, ends=last)))) == []
    assert the_only(an_event(last - timedelta(days=1), all_day=True))["DTEND"].dt == date(9999, 12, 31)


def test_what_lies_before_the_first_year_is_left_out() -> None:
    assert read(an_archived(events=(an_event(datetime(1, 1, 1, tzinfo=TOKYO)), MEETING)))[0]["SUMMARY"] == "公募説明会"


def test_an_address_that_is_not_on_the_web_is_left_out() -> None:
    assert "URL" not in the_only(MEETING, url="javascript:alert(1)")
    assert the_only(MEETING, url="https://www.env.go.jp/報道\r\n")["URL"] == "https://www.env.go.jp/%E5%A0%B1%E9%81%93"


def test_a_text_of_any_length_takes_a_bounded_part() -> None:
    endless = an_event(FIRST, title="鯨" * 1_000_000, place="b" * 1_000_000)
    document = written(an_archived(events=(endless,), title="c" * 1_000_000, topics=("d" * 1_000_000,) * 2))
    assert len(document) < 10_000


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NASTY = "\x00\x08\x0b\x0c\x1b\x7f\x85\ud800\udfff\ufdd0\ufffe\uffff\U0001fffe\u2028\u202e\ufeff\r\n\t \\;:,\"'^%Nn漢é😀"
INJECTED = "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\n\\N\\n"
ZONES = ("Asia/Tokyo", "Europe/Berlin", "UTC", "Etc/UTC", "Etc/GMT+9", "America/New_York", "Australia/Lord_Howe", "")
texts = st.text(st.one_of(st.sampled_from(NASTY), st.characters()), max_size=100)
filled = texts.filter(bool)
tzinfos = st.sampled_from([TOKYO, BERLIN, UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=9, seconds=7))])
near = st.integers(0, 366 * 48).map(lambda count: datetime(2026, 1, 1, tzinfo=UTC) + count * timedelta(minutes=30))
moments = st.one_of(near, st.datetimes(timezones=tzinfos))
of_the_archive = st.datetimes(timezones=st.just(UTC))
hostile_events = st.builds(
    Event,
    kind=st.sampled_from(["event", "deadline", INJECTED]),
    starts=moments,
    ends=st.none() | moments,
    timezone=st.sampled_from(ZONES),
    all_day=st.booleans(),
    title=texts,
    place=texts,
)
hostile = st.builds(
    an_archived,
    id=st.uuids().map("urn:uuid:{}".format),
    url=st.one_of(filled, texts.map("https://www.env.go.jp/{}".format)),
    title=filled,
    language=st.one_of(filled, st.sampled_from(["ja", "en", "zh-Hant"])),
    summary=texts,
    topics=st.lists(texts, max_size=3).map(tuple),
    events=st.lists(hostile_events, max_size=4).map(tuple),
    first_seen=of_the_archive,
    updated=of_the_archive,
    gone=st.none() | of_the_archive,
)
hostile_archives = st.lists(hostile, max_size=3, unique_by=lambda announcement: announcement.id)
EXTREME = an_archived(
    id="urn:uuid:8e0e3c3a-6f0c-4d0b-9d0e-1f5a4f1f6a11",
    url=f"https://www.env.go.jp/{INJECTED}{NASTY}",
    title=INJECTED + NASTY,
    summary=NASTY + INJECTED,
    topics=(INJECTED, NASTY),
    events=tuple(
        Event(kind=kind, starts=moment, timezone=zone, all_day=whole, title=INJECTED, place=NASTY)
        for kind in ("event", "deadline")
        for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=TOKYO), FIRST)
        for zone in ZONES
        for whole in (True, False)
    ),
)


@settings(max_examples=150, deadline=None)
@given(hostile_archives, texts)
@example([EXTREME], NASTY)
def test_nothing_costs_a_calendar(announcements: Sequence[Archived], title: str) -> None:
    assert_all_comes_back(announcements, title)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None)
@given(hostile_archives, texts)
def test_nothing_of_ten_thousand_costs_a_calendar(announcements: Sequence[Archived], title: str) -> None:
    assert_all_comes_back(announcements, title)


def assert_all_comes_back(announcements: Sequence[Archived], title: str) -> None:
    document = calendar(title, announcements, address=ADDRESS)
    assert document == calendar(title, reversed(announcements), address=ADDRESS)
    lines = document.removesuffix(b"\r\n").split(b"\r\n")
    assert all(0 < len(line) <= 75 and not CONTROLS.search(line.decode()) for line in lines)
    whole = parsed(document)
    found = whole.events
    assert [component.errors for component in whole.walk()] == [[] for _ in whole.walk()]
    assert {component.name for component in whole.subcomponents} <= {"VTIMEZONE", "VEVENT"}
    assert len({str(each["UID"]) for each in found}) == len(found)
    events = [(announcement, event) for announcement in announcements for event in announcement.events]
    told = [span for announcement, event in events for span in its_span(announcement, event)]
    assert sorted(told) == sorted(the_span(each) for each in found)


def its_span(announcement: Archived, event: Event) -> list[tuple[str, ...]]:
    """Return what a calendar has to say of *event*, told another way than by the module under test."""
    due = event.kind == "deadline"
    starts, ends = in_its_zone(event.starts, event), None if due else in_its_zone(event.ends, event)
    if starts is None:
        return []
    if ends is not None and ends.astimezone(UTC) <= starts.astimezone(UTC):
        ends = None
    first, last = starts.toordinal(), (ends or starts).toordinal()
    if not event.all_day and (due or ends) and f"{ends or starts:%H%M%S}" == "000000" and last > 1:
        last -= 1
    if last == date.max.toordinal():
        return []
    if not due and not event.all_day:
        return [(as_text(starts), as_text(ends), where(event, announcement.language))]
    return [
        (
            as_text(date.fromordinal(last if due else first)),
            as_text(date.fromordinal(last + 1)),
            where(event, announcement.language),
        )
    ]


def in_its_zone(moment: datetime | None, event: Event) -> datetime | None:
    try:
        zone = ZoneInfo(event.timezone or "UTC")
        return moment and moment.astimezone(UTC).replace(microsecond=0).astimezone(zone)
    except OverflowError:
        return None


def as_text(moment: date | None) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat()
    return moment.isoformat() if moment else ""


def the_span(component: Any) -> tuple[str, ...]:
    start, end = (component[name].dt if name in component else None for name in ("DTSTART", "DTEND"))
    return as_text(start), as_text(end), str(component.get("LOCATION", ""))


Khal = Callable[..., str]


@pytest.fixture
def khal(tmp_path: Path) -> Khal:
    """Return what runs khal for a reader in Japan, with an empty calendar, and gives what it prints."""
    program = shutil.which("khal")
    if program is None:
        pytest.skip("needs khal, Debian's package of that name")
    config = tmp_path / "config"
    config.write_text(KHAL.format(home=tmp_path))
    environment = {"HOME": str(tmp_path), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}

    def run(*arguments: str) -> str:
        command = [program, "-c", str(config), *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout

    return run


KHAL = """
[calendars]
[[wire]]
path = {home}/wire
[sqlite]
path = {home}/khal.db
[default]
default_calendar = wire
[locale]
local_timezone = Asia/Tokyo
default_timezone = Asia/Tokyo
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""
LISTED = "{start-date-long} {start-time}|{end-date-long} {end-time}|{title}|{location}|{status}"


def listed(khal: Khal, document: bytes, path: Path) -> list[str]:
    path.write_bytes(document)
    khal("import", "--batch", "-a", "wire", str(path))
    lines = khal("list", "--once", "--day-format", "", "--format", LISTED, "2026-07-01", "2026-12-31")
    return [line.rstrip() for line in lines.splitlines()]


def test_khal_shows_what_is_in_a_calendar(khal: Khal, tmp_path: Path) -> None:
    abroad = an_event(datetime(2026, 10, 5, 9, tzinfo=BERLIN), ends=datetime(2026, 10, 5, 10, 30, tzinfo=BERLIN))
    gone = an_archived(
        url="https://www.env.go.jp/2", events=(an_event(THIRD, ends=THIRD + timedelta(hours=1)),), gone=NOON
    )
    assert listed(
        khal, written(an_archived(events=(MEETING, FORUM, DUE, abroad)), gone), tmp_path / "calendar.ics"
    ) == [
        "2026-07-22 14:00|2026-07-22 15:30|公募説明会|オンライン|CONFIRMED",
        f"2026-08-21 |2026-08-21 |締切：{an_archived().title}||CONFIRMED",
        "2026-09-25 18:00|2026-09-25 19:00|説明会||CANCELLED",
        "2026-10-05 16:00|2026-10-05 17:30|説明会||CONFIRMED",
        "2026-10-14 |2026-10-15 |ゼロカーボンシティ国際フォーラム2026|京都市|CONFIRMED",
    ]


def test_khal_moves_what_was_postponed_and_keeps_nothing_twice(khal: Khal, tmp_path: Path) -> None:
    before, after = (written(an_archived(events=(an_event(day, all_day=True),))) for day in (FIRST, THIRD))
    listed(khal, before, tmp_path / "before.ics")
    assert listed(khal, after, tmp_path / "after.ics") == ["2026-09-25 |2026-09-25 |説明会||CONFIRMED"]


def test_khal_takes_an_empty_calendar(khal: Khal, tmp_path: Path) -> None:
    assert listed(khal, written(), tmp_path / "calendar.ics") == []


def test_khal_reads_what_the_archive_may_hold(khal: Khal, tmp_path: Path) -> None:
    assert listed(khal, written(EXTREME), tmp_path / "calendar.ics")
