"""What takes place in a stretch of time, the earliest first, and what closes next; of one event one telling."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from store.agenda import LONGEST, Agenda, Dated, once
from store.announcement import Event
from store.archive import Archive
from store.database import Database
from store.query import Query
from store.search import BadQuestion
from tests.builders import NOON, an_announcement

TOKYO = ZoneInfo("Asia/Tokyo")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JULY, AUGUST = datetime(2026, 7, 1, tzinfo=TOKYO), datetime(2026, 8, 1, tzinfo=TOKYO)
IGES = {"source": "iges-en-events", "organisation": "iges", "language": "en"}


@pytest.fixture
def agenda(database: Database) -> Agenda:
    return Agenda(database)


def an_event(starts: datetime, title: str = "", **changes: Any) -> Event:
    said: dict[str, Any] = {"kind": "event", "starts": starts, "timezone": "Asia/Tokyo", "title": title}
    return Event(**said | changes)


def add(archive: Archive, *events: Event, name: str = "5099", **changes: Any) -> str:
    """Save an announcement of *events*; return its address."""
    url = f"https://www.env.go.jp/press/{name}.html"
    archive.save(an_announcement(url=url, events=events, **{"title": name, "text": name} | changes), now=NOON)
    return url


def titles(dated: list[Dated]) -> list[str]:
    return [each.event.title for each in dated]


def test_what_takes_place_comes_in_its_order_with_whose_it_is(archive: Archive, agenda: Agenda) -> None:
    second, first = an_event(JULY + 2 * DAY, "2", place="京都市"), an_event(JULY, "1", all_day=True)
    url = add(archive, second, name="説明会", source="moej-ja", title_language="ja")
    add(archive, first, name="seminar", **IGES)
    [one, two] = agenda.between(JULY, AUGUST)
    assert (one.event, one.organisation, one.language, one.title) == (first, "iges", "en", "seminar")
    assert (two.event, two.url, two.title_language, two.source, two.story) == (second, url, "ja", "moej-ja", None)
    assert archive.get(two.id) == archive.get(url)


@pytest.mark.parametrize(
    ("event", "there"),
    [
        (an_event(JULY), True),
        (an_event(JULY - HOUR), False),
        (an_event(AUGUST), False),
        (an_event(AUGUST - HOUR), True),
        (an_event(JULY - 9 * DAY, ends=JULY + HOUR), True),
        (an_event(JULY - 9 * DAY, ends=AUGUST + DAY), True),
        (an_event(JULY - 9 * DAY, ends=JULY), False),
        (an_event(JULY - DAY, all_day=True), False),
        (an_event(JULY - 9 * DAY, ends=JULY, all_day=True), True),
        (an_event(JULY - 9 * DAY, ends=JULY - DAY, all_day=True), False),
        (an_event(JULY - 9 * DAY - LONGEST, ends=AUGUST), False),
        (an_event(JULY + DAY, ends=JULY), True),
        (an_event(AUGUST, kind="deadline"), True),
        (an_event(AUGUST, kind="deadline", all_day=True), False),
        (an_event(JULY, kind="deadline"), False),
        (an_event(JULY, kind="deadline", all_day=True), True),
        (an_event(JULY - DAY, ends=AUGUST, kind="deadline"), False),
    ],
)
def test_what_takes_place_at_any_time_of_a_stretch_is_in_it(
    archive: Archive, agenda: Agenda, event: Event, there: bool
) -> None:
    add(archive, event)
    assert [each.event for each in agenda.between(JULY, AUGUST)] == ([event] if there else [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(source="moej-ja"), ["moej"]),
        (Query(organisation="iges"), ["iges"]),
        (Query(language="en"), ["iges"]),
        (Query(topic="energy"), ["moej"]),
        (Query(), ["iges", "moej"]),
    ],
)
def test_a_calendar_is_narrowed_as_the_archive_is(
    archive: Archive, agenda: Agenda, query: Query, found: list[str]
) -> None:
    add(archive, an_event(JULY + DAY, "moej"), name="moej", topics=("energy",))
    add(archive, an_event(JULY, "iges"), name="iges", **IGES)
    assert titles(agenda.between(JULY, AUGUST, query=query)) == found
    assert titles(agenda.next(JULY, kind="event", query=query)) == found


def test_a_calendar_of_the_first_years_is_empty(agenda: Agenda) -> None:
    begins = datetime(1, 12, 31, tzinfo=TOKYO)
    assert agenda.between(begins, begins + 42 * DAY) == []


def test_what_is_gone_is_in_no_calendar(archive: Archive, agenda: Agenda) -> None:
    url = add(archive, an_event(JULY))
    archive.mark_gone(url, now=NOON)
    assert not agenda.between(JULY, AUGUST, query=Query(gone=True))


def test_a_calendar_is_not_asked_for_words(agenda: Agenda) -> None:
    with pytest.raises(BadQuestion, match="words"):
        agenda.between(JULY, AUGUST, query=Query(words="水素"))


def test_the_next_deadlines_are_those_not_closed_the_soonest_first(archive: Archive, agenda: Agenda) -> None:
    closes = [("closed", 0, False), ("today", 0, True), ("soon", 1, False), ("later", 500, True)]
    due = [an_event(JULY + days * HOUR, name, kind="deadline", all_day=all_day) for name, days, all_day in closes]
    add(archive, *reversed(due), an_event(JULY + HOUR, "no deadline"))
    assert titles(agenda.next(JULY)) == ["today", "soon", "later"]
    assert titles(agenda.next(JULY, limit=2)) == ["today", "soon"]


def test_the_next_events_are_those_not_over(archive: Archive, agenda: Agenda) -> None:
    add(archive, an_event(JULY - DAY, "over"), an_event(JULY - DAY, "on", ends=JULY + DAY), an_event(AUGUST, "next"))
    assert titles(agenda.next(JULY, kind="event")) == ["on", "next"]


def told(language: str, *, story: str | None = "urn:story", starts: datetime = JULY, title: str = "") -> Dated:
    return Dated(an_event(starts, title), f"urn:{language}", "", "", language, "", "", "", story)


def test_of_one_event_the_telling_in_the_language_of_the_reader_stays() -> None:
    english, japanese = told("en"), told("ja")
    assert once([english, japanese], "ja") == once([japanese, english], "ja") == [japanese]
    assert once([english, japanese], "en") == [english]
    assert once([english, japanese], "de") == [english]


def test_what_one_announcement_tells_stays_whole() -> None:
    parallel = [told("ja", title="A会場"), told("ja", title="B会場")]
    assert once([told("en"), *parallel, told("en", starts=AUGUST)], "ja") == [*parallel, told("en", starts=AUGUST)]


def test_what_is_in_no_story_is_told_by_itself() -> None:
    alone = [told("en", story=None), told("ja", story=None)]
    assert once(alone, "ja") == alone


def test_times_are_those_of_the_zone_of_the_event(archive: Archive, agenda: Agenda) -> None:
    add(archive, an_event(datetime(2026, 7, 5, 16, tzinfo=UTC), timezone="Europe/Berlin"))
    [dated] = agenda.between(JULY, AUGUST)
    assert dated.event.starts.isoformat() == "2026-07-05T18:00:00+02:00"
