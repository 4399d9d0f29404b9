"""What a query finds is counted by organisation, source, language, topic and year, as far as it is counted."""

from datetime import UTC, datetime
from typing import Any

import pytest

import store.facets
from store.archive import Archive
from store.database import Database
from store.facets import MOST_COUNTED, Counts, Facets
from store.query import Query
from store.search import BadQuestion
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER

IGES = {"source": "iges-en-news", "organisation": "iges", "language": "en"}


@pytest.fixture
def facets(database: Database) -> Facets:
    return Facets(database)


def add(archive: Archive, name: str, **changes: Any) -> None:
    url = f"https://www.env.go.jp/press/{name}.html"
    archive.save(an_announcement(**{"url": url, "title": name, "text": f"{name}の本文です。"} | changes), now=LATER)


def test_what_a_query_finds_is_counted_the_most_first_and_then_by_name(archive: Archive, facets: Facets) -> None:
    add(archive, "水素", topics=("local", "energy"))
    add(archive, "水道", topics=("energy",), source="moej-ja-kaiken")
    add(archive, "hydrogen", **IGES)
    counts = facets.counts(Query())
    assert (counts.total, counts.more) == (3, False)
    assert list(counts.organisations.items()) == [("moej", 2), ("iges", 1)]
    assert list(counts.sources.items()) == [("iges-en-news", 1), ("moej-ja", 1), ("moej-ja-kaiken", 1)]
    assert list(counts.languages.items()) == [("ja", 2), ("en", 1)]
    assert list(counts.topics.items()) == [("energy", 2), ("local", 1)]


@pytest.mark.parametrize(
    ("query", "sources"),
    [
        (Query(words="水素"), {"moej-ja": 1}),
        (Query(words="本文", organisation="moej"), {"moej-ja": 2}),
        (Query(has=("pdf",)), {}),
        (Query(topic="energy"), {"moej-ja": 1}),
        (Query(language="en"), {"iges-en-news": 1}),
        (Query(until=NOON), {}),
    ],
)
def test_only_what_the_query_finds_is_counted(
    archive: Archive, facets: Facets, query: Query, sources: dict[str, int]
) -> None:
    add(archive, "水素", topics=("energy",))
    add(archive, "水道")
    add(archive, "hydrogen", **IGES)
    assert facets.counts(query).sources == sources


def test_a_year_begins_at_midnight_in_japan(archive: Archive, facets: Facets) -> None:
    for name, hour in (("旧年", 14), ("新年", 15)):
        add(archive, name, published=datetime(2025, 12, 31, hour, 59, 59, tzinfo=UTC))
    add(archive, "以前", published=datetime(2019, 1, 1, tzinfo=UTC))
    assert list(facets.counts(Query()).years.items()) == [(2026, 1), (2025, 1), (2019, 1)]


def test_what_is_gone_is_counted_only_where_it_is_asked_for(archive: Archive, facets: Facets) -> None:
    add(archive, "水素")
    archive.mark_gone("https://www.env.go.jp/press/水素.html", now=LATER)
    found = [facets.counts(Query(words=words, gone=gone)).total for words in ("", "水素") for gone in (True, False)]
    assert found == [1, 0, 1, 0]


@pytest.mark.parametrize("words", ["", "本文"])
def test_of_many_the_newest_are_counted_and_it_is_said_that_there_are_more(
    archive: Archive, facets: Facets, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.facets, "MOST_COUNTED", 2)
    for day in (1, 2, 3):
        add(archive, f"{day}日", published=NOON.replace(day=day), source=f"source-{day}")
    counts = facets.counts(Query(words=words))
    assert (counts.total, counts.more, set(counts.sources)) == (2, True, {"source-2", "source-3"})
    assert not facets.counts(Query(words=words, since=NOON.replace(day=2))).more


@pytest.mark.slow
def test_as_many_as_are_counted_are_counted_on_either_engine(archive: Archive, facets: Facets) -> None:
    many = (f"https://www.env.go.jp/press/{number}.html" for number in range(MOST_COUNTED + 1))
    archive.take_in(*(an_archived(url=url, title=url, topics=("energy",)) for url in many))
    counts = facets.counts(Query(words="title:press"))
    assert (counts.total, counts.more, counts.topics) == (MOST_COUNTED, True, {"energy": MOST_COUNTED})


def test_of_nothing_there_is_nothing(facets: Facets) -> None:
    nothing = Counts(total=0, more=False, organisations={}, sources={}, languages={}, topics={}, years={})
    assert facets.counts(Query()) == facets.counts(Query(words="水素")) == nothing


def test_what_cannot_be_looked_for_is_refused(facets: Facets) -> None:
    with pytest.raises(BadQuestion):
        facets.counts(Query(words="OR"))
