"""One page has one identity, however its address is spelt, and keeps it."""

import doctest
from datetime import UTC, datetime

import pytest

from store import identity
from store.identity import first_id, key, reused_id

PAGE = "https://www.env.go.jp/press/press_05099"


@pytest.mark.parametrize(
    "spelling",
    [
        "http://www.env.go.jp/press/press_05099",
        "https://www.env.go.jp/press/press_05099/",
        "https://WWW.Env.go.jp/press/press_05099",
        "https://www.env.go.jp/press/press_05099#main",
        "http://www.env.go.jp/press/press_05099/#?a/b",
    ],
)
def test_spellings_of_one_address_share_their_key(spelling: str) -> None:
    assert key(spelling) == key(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "https://env.go.jp/press/press_05099",
        "https://www.env.go.jp/press/PRESS_05099",
        "https://www.env.go.jp/press/press_0509",
        "https://www.env.go.jp/press/press_05099?page=2",
        "https://www.env.go.jp:8443/press/press_05099",
    ],
)
def test_other_addresses_have_other_keys(other: str) -> None:
    assert key(other) != key(PAGE)


def test_a_slash_before_the_query_is_no_difference_and_one_in_it_is() -> None:
    assert key("https://iges.or.jp/en/news/?id=1") == key("https://iges.or.jp/en/news?id=1")
    assert key("https://iges.or.jp/en/news?id=1/") != key("https://iges.or.jp/en/news?id=1")


def test_a_site_is_one_with_and_without_a_slash() -> None:
    assert key("https://iclei.org") == key("http://ICLEI.org/")


def test_an_id_is_the_same_in_every_version_of_the_program() -> None:
    assert first_id(PAGE) == "urn:uuid:c02d1fc0-1cf5-5341-be01-57df55270d4b"


def test_a_reused_address_gives_another_id_on_every_date() -> None:
    june, july = (datetime(2026, month, 1, tzinfo=UTC) for month in (6, 7))
    assert len({first_id(PAGE), reused_id(PAGE, june), reused_id(PAGE, july)}) == 3


def test_the_examples_hold() -> None:
    assert doctest.testmod(identity).failed == 0
