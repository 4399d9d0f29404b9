"""Readers that people use subscribe over HTTP: each takes every field, loses nothing, and gets nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest

from store.announcement import Attachment
from store.translations import Translations
from tests.builders import NOON
from tests.conftest import OpenDatabase
from tests.readers import Feedparser, Lemon24, Newsboat, Read, Subscription
from tests.test_stories import TEXT, TITLE
from tests.wire import EDITED, Wire, serving

FILES = (
    Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別紙1", length=1234),
    Attachment(url="https://www.env.go.jp/content/2.pdf", type="application/pdf", title="別紙2", length=99),
)
HOSTILE = "\x00\x1b[31m<b>公募</b> &amp; \u202e逆\u2066 <script>alert(1)</script>\x07 ]]>"
AS_TEXT = "[31m<b>公募</b> &amp; 逆 <script>alert(1)</script> ]]>"

Subscriptions = dict[str, Subscription]
"""One in each format that the program reads."""
Subscribe = Callable[..., Subscriptions]


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy; and no copy of feedparser: that of ``reader`` needs a module which is no longer installed with it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("READER_NO_VENDORED_FEEDPARSER", "1")


@pytest.fixture
def wire(tmp_path: Path, open_database: OpenDatabase) -> Iterator[Wire]:
    with serving(tmp_path, open_database("sqlite")) as one:
        yield one


@pytest.fixture(params=[Feedparser, Lemon24, Newsboat])
def program(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def subscribe(program: Any, wire: Wire, tmp_path: Path) -> Iterator[Subscribe]:
    """Subscribe to a channel, and read all that is there."""
    with ExitStack() as stack:

        def subscribed(channel: str = "all") -> Subscriptions:
            return {each: stack.enter_context(closing(_subscribed(channel, each))) for each in program.FORMATS}

        def _subscribed(channel: str, extension: str) -> Subscription:
            directory = tmp_path / f"{channel}-{extension}"
            directory.mkdir()
            subscription: Subscription = program(f"{wire.base_url}/feeds/{channel}.{extension}", directory)
            subscription.refresh()
            subscription.read_all()
            return subscription

        yield subscribed


@pytest.fixture
def subscriptions(wire: Wire, subscribe: Subscribe) -> Subscriptions:
    """Subscriptions to three announcements."""
    wire.save_many(3)
    wire.publish()
    return subscribe()


def refreshed(subscriptions: Subscriptions) -> Iterator[tuple[str, Subscription]]:
    for extension, subscription in subscriptions.items():
        subscription.refresh()
        yield extension, subscription


def kept(subscriptions: Subscriptions) -> dict[str, tuple[dict[str, Read], set[str]]]:
    """Return what each has, and what of that nobody has read."""
    return {extension: (each.entries(), each.unread()) for extension, each in subscriptions.items()}


def ids(wire: Wire, *names: object) -> set[str]:
    return {wire.id_of(f"https://www.env.go.jp/press/{name}.html") for name in names}


def tell_twice(wire: Wire) -> str:
    """Save what has everything: files, a translation, and another organisation that tells it; return its address."""
    told: dict[str, Any] = {"title": TITLE, "text": TEXT, "html": f"<p>{TEXT}</p>", "timezone": "Asia/Tokyo"}
    labels: dict[str, Any] = {"tags": ("公募", "地球環境"), "topics": ("finance",)}
    url = wire.save("ja", published=datetime(2026, 6, 10, 5, 30, tzinfo=UTC), attachments=FILES, **told, **labels)
    wire.save("en", source="moej-en", language="en", title="Selected regions", text="Selected.", alternates=(url,))
    wire.save("iges", now=EDITED, source="iges-ja", organisation="iges", url="https://www.iges.or.jp/1", **told)
    Translations(wire.database, nearness=None).pair(now=EDITED)
    return url


def test_every_field_is_read_right(wire: Wire, subscribe: Subscribe, program: Any) -> None:
    url = tell_twice(wire)
    wire.publish()
    places = (*(file.url for file in FILES), "https://www.iges.or.jp/1", "https://www.env.go.jp/press/en.html")
    pages = {each.id: each.url for each in wire.archive.all() if each.organisation == "moej"}
    for extension, subscription in subscribe().items():
        assert {name: entry.link for name, entry in subscription.entries().items()} == pages
        found = subscription.entries()[wire.id_of(url)]
        assert found == Read(
            id=wire.id_of(url),
            link=url,
            title=TITLE,
            published=datetime(2026, 6, 10, 5, 30, tzinfo=UTC),
            content=found.content,
            author="環境省",
            **further(program, extension),
        )
        assert found.content.startswith(f"<p>{TEXT}</p>")
        assert all(f'"{place}"' in found.content for place in places)


def further(program: Any, extension: str) -> dict[str, Any]:
    """Return what some keep besides: RSS tells no updates and one file, and of its languages ``reader`` keeps none."""
    if program is Newsboat:
        return {}
    rss = extension == "rss"
    files = tuple((file.url, file.type, file.length) for file in (FILES[:1] if rss else FILES))
    updated = None if rss else datetime(2026, 6, 10, 5, 30, tzinfo=UTC)
    fields = {"summary": "選定結果の公表", "updated": updated, "enclosures": files}
    if program is Lemon24:
        return fields | {"language": None if rss else "ja"}
    return fields | {"language": "ja", "categories": ("公募", "地球環境", "finance")}


def test_after_nothing_nothing_is_sent(wire: Wire, subscriptions: Subscriptions) -> None:
    before = kept(subscriptions)
    wire.publish()
    wire.answers.clear()
    assert len(list(refreshed(subscriptions))) >= 2
    assert wire.answers == {(f"/feeds/all.{extension}", 304): 1 for extension in subscriptions}
    assert kept(subscriptions) == before


def test_after_something_new_there_is_one_more(wire: Wire, subscriptions: Subscriptions) -> None:
    wire.save("new")
    wire.publish()
    for _, subscription in refreshed(subscriptions):
        assert subscription.unread() == ids(wire, "new")
        assert subscription.entries().keys() == ids(wire, 0, 1, 2, "new")


def test_after_an_edit_it_is_the_same_entry(wire: Wire, subscriptions: Subscriptions) -> None:
    before = kept(subscriptions)
    (edited,) = ids(wire, 1)
    wire.edit("1", title="訂正", html="<p>訂正しました。</p>")
    wire.publish()
    for extension, subscription in refreshed(subscriptions):
        after, (was, _) = subscription.entries(), before[extension]
        updated = EDITED if was[edited].updated else None
        assert after[edited] == replace(was[edited], title="訂正", content="<p>訂正しました。</p>", updated=updated)
        assert after | {edited: was[edited]} == was
        assert subscription.unread() == set()


def test_a_hostile_title_is_text_and_costs_no_other(wire: Wire, subscriptions: Subscriptions) -> None:
    wire.save("hostile", title=HOSTILE)
    wire.publish()
    (hostile,) = ids(wire, "hostile")
    for extension, subscription in refreshed(subscriptions):
        assert subscription.unread() == {hostile}
        assert subscription.entries().keys() == ids(wire, 0, 1, 2, "hostile")
        written = escape(AS_TEXT, quote=False) if extension == "rss" else AS_TEXT  # RSS's may be read as HTML
        assert subscription.entries()[hostile].title == written


def test_an_outage_loses_nothing_and_doubles_nothing(wire: Wire, subscriptions: Subscriptions) -> None:
    before = kept(subscriptions)
    wire.stop()
    wire.save("meanwhile")
    wire.publish()
    assert {extension: (each.entries(), each.unread()) for extension, each in refreshed(subscriptions)} == before
    wire.start()
    for _, subscription in refreshed(subscriptions):
        assert subscription.unread() == ids(wire, "meanwhile")
        assert subscription.entries().keys() == ids(wire, 0, 1, 2, "meanwhile")


def test_what_is_lost_behind_the_server_is_not_missed(wire: Wire, subscriptions: Subscriptions, tmp_path: Path) -> None:
    before = kept(subscriptions)
    shutil.rmtree(wire.public)
    wire.database.close()
    (tmp_path / "archive.db").unlink()
    wire.answers.clear()
    assert {extension: (each.entries(), each.unread()) for extension, each in refreshed(subscriptions)} == before
    assert {status for _, status in wire.answers} == {304}


@pytest.mark.slow
def test_a_server_without_feeds_takes_none_from_a_reader(wire: Wire, subscriptions: Subscriptions) -> None:
    before = kept(subscriptions)
    wire.stop()
    shutil.rmtree(wire.public)
    wire.start()
    wire.answers.clear()
    for status in (503, 304):
        assert {extension: (each.entries(), each.unread()) for extension, each in refreshed(subscriptions)} == before
        assert {told for _, told in wire.answers} == {status}
        wire.publish()
        wire.answers.clear()


def test_what_is_gone_is_told_and_shown_no_more(wire: Wire, subscriptions: Subscriptions, subscribe: Subscribe) -> None:
    removals = subscribe("gone")
    assert [each.entries() for each in removals.values()] == [{}] * len(removals)
    wire.archive.mark_gone("https://www.env.go.jp/press/1.html", now=EDITED)
    wire.publish()
    for extension, subscription in refreshed(removals):
        (note,) = subscription.entries().values()
        assert (note.title, note.published) == ("削除：お知らせ 1", EDITED)
        assert subscription.unread() == {note.id}
        assert note.id not in subscriptions[extension].entries()
    feed = feedparser.parse(f"{wire.base_url}/feeds/all.atom")
    assert {entry.id for entry in feed.entries} == ids(wire, 0, 2)


def test_each_change_is_told_once(wire: Wire, subscriptions: Subscriptions, subscribe: Subscribe) -> None:
    changes = subscribe("updates")
    for number in (1, 2):
        wire.edit("1", now=NOON + number * timedelta(hours=1), title=f"訂正 {number}", text=f"訂正 {number}")
        wire.publish()
        for _, subscription in refreshed(changes):
            assert [subscription.entries()[name].title for name in subscription.unread()] == [f"更新：訂正 {number}"]
            subscription.read_all()
    for extension, subscription in changes.items():
        assert len(subscription.entries()) == 2
        assert subscription.entries().keys().isdisjoint(subscriptions[extension].entries())


@pytest.mark.slow
def test_a_first_crawl_shows_the_newest_with_their_true_dates(wire: Wire, subscribe: Subscribe) -> None:
    wire.save_many(60)
    wire.publish()
    stored = {wire.id_of(each.url): each.published for each in wire.archive.all()}
    for subscription in subscribe().values():
        found = subscription.entries()
        assert found.keys() == ids(wire, *range(10, 60))
        assert {name: entry.published for name, entry in found.items()}.items() <= stored.items()
        assert all(entry.updated in (None, entry.published) for entry in found.values())


def history(address: str) -> Iterator[Any]:
    """Yield a feed's documents, the current one first (RFC 5005, section 4)."""
    while address:
        answer = httpx.get(address)
        assert answer.status_code == 200
        parsed = feedparser.parse(answer.content)
        assert not parsed.bozo, parsed.bozo_exception
        yield parsed
        address = next((link.href for link in parsed.feed.links if link.rel == "prev-archive"), "")


def everything(address: str) -> dict[str, Any]:
    """Return all that a feed ever held by id; of each entry the one that was updated last, and of those the newer."""
    found: dict[str, Any] = {}
    for document in history(address):
        for entry in document.entries:
            if entry.id not in found or entry.updated_parsed > found[entry.id].updated_parsed:
                found[entry.id] = entry
    return found


def volumes(wire: Wire) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (wire.public / "feeds/all").iterdir()}


def test_a_late_subscriber_gets_the_whole_history(wire: Wire) -> None:
    wire.save_many(120)
    wire.publish()
    found = everything(f"{wire.base_url}/feeds/all.atom")
    stored = {each.id: each for each in wire.archive.all()}
    assert found.keys() == stored.keys()
    assert all(found[name].published_parsed[:6] == stored[name].published.utctimetuple()[:6] for name in stored)
    documents = list(history(f"{wire.base_url}/feeds/all.atom"))
    assert [len(document.entries) for document in documents] == [50, 50, 50]
    current, second, first = ({link.rel: urlsplit(link.href).path for link in each.feed.links} for each in documents)
    assert "next-archive" not in current
    assert (second["current"], second["next-archive"]) == ("/feeds/all.atom", "/feeds/all/3.atom")
    assert (first["next-archive"], "prev-archive" in first) == ("/feeds/all/2.atom", False)
    assert httpx.get(f"{wire.base_url}/feeds/all/3.atom").headers["location"] == "/feeds/all.atom"


def test_a_full_volume_keeps_its_bytes_and_the_latest_wording_counts(wire: Wire) -> None:
    wire.save_many(120)
    wire.publish()
    before = volumes(wire)
    assert before.keys() == {"1.atom", "2.atom"}
    wire.edit("5", title="訂正")
    wire.archive.mark_gone("https://www.env.go.jp/press/7.html", now=EDITED)
    wire.save("new", now=EDITED)
    wire.publish()
    assert volumes(wire) == before
    found = everything(f"{wire.base_url}/feeds/all.atom")
    assert found.keys() == ids(wire, *range(120), "new")
    assert found[ids(wire, 5).pop()].title == "訂正"


def test_what_is_too_large_for_one_format_is_missed_in_none(wire: Wire) -> None:
    lines = "行\n" * 30_000
    wire.save_many(4, html=f"<pre>{lines}</pre>")
    wire.publish()
    assert everything(f"{wire.base_url}/feeds/all.atom").keys() == ids(wire, *range(4))


def test_nobody_who_follows_the_history_misses_what_came_at_once(wire: Wire) -> None:
    wire.save_many(20)
    wire.publish()
    address = f"{wire.base_url}/feeds/all.atom"
    before = everything(address)
    for number in range(100, 160):
        wire.save(f"{number}", now=EDITED, published=NOON - timedelta(days=number))  # old news, found late
    wire.publish()
    after = everything(address)
    assert after.keys() - before.keys() == ids(wire, *range(100, 160))


def test_what_is_back_is_in_the_history_again(wire: Wire) -> None:
    wire.save_many(60)
    wire.archive.mark_gone("https://www.env.go.jp/press/0.html", now=EDITED)
    wire.publish()
    wire.edit("0")
    wire.publish()
    assert everything(f"{wire.base_url}/feeds/all.atom").keys() == ids(wire, *range(60))
