"""What changed between two wordings is shown by words and by characters, shortly, and never wrongly."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.announcement import Attachment, Revision
from store.differences import Kind, Piece, difference, pieces, shortened
from tests.builders import NOON, an_archived
from tests.conftest import LATER

PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別紙1")
OTHER = Attachment(url="https://www.env.go.jp/content/2.pdf", type="application/pdf", title="別紙2")


def marked(found: tuple[Piece, ...]) -> str:
    """Return pieces as wdiff prints them."""
    marks = {Kind.SAME: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}
    return "".join(piece.text.join(marks[piece.kind]) for piece in found)


def side(found: tuple[Piece, ...], left_out: Kind) -> str:
    return "".join(piece.text for piece in found if piece.kind is not left_out)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("令和7年6月", "令和8年6月", "令和[-7-]{+8+}年6月"),
        ("the third meeting", "the fourth meeting", "the [-third-]{+fourth+} meeting"),
        ("第3回会合を開催", "第4回会合を東京で開催", "第[-3-]{+4+}回会合を{+東京で+}開催"),
        ("The cat sat.", "The fat cat sat.", "The {+fat +}cat sat."),
        ("脱炭素 third 会合", "脱炭素 fourth 会合", "脱炭素 [-third-]{+fourth+} 会合"),
        ("COP30で採択", "COP31で採択", "[-COP30-]{+COP31+}で採択"),
        ("予算は1,234万円", "予算は1,334万円", "予算は[-1,234-]{+1,334+}万円"),
        ("the city's plan", "the cities' plan", "the [-city's-]{+cities'+} plan"),
        ("ｶﾞｽ２０２５", "ｶﾞｽ２０２６", "ｶﾞｽ[-２０２５-]{+２０２６+}"),
        ("", "公募", "{+公募+}"),
        ("公募", "", "[-公募-]"),
        ("公募", "公募", "公募"),
        ("", "", ""),
    ],
)
def test_latin_script_is_compared_by_words_and_japanese_by_characters(old: str, new: str, changed: str) -> None:
    assert marked(pieces(old, new)) == changed


def test_a_sentence_that_stayed_is_not_taken_apart() -> None:
    old, new = "募集します。\n締切は6月30日です。\n", "締切は6月30日です。\nお待ちします。\n"
    assert marked(pieces(old, new)) == "[-募集します。\n-]締切は6月30日です。\n{+お待ちします。\n+}"


def test_a_mark_stays_with_the_character_that_it_belongs_to() -> None:
    assert marked(pieces("葛\U000e0100城市", "葛城市")) == "[-葛\U000e0100-]{+葛+}城市"


def test_title_text_and_attachments_are_compared() -> None:
    old = Revision(seen=NOON, title="第3回", text="本文", attachments=(PDF,))
    new = an_archived(title="第4回", text="本文です", attachments=(OTHER,), updated=LATER)
    found = difference(old, new)
    assert (marked(found.title), marked(found.text)) == ("第[-3-]{+4+}回", "本文{+です+}")
    assert (found.removed, found.added) == ((PDF,), (OTHER,))


def test_an_attachment_of_another_title_is_the_same_attachment() -> None:
    old = Revision(seen=NOON, title="題", text="", attachments=(PDF,))
    new = Revision(seen=LATER, title="題", text="", attachments=(Attachment(url=PDF.url, type="", title="別紙"),))
    assert (difference(old, new).removed, difference(old, new).added) == ((), ())


SCRAPS = st.sampled_from(
    ["the ", "third ", "令和", "7", "8", "年", "。", "\n", "\n\n", " ", "あ", "あ。", "いあ", "\ud800", "é"]
)


@settings(max_examples=1000)
@given(*(2 * [st.lists(SCRAPS, max_size=40).map("".join) | st.text()]))
@example("あ" * 50 + "い", "い" + "あ" * 50)
@example("あい" * 50, "いあ" * 50)
@example("\n\n。", "。\n")
def test_same_and_removed_is_the_old_text_and_same_and_added_the_new(old: str, new: str) -> None:
    found = pieces(old, new)
    assert side(found, Kind.ADDED) == old
    assert side(found, Kind.REMOVED) == new
    assert all(piece.text for piece in found)
    assert all(one.kind is not other.kind for one, other in pairwise(found))


def sentences(count: int, *, length: int = 40) -> list[str]:
    chance = random.Random(7)  # noqa: S311
    return ["".join(chr(0x4E00 + chance.randrange(2000)) for _ in range(length)) + "。" for _ in range(count)]


LONG = "".join(sentences(2500))
BLOCK = LONG.replace("。", "")
WORST = {
    "another text": (LONG, "".join(reversed(LONG))),
    "one sentence, another text": (BLOCK, BLOCK[::-1]),
    "sentences in another order": (LONG, "".join(reversed(sentences(2500)))),
    "one letter": ("い" + "あ" * 99_999, "あ" * 50_000 + "う" * 50_000),
    "with a period": (("あ" * 99 + "い") * 1000, ("あ" * 98 + "う") * 1000),
    "two letters": ("あいいあい" * 20_000, "いあいああ" * 20_000),
    "no letters": ("\n" * 100_000, " \n" * 50_000),
    "more tokens than code points": (" ".join(map(str, range(600_000))), " ".join(map(str, range(1, 600_001)))),
}


@pytest.mark.parametrize("name", WORST)
def test_long_and_odd_texts_are_compared_to_their_end(name: str) -> None:
    old, new = WORST[name]
    found = pieces(old, new)
    assert side(found, Kind.ADDED) == old
    assert side(found, Kind.REMOVED) == new


def test_a_few_edits_in_a_long_text_are_all_found() -> None:
    new = LONG.replace(LONG[100:110], "改").replace(LONG[90_000:90_003], "訂正")
    assert [piece.kind for piece in pieces(LONG, new)].count(Kind.ADDED) == 2


def test_a_few_edits_in_one_endless_sentence_are_all_found() -> None:
    new = BLOCK[:100] + "Ａ" + BLOCK[101:50_000] + "Ｂ" + BLOCK[50_001:90_000] + BLOCK[90_001:]
    found = [piece for piece in pieces(BLOCK, new) if piece.kind is not Kind.SAME]
    assert [len(piece.text) for piece in found] == [1] * 5


def test_more_than_65000_words_are_told_apart() -> None:
    words = [f"word{number}" for number in range(70_000)]
    new = [*words[:69_990], "another", *words[69_991:]]
    assert len(pieces(" ".join(words), " ".join(new))) == 4


def test_the_same_wordings_give_the_same_pieces() -> None:
    assert pieces(*WORST["two letters"]) == pieces(*WORST["two letters"])


def test_unchanged_stretches_are_cut_to_their_ends() -> None:
    old = "one two three four five six third seven eight nine ten eleven twelve"
    found = shortened(pieces(old, old.replace("third", "fourth")), context=4)
    assert marked(found) == "…five six [-third-]{+fourth+} seven eight…"


def test_between_two_changes_both_ends_stay() -> None:
    old = f"甲{'あいうえおかきくけこ'}乙"
    assert marked(shortened(pieces(old, old.replace("甲", "丙").replace("乙", "丁")), context=2)) == (
        "[-甲-]{+丙+}あい…けこ[-乙-]{+丁+}"
    )


def test_changes_on_two_lines_are_shown_on_two_lines() -> None:
    old = "甲です。\n" + "次の行です。\n" * 5 + "乙です。"
    found = shortened(pieces(old, old.replace("甲", "丁").replace("乙", "丙")), context=2)
    assert marked(found) == "[-甲-]{+丁+}です…\n…。\n[-乙-]{+丙+}です。"


def test_what_is_short_is_not_cut() -> None:
    found = pieces("第3回会合", "第4回会合")
    assert shortened(found) == found


def test_without_a_change_nothing_is_shown() -> None:
    assert shortened(pieces("本文", "本文")) == ()
