"""What goes into the outbox is news: what came since a destination is told, once, and nothing of a back-fill."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from feeds.channels import Channel
from feeds.push.destinations import Destination
from feeds.push.gathering import gather
from feeds.push.messages import Notice
from store.archive import Archive
from store.database import Database
from store.identity import first_id
from store.outbox import Delivery, Outbox
from store.query import Query
from tests.builders import NOON, an_announcement, let_time_pass

ALL = Channel("all", "All", Query(gone=False))
MOEJ = Channel("moej", "環境省", Query(organisation="moej", gone=False))
CITIES = Channel("cities", "Cities", Query(words="ゼロカーボンシティ", gone=False))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOON + MINUTE


def to(*channels: Channel, name: str = "office", health: bool = False) -> Destination:
    return Destination(name=name, channels=channels, health=health, webhook="https://example.org/")


def save(archive: Archive, *numbers: int, now: Any = LATER, **changes: Any) -> list[str]:
    urls = [f"https://www.env.go.jp/press/{number}.html" for number in numbers]
    for number, url in zip(numbers, urls, strict=True):
        text = {"title": f"発表{number}", "text": f"本文{number}"}
        archive.save(an_announcement(**{"url": url, "published": now} | text | changes), now=now)
    return [first_id(url) for url in urls]


def waiting(database: Database, name: str = "office") -> list[Delivery]:
    return Outbox(database).due(name, now=NOON + 400 * DAY)


def keys(database: Database, name: str = "office") -> list[str]:
    return [each.item.key for each in waiting(database, name)]


@pytest.fixture(autouse=True)
def something_old(archive: Archive) -> None:
    let_time_pass(archive)


@pytest.fixture
def office(database: Database) -> Destination:
    """A destination that has begun."""
    gather(database, [to(ALL)], now=NOON)
    return to(ALL)


def test_a_new_destination_gets_nothing_that_was_there_before_it(database: Database, archive: Archive) -> None:
    save(archive, 1, 2, now=NOON - MINUTE)
    assert gather(database, [to(ALL)], now=NOON) == 0
    new = save(archive, 3)
    assert gather(database, [to(ALL)], now=LATER) == 1
    assert keys(database) == new


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_a_first_crawl_brings_is_no_news(new_url: str) -> None:
    with closing(Database(new_url)) as database:
        gather(database, [to(ALL)], now=NOON)
        save(Archive(database), 1, 2)
        assert gather(database, [to(ALL)], now=LATER) == 0
        new = save(Archive(database), 3)
        assert gather(database, [to(ALL)], now=LATER) == 1
        assert keys(database) == new


def test_what_is_gathered_is_not_gathered_again(database: Database, archive: Archive, office: Destination) -> None:
    save(archive, 1)
    assert [gather(database, [office], now=LATER) for _ in range(3)] == [1, 0, 0]


def test_an_edit_is_no_news(database: Database, archive: Archive, office: Destination) -> None:
    save(archive, 1, now=NOON - MINUTE)
    save(archive, 2)
    gather(database, [office], now=LATER)
    save(archive, 1, 2, text="訂正しました", now=NOON + DAY, published=NOON)
    assert gather(database, [office], now=NOON + DAY) == 0
    assert len(keys(database)) == 1


def test_what_a_back_fill_brings_is_no_news(database: Database, archive: Archive, office: Destination) -> None:
    save(archive, 1, published=NOON - 15 * DAY)
    recent = save(archive, 2, published=NOON - 13 * DAY)
    gather(database, [office], now=LATER)
    assert keys(database) == recent


def test_nothing_comes_again_when_it_is_no_longer_remembered_that_it_was_told(
    database: Database, archive: Archive, office: Destination
) -> None:
    save(archive, 1)
    gather(database, [office], now=LATER)
    Outbox(database).delivered(waiting(database), now=LATER)
    for days in (80, 100, 120):
        now = NOON + days * DAY
        save(archive, 1, text=f"{days}回目の訂正です", now=now, published=LATER)
        assert gather(database, [office], now=now) == 0


def test_what_is_in_several_channels_is_told_once_and_names_them(database: Database, archive: Archive) -> None:
    several = to(ALL, MOEJ, CITIES)
    gather(database, [several], now=NOON)
    save(archive, 1, title="ゼロカーボンシティの表明")
    save(archive, 2)
    save(archive, 3, organisation="iges", source="iges-ja")
    gather(database, [several], now=LATER)
    assert [each.item.content["channels"] for each in waiting(database)] == [
        ["all", "moej", "cities"],
        ["all", "moej"],
        ["all"],
    ]


def test_a_channel_that_is_asked_for_later_brings_no_history(database: Database, archive: Archive) -> None:
    gather(database, [to(CITIES)], now=NOON)
    save(archive, 1)
    gather(database, [to(CITIES)], now=LATER)
    gather(database, [to(ALL, CITIES)], now=LATER)
    assert keys(database) == []


def test_each_destination_is_told(database: Database, archive: Archive) -> None:
    both = [to(ALL), to(CITIES, name="cities")]
    gather(database, both, now=NOON)
    [first] = save(archive, 1, title="ゼロカーボンシティの表明")
    [second] = save(archive, 2)
    assert gather(database, both, now=LATER) == 3
    assert (keys(database), keys(database, "cities")) == ([first, second], [first])


def test_many_are_gathered_at_once(database: Database, archive: Archive, office: Destination) -> None:
    many = save(archive, *range(210))
    assert gather(database, [office], now=LATER) == 210
    assert keys(database) == many


def test_what_several_tell_is_told_once_across_organisations(
    database: Database, archive: Archive, office: Destination
) -> None:
    text = "環境省は、脱炭素先行地域として新たに十二件の提案を選定し、本日公表しました。" * 5
    told = {"title": "第8回脱炭素先行地域の選定結果について", "text": text}
    first = save(archive, 1, **told)
    save(archive, 2, organisation="iges", source="iges-ja", **told)
    gather(database, [office], now=LATER)
    assert keys(database) == first


def test_a_destination_that_wants_nothing_more_gets_nothing_more(
    database: Database, archive: Archive, office: Destination
) -> None:
    Outbox(database).stop("office", "status 410", now=NOON)
    save(archive, 1)
    assert gather(database, [office], now=LATER) == 0


def test_a_fault_and_its_end_are_told_once_each_to_who_follows_health(database: Database) -> None:
    fault = Notice("moej-ja-7-failed", "moej-ja fails", "listing: named nothing", LATER)
    end = Notice("moej-ja-7-recovered", "moej-ja works again", "", LATER + MINUTE)
    both = [to(ALL), to(name="operator", health=True)]
    for notices, queued in ([], 0), ([fault], 1), ([fault], 0), ([fault, end], 1), ([fault, end], 0):
        assert gather(database, both, notices, now=NOON + len(notices) * MINUTE) == queued
    told = waiting(database, "operator")
    assert [each.item.content["notice"]["title"] for each in told] == ["moej-ja fails", "moej-ja works again"]
    assert told[0].item.content["channels"] == ["health"]


def test_a_fault_of_the_second_in_which_a_destination_began_is_told(database: Database) -> None:
    operator, begun = to(name="operator", health=True), NOON + timedelta(microseconds=7)
    assert gather(database, [operator], [Notice("x", "x fails", "", NOON)], now=begun) == 1


def test_old_faults_are_no_news(database: Database) -> None:
    operator = to(name="operator", health=True)
    fault = Notice("x", "x fails", "", NOON - MINUTE)
    assert gather(database, [operator], [fault], now=NOON) == 0
    assert gather(database, [operator], [Notice("y", "y fails", "", LATER)], now=NOON + 15 * DAY) == 0
