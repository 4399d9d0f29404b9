"""Text becomes tokens and a question becomes phrases, the same for Japanese and English, whatever is asked."""

import doctest
import re
import unicodedata
from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import search
from store.search import (
    _UNSEEN,
    LONGEST_QUESTION,
    MOST_PHRASES,
    BadQuestion,
    Field,
    Phrase,
    Question,
    _plain,
    ask,
    fold,
    tokens,
    word_pattern,
)


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
        ("ゼロ・カーボン", ["ゼロ", "ロカ", "カー", "ーボ", "ボン", "ン"]),
        ("snake_case, under_score", ["snake", "case", "under", "score"]),
        ("São Paulo’s Łódź", ["sao", "paulo", "s", "lodz"]),
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
        ("カーボン・ニュートラル", "カーボンニュートラル"),
        ("サーキュラー\u200bエコノミー", "サーキュラーエコノミー"),
        ("葛\U000e0100城市", "葛城市"),
        ("Łódź Øresund", "lodz oresund"),
    ],
)
def test_what_is_read_as_the_same_is_folded_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(st.one_of(st.characters(), st.sampled_from("かがハパｶﾞ゛゜\u3099\u309a\u0301e㍿（Ａ、가ᄀ"))))
def test_folding_is_that_of_the_whole_text_as_unicode_has_it(text: str) -> None:
    whole = unicodedata.normalize("NFKC", text).casefold()
    assert fold(text) == "".join(map(_plain, _UNSEEN.sub("", whole)))


@pytest.mark.parametrize(("one", "other"), [("は", "ば"), ("ハ", "パ"), ("й", "и"), ("カ", "か"), ("8", "八")])
def test_letters_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def sought(question: str) -> list[Phrase]:
    """The one reading of each clause."""
    return [clause[0] for clause in ask(question).clauses]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("cat", [Phrase(("cat",))]),
        ("cat*", [Phrase(("cat",), prefix=True)]),
        ("zero carbon", [Phrase(("zero",)), Phrase(("carbon",))]),
        ("zero-carbon", [Phrase(("zero", "carbon"))]),
        ('"zero carbon"', [Phrase(("zero", "carbon"))]),
        ("“zero carbon”", [Phrase(("zero", "carbon"))]),
        ('"zero carbon', [Phrase(("zero", "carbon"))]),
        ("鯨", [Phrase(("鯨",), prefix=True)]),
        ("環境", [Phrase(("環境",))]),
        ("環境省", [Phrase(("環境", "境省"))]),
        ("公募　IGES", [Phrase(("公募",)), Phrase(("iges",))]),
        ("「公募」 - IGES", [Phrase(("公募",)), Phrase(("iges",))]),
        ("title:公募", [Phrase(("公募",), field=Field.TITLE)]),
        ("title：公募", [Phrase(("公募",), field=Field.TITLE)]),
        ("Title:公募", [Phrase(("公募",), field=Field.TITLE)]),
        ("公募 AND call", [Phrase(("公募",)), Phrase(("call",))]),
        ('title:"zero carbon"', [Phrase(("zero", "carbon"), field=Field.TITLE)]),
        ("source:moej-ja", [Phrase(("source:moej-ja",), field=Field.FACET)]),
        ("ＨＡＳ:pdf", [Phrase(("has:pdf",), field=Field.FACET)]),
        ("https://iclei.org/", [Phrase(("https", "iclei", "org"))]),
        ("COP30:結果", [Phrase(("cop30", "結果"))]),
    ],
)
def test_a_question_becomes_phrases_with_an_open_end_where_japanese_has_one(
    question: str, expected: list[Phrase]
) -> None:
    assert sought(question) == expected


def test_or_joins_its_neighbours_and_a_minus_leaves_out() -> None:
    asked = ask("公募 call OR 募集 OR cat -鯨 -“zero carbon”")
    assert asked.clauses == (
        (Phrase(("公募",)),),
        (Phrase(("call",)), Phrase(("募集",)), Phrase(("cat",))),
    )
    assert asked.excluded == (Phrase(("鯨",), prefix=True), Phrase(("zero", "carbon")))


def test_since_and_until_narrow_the_whole_question_to_days_of_japan() -> None:
    asked = ask("公募 since:2026-06-11 until:2027")
    assert asked.since == datetime(2026, 6, 10, 15, tzinfo=UTC)
    assert asked.until == datetime(2026, 12, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "readings"),
    [
        ("令和8年", {"令和8年", "2026年", "令和八年"}),
        ("令和八年", {"令和8年", "2026年", "令和八年"}),
        ("令和８年度予算", {"令和8年度予算", "2026年度予算", "令和八年度予算"}),
        ("2026年", {"2026年", "令和8年", "令和八年"}),
        ("二〇二六年", {"二〇二六年", "2026年", "令和8年", "令和八年"}),
        ("2019年5月", {"2019年5月", "令和元年5月", "平成31年5月", "平成三十一年5月"}),
        ("令和元年", {"令和元年", "2019年", "平成31年", "平成三十一年"}),
        ("平成元年", {"平成元年", "1989年", "昭和64年", "昭和六十四年"}),
        ("昭和63年", {"昭和63年", "1988年", "昭和六十三年"}),
        ("12026年", {"12026年"}),
        ("令和8", {"令和8"}),
        ("令和十十年", {"令和十十年"}),
        ("令和一二年", {"令和一二年"}),
        ("2101年", {"2101年"}),
    ],
)
def test_a_year_is_looked_for_in_both_counts(question: str, readings: set[str]) -> None:
    assert {*ask(question).clauses[0]} == {sought(f'"{reading}"')[0] for reading in readings}


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("OR", "OR: expected something"),
        ("公募 OR", "OR: expected something"),
        ("OR 公募", "OR: expected something"),
        ("公募 OR OR 鯨", "OR: expected something"),
        ("公募 OR -鯨", "not what is left out"),
        ("-公募 OR 鯨", "OR: expected something"),
        ("公募 OR since:2026", "since: narrows the whole question"),
        ("-until:2026", "until: narrows the whole question"),
        ("since:soon", "since: expected a day such as 2026-08-01, got 'soon'"),
        ("until:2026-13", "until: expected a day"),
        ("since:9999999", "since: expected a day"),
        ("has:video", "has: expected one of pdf, attachment, event, deadline, got 'video'"),
        ('title:"', "title: expected a word"),
        ("title: 公募", "title: expected a word"),
        ("source: moej-ja", "source: expected a value"),
        ("SINCE:", "since: expected a day"),
        ('source:""', "source: expected a value"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_one_line(question: str, wrong: str) -> None:
    with pytest.raises(BadQuestion, match=wrong) as refused:
        ask(question)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("question", ["", " ", '""', "-", "*", "・", "!?", "\0", "\ud800", "゛", "()"])
def test_a_question_without_a_word_is_refused(question: str) -> None:
    with pytest.raises(BadQuestion, match="expected a word to look for"):
        ask(question)


def test_a_question_has_its_limits() -> None:
    assert ask("あ" * LONGEST_QUESTION)
    assert len(sought(" ".join(map(str, range(MOST_PHRASES))))) == MOST_PHRASES
    with pytest.raises(BadQuestion, match="at most 1000 characters, got 1001"):
        ask("あ" * (LONGEST_QUESTION + 1))
    with pytest.raises(BadQuestion, match="at most 32 words, got 33"):
        ask(" ".join(map(str, range(MOST_PHRASES + 1))))


def test_a_word_is_asked_for_once() -> None:
    assert sought("公募 Call 公募 call " * 20) == [Phrase(("公募",)), Phrase(("call",))]


@given(st.text())
def test_tokens_hold_nothing_that_an_engine_could_read_as_its_language(text: str) -> None:
    assert not set("".join(tokens(text))) & set("\"'\\*:&|!<>()^-+ \n\0")


WORDS = ["公募", "zero", "OR", "title:", "source:", "since:", "2026", "has:pdf", "令和8年", "NEAR("]
TERMS = st.sampled_from([*'-"*() ', *WORDS])


def one_line(refusal: str) -> None:
    assert len(refusal.splitlines()) == 1


@given(st.one_of(st.text(max_size=100), st.lists(TERMS, max_size=30).map(" ".join), st.lists(TERMS).map("".join)))
def test_any_text_as_a_question_looks_for_something_or_is_refused_in_one_line(question: str) -> None:
    try:
        asked = ask(question)
    except BadQuestion as error:
        asked = Question(clauses=((Phrase((str(error),)),),))
        one_line(str(error))
    phrases = [*chain(*asked.clauses), *asked.excluded]
    assert phrases or asked.since or asked.until
    assert all(all(phrase.tokens) and phrase.tokens for phrase in phrases)


@given(st.text(), st.sampled_from(["公募", "zero carbon", "カー*", "鯨", "が"]))
def test_a_word_pattern_finds_what_the_tokens_find(text: str, words: str) -> None:
    found = f" {' '.join(tokens(f'{text} {words}x 公募 鯨 が'))} "
    for phrase in sought(words):
        stretch = f" {' '.join(phrase.tokens)}{'' if phrase.prefix else ' '}"
        pattern = re.compile(word_pattern(phrase))
        assert bool(pattern.search(fold(f"{text} {words}x 公募 鯨 が"))) == (stretch in found)


def test_the_examples_hold() -> None:
    assert doctest.testmod(search).failed == 0
