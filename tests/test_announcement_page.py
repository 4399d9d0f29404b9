"""One announcement in a browser: its source first, its text, its translation beside it, its files, dates, history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from store.announcement import Attachment, Event, From, Precision
from store.archive import GRACE, Archive
from store.database import Database
from store.identity import first_id
from store.tables import runs
from tests.asking import BASE, Ask, asking_site, read, words
from tests.builders import NOON, an_announcement, an_archived

URL = "https://www.env.go.jp/press/press_05099.html"
LATER = NOON + 2 * GRACE
PDF = Attachment(
    url="https://www.env.go.jp/content/1.pdf",
    type="application/pdf",
    title="公募要領",
    length=837_600,
    text="要領の本文",
)
BRIEFING = Event(
    kind="event", starts=datetime(2026, 7, 22, 5, tzinfo=UTC), timezone="Asia/Tokyo", title="公募説明会", place="online"
)
DEADLINE = Event(kind="deadline", starts=datetime(2026, 8, 21, 3, tzinfo=UTC), timezone="Asia/Tokyo")


@pytest.fixture
def kind() -> str:
    """One kind of database will do: what the pages ask is tested on both where it is asked."""
    return "sqlite"


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


def saved(archive: Archive, now: datetime = NOON, **changes: Any) -> str:
    """Keep an announcement and return the path of its page."""
    announcement = an_announcement(**changes)
    archive.save(announcement, now=now)
    found = archive.get(announcement.url)
    assert found is not None
    return f"/announcements/{found.id.removeprefix('urn:uuid:')}"


@pytest.fixture
def ask(database: Database) -> Ask:
    return asking_site(database)


def test_the_address_of_the_original_comes_first(archive: Archive, ask: Ask) -> None:
    page = read(ask(saved(archive)))
    assert page.xpath("//main//a[starts-with(@href, 'http')]/@href")[0] == URL
    assert words(*page.xpath("//h1")) == ["脱炭素先行地域の選定結果について"]
    assert words(*page.find_class("text"))[0].endswith("環境省は、脱炭素先行地域を選定しました。")
    assert page.find_class("text")[0].get("lang") == "ja"


@pytest.mark.parametrize(
    ("dated", "told"),
    [
        ({"published_from": From.PAGE}, "Published 11 June 2026, 03:00 UTC"),
        (
            {
                "published": datetime(2026, 6, 11, tzinfo=ZoneInfo("Asia/Tokyo")),
                "precision": Precision.DAY,
                "timezone": "Asia/Tokyo",
            },
            "Published 11 June 2026",
        ),
        (
            {"published": None, "published_from": From.FIRST_SEEN},
            "First seen 11 June 2026, 03:00 UTC; the page gives no date",
        ),
    ],
)
def test_the_date_is_as_exact_as_the_source_says_it(
    archive: Archive, ask: Ask, dated: dict[str, Any], told: str
) -> None:
    page = read(ask(saved(archive, **dated)))
    assert words(page.xpath("//article/header/p[contains(@class, 'facts')]")[0]) == [told]


def test_it_says_by_which_route_it_was_found_and_where_its_date_is_from(
    database: Database, archive: Archive, ask: Ask
) -> None:
    ran = {"source": "moej-ja", "started": NOON - timedelta(minutes=1), "finished": NOON + timedelta(minutes=1)}
    ran |= {"outcome": "ok", "route": "https://www.env.go.jp/press/", "every_route": 0, "mirror": ""}
    with database.writing() as connection:
        connection.execute(insert(runs).values(**ran, counts={}, problems=[]))
    page = read(ask(saved(archive)))
    facts = dict(zip(words(*page.xpath("//dl/dt")), words(*page.xpath("//dl/dd")), strict=True))
    assert facts["Found by"] == "https://www.env.go.jp/press/"
    assert facts["Date"] == "as the page gives it"
    assert facts["First seen"] == "11 June 2026, 03:00 UTC"
    assert facts["Source"] == "環境省 報道発表"


def test_its_files_are_listed_with_how_they_begin(archive: Archive, ask: Ask) -> None:
    (item,) = read(ask(saved(archive, attachments=(PDF,)))).xpath("//ul[contains(@class, 'files')]/li")
    assert item.xpath("a/@href") == [PDF.url]
    assert words(item) == ["公募要領 PDF, 838 kB How its text begins 要領の本文"]


def test_its_dates_are_told_and_lead_to_a_calendar(archive: Archive, ask: Ask) -> None:
    page = read(ask(saved(archive, events=(BRIEFING, DEADLINE))))
    assert words(*page.xpath("//section[contains(@class, 'events')]//li")) == [
        "Event 22 July 2026 (Wed), 14:00 JST 公募説明会 (online)",
        "Deadline 21 August 2026 (Fri), 12:00 JST",
    ]
    (link,) = page.xpath("//section[contains(@class, 'events')]//a/@href")
    answer = ask(link)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.count("BEGIN:VEVENT") == 2


ENGLISH = "https://www.env.go.jp/en/press/press_02402.html"


def a_pair(archive: Archive) -> str:
    """Keep an announcement and its translation, each of which names the other; return the path of the Japanese one."""
    japanese = an_archived(
        url=URL, translations=(first_id(ENGLISH),), translation_reasons=("link",), story="urn:uuid:1"
    )
    english = an_archived(
        url=ENGLISH,
        source="moej-en",
        language="en",
        title="Leading Areas Selected",
        text="The Ministry selected areas.",
        html="<p>The Ministry selected areas.</p>",
        translations=(japanese.id,),
        translation_reasons=("link",),
        story="urn:uuid:1",
    )
    archive.take_in(japanese, english)
    return f"/announcements/{japanese.id.removeprefix('urn:uuid:')}"


def test_a_translation_stands_beside_it(archive: Archive, ask: Ask) -> None:
    page = read(ask(a_pair(archive)))
    japanese, english = page.find_class("text")
    assert (japanese.get("lang"), english.get("lang")) == ("ja", "en")
    assert words(english)[0] == "Leading Areas Selected The Ministry selected areas."
    assert english.xpath("h2/a/@href") == [f"/announcements/{first_id(ENGLISH).removeprefix('urn:uuid:')}"]


def test_what_is_known_of_it_is_there_for_programs(archive: Archive, ask: Ask) -> None:
    path = a_pair(archive)
    page = read(ask(path))
    graph = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))["@graph"]
    assert (graph[0]["@type"], graph[0]["url"], graph[0]["mainEntityOfPage"]) == ("NewsArticle", URL, f"{BASE}{path}")
    assert graph[0]["workTranslation"]
    assert page.xpath("//meta[@property='og:url']/@content") == [f"{BASE}{path}"]


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("bib", "application/x-bibtex", "@online{moej-20260611-"),
        ("ris", "application/x-research-info-systems", "TY  - ELEC"),
        ("ics", "text/calendar", "BEGIN:VCALENDAR"),
    ],
)
def test_it_can_be_taken_along(archive: Archive, ask: Ask, form: str, kind: str, begins: str) -> None:
    answer = ask(f"{saved(archive)}.{form}")
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="moej-20260611-')
    assert answer.text.startswith(begins)
    assert ask(f"{saved(archive)}.{form}", if_none_match=answer.headers["etag"]).status_code == 304


def test_there_are_no_other_forms_and_none_of_what_is_not_here(archive: Archive, ask: Ask) -> None:
    path = saved(archive)
    assert [ask(f"{path}.exe").status_code, ask(f"{path[:-1]}{'0' if path[-1] != '0' else '1'}.ics").status_code] == [
        404,
        404,
    ]


def test_what_is_gone_says_so(archive: Archive, ask: Ask) -> None:
    path = saved(archive)
    archive.mark_gone(URL, now=LATER)
    (told,) = read(ask(path)).find_class("problem")
    assert words(told)[0].startswith("Its source has removed this page. It was found gone on 11 June 2026, 03:30 UTC")


def test_an_edit_can_be_read_word_by_word(archive: Archive, ask: Ask) -> None:
    path = saved(archive, text="締切は8月21日です。", html="")
    saved(archive, LATER, text="締切は8月28日です。", html="", title="脱炭素先行地域の選定結果（訂正）")
    assert words(*read(ask(path)).xpath("//article/header//a[contains(@href, 'revisions')]")) == ["revised once"]
    page = read(ask(f"{path}/revisions"))
    assert words(*page.xpath("//main//h2")) == ["11 June 2026, 03:30 UTC"]
    title, text = page.find_class("difference")
    assert (words(*title.xpath(".//del")), words(*title.xpath(".//ins"))) == (["について"], ["（訂正）"])
    assert (words(*text.xpath(".//del")), words(*text.xpath(".//ins"))) == (["21"], ["28"])
    assert text.getparent().get("lang") == "ja"


def test_the_latest_change_comes_first_and_each_is_from_one_wording_to_the_next(archive: Archive, ask: Ask) -> None:
    path = saved(archive, text="A", html="")
    for number, text in enumerate("BCD", 1):
        saved(archive, NOON + number * timedelta(days=1), text=text, html="")
    page = read(ask(f"{path}/revisions"))
    changes = [
        (words(*one.xpath(".//del"))[0], words(*one.xpath(".//ins"))[0]) for one in page.find_class("difference")
    ]
    assert changes == [("C", "D"), ("B", "C"), ("A", "B")]
    assert words(*page.xpath("//main//h2"))[0] == "14 June 2026, 03:00 UTC"


def test_without_a_change_the_page_of_changes_says_so(archive: Archive, ask: Ask) -> None:
    assert "It reads as it did" in read(ask(f"{saved(archive)}/revisions")).text_content()


def test_a_long_text_is_cut_and_the_page_stays_small(archive: Archive, ask: Ask) -> None:
    kanji = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(300))
    text = "\n".join(f"{number}{kanji[number % 200 :]}" for number in range(1000))
    answer = ask(saved(archive, text=text, html=""), accept_encoding="gzip")
    assert int(answer.headers["content-length"]) < 60_000
    assert "The text goes on at the source" in read(answer).text_content()


def test_hostile_text_stays_text(archive: Archive, ask: Ask) -> None:
    attack = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>"
    path = saved(archive, title=attack, text=attack, html=f"<p>{attack}</p>", summary=attack, tags=(attack,))
    for each in (path, f"{path}/revisions", "/", "/search?q=alert"):
        answer = ask(each)
        page = read(answer)
        assert page.xpath("//img | //script[not(@src) and not(@type='application/ld+json')] | //@onerror") == []
        assert "alert(1)" in page.text_content()
