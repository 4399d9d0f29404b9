"""An exported line holds all there is of an announcement, and anything else is refused with a reason."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.announcement import Archived, Attachment, Event, From, Precision, Revision
from store.export import BadRecord, announcement, line
from tests.builders import NOON, an_archived

# The names that others script against.
DOCUMENTED = (
    *("id", "url", "aliases", "source", "organisation", "language", "title", "summary", "text", "html"),
    *("published", "published_from", "first_seen", "updated", "gone", "topics", "attachments", "events"),
    *("story", "translations", "revisions"),
)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
ids = st.uuids().map(lambda uuid: uuid.urn)
urls = texts.map(lambda rest: f"https://{rest}")
zones = st.sampled_from([UTC, ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=-3, minutes=-30))])
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
attachments = st.builds(
    Attachment, url=urls, type=names, title=texts, length=st.none() | st.integers(0), text=texts, problem=texts
)
events = st.builds(
    Event,
    kind=st.sampled_from(["event", "deadline"]),
    starts=times,
    ends=st.none() | times,
    timezone=st.sampled_from(["", "UTC", "Asia/Tokyo"]),
    all_day=st.booleans(),
    place=texts,
    title=texts,
)
announcements = st.builds(
    Archived,
    **dict.fromkeys(["source", "organisation", "title", "language"], names),
    id=ids,
    url=urls,
    **dict.fromkeys(["title_language", "text", "html", "summary"], texts),
    **dict.fromkeys(["published", "first_seen", "updated"], times),
    aliases=st.lists(urls).map(tuple),
    **dict.fromkeys(
        ["alternates", "tags", "topics", "translations", "translation_reasons"], st.lists(texts).map(tuple)
    ),
    published_from=st.sampled_from(From),
    precision=st.sampled_from(Precision),
    timezone=st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin"]),
    gone=st.none() | times,
    story=st.none() | names,
    attachments=st.lists(attachments, max_size=3).map(tuple),
    events=st.lists(events, max_size=3).map(tuple),
    revisions=st.lists(st.builds(Revision, seen=times, title=texts, text=texts), max_size=3).map(tuple),
)


def exported(**changes: Any) -> str:
    return json.dumps(json.loads(line(an_archived())) | changes)


@given(announcements)
def test_an_exported_line_is_the_same_announcement_again(archived: Archived) -> None:
    assert announcement(line(archived)) == archived


@given(announcements)
def test_an_announcement_is_one_line(archived: Archived) -> None:
    assert not {"\n", "\r"} & set(line(archived))


def test_every_field_of_an_announcement_is_exported() -> None:
    assert set(json.loads(line(an_archived()))) == set(Archived.__dataclass_fields__)
    assert set(Archived.__dataclass_fields__).issuperset(DOCUMENTED)


def test_japanese_is_readable() -> None:
    assert '"title": "脱炭素先行地域の選定結果について"' in line(an_archived())


def test_times_are_rfc_3339_with_an_offset() -> None:
    japan = timezone(timedelta(hours=9))
    event = Event(kind="deadline", starts=NOON.astimezone(japan), ends=NOON + timedelta(microseconds=1))
    archived = an_archived(published=NOON.astimezone(japan), gone=NOON, events=(event,))
    given = json.loads(line(archived))
    times = [given[name] for name in ("published", "first_seen", "updated", "gone")]
    times += [given["events"][0][name] for name in ("starts", "ends")]
    assert all(map(RFC_3339.fullmatch, times))
    assert (given["published"], given["gone"]) == ("2026-06-11T12:00:00+09:00", "2026-06-11T03:00:00+00:00")


def test_other_spellings_of_rfc_3339_are_read() -> None:
    read = announcement(exported(first_seen="2026-06-11T03:00:00Z", updated="2026-06-11 12:00:00.5+09:00"))
    assert (read.first_seen, read.updated) == (NOON, NOON + timedelta(seconds=0.5))


def test_what_a_line_leaves_out_is_empty_and_what_it_adds_is_left() -> None:
    given = json.loads(exported(score=1))
    for name in ("aliases", "gone", "topics", "attachments", "revisions", "story", "precision"):
        del given[name]
    assert announcement(json.dumps(given)) == an_archived()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "公募",
        "null",
        "3",
        "[]",
        "{}",
        '"id"',
        "[" * 100_000,
        line(an_archived())[:-1],
        exported(id=None),
        exported(title=""),
        exported(title=5),
        exported(title=["公募"]),
        exported(text=None),
        exported(published=None),
        exported(published=None, published_from="first-seen"),
        exported(published="2026-06-11"),
        exported(published="今日"),
        exported(published=1781146800),
        exported(first_seen=None),
        exported(first_seen="2026-06-11T12:00:00"),
        exported(updated=""),
        exported(published_from="guess"),
        exported(precision="week"),
        exported(timezone="Asia/Edo"),
        exported(aliases="https://www.env.go.jp/"),
        exported(aliases=[1]),
        exported(tags=None),
        exported(topics={"a": 1}),
        exported(attachments=None),
        exported(attachments=["https://www.env.go.jp/1.pdf"]),
        exported(attachments=[{"url": "https://www.env.go.jp/1.pdf"}]),
        exported(attachments=[{"url": "https://www.env.go.jp/1.pdf", "type": 5}]),
        exported(attachments=[{"url": "https://www.env.go.jp/1.pdf", "type": "application/pdf", "length": "5"}]),
        exported(events=[{"kind": "event"}]),
        exported(events=[{"kind": "event", "starts": None, "ends": None}]),
        exported(events=[{"kind": "event", "starts": "2026-06-11T12:00:00", "ends": None}]),
        exported(revisions=[{"seen": None, "title": "", "text": ""}]),
        exported(story=7),
        exported(id=""),
        exported(id="urn:uuid:x"),
        exported(url="javascript:alert(1)"),
        exported(aliases=["data:text/html,x"]),
        exported(first_seen="0001-01-01T00:00:00+14:00"),
        exported(published="9999-12-31T23:59:59-12:00"),
        exported(events=[{"kind": "event", "starts": "2026-08-01T00:00:00Z", "timezone": "../../etc/passwd"}]),
    ],
)
def test_a_line_that_is_no_announcement_is_refused(bad: str) -> None:
    with pytest.raises(BadRecord, match=r"expected an exported announcement: ."):
        announcement(bad)


def test_a_refusal_is_one_line() -> None:
    with pytest.raises(BadRecord) as refusal:
        announcement(exported(published="公募\n" * 100))
    assert len(str(refusal.value).splitlines()) == 1
