"""Which words make which topic, in both languages."""

import pytest

from crawler.topics import BadTopic, topics, topics_of

SHIPPED = topics({})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Nine zero-carbon cities compare budgets", "zero-carbon-cities"),
        ("ゼロカーボンシティの首長が集まる", "zero-carbon-cities"),
        ("Ports join the Race to Zero", "race-to-zero"),
        ("第8回脱炭素先行地域の選定", "decarbonisation-leading-areas"),
        ("Decarbonization Leading Areas, eighth round", "decarbonisation-leading-areas"),
        ("ＪＣＭの合同委員会", "jcm"),
        ("二国間クレジット制度について", "jcm"),
        ("City-to-City Collaboration Programme", "city-to-city"),
        ("都市間連携事業", "city-to-city"),
        ("A climate adaptation plan for ports", "adaptation"),
        ("熱中症対策の実行計画", "adaptation"),
        ("Circular economies in Asia", "circular-economy"),
        ("生物多様性地域戦略", "biodiversity"),
        ("Mayors at COP31", "cop"),
        ("COP 30 の成果", "cop"),
        ("第2次公募について", "calls-for-proposals"),
        ("A call for proposals opens", "calls-for-proposals"),
    ],
)
def test_the_words_of_a_topic_are_found_in_either_language(words: str, expected: str) -> None:
    assert expected in topics_of(words, "", (), SHIPPED)
    assert expected in topics_of("", f"まえがき。{words}", (), SHIPPED)


@pytest.mark.parametrize(
    "words", ["copper and scope", "a cop in the city", "adaptations of a novel", "ajcmx", "公開募集"]
)
def test_a_part_of_another_word_is_no_topic(words: str) -> None:
    assert topics_of(words, "", (), SHIPPED) == ()


def test_the_sources_own_tag_is_a_topic() -> None:
    assert topics_of("お知らせ", "", ("循環型社会",), SHIPPED) == ("circular-economy",)


def test_an_operator_adds_a_topic_and_replaces_one() -> None:
    known = topics({"ports": {"words": ["port*", "港湾"]}, "jcm": {"words": ["credits"]}})
    assert topics_of("Ports and the JCM", "", (), known) == ("ports",)


@pytest.mark.parametrize(
    "given",
    [
        {"Ports": {"words": ["x"]}},
        {"ports": {}},
        {"ports": {"word": ["x"]}},
        {"ports": 3},
        {"ports": {"words": "port*"}},
    ],
)
def test_a_topic_that_is_declared_wrongly_is_named(given: dict[str, object]) -> None:
    with pytest.raises(BadTopic, match=next(iter(given))):
        topics(given)  # type: ignore[arg-type]
