"""Which language a request asks for, and that the pages have words in each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.messages import gathered, translated
from web.languages import NAMES, asked


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("", "en_001"),
        ("ja", "ja_JP"),
        ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", "ja_JP"),
        ("en-US,en;q=0.9,ja;q=0.8", "en_US"),
        ("en-GB", "en_GB"),
        ("fr-FR,fr;q=0.9,ja;q=0.5,en;q=0.4", "ja_JP"),
        ("fr, de", "en_001"),
        ("en;q=0.5, ja", "ja_JP"),
        ("en;q=0, ja;q=0.1", "ja_JP"),
        ("zh-Hant-TW, ja", "ja_JP"),
        ("en-XX", "en_001"),
        ("*", "en_001"),
    ],
)
def test_the_reader_gets_the_language_and_the_form_of_dates_that_the_browser_asks_for(
    accepted: str, locale: str
) -> None:
    assert str(asked(accepted)) == locale


def test_the_language_of_the_address_counts_more_and_takes_the_form_of_dates_from_the_browser() -> None:
    assert str(asked("ja,en-US;q=0.5", language="en")) == "en_US"
    assert str(asked("en-US", language="ja")) == "ja_JP"


@given(st.text(max_size=200))
def test_no_field_makes_it_fail(accepted: str) -> None:
    assert asked(accepted).language in NAMES


def test_every_word_of_the_pages_is_there_in_japanese() -> None:
    known = translated()
    missing = [
        each.id for each in gathered() if each.id and not (each.id in known and all(_given(known[each.id].string)))
    ]
    assert missing == []


def test_no_word_is_translated_that_no_page_says() -> None:
    said = gathered()
    assert [each.id for each in translated() if each.id and each.id not in said] == []


def test_a_translation_has_the_places_of_what_it_translates() -> None:
    assert [problem for each in translated() for problem in each.check()] == []


def _given(string: object) -> Sequence[object]:
    return string if isinstance(string, tuple | list) and string else (string,)
