"""Whatever charset a page is in, and whatever it says it is in, its text comes out right and clean."""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from time import perf_counter

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.decode import Decoded, clean, decode, read

JAPANESE = """令和８年６月11日、環境省は「脱炭素先行地域」（第７回）の選定結果を公表しました。
選ばれた５つの地域は、2030年度までに家庭や業務ビルなど民生部門の電力消費に伴うCO2排出の実質ゼロを目指します。
対象期間は４月～９月、気温は－２℃から35℃まで。詳しくはホームページをご覧ください。"""
VENDORS = f"{JAPANESE}\n①応募書類　②㈱ゼロカーボン研究所　髙﨑所長　Ⅲ期　㎡"
ENGLISH = """Cities’ climate officers met in São Paulo – “zero carbon” isn’t a slogan, said François Lefèvre.
A café in Zürich saved €5 million… and señor Muñoz, of Île-de-France, 20 °C on average."""

TEXTS = {
    "utf-8": VENDORS,
    "shift_jis": JAPANESE,
    "cp932": VENDORS,
    "euc_jp": JAPANESE,
    "iso2022_jp": JAPANESE,
    "cp1252": ENGLISH,
}
DECLARED = {
    "utf-8": "utf-8",
    "shift_jis": "Shift_JIS",
    "cp932": "Windows-31J",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "cp1252": "ISO-8859-1",
}
ALSO_RIGHT = {"cp932": {"Shift_JIS"}, "shift_jis": {"Windows-31J"}}
WRONG = {*DECLARED.values(), "UTF-16", "windows-1251", "KOI8-R"}
STATES = ("right", "missing", "wrong", "unknown")

FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def page(text: str, meta: str | None = None) -> str:
    declaration = f'<meta charset="{meta}">' if meta else ""
    return f"<!DOCTYPE html>\n<html><head>{declaration}<title>{text[:24]}</title></head><body>{text}</body></html>"


def sent(text: str, charset: str) -> bytes:
    """Encode as servers do: Python's older Japanese codecs know the other one of each pair of look-alikes."""
    older = charset not in {"utf-8", "utf-16", "cp932", "cp1252"}
    return (text.replace("～", "〜").replace("－", "−") if older else text).encode(charset)


def header(charset: str | None) -> str | None:
    return f"text/html; charset={charset}" if charset else None


def labels(charset: str, state: str) -> Sequence[str | None]:
    """All that may be declared: the right label, none, any wrong one, one that nobody knows."""
    right = DECLARED[charset]
    wrong = sorted(WRONG - {right} - ALSO_RIGHT.get(charset, set()))
    states: dict[str, Sequence[str | None]] = {
        "right": [right],
        "missing": [None],
        "wrong": wrong,
        "unknown": ["x-nobody-knows"],
    }
    return states[state]


def comes_out_right(charset: str, in_header: str, in_meta: str) -> bool:
    return all(
        decode(sent(page(TEXTS[charset], meta), charset), header(http)) == page(TEXTS[charset], meta)
        for http, meta in product(labels(charset, in_header), labels(charset, in_meta))
    )


def test_all_96_combinations_of_charset_header_and_meta_come_out_right() -> None:
    combinations = list(product(TEXTS, STATES, STATES))
    assert len(combinations) == 96
    assert [combination for combination in combinations if not comes_out_right(*combination)] == []


@pytest.mark.parametrize("charset", ["cp932", "euc_jp", "iso2022_jp", "cp1252"])
def test_the_charset_and_that_nothing_was_lost_are_told(charset: str) -> None:
    assert read(sent(TEXTS[charset], charset)) == Decoded(text=TEXTS[charset], charset=charset, complete=True)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_outranks_header_and_meta_and_is_dropped(charset: str) -> None:
    text = page(JAPANESE, "euc-jp")
    assert decode(text.encode(charset), header("shift_jis")) == text


def test_a_utf_8_mark_in_front_of_a_legacy_page_is_not_believed() -> None:
    body = b"\xef\xbb\xbf" + sent(page(JAPANESE), "cp932")
    assert JAPANESE in decode(body)


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf_16_markup_needs_no_mark(charset: str) -> None:
    assert decode(f"\n{page(JAPANESE)}".encode(charset)) == f"\n{page(JAPANESE)}"


def test_an_xml_declaration_is_read_and_then_dropped_as_lxml_refuses_it_in_text() -> None:
    text = decode('<?xml version="1.0" encoding="windows-1251"?>\n<p>Город</p>'.encode("cp1251"))
    assert lxml.html.fromstring(text).text_content() == "Город"


@pytest.mark.parametrize(
    ("charset", "label", "text"),
    [
        ("cp1251", "windows-1251", "Министерство объявило конкурс CO2-нейтральных городов — «ноль» № 5."),
        ("gb18030", "gb2312", "生态环境部今日公布碳达峰碳中和工作方案，城市减排目标。"),
        ("cp949", "euc-kr", "환경부는 탄소중립 도시 공모를 시작한다. UN은 CO2를"),
        ("big5", "big5", "環境部今天公布淨零排放計畫，大中城市不在內。"),
        ("iso8859-2", "iso-8859-2", "Zażółć gęślą jaźń, příliš žluťoučký kůň"),
        ("cp874", "tis-620", "กระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม"),
    ],
)
def test_another_charset_is_believed_when_declared(charset: str, label: str, text: str) -> None:
    assert decode(page(text).encode(charset), header(label)) == page(text)
    assert decode(page(text, label).encode(charset)) == page(text, label)


@pytest.mark.parametrize("text", ["don’t", "“Hello”", "café", "l’été", "Straße", "ação, ações", "20 °C", "— — —", "½"])
@pytest.mark.parametrize("label", [None, "utf-8", "shift_jis", "euc-jp"])
def test_a_few_western_characters_are_enough(text: str, label: str | None) -> None:
    assert decode(text.encode("cp1252"), header(label)) == text


@pytest.mark.parametrize("text", ["お知らせ", "環境省", "環境ニュース", "CO2を減らす", "トップページ"])
@pytest.mark.parametrize("charset", ["cp932", "euc_jp", "iso2022_jp", "utf-8"])
@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "shift_jis", "euc-jp"])
def test_a_few_japanese_characters_are_enough(text: str, charset: str, label: str | None) -> None:
    assert decode(text.encode(charset), header(label)) == text


def jis_places() -> Iterator[tuple[int, int, str]]:
    """Yield row, cell and character of all that cp932 has in the 94 rows of JIS X 0208."""
    for lead, trail in product((*range(0x81, 0xA0), *range(0xE0, 0xF0)), (*range(0x40, 0x7F), *range(0x80, 0xFD))):
        character = bytes((lead, trail)).decode("cp932", "replace")
        even = trail >= 0x9F
        row = (lead - (0x70 if lead < 0xA0 else 0xB0)) * 2 - (not even)
        if not character.startswith("\ufffd"):
            yield row, trail - (0x7E if even else 0x20 if trail > 0x7F else 0x1F), character


def test_euc_jp_and_iso_2022_jp_have_each_character_that_cp932_has() -> None:
    rows, cells, characters = zip(*jis_places(), strict=True)
    places = bytes(byte for place in zip(rows, cells, strict=True) for byte in place)
    text = "".join(characters)
    assert len(text) == 7336  # JIS X 0208's 6,879, NEC's 83 in row 13, IBM's 374
    assert decode(b"\x1b$B" + places + b"\x1b(B") == text
    assert decode("ここは".encode("euc_jp") * 999 + bytes(byte | 0x80 for byte in places))[2997:] == text


def test_a_pair_that_means_nothing_costs_one_character() -> None:
    ok = "これは"
    assert read(ok.encode("cp932") + b"\xef\x9f" + ok.encode("cp932")).text == f"{ok}\ufffd{ok}"
    assert read(ok.encode("euc_jp") + b"\xa9\xa1" + ok.encode("euc_jp")).text == f"{ok}\ufffd{ok}"


@pytest.mark.parametrize("charset", ["cp932", "euc_jp"])
@pytest.mark.parametrize("label", [None, "shift_jis", "euc-jp", "iso-8859-1"])
def test_ruled_lines_are_japanese_too(charset: str, label: str | None) -> None:
    text = f"お知らせ\n{'─' * 200}\n公募の案内は次のとおりです。\n{'━' * 200}"
    assert decode(text.encode(charset), header(label)) == text


def test_half_width_katakana_among_kana_are_japanese() -> None:
    for charset in ("cp932", "euc_jp", "iso2022_jp_ext"):
        assert decode("これはﾃﾞｰﾀｾﾝﾀｰの省エネです".encode(charset)) == "これはﾃﾞｰﾀｾﾝﾀｰの省エネです"


@pytest.mark.parametrize("label", [None, "shift_jis", "iso-8859-1"])
@pytest.mark.parametrize("text", [JAPANESE, ENGLISH])
def test_a_cut_utf_8_page_is_still_utf_8_and_called_incomplete(text: str, label: str | None) -> None:
    result = read(page(text).encode() + "省".encode()[:2], header(label))
    assert result == Decoded(text=page(text) + "\ufffd", charset="utf-8", complete=False)


def test_japanese_behind_a_megabyte_of_script_is_found() -> None:
    body = b"<script>" + b"var a=1;" * 131_072 + b"</script>" + sent(JAPANESE, "cp932")
    assert decode(body, header("iso-8859-1")).endswith(JAPANESE)


@pytest.mark.parametrize(
    "label",
    ["base64", "idna", "undefined", "unicode_escape", "rot13", "utf-7", "zlib", "日本", "", "\ud800", "a" * 9999],
)
def test_a_codec_that_is_no_charset_is_unknown(label: str) -> None:
    text = page(JAPANESE, label if label.isascii() else None)
    assert decode(sent(text, "cp932"), header(label)) == text


@given(st.binary(), st.none() | st.text() | st.sampled_from(sorted(WRONG)).map(header))
def test_any_bytes_come_out_without_a_forbidden_character(body: bytes, content_type: str | None) -> None:
    assert not FORBIDDEN.search(decode(body, content_type))


@given(st.text(st.sampled_from("&#xX0123456789dDfF;\x0b\x00\ud800\ufeff <a")))
def test_cleaning_leaves_no_reference_to_a_forbidden_character_and_nothing_to_clean(text: str) -> None:
    cleaned = clean(text)
    assert not [code for code in referenced(cleaned) if code > 0x10FFFF or FORBIDDEN.match(chr(code))]
    assert clean(cleaned) == cleaned


def referenced(text: str) -> list[int]:
    return [int(h, 16) if h else int(d) for h, d in re.findall(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+))", text)]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="&\ufeff")))
def test_text_in_any_script_is_left_alone(text: str) -> None:
    assert clean(text) == re.sub("[\u202a-\u202e\u2066-\u2069]", "", text)


@pytest.mark.parametrize(
    "kept", ["a\tb\r\nc", "👨\u200d👩\u200d👧", "葛\U000e0100城", "می\u200cخواهم", "❤\ufe0f", "𠮷野家", "a\xa0b"]
)
def test_tabs_newlines_joiners_and_variation_selectors_stay(kept: str) -> None:
    assert clean(kept) == kept
    assert decode(kept.encode()) == kept


@pytest.mark.parametrize(
    "gone",
    [
        *("\0", "\x07", "\x1b", "\x7f", "\x9b", "\ud800", "\udfff", "\ufdd0", "\uffff", "\U0010fffe", "\ufeff"),
        *("\u202a", "\u202e", "\u2066", "\u2069"),
        *("&#0;", "&#x1B;", "&#xD800;", "&#xfffe;", "&#8238;", "&#x2066;", "&#1114112;", "&#129;", "&#0", "&#xFEFF;"),
        *("&#" + "9" * 9999 + ";", "&#x" + "0" * 9999 + "8;"),
    ],
)
def test_what_breaks_parsers_or_deceives_readers_goes(gone: str) -> None:
    assert clean(f"公{gone}募") == "公募"


@pytest.mark.parametrize("line", ["\v", "\f", "&#11;", "&#x0B;", "&#12;"])
def test_the_line_breaks_of_word_keep_words_apart(line: str) -> None:
    assert clean(f"Call for{line}Papers") == "Call for\nPapers"


@pytest.mark.parametrize(
    "reference", ["&#60;", "&#x26;", "&#8217;", "&#x1F30F;", "&#9;", "&#13;", "&amp;", "&#", "&#x;", "&#;"]
)
def test_other_references_stay_as_they_are(reference: str) -> None:
    assert clean(reference) == reference


def test_references_to_the_windows_characters_are_what_html_says() -> None:
    assert clean("it&#146;s 2026&#150;2030&#x85;") == "it’s 2026–2030…"


def test_a_reference_that_cleaning_would_put_together_is_taken_apart() -> None:
    assert clean("a&#&#0;11;b") == "a\nb"
    assert clean("a&#&#0;0;b") == "a b"


def test_the_parser_takes_what_was_cleaned() -> None:
    title = clean("公募&#11;の\x0bお知らせ&#xD800;\ud800&#0;")
    assert lxml.html.fromstring(f"<title>{title}</title>").text_content() == "公募\nの\nお知らせ"


def test_a_hundred_kilobytes_take_a_millisecond() -> None:
    body = page(JAPANESE * 250).encode()
    assert len(body) > 100_000
    assert min(seconds(body) for _ in range(20)) < 0.01  # ten times that, for slow machines


def test_a_hostile_megabyte_takes_no_longer_than_its_size_allows() -> None:
    pieces = (b"&#", b"&#&#0;", b"<?xml ", b"<meta ", b" \0", b"\x80 ", b"\xa4\xa2\xad\xa1", b"\xef\x9f", b"\x1b$B")
    for piece in pieces:
        assert seconds(piece * (1_000_000 // len(piece)) + b"\x80") < 5  # half a second; squared it would be hours


def seconds(body: bytes) -> float:
    start = perf_counter()
    decode(body)
    return perf_counter() - start
