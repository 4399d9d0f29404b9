"""Whatever HTML an announcement holds, a page of ours shows it whole, valid and quiet, as long as there is room."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.markup import ATTRIBUTES, BLOCKS, CELLS, ELEMENTS, HEADINGS, shown
from tests.builders import an_archived
from tests.test_hostile_markup import BASE, DOCUMENTS, VECTORS
from web.grid import MOST_COLUMNS, Cell, grid
from web.reading import Reading, Words, preview, reading

SCROLLING = {"class": "table", "tabindex": "0", "role": "region"}
WORDS_ONLY = HEADINGS | {"p", "pre", "dt", "th", "caption", "a", "b", "i", "em", "strong", "sub", "sup", "q", "code"}
ONLY_IN = {
    "li": {"ul", "ol"},
    "dt": {"dl"},
    "dd": {"dl"},
    "thead": {"table"},
    "tbody": {"table"},
    "caption": {"table"},
    "td": {"tr"},
    "th": {"tr"},
    "tr": {"thead", "tbody"},
    "figcaption": {"figure"},
}
HOLDS_ONLY = {
    parent: {child for child in ONLY_IN if parent in ONLY_IN[child]} for parent in ("ul", "ol", "dl", "table")
}


def read(html: str, **changes: Any) -> str:
    return str(reading(an_archived(html=html, text="", url=BASE, **changes), budget=10**6).markup)


def told(found: Reading) -> tuple[str, bool]:
    return str(found.markup), found.cut


def table(rows: str) -> str:
    return f'<div class="table" tabindex="0" role="region" aria-label="Table 1 (日本語)"><table>{rows}</table></div>'


def faults(markup: str) -> Iterator[str]:
    """Yield what a page must not hold, as a parser by the HTML Standard finds it."""
    tree = parsed(markup)
    if Counter(re.findall(r"<([a-z0-9]+)", markup)) != Counter(element.tag for element in list(tree.iter())[1:]):
        yield "other elements than are written"
    for parent in tree.iter():
        for child in parent:
            yield from (f"{child.tag} in {parent.tag}" for wrong in (misplaced(child, parent),) if wrong)
            yield from strange(child)
        if parent.tag in HOLDS_ONLY and "".join([parent.text or "", *(child.tail or "" for child in parent)]).strip():
            yield f"words in {parent.tag}"
    levels = [2, *(int(element.tag[1]) for element in tree.iter() if element.tag in HEADINGS)]
    yield from (f"h{after} below h{before}" for before, after in pairwise(levels) if after > before + 1 or after < 3)


def misplaced(child: Any, parent: Any) -> bool:
    return (
        (child.tag in ONLY_IN and parent.tag not in ONLY_IN[child.tag])
        or (parent.tag in HOLDS_ONLY and child.tag not in HOLDS_ONLY[parent.tag])
        or (parent.tag in WORDS_ONLY and any(each.tag in BLOCKS | CELLS for each in child.iter()))
        or (parent.tag == "a" and any(each.tag == "a" for each in child.iter()))
    )


def strange(element: Any) -> Iterator[str]:
    if element.tag not in ELEMENTS - {"img"}:
        yield element.tag
    told = dict(element.attrib)
    if element.tag == "div" and "class" in told and told.pop("aria-label"):
        assert {name: told.pop(name, "") for name in SCROLLING} == SCROLLING
    known = (ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, set())) - {"title"}
    yield from told.keys() - known - {"rel"}
    if element.tag == "a" and told["rel"] != "noopener nofollow":
        yield "rel"
    if element.tag in {"a", *HEADINGS, "p", "th"} and not "".join(element.itertext()).strip():
        yield f"an empty {element.tag}"


def letters(tree: Any) -> Counter[str]:
    told = "".join((*tree.itertext(), *(element.get("alt", "") for element in tree.iter("img"))))
    return Counter(filter(str.isalnum, told))


def parsed(markup: str) -> Any:
    return html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)


@pytest.mark.parametrize("vector", [vector for group in VECTORS.values() for vector in group])
def test_a_known_attack_is_read_without_its_teeth(vector: str) -> None:
    for markup in (vector, f"<table><tr><td><p>a{vector}<td>b</table>"):
        assert list(faults(read(markup))) == []


def examine(document: str) -> None:
    markup = reading(an_archived(html=document, url=BASE, title="題"), budget=10**6, words=Words("＊", "表")).markup
    assert list(faults(markup)) == []
    whole = parsed(shown(document, BASE))
    assert letters(parsed(markup)) == letters(whole) or not letters(whole)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_any_document_is_read_as_a_valid_one_without_the_loss_of_a_word(document: str) -> None:
    examine(document)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_any_of_three_thousand_documents_is_read_as_a_valid_one_without_the_loss_of_a_word(document: str) -> None:
    examine(document)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>a</h1><h4>b</h4><h2>c</h2><h3>d</h3>", "<h3>a</h3>\n<h4>b</h4>\n<h4>c</h4>\n<h5>d</h5>"),
        ("<h4>a</h4><h2>b</h2><h5>c</h5>", "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>"),
        (
            "".join(f"<h{level}>a</h{level}>" for level in range(3, 7)),
            "<h3>a</h3>\n<h4>a</h4>\n<h5>a</h5>\n<h6>a</h6>",
        ),
    ],
)
def test_headings_begin_below_the_page_s_own_and_skip_no_level(html: str, expected: str) -> None:
    assert read(html) == expected


def test_a_heading_that_repeats_the_title_is_left_out_where_the_text_begins() -> None:
    heading = "<h1>COP30 <b>参加</b>報告</h1>"
    assert read(f"{heading}<p>a</p>{heading}", title="ＣＯＰ30　参加報告") == f"<p>a</p>\n<h3>{heading[4:-5]}</h3>"


def test_a_picture_is_a_link_with_its_alternative_text_or_a_word() -> None:
    link = '<a href="https://www.example.org/press/a.png" rel="noopener nofollow">'
    assert read('<p>x<img src="a.png" alt="図1">') == f"<p>x {link}図1</a></p>"
    assert read('<img src="a.png" alt=" ">') == f"<p>{link}Picture</a></p>"


def test_a_picture_in_a_link_leaves_its_words_or_the_link_would_be_lost() -> None:
    link = '<a href="https://www.example.org/" rel="noopener nofollow">'
    assert read('<a href="/"><img src="a.png" alt="図1"> 資料</a>') == f"<p>{link} 図1  資料</a></p>"
    for html in ('<a href="/"><img src="a.png" alt=""></a>', '<a href="/"><figure><img src="a.png"></figure></a>'):
        assert read(html) == f"<p>{link}Picture</a></p>"


@pytest.mark.parametrize(
    "link", ['<a href="/"> </a>', '<a href="/"><b></b></a>', "<a>\u200b</a>", '<h2><a href="/"><br></a></h2>']
)
def test_a_link_or_a_heading_that_shows_nothing_is_left_out(link: str) -> None:
    assert read(f"{link}<p>a</p>") == "<p>a</p>"


@pytest.mark.parametrize(
    "address",
    [
        "https://[",
        "https://a.example:70000/",
        "https://a..example/",
        "https://u:p@a.example/",
        "https://1.2.3/",
        "mailto:",
    ],
)
def test_the_words_of_a_link_that_leads_nowhere_stay(address: str) -> None:
    assert read(f'<p><a href="{address}">a</a></p>') == "<p>a</p>"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.example/a b|c?d=[e]&f#g#h", "https://a.example/a%20b%7Cc?d=%5Be%5D&amp;f#g%23h"),
        ("https://a.example:8443", "https://a.example:8443"),
        ("mailto:a@a.example?subject=公募", "mailto:a@a.example?subject=%E5%85%AC%E5%8B%9F"),
    ],
)
def test_an_address_is_written_as_the_url_standard_has_it(address: str, expected: str) -> None:
    assert read(f'<a href="{address}">a</a>') == f'<p><a href="{expected}" rel="noopener nofollow">a</a></p>'


def test_a_link_around_blocks_stands_in_each_of_them() -> None:
    link = '<a href="https://www.example.org/" rel="noopener nofollow">'
    assert read('<a href="/"><h2>a</h2><p>b</p></a>') == f"<h3>{link}a</a></h3>\n<p>{link}b</a></p>"


def test_the_language_is_told_where_it_changes_and_is_one() -> None:
    html = '<p lang="ja">a</p><p lang="en-us">b</p><p lang="xx">c</p><div lang="fr"><p lang="fr">d</p></div>'
    assert read(html, language="ja") == '<p>a</p>\n<p lang="en-US">b</p>\n<p>c</p>\n<div lang="fr"><p>d</p></div>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ul>a<li>b</li><ul><li>c</li></ul>d</ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul>d</li></ul>"),
        ("<ul><li> </li></ul><li>a</li>", "<p>a</p>"),
        (
            '<ol start="3" type="disc"><li value="x">a<li value="9">b</ol>',
            '<ol start="3"><li>a</li><li value="9">b</li></ol>',
        ),
        (
            "<dl><dd>a<dt>b<dd>c<p>d</p><dt>e</dl>",
            "<div>a</div>\n<dl><dt>b</dt><dd>c<p>d</p></dd><dt>e</dt><dd></dd></dl>",
        ),
        ("<dl><div><dt>a<dd>b</div></dl>", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("<dl><dt><h2>a</h2><p>b</p></dl>", "<dl><dt>a<br><br>b</dt><dd></dd></dl>"),
    ],
)
def test_lists_hold_items_only(html: str, expected: str) -> None:
    assert read(html) == expected


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        ("<tr><th>a<th> <tr><td>b", "<tbody><tr><th>a</th><td></td></tr><tr><td>b</td><td></td></tr></tbody>"),
        ("<tr><td colspan=2>a<tr><td colspan=2>b", "<tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody>"),
        (
            "<thead><tr><th scope=col rowspan=9>b<th scope=x>c</thead><tfoot><tr><td colspan=2>d",
            '<thead><tr><th scope="col">b</th><th>c</th></tr></thead><tbody><tr><td colspan="2">d</td></tr></tbody>',
        ),
        (
            "<caption>a<p>b</caption><tr><td rowspan=2>c<td>d<tr><td>e",
            '<caption>a<br>b</caption><tbody><tr><td rowspan="2">c</td><td>d</td></tr><tr><td>e</td></tr></tbody>',
        ),
        ("<tr><th><h2>a</h2>b<td><p>c", "<tbody><tr><th>a<br>b</th><td><p>c</p></td></tr></tbody>"),
    ],
)
def test_a_table_is_a_grid_in_a_box_that_scrolls(html: str, rows: str) -> None:
    assert read(f"<table>{html}</table>") == table(rows)


def test_a_table_of_one_cell_is_what_stands_in_it() -> None:
    assert read("<table><caption>a</caption><tr><td><p>b</p>c</table>") == "<p>a</p>\n<p>b</p>\n<p>c</p>"


def test_each_table_of_a_page_has_a_label_of_its_own() -> None:
    html = "<table><tr><td>a<td><table><tr><td>b<td>c</table></table>"
    markup = reading(an_archived(html=html), budget=1_000, words=Words("図", "表")).markup
    assert sorted(re.findall(r'aria-label="(.*?)"', markup)) == ["表 1 (日本語)", "表 2 (日本語)"]


def test_a_figure_without_a_caption_is_none() -> None:
    assert read("<figure><p>a</p></figure>") == "<div><p>a</p></div>"
    assert read("<figure><figcaption>a</figcaption><p>b</p></figure>") == (
        "<figure><p>b</p><figcaption><p>a</p></figcaption></figure>"
    )


def test_what_is_set_as_typed_stays_so() -> None:
    assert read("<pre>\n\n  a\n    b\n</pre>") == "<pre>  a\n    b</pre>"


def test_a_text_is_cut_at_the_end_of_a_block_and_without_the_heading_of_the_next() -> None:
    html = "<p>12345</p>" * 4 + "<h2>a</h2><p>b</p>"
    assert told(reading(an_archived(html=html), budget=50)) == ("\n".join(["<p>12345</p>"] * 4), True)
    assert told(reading(an_archived(html=html), budget=65)) == ("\n".join(["<p>12345</p>"] * 4), True)
    assert not reading(an_archived(html=html), budget=80).cut


def test_lists_and_tables_are_cut_between_their_items() -> None:
    html = f"<ul>{'<li>12345</li>' * 9}</ul>"
    assert told(reading(an_archived(html=html), budget=30)) == ("<ul><li>12345</li><li>12345</li></ul>", True)
    cut = reading(an_archived(html=f"<table>{'<tr><td>a<td>b' * 9}</table>"), budget=60)
    assert (cut.markup.count("<tr>"), cut.cut) == (2, True)


def test_a_paragraph_without_end_is_cut_within() -> None:
    cut = reading(an_archived(html=f"<p>{'あ' * 9_000}</p>"), budget=3_000)
    assert (len(cut.markup), cut.markup[-5:], cut.cut) == (5_008, "…</p>", True)


def test_more_markup_than_a_page_has_room_for_is_not_even_read() -> None:
    found = reading(an_archived(html=f"<ul><li><p>a</p>{'<b> </b>' * 99_000}<p>b</p></ul>"), budget=100)
    assert told(found) == ("<ul><li><p>a</p></li></ul>", True)


def test_pictures_in_one_paragraph_are_cut_too() -> None:
    found = reading(an_archived(html=f"<p>{'<img src=a.png>' * 2_000}"), budget=10_000)
    assert found.cut
    assert found.markup.count("<a ") < 400


def test_without_html_the_text_is_read() -> None:
    assert told(reading(an_archived(html="", text="a\n\n<b>"), budget=100)) == ("<p>a</p>\n<p>&lt;b&gt;</p>", False)
    repeated = an_archived(html="<h1>題</h1>", title="題", text="本文")
    assert reading(repeated, budget=100).markup == "<p>本文</p>"


def test_a_preview_is_the_beginning_of_a_text() -> None:
    assert told(preview("a\n\nb\0<c>", 20)) == ("<p>a</p>\n<p>b&lt;c&gt;</p>", False)
    assert told(preview("abc def", 4)) == ("<p>abc…</p>", True)


def test_neither_depth_nor_number_is_too_much() -> None:
    for html in (
        "<div>" * 300 + "a",
        "<b><p>" * 300 + "a",
        "<table><tr><td>b<td>" * 100 + "a",
        "<ul><li>" * 300 + "a",
        "<dl>" + "<div>" * 300 + "<dt>a",
    ):
        assert "a" in re.sub("<.*?>", "", read(html))


CELLS_OF_ANY_SIZE = st.builds(Cell, columns=st.integers(1, 70), rows=st.integers(1, 9))
PARTS = st.lists(st.lists(st.lists(CELLS_OF_ANY_SIZE, max_size=5), max_size=6), max_size=2)


@given(PARTS)
def test_in_a_grid_each_slot_is_taken_once_and_something_begins_in_each_column_and_row(
    parts: list[list[list[Cell]]],
) -> None:
    laid = grid(parts)
    widths = set()
    for rows in laid:
        taken: Counter[tuple[int, int]] = Counter()
        for number, row in enumerate(rows):
            assert row
            for cell in row:
                column = next(each for each in range(MOST_COLUMNS) if (number, each) not in taken)
                taken.update(
                    (number + down, column + right) for down in range(cell.rows) for right in range(cell.columns)
                )
        widths |= {sum(slot[0] == number for slot in taken) for number in range(len(rows))}
        assert set(taken.values()) <= {1}
        assert {slot[0] for slot in taken} == set(range(len(rows)))
    assert len(widths) <= 1
