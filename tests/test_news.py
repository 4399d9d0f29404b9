"""What is new, in the order in which it came; what several tell, once; what changed, and what is gone."""

from datetime import timedelta
from typing import Any

import pytest

from store.announcement import Archived, Event
from store.archive import Archive
from store.database import Database
from store.news import News
from store.query import Query
from tests.builders import NOON, an_announcement

DAY = timedelta(days=1)
LIVE = Query(gone=False)
TEXT = (
    "環境省は、水素の供給網を整える事業の公募を始めます。対象は港湾を持つ地方公共団体と、その区域で事業を営む企業です。"
    "応募の締切は八月末日で、審査の結果は秋に公表します。説明会は東京と福岡で開きます。詳しくは要領をご覧ください。"
)


@pytest.fixture
def news(database: Database) -> News:
    return News(database)


def add(archive: Archive, name: str, *, days: int = 0, seen: int = 0, **changes: Any) -> str:
    """Save an announcement published so many *days*, and seen so many minutes, after noon; return its address."""
    url = f"https://www.env.go.jp/press/{name}.html"
    said = {"url": url, "title": name, "text": f"{name}の本文です。", "published": NOON + days * DAY} | changes
    archive.save(an_announcement(**said), now=NOON + 10 * DAY + timedelta(minutes=seen))
    return url


def told(found: list[Archived] | tuple[Archived, ...]) -> list[str]:
    return [one.title for one in found]


def both_tell(archive: Archive, **changes: Any) -> None:
    """Let one thing be told by IGES first, and by the ministry, which dates it earlier, an hour later."""
    iges = {"source": "iges-ja-news", "organisation": "iges"}
    add(archive, "iges", days=2, text=TEXT, **iges | changes)
    add(archive, "moej", days=1, seen=60, text=TEXT)


def test_a_change_takes_another_turn_and_what_stays_the_same_does_not(archive: Archive, news: News) -> None:
    add(archive, "1")
    add(archive, "2")
    assert news.turn() == 2
    add(archive, "1")
    assert news.turn() == 2
    add(archive, "1", seen=60, text="訂正しました。")
    assert news.turn() == 3
    assert told(news.arrivals(LIVE, after=0, limit=5, once=True).announcements) == ["2", "1"]


def test_what_is_published_earlier_but_comes_later_is_among_the_last_arrivals(archive: Archive, news: News) -> None:
    for name, days in (("a", 3), ("b", 1), ("c", 2)):
        add(archive, name, days=days)
    assert told(news.arrivals(LIVE, after=0, limit=5, once=True).announcements) == ["a", "b", "c"]
    assert told(news.newest(LIVE, limit=5, once=True)) == ["a", "c", "b"]


@pytest.mark.parametrize("words", ["", "本文"])
def test_arrivals_go_on_where_the_last_ones_ended(archive: Archive, news: News, words: str) -> None:
    for number in range(7):
        add(archive, str(number), language="en" if number % 3 == 0 else "ja")
    query, after, found = Query(words=words, language="ja", gone=False), 0, []
    while some := news.arrivals(query, after=after, limit=2, once=True):
        found += told(some.announcements)
        after = some.last
        if not some.announcements:
            break
    assert found == ["1", "2", "4", "5"]
    assert after == news.turn()


def test_what_several_tell_is_shown_once_by_who_was_here_first(archive: Archive, news: News) -> None:
    both_tell(archive)
    assert told(news.newest(LIVE, limit=5, once=True)) == ["iges"]
    assert told(news.newest(LIVE, limit=5, once=False)) == ["iges", "moej"]
    assert told(news.arrivals(LIVE, after=0, limit=5, once=True).announcements) == ["iges"]


@pytest.mark.parametrize("query", [Query(topic="jcm", gone=False), Query(words="moej", gone=False)])
def test_where_the_first_is_not_asked_for_the_next_is_shown(archive: Archive, news: News, query: Query) -> None:
    add(archive, "iges", days=2, text=TEXT, source="iges-ja-news", organisation="iges")
    add(archive, "moej", days=1, seen=60, text=TEXT, topics=("jcm",))
    assert told(news.newest(query, limit=5, once=True)) == ["moej"]


def test_where_the_first_is_gone_the_next_takes_its_place(archive: Archive, news: News) -> None:
    both_tell(archive)
    archive.mark_gone("https://www.env.go.jp/press/iges.html", now=NOON + 20 * DAY)
    assert told(news.newest(LIVE, limit=5, once=True)) == ["moej"]


def test_in_each_language_one_is_shown(archive: Archive, news: News) -> None:
    both_tell(archive, language="en")
    assert sorted(told(news.newest(LIVE, limit=5, once=True))) == ["iges", "moej"]


def test_who_else_tells_a_story_is_known_of_each(archive: Archive, news: News) -> None:
    both_tell(archive)
    add(archive, "other")
    everything = list(archive.all())
    others = {one.title: [other.title for other in news.tellings(everything).get(one.id, ())] for one in everything}
    assert others == {"iges": ["moej"], "moej": ["iges"], "other": []}


def test_what_changed_comes_with_the_latest_change_first(archive: Archive, news: News) -> None:
    for name in "abc":
        add(archive, name)
    add(archive, "c", seen=60, text="新しい本文です。")
    add(archive, "a", seen=120, text="新しい本文です。")
    assert told(news.changed(limit=5)) == ["a", "c"]


def test_what_is_gone_comes_with_the_last_one_first(archive: Archive, news: News) -> None:
    for days, name in enumerate("abc"):
        archive.mark_gone(add(archive, name), now=NOON + (20 - days) * DAY)
    assert told(news.gone(limit=2)) == ["a", "b"]


@pytest.mark.parametrize("words", ["", "本文"])
def test_the_latest_event_comes_first_and_what_is_gone_stays(archive: Archive, news: News, words: str) -> None:
    for name, days in (("a", 30), ("b", 50), ("c", 40)):
        add(archive, name, events=(Event(kind="event", starts=NOON + days * DAY),))
    add(archive, "without")
    archive.mark_gone("https://www.env.go.jp/press/c.html", now=NOON + 20 * DAY)
    assert told(news.events(Query(words=words, gone=False), limit=5)) == ["b", "c", "a"]
