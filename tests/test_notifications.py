"""People get what they asked for: once, whole, and in their language."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from feeds.channels import NOTES, Channel
from feeds.push import services
from feeds.push.destinations import Destination, destinations
from feeds.push.gathering import gather
from feeds.push.messages import Notice
from feeds.push.posting import post
from store.announcement import Attachment
from store.archive import Archive
from store.database import Database
from store.query import Query
from tests.builders import NOON, an_announcement, let_time_pass
from tests.conftest import OpenDatabase
from tests.receivers import Postbox, Quiet, serving, taking_mail

pytestmark = pytest.mark.skipif(not services.INSTALLED, reason="needs apprise")

ALL = Channel("all", "All", Query(gone=False))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="公募要領")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with taking_mail() as found:
        yield found


@pytest.fixture
def sqlite(open_database: OpenDatabase) -> Database:
    return open_database("sqlite")


class Office:
    """A destination of mail, and the days as they pass."""

    def __init__(self, database: Database, postbox: Postbox, **given: Any) -> None:
        self.database, self.postbox, self.number = database, postbox, 0
        let_time_pass(Archive(database))
        given = {"to": postbox.address, "language": "ja"} | given
        self.destinations: list[Destination] = destinations({"office": given}, [ALL, *NOTES])
        assert self.destinations[0].service is not None
        self.service = self.destinations[0].service.known
        self.service.request_rate_per_sec = 0  # apprise would wait some seconds from mail to mail

    def look(self, now: datetime, *, announced: int = 0, notices: list[Notice] | None = None) -> list[str]:
        """Let so much be announced, tell it, and return the subjects of the mails that came of it."""
        before = len(self.postbox.mails)
        gather(self.database, self.destinations, now=now)
        for _ in range(announced):
            self.number += 1
            url, title = f"https://www.env.go.jp/press/{self.number}.html", f"発表{self.number}"
            announcement = an_announcement(url=url, title=title, text=title, published=now, attachments=(PDF,))
            Archive(self.database).save(announcement, now=now)
        gather(self.database, self.destinations, notices or (), now=now)
        assert post(self.database, self.destinations, "", now=now)
        return [str(mail["Subject"]) for mail in self.postbox.mails[before:]]


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_tells_an_announcement_as_text_and_as_html(database: Database, postbox: Postbox) -> None:
    office = Office(database, postbox)
    assert office.look(NOON, announced=1) == ["環境省：発表1"]
    assert office.look(NOON + DAY) == []
    [mail] = postbox.mails
    for kind in ("plain", "html"):
        for words in ("環境省", "発表1", "発表：2026年6月11日12:00（日本時間）", "選定結果の公表", "公募要領", PDF.url):
            assert words in part(mail, kind)
    assert "<h3" in part(mail, "html")
    assert "<" not in part(mail, "plain")
    assert "https://www.env.go.jp/press/1.html" in part(mail, "plain")
    assert mail["To"] == "climate@city.example"


def test_what_comes_together_is_told_together(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox, language="en")
    assert office.look(NOON, announced=3) == ["zerowire: 3 new announcements"]
    assert office.look(NOON + MINUTE, announced=1) == ["Ministry of the Environment, Japan: 発表4"]


def test_a_service_that_shows_no_html_gets_plain_text(sqlite: Database, postbox: Postbox) -> None:
    took = []

    def take(request: Quiet) -> None:
        took.append(json.loads(request.body()))
        request.answer(200)

    with serving(post=take) as port:
        Office(sqlite, postbox, to=f"gotify://127.0.0.1:{port}/token").look(NOON, announced=1)
    assert took[0]["title"] == "環境省：発表1"
    assert took[0]["message"].startswith("== 環境省 ==\n\n発表1\n発表：2026年6月11日12:00（日本時間）\n")


def test_a_title_adds_no_header(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox)
    gather(sqlite, office.destinations, now=NOON)
    Archive(sqlite).save(an_announcement(title="題名\r\nBcc: everybody@example.org\n\n本文"), now=NOON)
    assert office.look(NOON) == ["環境省：題名 Bcc: everybody@example.org 本文"]
    assert postbox.mails[0]["Bcc"] is None


def test_a_title_is_text_where_a_service_has_it_in_the_message(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox)
    office.service.title_maxlen = 0
    gather(sqlite, office.destinations, now=NOON)
    Archive(sqlite).save(an_announcement(title="<script>alert(1)</script>"), now=NOON)
    office.look(NOON)
    assert part(postbox.mails[0], "html").count("&lt;script&gt;") == 2
    assert "<script" not in part(postbox.mails[0], "html")


def test_a_mail_that_is_refused_comes_later_and_once(sqlite: Database, postbox: Postbox) -> None:
    postbox.refusals = 2
    office = Office(sqlite, postbox)
    looks = [office.look(NOON + minutes * MINUTE, announced=minutes == 0) for minutes in range(6)]
    assert [subject for subjects in looks for subject in subjects] == ["環境省：発表1"]


def test_a_digest_is_one_mail_a_day_of_what_came_until_its_time(database: Database, postbox: Postbox) -> None:
    office = Office(database, postbox, every="day", at="08:00")  # noon in Japan is 03:00 UTC
    eight = NOON + DAY - 4 * HOUR
    assert office.look(NOON, announced=2) == []
    assert office.look(eight - MINUTE, announced=1) == []
    assert office.look(eight, announced=0) == ["【zerowire】脱炭素政策の新着情報3件（2026年6月12日）"]
    assert office.look(eight + MINUTE, announced=1) == []
    assert office.look(eight + DAY + HOUR) == ["【zerowire】脱炭素政策の新着情報1件（2026年6月13日）"]
    assert office.look(eight + 2 * DAY) == []


def test_a_weekly_digest_comes_on_monday(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox, every="week", language="en")
    told = {day: office.look(NOON + day * DAY, announced=1) for day in range(14)}
    assert {day: subjects for day, subjects in told.items() if subjects} == {
        4: ["zerowire: 4 new announcements, week to 15 June 2026"],
        11: ["zerowire: 7 new announcements, week to 22 June 2026"],
    }


def test_a_clock_that_is_set_back_makes_no_second_digest_of_a_day(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox, every="day")
    eight = NOON + DAY - 4 * HOUR
    office.look(NOON, announced=1)
    assert len(office.look(eight)) == 1
    assert office.look(eight - HOUR, announced=1) == []
    assert office.look(eight + HOUR) == []
    assert office.look(eight + DAY) == ["【zerowire】脱炭素政策の新着情報1件（2026年6月13日）"]


def test_a_digest_that_is_late_or_refused_comes_once(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox, every="day")
    office.look(NOON, announced=1)
    postbox.refusals = 1
    eight = NOON + 2 * DAY - 4 * HOUR
    looks = [office.look(eight + minutes * MINUTE) for minutes in range(4)]
    assert [subject for subjects in looks for subject in subjects] == [
        "【zerowire】脱炭素政策の新着情報1件（2026年6月13日）"
    ]


def test_a_fault_is_told_at_once_and_alone(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox, every="day", channels=["all", "health"])
    office.look(NOON, announced=1)
    fault = Notice("f1", "moej-ja fails", "listing: named nothing", NOON + MINUTE)
    assert office.look(NOON + MINUTE, notices=[fault]) == ["moej-ja fails"]
    assert office.look(NOON + 2 * MINUTE, notices=[fault]) == []
    assert "listing: named nothing" in part(postbox.mails[-1], "plain")
    assert office.look(NOON + DAY) == ["【zerowire】脱炭素政策の新着情報1件（2026年6月12日）"]


def test_a_digest_of_very_many_names_a_hundred(sqlite: Database, postbox: Postbox) -> None:
    office = Office(sqlite, postbox)
    assert office.look(NOON, announced=130) == ["【zerowire】脱炭素政策の新着情報130件"]
    assert "ほか30件" in part(postbox.mails[0], "html")
    assert "発表100" in part(postbox.mails[0], "plain")


def test_neither_what_fails_nor_what_is_taken_puts_an_address_into_the_log(
    sqlite: Database, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = postbox.address.replace("mailto://", "mailto://user:pw-secret@")
    nowhere = Office(sqlite, postbox, to=address.replace(f":{postbox.port}", ":1"))
    nowhere.look(NOON, announced=1)
    Office(sqlite, postbox, to=address).look(NOON + MINUTE, announced=1)
    assert ("put off", "apprise: not taken") in [(each.msg, each.__dict__.get("reason")) for each in caplog.records]
    assert "secret" not in str([each.__dict__ for each in caplog.records])
