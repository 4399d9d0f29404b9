"""A text has the language of most of it; the page's word counts only where the text does not tell."""

import doctest

import pytest

from crawler import language
from crawler.language import language as language_of

JAPANESE = "環境省は、ゼロカーボンシティの首長が参加する会合を開きます。"
ENGLISH = "The ministry holds a meeting of the mayors of zero-carbon cities in Tokyo next week."


def test_the_example_of_the_module_is_true() -> None:
    assert doctest.testmod(language).failed == 0


@pytest.mark.parametrize("declared", ["", "en", "ja", "fr"])
def test_japanese_is_japanese_whatever_the_page_declares(declared: str) -> None:
    assert language_of(JAPANESE, declared) == "ja"


@pytest.mark.parametrize("declared", ["", "en", "ja"])
def test_english_is_english_even_on_a_page_that_declares_japanese(declared: str) -> None:
    assert language_of(ENGLISH, declared) == "en"


def test_another_language_in_latin_letters_is_as_declared() -> None:
    assert language_of("Les villes présentent leurs plans pour le climat à Strasbourg.", "fr") == "fr"


def test_a_mixed_text_has_the_language_of_most_of_it() -> None:
    assert language_of(ENGLISH * 3 + JAPANESE, "ja") == "en"
    assert language_of(ENGLISH + JAPANESE * 5, "en") == "ja"


def test_names_in_latin_letters_make_no_japanese_text_english() -> None:
    assert language_of("IGES、ICLEI、JCM、COP31 に関するお知らせを公開しました。", "en") == "ja"


@pytest.mark.parametrize("text", ["", "2026-06-11", "CO2", "環境省", "🌏🌍", "12,345 (67%)"])
@pytest.mark.parametrize("declared", ["en", "ja", ""])
def test_too_little_text_has_the_language_that_is_declared(text: str, declared: str) -> None:
    assert language_of(text, declared) == declared


def test_a_text_without_kana_is_not_taken_for_japanese() -> None:
    assert language_of("生态环境部今天在北京举行例行新闻发布会，介绍碳达峰碳中和工作进展情况。", "zh") == "zh"
