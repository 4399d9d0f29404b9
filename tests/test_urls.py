"""An address is spelt in one way, whatever a site makes of it; and what is no page's address is none."""

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import urls
from crawler.urls import absolute, canonical

BASE = "https://iclei.org/en/news/"


def test_the_examples_of_the_module_are_true() -> None:
    assert doctest.testmod(urls).failed == 0


@pytest.mark.parametrize(
    ("found", "address"),
    [
        ("a/", "https://iclei.org/en/news/a/"),
        ("/a", "https://iclei.org/a"),
        ("../a", "https://iclei.org/en/a"),
        ("?page=2", "https://iclei.org/en/news/?page=2"),
        ("//www.env.go.jp/press/", "https://www.env.go.jp/press/"),
        (" \n/a\t", "https://iclei.org/a"),
        ("a#top", "https://iclei.org/en/news/a"),
        ("#top", "https://iclei.org/en/news/"),
        ("", "https://iclei.org/en/news/"),
    ],
)
def test_an_address_counts_from_the_page_on_which_it_stands(found: str, address: str) -> None:
    assert absolute(found, BASE) == address


@pytest.mark.parametrize(
    "found",
    [
        "mailto:a@example.org", "javascript:void(0)", "JavaScript:alert(1)", "tel:+81335813351", "data:text/html,x",
        "file:///etc/passwd", "ftp://example.org/a", "about:blank", "http://", "http://.", "http://[::1", "http://a:b/",
        "http://a:99999/", "https://example.org/" + "a" * 2048,
    ],
)  # fmt: skip
def test_only_a_page_has_an_address(found: str) -> None:
    assert absolute(found, BASE) is None
    assert canonical(found, base=BASE) is None


@pytest.mark.parametrize(
    "spelling",
    [
        "http://iclei.org/a/", "https://ICLEI.org/a/", "https://iclei.org:443/a/", "http://iclei.org:80/a/",
        "https://iclei.org./a/", "https://iclei.org/a/#top", "https://iclei.org/a/?utm_source=rss&utm_medium=rss",
        "https://iclei.org/a/?fbclid=x1", "https://someone:secret@iclei.org/a/",
    ],
)  # fmt: skip
def test_every_spelling_of_an_address_becomes_one(spelling: str) -> None:
    assert canonical(spelling) == "https://iclei.org/a/"


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("https://iclei.org/a", "https://iclei.org/a"),
        ("https://iclei.org/a/", "https://iclei.org/a/"),
        ("https://iclei.org", "https://iclei.org/"),
        ("https://iclei.org/?b=2&a=1", "https://iclei.org/?a=1&b=2"),
        ("https://iclei-europe.org/news/?Title&newsID=1f", "https://iclei-europe.org/news/?newsID=1f"),
        ("https://iclei.org:8443/a", "https://iclei.org:8443/a"),
        ("https://www.env.go.jp/press/%E7%92%B0%E5%A2%83", "https://www.env.go.jp/press/%E7%92%B0%E5%A2%83"),
    ],
)
def test_what_the_site_decides_about_is_left_to_it(address: str, spelling: str) -> None:
    assert canonical(address) == spelling


def test_a_staging_host_is_spelt_as_the_live_one() -> None:
    hosts = {"dev.japan.iclei.org": "japan.iclei.org"}
    assert canonical("http://dev.japan.iclei.org/ja/news/a", hosts=hosts) == "https://japan.iclei.org/ja/news/a"
    assert canonical("https://japan.iclei.org/ja/news/a", hosts=hosts) == "https://japan.iclei.org/ja/news/a"


@settings(max_examples=300)
@given(st.text() | st.from_regex(r"https?://[a-z.\[\]:@%0-9]{0,20}[/?#]?[^\s]{0,30}", fullmatch=True))
def test_no_text_is_too_odd_to_be_judged_and_one_spelling_is_for_good(text: str) -> None:
    spelling = canonical(text, base=BASE)
    assert spelling is None or canonical(spelling) == spelling
