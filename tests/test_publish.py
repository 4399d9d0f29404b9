"""What is published is what the archive holds, whole at every moment, and touched only where it changed."""

import logging
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feeds.channels import Channel
from feeds.publish import Published, publish
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
def archive(tmp_path: Path) -> Iterator[Archive]:
    database = Database(f"sqlite:///{tmp_path / 'archive.db'}")
    yield Archive(database)
    database.close()


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def save(archive: Archive, number: int, **changes: Any) -> None:
    url = f"https://www.env.go.jp/press/{number}.html"
    published = NOON - timedelta(days=100 - number)
    archive.save(an_announcement(**{"url": url, "title": f"{number}", "published": published} | changes), now=NOON)


def publish_to(public: Path, archive: Archive, channels: list[Channel] = CHANNELS) -> list[Published]:
    return publish(archive, channels, public_dir=public, base_url="https://wire.example")


def read(path: Path) -> Any:
    parsed = feedparser.parse(str(path))
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def titles(path: Path) -> list[str]:
    return [entry.title for entry in read(path).entries]


def marks(public: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (public / "feeds").iterdir()}


def test_each_channel_is_published_in_each_format(archive: Archive, public: Path) -> None:
    save(archive, 1)
    published = publish_to(public, archive)
    names = ["all.atom", "all.rss", "ja.atom", "ja.rss", "en.atom", "en.rss"]
    assert [one.path for one in published] == [public / "feeds" / name for name in names]
    assert [one.announcements for one in published] == [1, 1, 1, 1, 0, 0]
    assert sorted(marks(public)) == sorted(names)


def test_an_announcement_has_one_id_in_all_feeds(archive: Archive, public: Path) -> None:
    save(archive, 1)
    found = archive.find(Query())[0].id
    ids = [entry.id for one in publish_to(public, archive) for entry in read(one.path).entries]
    assert ids == [found] * 4


def test_a_date_is_published_with_the_offset_of_its_source(archive: Archive, public: Path) -> None:
    save(archive, 1, timezone="Asia/Tokyo", published=NOON)
    atom, rss = publish_to(public, archive, [ALL])
    assert read(atom.path).entries[0].published == "2026-06-11T12:00:00+09:00"
    assert read(rss.path).entries[0].published == "Thu, 11 Jun 2026 12:00:00 +0900"


def test_the_newest_are_published_first_and_at_most_50(archive: Archive, public: Path) -> None:
    for number in range(60):
        save(archive, number)
    published = publish_to(public, archive)
    assert published[0].announcements == 50
    assert titles(published[0].path) == [str(number) for number in range(59, 9, -1)]


def test_publishing_twice_rewrites_nothing(archive: Archive, public: Path) -> None:
    save(archive, 1)
    assert all(one.changed for one in publish_to(public, archive))
    before = marks(public)
    assert not any(one.changed for one in publish_to(public, archive))
    assert marks(public) == before


def test_an_edit_changes_only_the_feeds_that_hold_it(archive: Archive, public: Path) -> None:
    save(archive, 1)
    save(archive, 2, language="en")
    publish_to(public, archive)
    before = marks(public)
    save(archive, 2, language="en", text="Corrected.", html="<p>Corrected.</p>")
    changed = {one.path.name for one in publish_to(public, archive) if one.changed}
    assert changed == {"all.atom", "all.rss", "en.atom", "en.rss"}
    assert {name for name, mark in marks(public).items() if mark != before[name]} == changed


def test_what_is_gone_leaves_the_feeds(archive: Archive, public: Path) -> None:
    save(archive, 1)
    archive.mark_gone("https://www.env.go.jp/press/1.html", now=LATER)
    assert publish_to(public, archive)[0].announcements == 0


def test_long_announcements_make_a_feed_shorter(archive: Archive, public: Path) -> None:
    for number in range(10):
        save(archive, number, html=f"<p>{'環' * 30_000}</p>")
    first, *_ = publish_to(public, archive)
    assert first.announcements == 5  # of 90 kB each
    assert first.path.stat().st_size <= 500_000
    assert titles(first.path) == ["9", "8", "7", "6", "5"]


def test_an_announcement_that_is_longer_than_a_feed_is_published_alone(archive: Archive, public: Path) -> None:
    save(archive, 1)
    save(archive, 2, html=f"<p>{'環' * 200_000}</p>")
    first, *_ = publish_to(public, archive)
    assert titles(first.path) == ["2"]


def test_anyone_may_read_a_feed(archive: Archive, public: Path) -> None:
    before = os.umask(0o077)
    try:
        first, *_ = publish_to(public, archive)
    finally:
        os.umask(before)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o644


def test_what_a_killed_publish_left_is_removed(archive: Archive, public: Path) -> None:
    publish_to(public, archive)
    before = marks(public)
    (public / "feeds" / ".unfinished-abc").write_text("<feed>")
    publish_to(public, archive)
    assert marks(public) == before


def test_a_cut_feed_is_written_again(archive: Archive, public: Path) -> None:
    first, *_ = publish_to(public, archive)
    whole = first.path.read_bytes()
    first.path.write_bytes(whole[:100])
    publish_to(public, archive)
    assert first.path.read_bytes() == whole


def test_each_changed_feed_is_logged_in_a_line(
    archive: Archive, public: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "feeds.publish")
    publish_to(public, archive, [ALL])
    publish_to(public, archive, [ALL])
    assert caplog.messages == [f"feed={name} announcements=0 status=written" for name in ("all.atom", "all.rss")]


def test_two_publishers_at_once_do_not_disturb_each_other(archive: Archive, public: Path) -> None:
    save(archive, 1)
    with ThreadPoolExecutor(4) as pool:
        everything = list(pool.map(lambda _: publish_to(public, archive), range(12)))
    assert sum(one.changed for published in everything for one in published) == 6


def test_a_feed_is_never_torn_beside_a_publishing_loop(archive: Archive, public: Path) -> None:
    for number in range(20):
        save(archive, number, html=f"<p>{'脱炭素' * 500}</p>")
    first, *_ = publish_to(public, archive, [ALL])
    renamed = [[Channel("all", title, ALL.query)] for title in ("A", "B")] * 30
    seen, reads = set(), 0
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(lambda: [publish_to(public, archive, channels) for channels in renamed])
        while reads < 300 or not publishing.done():
            seen.add(first.path.read_bytes())
            reads += 1
    assert all(one.changed for published in publishing.result() for one in published)
    assert all(content.startswith(b"<?xml") and content.endswith(b"</feed>\n") for content in seen)
    assert 2 <= len(seen) <= 3
