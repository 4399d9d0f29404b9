"""What stands in a feed and what in its history: everything somewhere, full volumes for good, the newest first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from feeds.channels import NOTES, Channel
from feeds.documents import documents
from feeds.editor import Editor
from store.announcement import Attachment, Event
from store.archive import Archive
from store.database import Database
from store.query import Query
from store.runs import RunOutcome, Runs
from tests.builders import NOON, an_announcement

ALL = Channel("all", "All", Query(gone=False))
MONTH = timedelta(days=30)
STORY = (
    "環境省は、水素の供給網を整える事業の公募を始めます。対象は港湾を持つ地方公共団体と、その区域で事業を営む企業です。"
    "応募の締切は八月末日で、審査の結果は秋に公表します。説明会は東京と福岡で開きます。詳しくは要領をご覧ください。"
)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def editor(database: Database) -> Editor:
    return Editor(database, base_url="https://wire.example", hub="https://hub.example/")


def add(archive: Archive, number: int, *, now: datetime = NOON + MONTH, **changes: Any) -> None:
    """Save announcement *number*, published so many hours after noon, and seen a month later."""
    url = f"https://www.env.go.jp/press/{number}.html"
    said = {"url": url, "title": f"{number}", "published": NOON + timedelta(hours=number)} | changes
    archive.save(an_announcement(**said), now=now)


def add_some(archive: Archive, numbers: range) -> None:
    for number in numbers:
        add(archive, number)


def filled(editor: Editor, channel: Channel = ALL, there: set[int] | None = None) -> dict[int, bytes]:
    known = there or set()
    return {volume.number: volume.document for volume in editor.fill(channel, is_there=known.__contains__)}


def links(document: bytes) -> dict[str, str]:
    return {link.get("rel"): link.get("href") for link in etree.fromstring(document).iterfind(f"{ATOM}link")}


def titles(document: bytes) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in etree.fromstring(document).iterfind(f"{ATOM}entry")]


def shown(editor: Editor, channel: Channel = ALL) -> list[str]:
    return [entry.title for entry in editor.current(channel).entries]


def test_fifty_make_a_volume_in_the_order_in_which_they_came(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(120, 0, -1))
    volumes = filled(editor)
    assert [len(titles(document)) for document in volumes.values()] == [50, 50]
    assert titles(volumes[1])[:2] == ["120", "119"]
    assert filled(editor, there={1, 2}) == {}


def test_a_full_volume_links_its_neighbours_and_the_feed(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(120))
    volumes = filled(editor)
    there = "https://wire.example/feeds/all"
    assert links(volumes[1]) == {
        "self": f"{there}/1.atom",
        "alternate": "https://wire.example/",
        "current": f"{there}.atom",
        "next-archive": f"{there}/2.atom",
    }
    assert links(volumes[2])["prev-archive"] == f"{there}/1.atom"
    assert etree.fromstring(volumes[2]).find("{http://purl.org/syndication/history/1.0}archive") is not None
    current = documents(editor.current(ALL))[1]["atom"]
    assert links(current)["prev-archive"] == f"{there}/2.atom"
    assert links(current)["hub"] == "https://hub.example/"
    assert b"history" not in current


def test_whoever_follows_the_links_gets_everything_once(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(130))
    found = [title for document in filled(editor).values() for title in titles(document)]
    assert set(found) | set(shown(editor)) == {str(number) for number in range(130)}
    assert len(found) == len(set(found)) == 100


def test_a_full_volume_stays_whatever_happens_after(archive: Archive, editor: Editor, database: Database) -> None:
    add_some(archive, range(60))
    before = filled(editor)[1]
    add(archive, 3, text="訂正しました。", now=NOON + 2 * MONTH)
    archive.mark_gone("https://www.env.go.jp/press/5.html", now=NOON + 2 * MONTH)
    add_some(archive, range(60, 100))
    again = Editor(database, base_url="https://wire.example", hub="https://hub.example/")
    assert filled(again, there={1}).keys() == {2}
    assert before.count(b"<entry") == 50


def test_what_changed_stands_in_the_feed_again_until_it_is_in_a_volume(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(100))
    filled(editor)
    assert shown(editor)[0] == "99"
    add(archive, 3, text="訂正しました。", now=NOON + 2 * MONTH)
    assert shown(editor)[-1] == "3"
    assert len(shown(editor)) == 50


def test_what_was_published_long_ago_and_comes_now_stands_last(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(100))
    filled(editor)
    add_some(archive, range(-5, 0))
    assert shown(editor)[-5:] == ["-1", "-2", "-3", "-4", "-5"]
    assert shown(editor)[:2] == ["99", "98"]


def test_what_takes_the_place_of_another_telling_is_in_the_history(archive: Archive, editor: Editor) -> None:
    iges = {"source": "iges-ja-news", "organisation": "iges", "url": "https://www.iges.or.jp/1"}
    add(archive, 1, text=STORY, title="moej")
    add(archive, 1, text=STORY, title="iges", now=NOON + 2 * MONTH, **iges)
    filled(editor)
    assert shown(editor) == ["moej"]
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=NOON + 2 * MONTH)
    add_some(archive, range(10, 80))
    again = Editor(editor.database, base_url=editor.base_url)
    found = {title for document in filled(again).values() for title in titles(document)} | set(shown(again))
    assert "iges" in found


def test_what_is_asked_for_by_the_words_of_its_file_is_in_the_history(archive: Archive, editor: Editor) -> None:
    asks = Channel("hydrogen", "Hydrogen", Query(words="水素", gone=False))
    for number in range(60):
        file = Attachment(url=f"https://www.env.go.jp/{number}.pdf", type="application/pdf")
        add(archive, number, attachments=(file,))
    assert filled(editor, asks) == {}
    for number in range(60):
        archive.read_file(
            f"https://www.env.go.jp/{number}.pdf", length=9, kind="application/pdf", text="水素", problem=""
        )
    again = Editor(editor.database, base_url=editor.base_url)
    found = {title for document in filled(again, asks).values() for title in titles(document)}
    assert found | set(shown(again, asks)) == set(map(str, range(60)))


def test_a_volume_that_is_lost_is_made_again(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(120))
    before = filled(editor)
    assert filled(editor, there={2}) == {1: before[1]}


def test_a_killed_publish_makes_the_volume_again_as_it_was(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(60))
    filling = editor.fill(ALL, is_there=lambda _: False)
    document = next(filling).document
    filling.close()  # before it was known as full
    assert filled(editor) == {1: document}


def test_long_announcements_make_a_volume_shorter(archive: Archive, editor: Editor) -> None:
    for number in range(50):
        add(archive, number, html=f"<p>{'環' * 10_000}</p>")
    volumes = filled(editor)
    assert all(len(document) <= 500_000 for document in volumes.values())
    assert sum(len(titles(document)) for document in volumes.values()) + len(shown(editor)) >= 50
    together = {title for document in volumes.values() for title in titles(document)}
    assert together | {entry.title for entry in documents(editor.current(ALL))[0].entries} == set(map(str, range(50)))


def test_a_channel_that_asks_for_something_else_begins_its_history_anew(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(60))
    filled(editor)
    other = Channel("all", "All", Query(words="公募", gone=False))
    assert filled(editor, other) == {}
    assert filled(editor).keys() == {1}


def test_a_feed_was_updated_when_its_last_changed_announcement_was(archive: Archive, editor: Editor) -> None:
    add(archive, 1)
    add(archive, 2, now=NOON + 2 * MONTH)
    assert editor.current(ALL).updated == (NOON + 2 * MONTH).astimezone(UTC)


def test_a_question_has_no_history_and_no_hub(archive: Archive, editor: Editor) -> None:
    add_some(archive, range(60))
    asked = editor.asked(Channel("search", "Search", Query(words="選定", gone=False)))
    assert (len(asked.entries), asked.volumes, asked.hub) == (50, 0, "")


def test_notes_tell_of_changes_removals_and_faults(archive: Archive, editor: Editor, database: Database) -> None:
    add_some(archive, range(3))
    add(archive, 1, text="訂正しました。", now=NOON + 2 * MONTH)
    archive.mark_gone("https://www.env.go.jp/press/2.html", now=NOON + 2 * MONTH)
    run = Runs(database).start("moej-ja", now=NOON, every_route=False)
    Runs(database).finish(replace(run, finished=NOON, outcome=RunOutcome.FAILED, problems=("listing: empty",)))
    found = {channel.name: shown(editor, channel) for channel in NOTES}
    assert found == {"updates": ["更新：1"], "gone": ["削除：2"], "health": ["moej-ja is broken: listing: empty"]}


def test_a_calendar_holds_what_is_gone_as_cancelled(archive: Archive, editor: Editor) -> None:
    add(archive, 1, events=(Event(kind="event", starts=NOON, timezone="Asia/Tokyo", title="説明会"),))
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=NOON + 2 * MONTH)
    document = editor.calendar(ALL, "calendar.ics").decode()
    assert "SUMMARY;LANGUAGE=ja:説明会" in document
    assert "STATUS:CANCELLED" in document
    assert "https://wire.example/calendar.ics" in document
