"""A snippet shows where a text answers, with the hits marked; nothing of the text is changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.index.snippets import Piece, marked, snippet
from store.search import ask

LONG = "環境省は、地域の脱炭素を進める施策を取りまとめました。" * 20


def shown(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("公募", "第2次公募の公募要領", "第2次[公募]の[公募]要領"),
        ("令和8年", "令和８年６月、2026年7月", "[令和８年]６月、[2026年]7月"),
        ("zero-carbon", "A Zero carbon city", "A [Zero carbon] city"),
        ('"zero carbon"', "zero\ncarbon, zero, carbon", "[zero\ncarbon], [zero, carbon]"),
        ("zero carbon", "carbon near zero", "[carbon] near [zero]"),
        ("cat", "a category, a Cat", "a category, a [Cat]"),
        ("cat*", "a category", "a [cat]egory"),
        ("カーボン", "ｾﾞﾛｶｰﾎﾞﾝ", "ｾﾞﾛ[ｶｰﾎﾞﾝ]"),
        ("ガス", "温室効果ｶﾞｽ㍿", "温室効果[ｶﾞｽ]㍿"),
        ("cafe", "Cafe\u0301 au lait", "[Cafe\u0301] au lait"),
        ("IGES公募", "IGES の公募、IGES公募", "IGES の公募、[IGES公募]"),
        ("鯨", "捕鯨", "捕[鯨]"),
        ("公募 OR 募集 -鯨", "募集と公募", "[募集]と[公募]"),
        ("source:moej-ja", "moej-ja", "moej-ja"),
    ],
)
def test_a_hit_is_marked_where_it_stands(question: str, text: str, expected: str) -> None:
    assert shown(marked(text, ask(question))) == expected


def test_a_snippet_is_short_and_holds_the_hit() -> None:
    found = snippet(LONG + "第7回の公募を始めます。" + LONG, ask("公募"))
    assert "第7回の[公募]を始めます。" in shown(found)
    assert 100 < len(shown(found)) < 200


def test_a_snippet_stands_where_most_words_are() -> None:
    text = "公募。" + LONG + "鯨の公募。" + LONG
    assert "[鯨]の[公募]" in shown(snippet(text, ask("公募 鯨")))


def test_a_text_without_a_hit_has_no_snippet() -> None:
    assert snippet(LONG, ask("鯨")) == ()


@pytest.mark.parametrize("text", ["公募" * 100_000, "x " * 200_000, "か\u3099" * 50_000, "ﾞ" * 50_000])
def test_a_huge_text_has_a_short_snippet_or_none(text: str) -> None:
    assert len(shown(snippet(text, ask("公募 OR x OR が")))) < 300


@given(st.text(), st.sampled_from(["公募", "zero carbon", "が", "a OR b", "ｶﾞ", "1", "ss"]))
def test_marking_changes_nothing(text: str, question: str) -> None:
    pieces: Any = marked(text, ask(question))
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
