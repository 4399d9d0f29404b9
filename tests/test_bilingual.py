"""What both languages state of one thing is one fact."""

import pytest

from store.pairing.bilingual import stated


@pytest.mark.parametrize(
    ("japanese", "english", "fact"),
    [
        ("令和8年度", "FY2026", "fy:26"),
        ("平成30年度", "fiscal year 2018", "fy:18"),
        ("第十二回", "the 12th", "nth:12"),
        ("第2次公募", "second call", "nth:2"),
        ("1億2,000万円", "120 million yen", "#120000000"),
        ("6月11日（木）", "June 11th, 2026", "on:06-11"),
        ("10月5日～7日", "5-7 October", "on:10-07"),
        ("午後2時半", "2:30 p.m.", "at:14:30"),
        ("正午", "noon", "at:12:00"),
        ("12都市", "twelve cities", "#12"),
        ("ＣＯＰ３１", "COP 31", "cop31"),
        ("京都市", "Kyoto", "kyoto"),
    ],
)
def test_a_fact_is_the_same_in_both_languages(japanese: str, english: str, fact: str) -> None:
    assert fact in stated(japanese) & stated(english)


def test_a_name_within_another_is_none() -> None:
    assert stated("東京都のタイプ") == {"tokyo"}
