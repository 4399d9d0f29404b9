"""What is published is what the archive holds, whole at every moment, and touched only where it changed."""

import json
import logging
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import feedparser
import pytest

from feeds.channels import Channel
from feeds.editor import Editor
from feeds.publish import Published, Stopped, publish
from store.archive import Archive
from store.database import Database
from store.query import Query
from tests.builders import NOON, an_announcement

ALL = Channel("all", "All", Query(gone=False))
JAPANESE = Channel("ja", "日本語", Query(language="ja", gone=False), "ja")
ENGLISH = Channel("en", "English", Query(language="en", gone=False), "en")
CHANNELS = [ALL, JAPANESE, ENGLISH]
LATER = NOON + timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'archive.db'}")) as opened:
        yield opened


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


@pytest.fixture
def editor(database: Database) -> Editor:
    return Editor(database, base_url="https://wire.example")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def save(archive: Archive, number: int, **changes: Any) -> None:
    url = f"https://www.env.go.jp/press/{number}.html"
    published = NOON - timedelta(days=100 - number)
    archive.save(an_announcement(**{"url": url, "title": f"{number}", "published": published} | changes), now=NOON)


def publish_to(public: Path, editor: Editor, channels: list[Channel] = CHANNELS) -> list[Published]:
    return publish(Editor(editor.database, base_url=editor.base_url), channels, public_dir=public)


def read(path: Path) -> Any:
    parsed = feedparser.parse(str(path))
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def titles(path: Path) -> list[str]:
    return [entry.title for entry in read(path).entries]


def marks(public: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in public.rglob("*") if path.is_file())
    return {str(path.relative_to(public)): (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def files(*names: str) -> set[str]:
    return {f"feeds/{name}.{extension}" for name in names for extension in ("atom", "rss", "json")}


def test_each_channel_is_published_in_each_format(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    published = publish_to(public, editor)
    assert [(one.channel.name, one.announcements) for one in published] == [("all", 1), ("ja", 1), ("en", 0)]
    others = {"index.html", "feeds.opml", "calendar.ics", "feeds/ja.ics", "feeds/en.ics"}
    assert marks(public).keys() == files("all", "ja", "en") | others | {"static/style.css", "feeds/feed.css"}


def test_an_announcement_has_one_id_in_all_feeds(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    publish_to(public, editor)
    found = archive.find(Query())[0].id
    ids = [
        entry.id
        for name in ("all", "ja")
        for each in ("atom", "rss")
        for entry in read(public / f"feeds/{name}.{each}").entries
    ]
    ids += [item["id"] for item in json.loads((public / "feeds/all.json").read_bytes())["items"]]
    assert ids == [found] * 5


def test_a_date_is_published_with_the_offset_of_its_source(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1, timezone="Asia/Tokyo", published=NOON)
    publish_to(public, editor, [ALL])
    assert read(public / "feeds/all.atom").entries[0].published == "2026-06-11T12:00:00+09:00"
    assert read(public / "feeds/all.rss").entries[0].published == "Thu, 11 Jun 2026 12:00:00 +0900"


def test_the_newest_are_published_first_and_at_most_50(archive: Archive, editor: Editor, public: Path) -> None:
    for number in range(60):
        save(archive, number)
    assert publish_to(public, editor)[0].announcements == 50
    assert titles(public / "feeds/all.atom") == [str(number) for number in range(59, 9, -1)]


def test_publishing_twice_rewrites_nothing(archive: Archive, editor: Editor, public: Path) -> None:
    for number in range(60):
        save(archive, number)
    assert [bool(one.changed) for one in publish_to(public, editor)] == [True, True, True]
    before = marks(public)
    assert not any(one.changed for one in publish_to(public, editor))
    assert marks(public) == before


def test_an_edit_changes_only_the_feeds_that_hold_it(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    save(archive, 2, language="en")
    publish_to(public, editor)
    before = marks(public)
    save(archive, 2, language="en", text="Corrected.", html="<p>Corrected.</p>")
    changed = {path for one in publish_to(public, editor) for path in one.changed}
    assert changed == files("all", "en")
    assert {name for name, mark in marks(public).items() if mark != before[name]} == changed


def test_a_feed_bears_the_time_of_its_last_change_and_a_later_one_where_less_is_in_it(
    archive: Archive, editor: Editor, public: Path
) -> None:
    save(archive, 1)
    save(archive, 2)
    publish_to(public, editor)
    assert (public / "feeds/all.atom").stat().st_mtime == NOON.timestamp()
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=LATER)
    publish_to(public, editor)
    assert (public / "feeds/all.atom").stat().st_mtime == NOON.timestamp() + 1


def test_what_is_gone_leaves_the_feeds(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=LATER)
    assert publish_to(public, editor)[0].announcements == 0


def test_long_announcements_make_a_feed_shorter(archive: Archive, editor: Editor, public: Path) -> None:
    for number in range(10):
        save(archive, number, html=f"<p>{'環' * 30_000}</p>")
    first, *_ = publish_to(public, editor)
    assert first.announcements == 5  # of 90 kB each
    assert all((public / path).stat().st_size <= 500_000 for path in first.changed)
    assert titles(public / "feeds/all.atom") == ["9", "8", "7", "6", "5"]


def test_of_an_announcement_that_is_longer_than_a_feed_there_is_the_beginning(
    archive: Archive, editor: Editor, public: Path
) -> None:
    save(archive, 1)
    save(archive, 2, html=f"<p>{'環' * 20_000}</p>" * 10)
    assert publish_to(public, editor)[0].announcements == 2
    text = read(public / "feeds/all.atom").entries[0].content[0].value
    assert text.count("<p>環") == 3
    assert text.endswith('<a href="https://www.env.go.jp/press/2.html">続きは発表元のページへ</a></p>')


def test_the_feeds_of_a_channel_that_is_no_more_are_removed(archive: Archive, editor: Editor, public: Path) -> None:
    for number in range(60):
        save(archive, number)
    publish_to(public, editor)
    (public / "feeds/notes.txt").write_text("somebody's own")
    publish_to(public, editor, [ALL])
    left = {name for name in marks(public) if name.startswith("feeds/")}
    assert left == files("all") | {"feeds/all/1.atom", "feeds/feed.css", "feeds/notes.txt"}
    assert not (public / "feeds/ja").exists()


def test_a_channel_that_was_renamed_is_found_at_its_old_address(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    publish_to(public, editor, [ALL, Channel("wire", "Wire", Query(gone=False), formerly=("old",))])
    assert (public / "feeds/old.atom").read_bytes() == (public / "feeds/wire.atom").read_bytes()


def test_a_channel_that_cannot_be_made_is_named_and_stays_as_it_was(
    archive: Archive, editor: Editor, public: Path
) -> None:
    for number in range(60):
        save(archive, number)
    publish_to(public, editor)
    before = marks(public)
    broken = Channel("ja", "日本語", Query(words='"', gone=False))
    failed = publish_to(public, editor, [ALL, broken, ENGLISH])[1]
    assert failed.problem
    assert {name: mark for name, mark in marks(public).items() if "ja" in name} == {
        name: mark for name, mark in before.items() if "ja" in name
    }


def test_a_file_that_cannot_be_written_costs_its_channel_only(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    (public / "feeds/ja.atom").mkdir(parents=True)
    published = publish_to(public, editor)
    assert [bool(one.problem) for one in published] == [False, True, False]
    assert (public / "feeds/en.atom").is_file()


def test_a_feed_of_what_says_to_be_of_the_future_bears_no_time_to_come(
    archive: Archive, editor: Editor, public: Path
) -> None:
    save(archive, 1)
    (told,) = archive.find(Query())
    later = NOON.replace(year=9000)
    archive.take_in(replace(told, id="urn:uuid:2", url="https://www.env.go.jp/2", first_seen=later, updated=later))
    publish_to(public, editor)
    assert (public / "feeds/all.atom").stat().st_mtime <= time.time()


def test_a_publish_that_is_stopped_leaves_what_stood_and_the_next_one_goes_on(
    archive: Archive, editor: Editor, public: Path
) -> None:
    publish(editor, CHANNELS, public_dir=public)
    before = {path: path.read_bytes() for path in public.rglob("*.*")}
    archive.save(an_announcement(), now=NOON)
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        publish(editor, CHANNELS, public_dir=public, stop=stop)
    assert {path: path.read_bytes() for path in public.rglob("*.*")} == before
    assert any(one.changed for one in publish(editor, CHANNELS, public_dir=public))


def test_anyone_may_read_a_feed(editor: Editor, public: Path) -> None:
    before = os.umask(0o077)
    try:
        publish_to(public, editor)
    finally:
        os.umask(before)
    assert stat.S_IMODE((public / "feeds/all.atom").stat().st_mode) == 0o644


def test_what_a_killed_publish_left_is_removed(editor: Editor, public: Path) -> None:
    publish_to(public, editor)
    before = marks(public)
    (public / "feeds" / ".unfinished-abc").write_text("<feed>")
    publish_to(public, editor)
    assert marks(public) == before


def test_a_cut_feed_is_written_again(editor: Editor, public: Path) -> None:
    publish_to(public, editor)
    path = public / "feeds/all.atom"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    publish_to(public, editor)
    assert path.read_bytes() == whole


def test_each_changed_feed_is_logged_in_a_line(editor: Editor, public: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "feeds.publish")
    publish_to(public, editor, [ALL])
    publish_to(public, editor, [ALL])
    names = ["feeds/all.atom", "feeds/all.rss", "feeds/all.json", "calendar.ics"]
    assert caplog.messages == ["written"] * len(names)
    assert [record.__dict__["feed"] for record in caplog.records] == names


def test_two_publishers_at_once_do_not_disturb_each_other(archive: Archive, editor: Editor, public: Path) -> None:
    save(archive, 1)
    with ThreadPoolExecutor(4) as pool:
        everything = list(pool.map(lambda _: publish_to(public, editor), range(12)))
    assert sum(len(one.changed) for published in everything for one in published) == 12


def test_a_feed_is_never_torn_beside_a_publishing_loop(archive: Archive, editor: Editor, public: Path) -> None:
    for number in range(20):
        save(archive, number, html=f"<p>{'脱炭素' * 500}</p>")
    publish_to(public, editor, [ALL])
    renamed = [[Channel("all", title, ALL.query)] for title in ("A", "B")] * 15
    seen, reads = set(), 0
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(lambda: [publish_to(public, editor, channels) for channels in renamed])
        while reads < 300 or not publishing.done():
            seen.add((public / "feeds/all.atom").read_bytes())
            reads += 1
    assert all(one.changed for published in publishing.result() for one in published)
    assert all(content.startswith(b"<?xml") and content.endswith(b"</feed>\n") for content in seen)
    assert 2 <= len(seen) <= 3
