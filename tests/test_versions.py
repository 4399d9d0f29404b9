"""An address in another language leads back to where it came from."""

import pytest

from store.pairing.versions import says_a_word, versions

KEYS = (
    "www.iges.or.jp/en/pub/bus-fleets/en",
    "japan.iclei.org/ja/news/roof-rules",
    "www.env.go.jp/en/press/x.html",
    "www.env.go.jp/press/x.html",
    "en.example.org/report",
    "example.org/report-ja.html",
)


@pytest.mark.parametrize("key", KEYS)
def test_who_is_a_version_has_the_other_for_one(key: str) -> None:
    assert versions(key)
    assert all(key in versions(version) for version in versions(key))


@pytest.mark.parametrize("key", ["www.iges.or.jp/en/news/20260713-1", "www.env.go.jp/en/press/press_02402.html"])
def test_a_date_or_a_number_is_no_word(key: str) -> None:
    assert not says_a_word(key)
