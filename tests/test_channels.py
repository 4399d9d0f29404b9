"""Which channels there are follows from the sources, and each has a name of its own."""

from dataclasses import dataclass

import pytest

from feeds.channels import Channel, channels, organisation_name, saved_searches
from store.query import Query


@dataclass(frozen=True)
class ASource:
    name: str = "moej-ja"
    title: str = "環境省 報道発表"
    organisation: str = "moej"
    language: str = "ja"


SOURCES = [ASource(), ASource("iges-en", "IGES news", "iges", "en")]


def by_name() -> dict[str, Channel]:
    return {channel.name: channel for channel in channels(SOURCES)}


def test_everything_each_organisation_each_language_and_each_source_is_a_channel() -> None:
    assert list(by_name()) == [
        *("all", "moej", "iges", "iclei", "en", "ja", "moej-ja", "iges-en"),
        *("updates", "gone", "health"),
    ]


def test_a_channel_asks_for_what_its_name_says() -> None:
    queries = {name: channel.query for name, channel in by_name().items()}
    assert queries["all"] == Query(gone=False)
    assert queries["moej"] == Query(organisation="moej", gone=False)
    assert queries["ja"] == Query(language="ja", gone=False)
    assert queries["iges-en"] == Query(source="iges-en", gone=False)


def test_what_is_gone_is_in_no_channel() -> None:
    assert not any(channel.query.gone for channel in channels(SOURCES) if channel.query)


def test_a_channel_is_titled_in_its_language() -> None:
    found = by_name()
    assert (found["moej-ja"].title, found["moej-ja"].language) == ("環境省 報道発表", "ja")
    assert (found["iges-en"].title, found["iges-en"].language) == ("IGES news", "en")
    assert "脱炭素" in found["ja"].title


def test_what_holds_several_languages_has_none() -> None:
    several = [name for name, channel in by_name().items() if channel.language is None]
    assert several == ["all", "moej", "iges", "iclei", "updates", "gone"]


def test_a_new_organisation_needs_a_source_and_nothing_else() -> None:
    found = channels([ASource("who-en", "WHO news", "who", "en")])
    assert Query(organisation="who", gone=False) in [channel.query for channel in found]


def test_a_source_that_bears_its_organisations_name_is_read_in_the_organisations_channel() -> None:
    found = channels([ASource("iclei", "ICLEI", "iclei", "en")])
    assert [channel.query for channel in found if channel.name == "iclei"] == [Query(organisation="iclei", gone=False)]


@pytest.mark.parametrize("name", ["iges", "ja", "all", "health", "search"])
def test_two_channels_of_one_name_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected a name that no other channel"):
        channels([ASource(name=name)])


@pytest.mark.parametrize("name", ["", "../all", "a/b", "All", "a.b", "a b", "-a", "a-", "環境"])
def test_a_name_that_is_no_file_name_everywhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected small letters"):
        Channel(name, "Title", Query())


def test_an_organisation_is_named_in_the_readers_language() -> None:
    assert organisation_name("moej", "ja") == "環境省"
    assert organisation_name("moej", "fr") == "Ministry of the Environment, Japan"
    assert organisation_name("who", "en") == "who"


def test_a_saved_search_is_a_channel() -> None:
    asked = {"title": "Zero-carbon cities", "query": "ゼロカーボンシティ", "language": "ja", "formerly": ["old"]}
    (found,) = saved_searches({"zero-carbon-cities": asked})
    assert (found.name, found.title, found.language, found.formerly) == (
        *("zero-carbon-cities", "Zero-carbon cities", "ja", ("old",)),
    )
    assert found.query == Query(words="ゼロカーボンシティ", language="ja", gone=False)
    assert found.once


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("words", "mine: expected a table"),
        ({}, "mine: expected a query"),
        ({"query": ""}, "mine: expected a query"),
        ({"query": 3}, "mine: query: expected a text"),
        ({"query": "水素", "sort": "newest"}, "mine: unknown 'sort'; there are title, query"),
        ({"query": "水素", "formerly": "old"}, "mine: formerly: expected a list of names"),
        ({"query": "has:nothing"}, "mine: query: has: expected one of"),
        ({"query": "水素", "formerly": ["Old"]}, "'Old': expected small letters"),
    ],
)
def test_a_wrong_search_is_refused_by_name(given: object, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        saved_searches({"mine": given})


def test_what_several_organisations_tell_is_shown_once_but_in_their_own_channels() -> None:
    once = {name for name, channel in by_name().items() if channel.once}
    assert once == {"all", "en", "ja"}


@pytest.mark.parametrize(
    ("key", "value", "there_are"),
    [("source", "moej", "moej-ja, iges-en"), ("language", "jp", "en, ja"), ("topic", "jcmm", "")],
)
def test_a_search_for_what_there_is_not_is_refused(key: str, value: str, there_are: str) -> None:
    with pytest.raises(ValueError, match=f"mine: {key}: expected one of {there_are}, got '{value}'"):
        channels(SOURCES, (), saved_searches({"mine": {key: value}}))
