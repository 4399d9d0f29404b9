"""A page says all that it says and nothing else: every sentence of a declared text, in order, clean, and dated."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml.html import fragment_fromstring

from crawler.extract import Extracted, extract, summary
from crawler.spec import Page
from store.announcement import Attachment, From, Precision

URL = "https://news.example.org/news/forum"
TOKYO = ZoneInfo("Asia/Tokyo")
PAGE = Page(title="h1.title", date=".date", body=".body", tags=".tag", attachments=".files")
PARAGRAPHS = [
    "The mayors of forty cities met in Kyoto to agree on how they count what their harbours emit.",
    "Each of them brings a plan that has been read by an auditor, and a budget that has not.",
    "環境省は、脱炭素先行地域の取組を広げるため、新しい支援の枠組みを公表しました。",
    "Applications are open until the last Friday of October; late ones are read in the spring.",
    "A second call follows once the results of the first have been published, says the secretariat.",
    "Nobody has measured yet what the ferries between the islands would save in a mild winter.",
]
LONG = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page_of(body: str, *, before: str = "", head: str = "") -> str:
    return f"""<!DOCTYPE html><html lang="en"><head><title>A forum - Example</title>{head}</head>
    <body><header><nav><a href="/">Home</a></nav></header><main><h1 class="title">A forum</h1>{before}
    <div class="body">{body}</div></main><footer>Office address</footer></body></html>"""


def read(body: str, *, page: Page | None = PAGE, zone: Any = TOKYO, **around: str) -> Extracted:
    return extract(page_of(body, **around), URL, page, zone=zone)


def lines(body: str) -> list[str]:
    return read(body).text.splitlines()


def squashed(text: str) -> str:
    return re.sub(r"\s", "", text)


def words_of(markup: str) -> str:
    return squashed(str(fragment_fromstring(markup or "<p></p>", create_parent="div").text_content()))


# Every sentence

SHAPES = {
    "paragraphs of one line": "<p>Short.</p><p>Two words.</p><p>The end.</p>",
    "one sentence": "<p>Only one sentence stands here.</p>",
    "text without a paragraph": "Only one sentence stands here.",
    "text around paragraphs": "Bare lead.<p>One.</p>Bare middle.<p>Two.</p>Bare end.",
    "broken lines": "First.<br>Second.<br/>Third.<br><br>Fourth.",
    "broken lines in a paragraph": "<p>First.<br>Second.<br/>Third.</p>",
    "divs in divs": "<div><div>One.</div><div>Two <b>bold</b> words.</div></div><div>Three.</div>",
    "text between divs": "<div>Alpha.<div>Beta.</div>Gamma.</div>Delta.",
    "definitions": "<dl><dt>日時</dt><dd>2026年6月11日</dd><dt>場所</dt><dd>東京</dd></dl>",
    "paragraphs in definitions": "<dl><dt>Term</dt><dd><p>One.</p><ul><li>Item</li></ul></dd></dl>",
    "a link for a paragraph": '<p>Intro.</p><p><a href="/a">The whole paragraph is a link</a></p><p>Close.</p>',
    "a list of links": '<ul><li><a href="/a">One</a></li><li><a href="/b">Two</a></li></ul>',
    "a list of links between paragraphs": '<p>See:</p><ul><li><a href="/a">One</a></li></ul><p>End.</p>',
    "lists in lists": "<ul><li>A<ul><li>A1</li><li>A2<ol><li>A2a</li></ol></li></ul></li><li>B</li></ul>",
    "paragraphs in lists": "<ul><li><p>One.</p></li><li><p>Two.</p><p>Two, still.</p></li></ul>",
    "links and bold type in lists": '<ol><li>Start <a href="/a">link</a> end.</li><li><b>Bold</b>: text.</li></ol>',
    "a table": "<table><tr><th>Name</th><th>Sum</th></tr><tr><td>A</td><td>10</td></tr></table>",
    "a table of links": '<table><tr><td><a href="/a">A</a></td><td><a href="/b">B</a></td></tr></table>',
    "a table with blocks": "<table><tr><td><p>One.</p><p>Two.</p></td><td><ul><li>a</li></ul></td></tr></table>",
    "a table with a caption": "<table><caption>C.</caption><thead><tr><th>H</th></tr></thead><tr><td>V</table>",
    "a layout table": "<table role='presentation'><tr><td><p>One.</p><p>Two.</p></td></tr></table>",
    "a figure": '<p>Before.</p><figure><img src="/a.png"><figcaption>The caption.</figcaption></figure><p>After.</p>',
    "bold paragraphs": "<p><strong>Bold only.</strong></p><p><b>Again.</b></p><div><strong>And again.</strong></div>",
    "quotations": "<blockquote>Bare.</blockquote><p>Mid.</p><blockquote><p>One.</p><p>Two.</p></blockquote>",
    "headings": "<h2>One</h2><p>a.</p><h3>Two</h3><p>b.</p><h4>Three</h4><p>c.</p>",
    "a heading at the end": "<p>Text.</p><h2>Trailing heading</h2>",
    "preformatted text": "<p>a.</p><pre>code line\n  two</pre><p>b.</p>",
    "the same line again": "<p>Same.</p><p>Same.</p><p>Other.</p><p>Same.</p>",
    "the same sentence again": f"<p>{PARAGRAPHS[2]}</p><p>間の文。</p><p>{PARAGRAPHS[2]}</p>",
    "sections": "<section><h2>S1</h2>t1.</section><section><h2>S2</h2>t2.</section>",
    "an aside": "<p>a.</p><aside>An aside.</aside><p>b.</p>",
    "spans": "<span>One.</span> <span>Two.</span>",
    "old markup": "<center>Centred.</center><p><font color=red>Red.</font></p><address>Address.</address>",
    "details": "<details><summary>Sum</summary><p>Inner.</p></details>",
    "blocks with telling classes": '<div class="related"><p>One.</p></div><p class="author">Two.</p>',
    "a note at the foot": '<div class="footnote"><p>1. A note.</p></div><div class="share">Shared heat.</div>',
    "a date in a sentence": '<p>On <time datetime="2026-06-11">11 June</time> <abbr>we</abbr> <mark>met</mark>.</p>',
    "a comment in a sentence": "<p>a<!-- c --> b.</p><!-- x -->And after.",
    "a link around blocks": '<a href="/c"><div>Card title</div><div>Card text.</div></a><p>q.</p>',
    "a picture beside text": '<p><img src="/i.png">Beside.</p><p><img src="/j.png"></p><p>Below.</p>',
    "small type": "<p>CO<sub>2</sub>, m<sup>2</sup>, <em>e</em> <q>q</q> <del>d</del> <ins>i</ins> <kbd>k</kbd>.</p>",
    "a frame in the middle": '<p>x.</p><iframe src="https://video.example.org"></iframe><p>y.</p><hr><p>z.</p>',
    "elements that nobody knows": "<o:p>Word.</o:p><st1:place>Tokyo.</st1:place><x-card><p>Card.</p></x-card>",
}


@pytest.mark.parametrize("around", ["", LONG], ids=["alone", "in a long text"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_sentence_of_a_declared_text_comes_out_in_its_order(shape: str, around: str) -> None:
    found = read(around + shape)
    assert squashed(found.text) == words_of(around + shape)
    assert words_of(found.html) == words_of(around + shape)


inline = st.sampled_from(["b", "em", "a", "span", "sub", "code", "font", "time", "abbr"])
block = st.sampled_from(
    ["p", "div", "ul", "ol", "li", "dl", "dd", "blockquote", "table", "section", "figure", "h2", "pre"]
)
texts = st.sampled_from([*PARAGRAPHS, "Short.", "以上", "x", "12,000 yen", "A & B < C"])
escaped = texts.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
nested = st.recursive(
    escaped,
    lambda inside: st.builds(
        lambda tag, parts: f"<{tag}>{' '.join(parts)}</{tag}>", block | inline, st.lists(inside, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(nested, min_size=1, max_size=5).map(" ".join))
def test_no_nesting_of_elements_loses_a_word(body: str) -> None:
    found = read(body)
    assert squashed(found.text) == words_of(body)
    assert words_of(found.html) == words_of(body)


def test_a_text_three_hundred_elements_deep_is_read() -> None:
    assert lines("<div>" * 300 + "Deep." + "</div>" * 300 + "<p>After.</p>") == ["Deep.", "After."]


def test_a_form_around_it_all_is_no_form() -> None:
    assert words_of(read(f'<form action="/"><input name="__VIEWSTATE">{LONG}<p>End.</p></form>').html).endswith("End.")


def test_several_declared_elements_are_one_text() -> None:
    two = '<div class="wysiwyg"><h2>概要</h2><p>一。</p></div><p>not declared</p><div class="wysiwyg"><p>二。</p></div>'
    assert read(two, page=Page(body=".wysiwyg")).text == "概要\n一。\n二。"


def test_a_declared_element_in_a_declared_element_is_read_once() -> None:
    assert read('<div class="body"><p>Inner.</p></div><p>Outer.</p>').text == "Inner.\nOuter."


def test_what_a_source_drops_goes_and_what_stands_behind_it_stays() -> None:
    page = Page(body=".body", drop=("//*[@class='contact']", "//p[contains(., '✍')]"))
    body = '<p>✍2026年6月11日</p>Lead.<div class="contact"><p>Call us.</p></div>Tail.<p>End.</p>'
    assert read(body, page=page).text == "Lead. Tail.\nEnd."


def test_a_page_without_its_declared_text_is_searched_and_says_so() -> None:
    found = extract(f"<html><body><h1 class='title'>A forum</h1><article>{LONG}</article></body></html>", URL, PAGE)
    assert (found.declared, found.title) == (False, "A forum")
    assert PARAGRAPHS[0] in found.text
    assert read("<p>Text.</p>").declared


def test_a_page_of_any_site_is_read_without_a_declaration() -> None:
    article = f"<article><h1>A forum</h1>{LONG}<ul><li>One item of a list.</li></ul></article>"
    menu = "<nav><ul><li><a href='/a'>Menu entry</a></li></ul></nav>"
    found = extract(f"<html lang='en'><body>{menu}{article}<footer>© Example 2026</footer></body></html>", URL)
    assert (found.title, found.declared, found.language) == ("A forum", True, "en")
    assert all(paragraph in found.text for paragraph in PARAGRAPHS)
    assert "Menu entry" not in found.text
    assert found.html.startswith("<p>The mayors")


# Clean HTML, plain text


def test_lists_tables_headings_links_and_quotations_stay_in_the_html() -> None:
    body = """<h2>Part</h2><p>See <a href="/a">this</a>.</p><ul><li>A<ol start="3"><li>B</li></ol></li></ul><table>
      <tr><th>Name</th><td colspan="2">10</td></tr></table><blockquote><p>Quoted.</p></blockquote>"""
    assert re.sub(r">\s+<", "><", read(body).html) == (
        '<h2>Part</h2><p>See <a href="https://news.example.org/a" rel="noopener">this</a>.</p><ul><li>A<ol start="3">'
        '<li>B</li></ol></li></ul><table><tbody><tr><th>Name</th><td colspan="2">10</td></tr></tbody></table>'
        "<blockquote><p>Quoted.</p></blockquote>"
    )


@pytest.mark.parametrize(
    "image",
    [
        '<img src="/a.png" alt="A map">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="/a.png" alt="A map">',
        '<img data-original="a/../../a.png" alt="A map">',
        '<img src="/blank.gif" data-lazy-src="//news.example.org/a.png" alt="A map">',
    ],
)
def test_an_image_stays_with_its_real_address_however_late_it_is_loaded(image: str) -> None:
    assert '<img src="https://news.example.org/a.png" alt="A map">' in read(f"<p>Text.</p><p>{image}</p>").html


def test_every_address_is_absolute_and_counts_from_the_base_of_the_page() -> None:
    found = read('<p><a href="a.pdf">A</a> <img src="b.png"></p>', head='<base href="/files/">')
    assert 'href="https://news.example.org/files/a.pdf"' in found.html
    assert 'src="https://news.example.org/files/b.png"' in found.html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert('evil')</script>",
        "<style>p { content: 'evil' }</style>",
        '<p onclick="evil()" style="evil" class="evil" id="evil">Text.</p>',
        '<a href="javascript:evil()">Text.</a>',
        '<a href="data:text/html,evil">Text.</a>',
        '<img src="data:image/png;base64,evil">',
        '<img src="javascript:evil()">',
        '<img src="https://example.org/evil.gif" width="1" height="1">',
        '<img src="https://pixel.wp.com/evil.gif">',
        '<img src="https://www.facebook.com/tr?id=evil">',
        '<iframe src="https://example.org/evil"></iframe>',
        '<object data="evil.swf"><embed src="evil.swf"></object>',
        '<form action="/evil"><input name="evil"><button>evil</button><select><option>evil</option></select></form>',
        '<svg><a xlink:href="javascript:evil()"><text>evil</text></a></svg>',
        '<template><p>evil</p></template><noscript><img src="https://example.org/evil.gif"></noscript>',
        '<video src="/evil.mp4">evil</video><audio src="evil.mp3"></audio><canvas>evil</canvas>',
        '<meta http-equiv="refresh" content="0; url=evil"><link rel="stylesheet" href="evil.css">',
        '<nav><a href="/evil">evil</a></nav><dialog>evil</dialog>',
        '<a class="__cf_email__" href="/cdn-cgi/l/email-protection#evil">[email&#160;protected]</a>',
        "<!-- evil --><!--[if IE]>evil<![endif]--><?php evil ?>",
        '<math><mtext></mtext><style></style><img src="x" onerror="evil()"></math>',
    ],
)
@pytest.mark.parametrize("page", [PAGE, None], ids=["declared", "searched"])
def test_nothing_that_runs_tracks_styles_submits_or_hides_gets_through(evil: str, page: Page | None) -> None:
    found = read(f"{LONG}<div>{evil}</div><p>Text at the end of it.</p>", page=page)
    assert "evil" not in found.html + found.text
    assert "email" not in found.text
    assert PARAGRAPHS[1] in found.text


def test_plain_text_is_plain() -> None:
    body = """<h2>Part</h2><p>See <a href="/a">this <b>bold</b> link</a>.</p><ul><li>One</li><li>Two</li></ul>
      <table><tr><th>Name</th><th>Sum</th></tr><tr><td>A</td><td>10</td></tr></table><img src="/a.png" alt="alt">"""
    assert lines(body) == ["Part", "See this bold link.", "One", "Two", "Name\tSum", "A\t10"]


def test_a_line_that_is_wrapped_in_the_source_is_one_line_and_japanese_stays_whole() -> None:
    assert lines("<p>The mayors\n   met in Kyoto.</p><p>脱炭素\n   先行地域の\n公募</p>") == [
        "The mayors met in Kyoto.",
        "脱炭素先行地域の公募",
    ]


def test_the_small_print_over_kanji_does_not_split_a_word() -> None:
    assert lines("<p><ruby>環境<rp>(</rp><rt>かんきょう</rt><rp>)</rp></ruby>省</p>") == ["環境省"]


@pytest.mark.parametrize("heading", ["<h2>A forum</h2>", "<h1> A\n forum </h1>", "<div><h1><b>A</b> forum</h1></div>"])
def test_a_heading_that_only_says_the_title_again_is_dropped(heading: str) -> None:
    found = read(f"{heading}<p>Text.</p><h2>A forum</h2><p>More.</p>")
    assert found.text == "Text.\nA forum\nMore."
    assert found.html.count("A forum") == 1


def test_a_heading_behind_the_first_words_is_kept() -> None:
    assert read("<p>Lead.</p><h2>A forum</h2><p>Text.</p>").text == "Lead.\nA forum\nText."


# Summaries


def test_a_short_text_is_its_own_summary_on_one_line() -> None:
    assert summary("One.\nTwo.\tThree.") == "One. Two. Three."
    assert summary("") == ""


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("A sentence of some length stands here. " * 20, "here."),
        ("この文は要約の長さを確かめるために書かれた、少し長い文です。" * 30, "です。"),
        ("大臣は「必ずやり遂げる。」と述べ、来年の予算に必要な額を盛り込む考えを示しました。" * 20, "ました。"),
        ("Is it so? It is! " * 40, "?"),
    ],
)
def test_a_summary_ends_behind_a_sentence(text: str, ends: str) -> None:
    assert summary(text).endswith(ends)
    assert 60 <= len(summary(text)) <= 300


def test_a_text_without_a_sentence_is_cut_and_says_so() -> None:
    assert summary("word " * 200).endswith("…")
    assert len(summary("あ" * 1000)) == 300


@given(st.text(alphabet="ab 。.」!\n", max_size=900))
def test_a_summary_is_the_beginning_of_its_text(text: str) -> None:
    short = summary(text)
    assert len(short) <= 300
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


# Dates


def dated(found: Extracted) -> tuple[datetime, Precision, From]:
    assert found.published is not None
    return found.published.at, found.published.precision, found.published.found


def test_a_date_is_read_where_the_source_says_that_it_stands() -> None:
    found = read("<p>Text.</p>", before='<p class="date">令和８年６月11日(木)発表</p>')
    assert dated(found) == (datetime(2026, 6, 11, tzinfo=TOKYO), Precision.DAY, From.PAGE)


def test_a_date_with_a_time_is_exact_to_the_minute() -> None:
    found = read("<p>Text.</p>", before='<p class="date">(令和7年6月20日(金)9:15~9:28 於:環境省第一会議室)</p>')
    assert dated(found) == (datetime(2025, 6, 20, 9, 15, tzinfo=TOKYO), Precision.MINUTE, From.PAGE)


def test_the_declared_date_counts_before_the_one_for_machines() -> None:
    stamp = '<meta property="article:published_time" content="2026-01-01T00:00:00Z">'
    found = read("<p>Text.</p>", before='<p class="date">11 June 2026</p>', head=stamp)
    assert dated(found) == (datetime(2026, 6, 11, tzinfo=TOKYO), Precision.DAY, From.PAGE)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<script type="application/ld+json">{"@type": "Report","datePublished": "2026-06-11T09:30+02:00"}</script>',
            (datetime(2026, 6, 11, 7, 30, tzinfo=UTC), Precision.MINUTE),
        ),
        (
            '<meta property="article:published_time" content="2026-06-11T09:30:00+00:00">',
            (datetime(2026, 6, 11, 9, 30, tzinfo=UTC), Precision.MINUTE),
        ),
        (
            '<meta itemprop="datePublished" content="2026-06-11">',
            (datetime(2026, 6, 11, tzinfo=TOKYO), Precision.DAY),
        ),
        (
            '<meta property="article:published_time" content="2026-06-11 09:30">',
            (datetime(2026, 6, 11, 9, 30, tzinfo=TOKYO), Precision.MINUTE),
        ),
    ],
)
def test_a_date_for_machines_is_read_where_none_is_declared(head: str, expected: tuple[datetime, Precision]) -> None:
    assert dated(read("<p>Text.</p>", head=head)) == (*expected, From.PAGE)


@pytest.mark.parametrize("page", [PAGE, None], ids=["declared", "searched"])
def test_no_date_is_ever_taken_from_the_running_text(page: Page | None) -> None:
    assert read(f"<p>Posted on 11 June 2026. 2026年6月11日発表</p>{LONG}", page=page).published is None


@pytest.mark.parametrize("stamp", ["yesterday", "0000-00-00T00:00:00", "2026-13-45", "", "1970"])
def test_a_stamp_that_is_none_is_no_date(stamp: str) -> None:
    head = f'<meta property="article:published_time" content="{stamp}">'
    assert read("<p>Text.</p>", head=head).published is None


# Titles, tags, files


def test_a_title_is_read_where_the_source_says_that_it_stands() -> None:
    assert (
        read("<p>Text.</p>", page=Page(title=".other", body=".body"), before="<p class='other'>An\nother</p>").title
        == "An other"
    )


def test_a_title_is_sought_where_the_declared_one_is_missing() -> None:
    assert read("<p>Text.</p>", page=Page(title=".gone", body=".body")).title == "A forum"


def test_tags_are_read_once_each_and_from_the_metadata_where_none_are_declared() -> None:
    tags = (
        '<p><b class="tag">水・土壌</b><b class="tag"> 総合 政策 </b><b class="tag">水・土壌</b><b class="tag"></b></p>'
    )
    og = '<meta property="article:tag" content="COP31">'
    assert read("<p>Text.</p>", before=tags, head=og).tags == ("水・土壌", "総合 政策")
    assert read("<p>Text.</p>", head=og).tags == ("COP31",)


def test_every_document_that_is_linked_is_an_attachment_once() -> None:
    files = """<div class="files"><a href="/files/a.pdf">資料１（PDF形式：1,234KB）</a>
      <a href="/b.XLSX">B [Excel 2.5 MB]</a>
      <a href="/page">Page</a> <a name="x">x</a> <a href="/files/a.pdf#page=2">again</a></div>"""
    found = read(
        '<p><a href="/files/%E8%B3%87%E6%96%99.pdf"><img src="i.png"></a> <a href="/a.pdf?x=1">A</a></p>', before=files
    )
    assert found.attachments == (
        Attachment(url="https://news.example.org/files/a.pdf", type="application/pdf", title="資料１"),
        Attachment(
            url="https://news.example.org/b.XLSX",
            type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            title="B",
        ),
        Attachment(
            url="https://news.example.org/files/%E8%B3%87%E6%96%99.pdf", type="application/pdf", title="資料.pdf"
        ),
        Attachment(url="https://news.example.org/a.pdf?x=1", type="application/pdf", title="A"),
    )


def test_the_documents_of_the_site_itself_are_no_attachments() -> None:
    footer = '<footer><a href="/annual-report.pdf">Annual report</a></footer>'
    page = f'<html><body><main><div class="body">{LONG}</div><a href="/a.pdf">A</a></main>{footer}</body></html>'
    assert [file.title for file in extract(page, URL, Page(body=".body")).attachments] == ["A"]


def test_a_label_without_end_is_cut() -> None:
    [file] = read(f'<p><a href="/a.pdf">{"(" * 100_000}</a></p>').attachments
    assert len(file.title) == 300


def test_the_canonical_address_is_absolute_or_none() -> None:
    assert read("<p>Text.</p>", head='<link rel="canonical" href="/news/forum/">').canonical == f"{URL}/"
    assert read("<p>Text.</p>", head='<link rel="canonical" href="javascript:x">').canonical == ""
    assert read("<p>Text.</p>").canonical == ""


def test_the_language_is_that_of_the_text_whatever_the_page_says() -> None:
    assert read("<p>環境省は、脱炭素先行地域の取組を広げるため、支援の枠組みを公表しました。</p>").language == "ja"
    assert read("<p>12</p>").language == "en"


# What is no page


@pytest.mark.parametrize(
    "page",
    [
        "", " \n", "\0", "<!-- only a comment -->", "<!DOCTYPE html>", "<?php exit; ?>", "<html></html>", "</p>",
        "<frameset><frame src='a'></frameset>", "\ufeff", "<html><body><div class='body'>  </div></body></html>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("declared", [PAGE, None], ids=["declared", "searched"])
def test_an_empty_page_says_nothing(page: str, declared: Page | None) -> None:
    found = extract(page, URL, declared)
    assert (found.text, found.html, found.summary, found.attachments) == ("", "", "", ())


@pytest.mark.parametrize(
    "odd",
    ["\x0b", "\x00", "&#11;", "&#0;", "&#x1F;", "&#xD800;", "\ud800", "\ufffe", "\u202e", "&#x202E;", "\x85"],
)
def test_a_character_that_no_document_may_hold_costs_neither_title_nor_text(odd: str) -> None:
    found = extract(f'<h1 class="title">A{odd} forum</h1><div class="body"><p>Te{odd}xt.</p></div>', URL, PAGE)
    assert found.title.replace(" ", "") == "Aforum"
    assert squashed(found.text) == "Text."


@pytest.mark.parametrize(
    "page",
    [
        '<?xml version="1.0" encoding="Shift_JIS"?><h1 class="title">A</h1><div class="body">Text.</div>',
        '<base href="http://[broken"><h1 class="title">A</h1><div class="body"><a href="http://[b">Text.</a></div>',
        '<h1 class="title">A</h1><div class="body">Text.<img src="http://[b"><img src="//["></div>',
        '<script type="application/ld+json">{"@type": {"a": 1}}</script><h1>A</h1><div class="body">Text.',
        '<html lang="&#11;"><title>A</title><div class="body"><p>Text.<table><li><div></p></html></body>',
    ],
)
def test_broken_markup_costs_nothing_that_stands_beside_it(page: str) -> None:
    found = extract(page, URL, PAGE)
    assert (found.title, found.text) == ("A", "Text.")


pieces = st.sampled_from(
    [
        '<div class="body">', "</div>", "<p>", "<h1>", "</h1>", "<table>", "<tr>", "<td>", "<ul><li>", "<pre>", '">',
        '<a href="', "http://[", "<form>", "</form>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>",
        '<?xml version="1.0" encoding="x"?>', "&#11;", "&#xD800;", "\ud800", "\0", '<base href="', "<svg>", "<math>",
        '<script type="application/ld+json">{"@type": "Article", "datePublished": "', "<frameset>", "<body>", "<title>",
        '<img data-src="', "<template>", "<noscript>", "<o:p>", "<ruby><rt>", "<select>",
        "2026年6月11日", '<span class="date">', "日本語。",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.lists(pieces | st.text(max_size=5), max_size=30).map("".join), st.sampled_from([PAGE, None]))
def test_no_text_is_too_odd_to_be_a_page(text: str, page: Page | None) -> None:
    found = extract(text, URL, page)
    assert all(part.encode() is not None for part in (found.title, found.text, found.html, found.summary))


def test_a_version_is_named_where_the_source_drops_the_link() -> None:
    page = replace(PAGE, drop=("//p[@class='for-jp']",))
    before = '<p class="for-jp"><a href="/jp/news/forum">For Japanese</a></p>'
    assert read(LONG, before=before, page=page).alternates == (("ja", "https://news.example.org/jp/news/forum"),)
