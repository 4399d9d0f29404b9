"""The HTML of a text is clean, and its plain text has every word of it, a line a block."""

import doctest
from types import ModuleType

import pytest

from crawler import announce, extract, markup
from crawler.markup import inside, parsed, plain, remove, says_as_much, without_title
from store.markup import sanitised


@pytest.mark.parametrize("module", [markup, extract, announce], ids=lambda module: module.__name__)
def test_the_examples_of_the_modules_are_true(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("<p>One\n  <b>bold</b>word.</p>", "One boldword."),
        ("One.<br>Two.<br><br>Three.", "One.\nTwo.\nThree."),
        ("<div>One.<div>Two.</div>Three.</div>", "One.\nTwo.\nThree."),
        ("<ul><li>A<ul><li>A1</li></ul></li><li>B</li></ul>", "A\nA1\nB"),
        ("<ol start='3'><li>Three</li></ol>", "Three"),
        ("<dl><dt>Term</dt><dd>Text</dd></dl>", "Term\nText"),
        ("a<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>b", "a\nA\tB\n1\t2\nb"),
        ("<table><tr><td><p>1</p><p>2</p></td><td><p>3</p></td></tr><tr><td>4</td></tr></table>", "1\n2\t3\n4"),
        ("<table><tr><td>A</td><td></td></tr><tr><td></td><td>B</td></tr></table>c", "A\nB\nc"),
        ("<table><tr><td>a<table><tr><td>i</td><td>j</td></tr></table></td><td>k</td></tr></table>", "a\ni\tj\nk"),
        ("<pre>one\n  two</pre>three", "one\ntwo\nthree"),
        ("<p>環境省\u3000担当&nbsp;課</p>", "環境省 担当 課"),
        ("<p>a<img src='https://example.org/a.png' alt='alt'>b</p>", "ab"),
        ("A &amp; B &lt;c&gt;", "A & B <c>"),
        ("", ""),
    ],
)
def test_plain_text_has_a_line_a_block_and_a_tab_between_cells(html: str, text: str) -> None:
    assert plain(html) == text


def test_text_as_long_as_a_page_may_be_is_plain_in_no_time() -> None:
    assert len(plain("<p>A word, a word and another.</p>" * 20_000).splitlines()) == 20_000


def test_sanitised_html_keeps_what_a_text_is_made_of() -> None:
    html = '<h2>A</h2><p>b <a href="https://example.org/" title="t">c</a> <sub>2</sub></p><ul><li>d</li></ul>'
    assert sanitised(html).replace(' rel="noopener"', "") == html


@pytest.mark.parametrize("scheme", ["javascript", "data", "vbscript", "file", "blob"])
def test_sanitised_html_leads_to_pages_and_mail_only(scheme: str) -> None:
    assert "href" not in sanitised(f'<a href="{scheme}:x">a</a>')
    assert "href" in sanitised('<a href="mailto:a@example.org">a</a>')


@pytest.mark.parametrize(
    "other",
    [
        "<p>One <b>bold</b>.</p><ul><li>A</li></ul>",
        "<div>One bold.<ul><li>\nA </li></ul></div>",
        "One <i>bold</i>.<br><ul><li>A</li></ul>",
    ],
)
def test_two_readings_with_the_same_words_and_lists_say_as_much(other: str) -> None:
    assert says_as_much("<p>One bold.</p><ul><li>A</li></ul>", other)


@pytest.mark.parametrize(
    "other",
    [
        "<p>One.</p><ul><li>A</li></ul>",
        "<ul><li>A</li></ul><p>One bold.</p>",
        "<p>One bold.</p><ol><li>A</li></ol>",
        "<p>One bold.</p><p>A</p>",
        '<p>One <a href="https://example.org/">bold</a>.</p><ul><li>A</li></ul>',
        "<h2>One bold.</h2><ul><li>A</li></ul>",
        "<p>Onebold.</p><ul><li>A</li></ul>",
    ],
)
def test_a_reading_that_lacks_something_says_less(other: str) -> None:
    assert not says_as_much("<p>One bold.</p><ul><li>A</li></ul>", other)


def test_only_the_first_heading_is_dropped_and_only_if_it_is_the_title() -> None:
    assert without_title("<h2>A\n <b>b</b></h2><p>Text.</p><h2>A b</h2>", "A b") == "<p>Text.</p><h2>A b</h2>"
    assert without_title("<h2>Other</h2><p>Text.</p>", "A b") == "<h2>Other</h2><p>Text.</p>"
    assert without_title("<p>Text.</p><h2>A b</h2>", "A b") == "<p>Text.</p><h2>A b</h2>"
    assert without_title("", "A b") == ""


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a <i>b</i> c</p>", "<p>a  c</p>"),
        ("<p><i>b</i>c</p>", "<p>c</p>"),
        ("<p><u>a</u><i>b</i>c</p>", "<p><u>a</u>c</p>"),
    ],
)
def test_an_element_is_removed_without_the_text_behind_it(html: str, left: str) -> None:
    tree = markup.fragment(html)
    remove(tree.find(".//i"))
    assert inside(tree) == left


def test_a_block_that_is_removed_leaves_the_texts_around_it_apart() -> None:
    tree = markup.fragment("One.<p>b</p>Two.")
    remove(tree.find("p"))
    assert plain(inside(tree)) == "One. Two."


@pytest.mark.parametrize("page", ["", " ", "<!-- a -->", "<!DOCTYPE html>", "<?xml version='1.0' encoding='x'?>"])
def test_a_page_of_nothing_is_a_tree_of_nothing(page: str) -> None:
    assert parsed(page).text_content().strip() == ""


@pytest.mark.parametrize(
    ("image", "source"),
    [
        ('<img src="blank.gif" data-src="a.png">', "a.png"),
        ('<img src="a.png" srcset="b.png 2x">', "a.png"),
        ('<img srcset="a.png 1x, b.png 2x">', "a.png"),
        ("<img>", None),
    ],
)
def test_a_lazy_picture_has_the_address_that_a_script_would_give_it(image: str, source: str | None) -> None:
    tree = parsed(image)
    markup.show_lazy_images(tree)
    assert tree.find(".//img").get("src") == source


@pytest.mark.parametrize(
    "picture", ['src="https://stats.wp.com/a.gif"', 'src="https://a.example/b" width="1"', 'src="data:,a"', ""]
)
def test_what_only_counts_readers_or_waits_for_a_script_is_no_picture_of_a_text(picture: str) -> None:
    tree = parsed(f'<img {picture}><img src="https://a.example/c.png">')
    markup.tidy(tree)
    assert [image.get("src") for image in tree.iter("img")] == ["https://a.example/c.png"]


def test_a_page_two_thousand_elements_deep_is_parsed_to_its_end() -> None:
    assert parsed("<div>" * 2000 + "a" + "</div>" * 2000 + "b").text_content() == "ab"


def test_what_a_page_calls_furniture_goes_unless_it_is_most_of_the_page() -> None:
    tree = markup.parsed(
        "<main><p>"
        + "A sentence of the article. " * 20
        + '</p><ul class="share-buttons"><li>Share on X</li></ul></main>'
    )
    markup.clear_furniture(tree)
    assert "Share" not in tree.text_content()
    article = markup.parsed('<div class="author">' + "A sentence of the article. " * 20 + "</div>")
    markup.clear_furniture(article)
    assert "sentence" in article.text_content()
