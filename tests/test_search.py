"""Text becomes tokens and a question becomes phrases, the same for Japanese and English, whatever is asked."""

import doctest
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import search
from store.search import LONGEST_QUESTION, MOST_PHRASES, BadQuestion, Phrase, fold, phrases, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("zero-carbon city", ["zero", "carbon", "city"]),
        ("環境省", ["環境", "境省", "省"]),
        ("鯨", ["鯨"]),
        ("IGESが公募を", ["iges", "が公", "公募", "募を", "を"]),
        ("令和８年６月", ["令和", "和", "8", "年", "6", "月"]),
        ("ＣＯ₂ and CO2", ["co2", "and", "co2"]),
        ("ｾﾞﾛｶｰﾎﾞﾝ", ["ゼロ", "ロカ", "カー", "ーボ", "ボン", "ン"]),
        ("ゼロ・カーボン", ["ゼロ", "ロ", "カー", "ーボ", "ボン", "ン"]),
        ("snake_case, under_score", ["snake", "case", "under", "score"]),
        ("São Paulo’s Łódź", ["sao", "paulo", "s", "łodz"]),
        ("時々、人々", ["時々", "々", "人々", "々"]),
        ("탄소 중립", ["탄소", "소", "중립", "립"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("---・。「」\n\t\0\ud800", []),
    ],
)
def test_text_becomes_words_and_pairs_of_characters(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＩＧＥＳ", "iges"),
        ("令和８年", "令和8年"),
        ("Café", "CAFE\u0301"),
        ("㈱", "(株)"),
        ("が", "か\u3099"),
        ("ｶﾞｽ", "ガス"),
    ],
)
def test_what_is_read_as_the_same_is_folded_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("は", "ば"), ("ハ", "パ"), ("й", "и"), ("カ", "か"), ("8", "八")])
def test_letters_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("cat", [Phrase(("cat",))]),
        ("cat*", [Phrase(("cat",), prefix=True)]),
        ("zero carbon", [Phrase(("zero",)), Phrase(("carbon",))]),
        ("zero-carbon", [Phrase(("zero", "carbon"))]),
        ('"zero carbon"', [Phrase(("zero", "carbon"))]),
        ('"zero carbon', [Phrase(("zero", "carbon"))]),
        ("鯨", [Phrase(("鯨",), prefix=True)]),
        ("環境", [Phrase(("環境",))]),
        ("環境省", [Phrase(("環境", "境省"))]),
        ("令和8年", [Phrase(("令和", "和", "8", "年"), prefix=True)]),
        ("公募　IGES", [Phrase(("公募",)), Phrase(("iges",))]),
        ("「公募」 - OR", [Phrase(("公募",)), Phrase(("or",))]),
    ],
)
def test_a_question_becomes_phrases_with_an_open_end_where_japanese_has_one(
    question: str, expected: list[Phrase]
) -> None:
    assert phrases(question) == expected


@pytest.mark.parametrize("question", ["", " ", '""', "-", "*", "・", "!?", "\0", "\ud800", "゛", "()"])
def test_a_question_without_a_word_is_refused(question: str) -> None:
    with pytest.raises(BadQuestion, match="expected a word to look for"):
        phrases(question)


def test_a_question_has_its_limits() -> None:
    assert phrases("あ" * LONGEST_QUESTION)
    assert len(phrases(" ".join(map(str, range(MOST_PHRASES))))) == MOST_PHRASES
    with pytest.raises(BadQuestion, match="at most 1000 characters, got 1001"):
        phrases("あ" * (LONGEST_QUESTION + 1))
    with pytest.raises(BadQuestion, match="at most 32 words, got 33"):
        phrases(" ".join(map(str, range(MOST_PHRASES + 1))))


def test_a_word_is_asked_for_once() -> None:
    assert phrases("公募 Call 公募 call " * 20) == [Phrase(("公募",)), Phrase(("call",))]


@given(st.text())
def test_tokens_hold_nothing_that_an_engine_could_read_as_its_language(text: str) -> None:
    assert not set("".join(tokens(text))) & set("\"'\\*:&|!<>()^-+ \n\0")


@given(st.text(max_size=100))
def test_any_text_as_a_question_is_a_phrase_or_refused(question: str) -> None:
    with suppress(BadQuestion):
        assert all(phrase.tokens for phrase in phrases(question))


def test_the_examples_hold() -> None:
    assert doctest.testmod(search).failed == 0
