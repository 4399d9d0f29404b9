"""A feed that changed is named to the hub, and its subscribers have it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from feeds.push.posting import post
from feeds.push.websub import ping
from store.database import Database
from tests.builders import NOON
from tests.conftest import OpenDatabase
from tests.hub import Hub, hub, subscriber
from tests.receivers import Quiet, serving

MINUTE = timedelta(minutes=1)
ATOM, RSS = "https://wire.example/feeds/all.atom", "https://wire.example/feeds/all.rss"


@pytest.fixture
def pinged() -> Iterator[Hub]:
    with hub() as found:
        yield found


@pytest.fixture
def sqlite(open_database: OpenDatabase) -> Database:
    return open_database("sqlite")


def test_a_subscriber_gets_the_new_content_of_a_feed_that_changed(sqlite: Database, pinged: Hub) -> None:
    content = [b"<feed>1</feed>"]

    def feed(asked: Quiet) -> None:
        asked.answer(200, content[-1], Content_Type="application/atom+xml")

    with serving(get=feed) as port, subscriber() as reader:
        topic = f"http://127.0.0.1:{port}/feeds/all.atom"
        reader.subscribe(pinged, topic)
        for document in (b"<feed>2</feed>", b"<feed>3</feed>"):
            content.append(document)
            ping(sqlite, {topic: document}, now=NOON)
            post(sqlite, [], pinged.url, now=NOON)
        assert reader.got == [b"<feed>2</feed>", b"<feed>3</feed>"]


def test_each_feed_is_named_once_a_change(database: Database, pinged: Hub) -> None:
    ping(database, {ATOM: b"1", RSS: b"1"}, now=NOON)
    ping(database, {ATOM: b"2", RSS: b"1"}, now=NOON)
    for minutes in range(3):
        post(database, [], pinged.url, now=NOON + minutes * MINUTE)
    assert pinged.pings == [ATOM, RSS]


def test_a_hub_that_is_away_is_told_later_and_of_the_newest_change_only(sqlite: Database, pinged: Hub) -> None:
    pinged.answers = [503]
    for minutes in range(3):
        state = f"{minutes}".encode()
        ping(sqlite, {ATOM: state, RSS: state}, now=NOON + minutes * MINUTE)
        post(sqlite, [], pinged.url, now=NOON + minutes * MINUTE)
    assert sorted(pinged.pings) == [ATOM, ATOM, RSS, RSS]


@pytest.mark.parametrize("status", [400, 410])
def test_a_hub_that_refuses_a_feed_is_told_of_the_others_and_of_its_next_change(
    sqlite: Database, pinged: Hub, status: int
) -> None:
    pinged.answers = [status]
    for now in (NOON, NOON + MINUTE):
        state = now.isoformat().encode()
        ping(sqlite, {ATOM: state, RSS: state}, now=now)
        post(sqlite, [], pinged.url, now=now)
    assert pinged.pings == [RSS, ATOM, RSS]
