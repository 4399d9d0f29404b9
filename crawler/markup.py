"""The HTML of a text: cleaned of all that is none, sanitised, and read as plain text. Pure.

This module alone knows which elements hold no text, which break a line, and what two readings of a text must share.
What HTML may hold is the policy of store.markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import chain
from typing import Any

from lxml import etree
from lxml.html import HTMLParser, document_fromstring, fragment_fromstring

from store.markup import BLOCKS, CELLS, HEADINGS, is_picture, picture_address, sanitised

# Code, controls, navigation, players and the small print of ruby are no text, whatever they hold.
_NO_TEXT = (
    *(
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "link",
        "meta",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
    ),
    *("button", "input", "select", "textarea", "datalist", "nav", "menu", "dialog"),
    *("svg", "canvas", "audio", "video", "map", "rp", "rt", "rtc"),
)
# Blocks that are not kept as they are, but must not run together.
_DIVISIONS = (
    *("address", "article", "aside", "center", "details", "dir", "fieldset", "footer", "form", "header", "hgroup"),
    *("legend", "main", "search", "section", "summary"),
)
_MARKS = (
    *(*HEADINGS, *CELLS, "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "figure", "figcaption"),
    *("table", "caption", "tr", "a", "img", "sub", "sup"),
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|sharedaddy|social|addtocal|addtocalendar|related|breadcrumbs?|cookie|newsletter"
    r"|subscribe|author|byline|comments?|respond|pager|pagination|sidebar|print|keywords|tags|contact|notices|modal"
    r"|plugin|attach|attachments?|presentations|photos)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN_MAIL = "//a[contains(@class, '__cf_email__') or starts-with(@href, '/cdn-cgi/l/email-protection')]"
# CSS Text 3, 4.1.3: a line that is broken in the source, between two Japanese characters, is not broken by a space.
_WIDE = r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60]"
_WRAPPED = re.compile(rf"(?<={_WIDE})[ \t\r]*\n[ \t\r\n]*(?={_WIDE})")


def parsed(markup: str) -> Any:
    """Return the page *markup*, whatever it is, as a tree without comments."""
    # libxml2 drops everything beyond 256 levels without a word; this is good for 2048.
    parser = HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    text = re.sub(r"\A(?:\s*<\?xml[^>]*>)+", "", markup)  # lxml refuses a str that declares an encoding
    try:
        tree = document_fromstring(text, parser=parser)
    except etree.ParserError:  # nothing in it but comments, a DOCTYPE, white space
        tree = document_fromstring("<html></html>")
    _join_wrapped_lines(tree)
    return tree


def tidy(tree: Any) -> None:
    """Leave in *tree*, whose addresses are absolute, what a reader reads: text, tables, links, pictures."""
    for link in tree.xpath(_HIDDEN_MAIL):  # Cloudflare leaves "[email protected]" there
        remove(link)
    for element in list(tree.iter(*_NO_TEXT)):
        remove(element)
    for form in list(tree.iter("form")):
        _remove_controls(form, tree)
    for image in list(tree.iter("img")):
        if not (image.get("src", "").startswith(("http://", "https://")) and is_picture(image.attrib)):
            remove(image)
    for element in list(tree.iter("time")):
        parent = element.getparent()
        if parent is not None and line(parent.text_content()) != line(element.text_content()):
            element.tag = "span"  # else trafilatura takes it out of its sentence


def clear_furniture(tree: Any) -> None:
    """Drop from a page that nobody described what its own class names call no text: share buttons, related links …

    What holds a quarter of the page's text or more stays, whatever it is called.
    """
    most = len(tree.text_content()) / 4
    for element in list(tree.iter("div", "section", "aside", "ul", "ol", "p", "footer", "table", "span")):
        named = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.getparent() is not None and _FURNITURE.search(named) and len(element.text_content()) < most:
            remove(element)


def show_lazy_images(tree: Any) -> None:
    """Give the images of *tree* the addresses that scripts would give them."""
    for image in tree.iter("img"):
        address = picture_address(image.attrib)
        if address != image.get("src", ""):
            image.set("src", address)


def as_it_stands(elements: list[Any]) -> str:
    """Return *elements*, tidied before, as sanitised HTML."""
    copies = [deepcopy(element) for element in elements]
    for division in chain.from_iterable(copy.iter(*_DIVISIONS) for copy in copies):
        division.tag = "div"
    if [copy.tag for copy in copies] == ["div"]:
        return inside(copies[0])
    return sanitised("\n".join(map(_markup, copies)))


def plain(markup: str) -> str:
    """Return the words of sanitised *markup*: a line a block, a tab between the cells of a row, no other mark.

    >>> plain("<p>One <b>bold</b> line.<br>Two.</p><table><tr><td>A</td><td>1</td></tr></table>")
    'One bold line.\\nTwo.\\nA\\t1'
    """
    said = "".join(_pieces(markup))
    by_cell = re.sub(r"[ \n]*\t[ \n]*", "\t", said)  # a paragraph in a cell breaks no line, a row does
    return re.sub(r"\s*[\n\r]\s*", "\n", re.sub(r" +", " ", by_cell)).strip()


def says_as_much(markup: str, other: str) -> bool:
    """Say whether two readings of a text share all words, and all lists, tables, headings, links and pictures."""
    return _substance(markup) == _substance(other)


def without_title(markup: str, title: str) -> str:
    """Return *markup* without the heading that opens it, if that only says the title again."""
    tree = fragment(markup)
    heading = next(tree.iter(*HEADINGS), None)
    if heading is None or line(heading.text_content()) != title or not line(tree.text_content()).startswith(title):
        return markup
    remove(heading)
    return inside(tree)


def inside(tree: Any) -> str:
    """Return what stands inside of *tree*, a fragment, as sanitised HTML."""
    return sanitised(_markup(tree)).removeprefix("<div>").removesuffix("</div>").strip()


def links(markup: str) -> Iterator[Any]:
    """Yield the links in sanitised *markup*."""
    yield from fragment(markup).iter("a")


def remove(element: Any) -> None:
    """Remove *element*, not the text behind it, which a block leaves apart from the text before."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    behind = (" " if element.tag in (*BLOCKS, *_DIVISIONS) else "") + (element.tail or "")
    if before is not None:
        before.tail = (before.tail or "") + behind
    else:
        parent.text = (parent.text or "") + behind
    parent.remove(element)


def line(text: str) -> str:
    """Return *text* on one line."""
    return " ".join(text.split())


def _remove_controls(form: Any, tree: Any) -> None:
    """Remove a form, unless it is the frame of the page, as on sites made with ASP.NET."""
    if len(form.text_content()) <= len(tree.text_content()) / 2:
        remove(form)


def _join_wrapped_lines(tree: Any) -> None:
    for text in tree.xpath("//text()[not(ancestor::pre or ancestor::script)]"):
        joined = _WRAPPED.sub("", text)
        if joined != text and text.is_tail:
            text.getparent().tail = joined
        elif joined != text:
            text.getparent().text = joined


def _pieces(markup: str) -> Iterator[str]:
    preformatted = 0
    for event, element in etree.iterwalk(fragment(markup), events=("start", "end")):
        begins = event == "start"
        preformatted += (1 if begins else -1) if element.tag == "pre" else 0
        if element.tag in ("table", "tr"):
            yield "\r"
        elif element.tag in BLOCKS or (element.tag == "br" and begins):
            yield "\n"
        elif element.tag in CELLS and begins and element.getprevious() is not None:
            yield "\t"
        text = (element.text if begins else element.tail) or ""
        yield re.sub(r"[^\S\n]" if preformatted else r"\s+", " ", text)


def _substance(markup: str) -> tuple[list[str], list[tuple[str, dict[str, str]]]]:
    tree = fragment(markup)
    marks = [(element.tag, dict(element.attrib)) for element in tree.iter(*_MARKS)]
    return plain(markup).split(), marks


def fragment(markup: str) -> Any:
    return fragment_fromstring(markup, create_parent="div", parser=HTMLParser(huge_tree=True))


def _markup(element: Any) -> str:
    written: str = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    return written
