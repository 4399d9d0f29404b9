"""The same announcements come back from every format: ids, addresses, dates, texts, languages, files, in one order."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import icalendar
import pytest
from lxml import etree

from feeds.editor import Editor
from feeds.publish import publish
from store.announcement import Attachment, Event, From, Precision
from store.archive import Archive
from store.database import Database
from store.translations import Translations
from tests.asking import BASE
from tests.builders import NOON, an_announcement
from tests.wire import ALL

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
LANGUAGE = "{http://purl.org/dc/elements/1.1/}language"
PDF = Attachment(url="https://www.env.go.jp/content/別紙 1.pdf", type="application/pdf", title="別紙1", length=1234)
ZIP = Attachment(url="https://www.env.go.jp/content/2.zip", type="application/zip")
BRIEFING = Event(kind="event", starts=datetime(2026, 7, 3, 14, 0, tzinfo=TOKYO), timezone="Asia/Tokyo", title="説明会")
DEADLINE = Event(kind="deadline", starts=datetime(2026, 7, 10, tzinfo=TOKYO), timezone="Asia/Tokyo", all_day=True)


@dataclass(frozen=True)
class Told:
    """An announcement as a format tells it; ``files`` are addresses and media types, in the order of the format."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    language: str
    author: str
    published: datetime
    categories: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published of announcements in two languages, with files, dates, a translation and an edit."""
    directory = tmp_path_factory.mktemp("formats")
    with closing(Database(f"sqlite:///{directory / 'archive.db'}")) as database:
        archive = Archive(database)
        for number, changes in enumerate(_varied()):
            url = f"https://www.env.go.jp/press/{number}.html"
            archive.save(an_announcement(**{"url": url, "text": f"本文{number}"} | changes), now=NOON + DAY / 7)
        edited = {"url": "https://www.env.go.jp/press/1.html", "title": "訂正", "text": "訂正", "published": NOON - DAY}
        archive.save(an_announcement(**edited), now=NOON + DAY / 3)
        Translations(database, nearness=None).pair(now=NOON)
        publish(Editor(database, base_url=BASE), [ALL], public_dir=directory / "public")
    return directory / "public"


def _varied() -> list[dict[str, Any]]:
    japanese, english = "https://www.env.go.jp/press/水素 1.html", "https://www.env.go.jp/en/press/1.html"
    return [
        {"title": "公募 R&D 1 < 2", "tags": ("公募", "R&D"), "topics": ("finance",), "attachments": (PDF, ZIP)},
        {"published": NOON - DAY, "title": "訂正前"},
        {
            "published": None,
            "published_from": From.FIRST_SEEN,
            "html": "<h2>表</h2><table><tr><th>年</th><td>2030</td></tr></table><ul><li>一</li></ul>",
        },
        {
            "url": japanese,
            "alternates": (english,),
            "published": datetime(2026, 6, 1, tzinfo=TOKYO),
            "timezone": "Asia/Tokyo",
        },
        {
            "url": english,
            "language": "en",
            "source": "moej-en",
            "title": "A “notice” — now",
            "html": "<p>Text &amp; more</p>",
        },
        {"events": (BRIEFING, DEADLINE), "published": NOON - 2 * DAY, "precision": Precision.DAY, "summary": ""},
        {"organisation": "iges", "source": "iges-en-news", "language": "en", "html": "", "text": "One.\n\nTwo <2>."},
    ]


def from_atom(document: bytes) -> list[Told]:
    return [
        Told(
            id=entry.id,
            url=entry.link,
            title=entry.title,
            summary=entry.summary,
            html=raw.findtext("{*}content") or "",
            language=entry.content[0].language,
            author=entry.author,
            published=datetime.fromisoformat(entry.published),
            categories=tuple(tag.term for tag in entry.get("tags", ())),
            files=tuple((file.href, file.type) for file in entry.enclosures),
        )
        for entry, raw in zip(feedparser.parse(document).entries, _elements(document, "{*}entry"), strict=True)
    ]


def from_rss(document: bytes) -> list[Told]:
    return [
        Told(
            id=entry.id,
            url=entry.link,
            title=entry.title,
            summary=_text(raw.findtext("description") or ""),
            html=raw.findtext(CONTENT) or "",
            language=raw.findtext(LANGUAGE) or "",
            author=entry.author,
            published=parsedate_to_datetime(entry.published),
            categories=tuple(tag.term for tag in entry.get("tags", ())),
            files=tuple((file.href, file.type) for file in entry.enclosures),
        )
        for entry, raw in zip(feedparser.parse(document).entries, _elements(document, "item"), strict=True)
    ]


def from_json(document: bytes) -> list[Told]:
    return [
        Told(
            id=item["id"],
            url=item["url"],
            title=item["title"],
            summary=item["summary"],
            html=item["content_html"],
            language=item["language"],
            author=item["authors"][0]["name"],
            published=datetime.fromisoformat(item["date_published"]),
            categories=tuple(item.get("tags", ())),
            files=tuple((file["url"], file["mime_type"]) for file in item.get("attachments", ())),
        )
        for item in json.loads(document)["items"]
    ]


def _elements(document: bytes, name: str) -> list[Any]:
    return list(etree.fromstring(document).iter(name))


def _text(html: str) -> str:
    return "".join(etree.fromstring(f"<p>{html}</p>").itertext())


READ = {"atom": from_atom, "rss": from_rss, "json": from_json}


def told(public: Path) -> dict[str, list[Told]]:
    return {extension: read((public / f"feeds/all.{extension}").read_bytes()) for extension, read in READ.items()}


def test_every_format_tells_the_same_in_the_same_order(public: Path) -> None:
    found = told(public)
    assert len(found["json"]) == 7
    assert found["atom"] == found["json"]
    assert found["rss"] == [Told(**vars(each) | {"files": each.files[:1]}) for each in found["json"]]


def test_what_is_told_is_what_was_announced(public: Path) -> None:
    newest, *_ = sorted(told(public)["rss"], key=lambda each: each.title == "公募 R&D 1 < 2", reverse=True)
    assert (newest.title, newest.categories) == ("公募 R&D 1 < 2", ("公募", "R&D", "finance"))
    assert newest.files == (("https://www.env.go.jp/content/%E5%88%A5%E7%B4%99%201.pdf", "application/pdf"),)
    assert (newest.language, newest.author, newest.published) == ("ja", "環境省", NOON)


def test_updates_are_the_same_where_they_are_told(public: Path) -> None:
    atom = feedparser.parse((public / "feeds/all.atom").read_bytes()).entries
    items = json.loads((public / "feeds/all.json").read_bytes())["items"]
    assert [entry.updated for entry in atom] == [item["date_modified"] for item in items]
    assert sum(entry.updated != entry.published for entry in atom) == 1


def test_translations_are_the_same_in_every_format(public: Path) -> None:
    atom = {
        entry.findtext("{*}id"): [link.get("href") for link in entry.findall("{*}link") if link.get("title")]
        for entry in _elements((public / "feeds/all.atom").read_bytes(), "{*}entry")
    }
    rss = {
        item.findtext("guid"): [link.get("href") for link in item.findall("{*}link") if link.get("title")]
        for item in _elements((public / "feeds/all.rss").read_bytes(), "item")
    }
    items = json.loads((public / "feeds/all.json").read_bytes())["items"]
    given = {item["id"]: [each["url"] for each in item.get("_zerowire", {}).get("translations", ())] for item in items}
    assert rss == given
    assert sum(map(len, given.values())) == 2
    assert {name: links for name, links in atom.items() if given[name]} == {
        name: of for name, of in given.items() if of
    }


def test_the_calendar_has_the_dates_that_the_entries_tell(public: Path) -> None:
    (dated,) = (each for each in told(public)["json"] if "日程" in each.html)
    calendar = icalendar.Calendar.from_ical((public / "calendar.ics").read_bytes())
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    assert {str(event["URL"]) for event in events.values()} == {dated.url}
    starts = sorted(str(event.decoded("DTSTART")) for event in events.values())
    assert starts == ["2026-07-03 14:00:00+09:00", "2026-07-10"]
    assert "7月3日" in dated.html
    assert "7月10日" in dated.html
