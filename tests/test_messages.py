"""What people are sent reads well in their language, and nothing in it can do harm."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.push.messages import Message, Notice, Reader, news, notices
from store.announcement import Archived, Attachment, Event, Precision
from tests.builders import NOON, an_archived

TOKYO = ZoneInfo("Asia/Tokyo")
ENGLISH, JAPANESE = Reader("en", TOKYO), Reader("ja", TOKYO)
DAY = date(2026, 6, 11)
ENDLESS = 10**6


def some(count: int, **changes: Any) -> list[Archived]:
    each = ({"url": f"https://iges.or.jp/{n}", "published": NOON + timedelta(hours=n)} for n in range(count))
    return [an_archived(organisation="iges", title=f"Title {one['published']:%d-%H}", **one | changes) for one in each]


def told(*announcements: Archived, reader: Reader = ENGLISH, longest: int = ENDLESS, **digest: Any) -> Message:
    return news(announcements, reader, longest=longest, **digest)


def test_one_announcement_is_told_by_organisation_and_title() -> None:
    message = told(an_archived(), reader=JAPANESE)
    assert message.subject == "環境省：脱炭素先行地域の選定結果について"
    assert message.text.splitlines() == [
        "== 環境省 ==",
        "",
        "脱炭素先行地域の選定結果について",
        "発表：2026年6月11日12:00（日本時間）",
        "選定結果の公表",
        "https://www.env.go.jp/press/press_05099.html",
    ]


def test_the_reader_s_language_is_not_the_announcement_s() -> None:
    message = told(an_archived(), reader=Reader("en", ZoneInfo("Europe/Berlin")))
    assert message.subject == "Ministry of the Environment, Japan: 脱炭素先行地域の選定結果について"
    assert "11 June 2026, 05:00 CEST" in message.text
    assert '<h3 lang="ja">' in message.html


@pytest.mark.parametrize(("zone", "told_as"), [("Asia/Dubai", "07:00 UTC+4"), ("UTC", "03:00 UTC")])
def test_a_zone_without_a_name_is_named_by_its_offset(zone: str, told_as: str) -> None:
    assert Reader("en", ZoneInfo(zone)).moment(NOON) == f"11 June 2026, {told_as}"


def test_a_day_stays_the_day_that_its_source_says() -> None:
    bare = datetime(2026, 6, 11, tzinfo=TOKYO)
    message = told(an_archived(published=bare, precision=Precision.DAY), reader=Reader("en", ZoneInfo("US/Pacific")))
    assert "\nPublished: 11 June 2026\n" in message.text


def test_deadlines_and_files_are_told() -> None:
    deadline = Event(kind="deadline", starts=datetime(2026, 8, 21, 3, tzinfo=UTC), timezone="Asia/Tokyo")
    file = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="公募要領")
    message = told(an_archived(events=(deadline,), attachments=(file,)), reader=JAPANESE)
    assert "締切：2026年8月21日（金）12:00（日本時間）" in message.text
    assert "- 公募要領 https://www.env.go.jp/content/1.pdf" in message.text
    assert "<p>添付資料</p>" in message.html
    assert 'href="https://www.env.go.jp/content/1.pdf"' in message.html


def test_several_are_grouped_by_organisation_the_newest_first() -> None:
    message = told(*some(3), an_archived(published=NOON + timedelta(hours=1)))
    assert message.subject == "zerowire: 4 new announcements"
    assert re.findall(r"^(?:==|Title|脱).*", message.text, re.MULTILINE) == [
        "== Institute for Global Environmental Strategies (IGES) ==",
        "Title 11-05",
        "Title 11-04",
        "Title 11-03",
        "== Ministry of the Environment, Japan ==",
        "脱炭素先行地域の選定結果について",
    ]


@pytest.mark.parametrize(
    ("reader", "digest", "count", "subject"),
    [
        (ENGLISH, "day", 1, "zerowire: 1 new announcement, 11 June 2026"),
        (ENGLISH, "week", 2, "zerowire: 2 new announcements, week to 11 June 2026"),
        (JAPANESE, "day", 1, "【zerowire】脱炭素政策の新着情報1件（2026年6月11日）"),
        (JAPANESE, "week", 2, "【zerowire】脱炭素政策の新着情報2件（2026年6月11日までの1週間）"),
        (JAPANESE, "", 2, "【zerowire】脱炭素政策の新着情報2件"),
    ],
)
def test_a_digest_says_how_many_and_of_when(reader: Reader, digest: str, count: int, subject: str) -> None:
    assert told(*some(count), reader=reader, digest=digest, day=DAY if digest else None).subject == subject


def test_of_many_a_hundred_are_named_and_the_others_counted() -> None:
    message = told(*some(112), reader=JAPANESE)
    assert len(re.findall("^Title", message.text, re.MULTILINE)) == 100
    assert message.text.endswith("\nほか12件\n")
    assert "<p>ほか12件</p>" in message.html


def test_a_service_of_short_messages_gets_fewer_named() -> None:
    message = told(*some(60), longest=5000)
    assert max(len(message.text), len(message.html)) <= 5000
    assert "and 40 more" in message.text
    assert "and 59 more" in told(*some(60), longest=10).text


def test_a_subject_is_one_line_of_some_length() -> None:
    subject = told(an_archived(title="題名\r\nBcc: x@example.org\x00\x1b[31m\u202e" + "長" * 200)).subject
    assert subject.startswith("Ministry of the Environment, Japan: 題名 Bcc: x@example.org")
    assert (len(subject), subject[-1]) == (150, "…")
    assert all(character.isprintable() for character in subject)


def test_nothing_but_the_web_is_linked_and_nothing_runs() -> None:
    hostile = an_archived(
        title='<script>alert(1)</script>"><img src=x onerror=alert(1)>',
        summary="</p><iframe src='https://x.example'>",
        url="javascript:alert(1)",
        attachments=(Attachment(url="data:text/html,x", type="x"), Attachment(url='https://x.example/">', type="x")),
    )
    parsed = lxml.html.fromstring(told(hostile).html)
    assert {element.tag for element in parsed.iter()} <= {"div", "h2", "h3", "p", "ul", "li", "a"}
    assert [element.get("href") for element in parsed.iter("a")] == ["https://x.example/%22%3E"]


@settings(max_examples=100, deadline=None)
@given(title=st.text(min_size=1), summary=st.text(), place=st.text(), name=st.text(min_size=1))
def test_whatever_an_announcement_holds_its_message_is_sound(title: str, summary: str, place: str, name: str) -> None:
    event = Event(kind="event", starts=NOON, place=place, title=title)
    message = told(an_archived(title=title, summary=summary, organisation=name, events=(event,)))
    assert len(message.subject.splitlines()) == 1
    assert (message.subject + message.text + message.html).encode()
    tags = {element.tag for element in lxml.html.fromstring(message.html).iter()}
    assert tags <= {"div", "h2", "h3", "p", "a"}


def test_a_fault_is_told_by_its_title_and_several_are_counted() -> None:
    fault = Notice("moej-ja-1", "moej-ja fails\n", "listing: named nothing\n<b>status 200</b>", NOON)
    one, two = notices([fault], ENGLISH), notices([fault, fault], JAPANESE)
    assert (one.subject, two.subject) == ("moej-ja fails", "【zerowire】障害・復旧のお知らせ（2件）")
    assert one.text == ("moej-ja fails\n11 June 2026, 12:00 JST\nlisting: named nothing\n<b>status 200</b>\n")
    assert "<p>&lt;b&gt;status 200&lt;/b&gt;</p>" in one.html
