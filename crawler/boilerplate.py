"""What a site says on page after page, learnt from the pages themselves. Pure.

A contact block, a member panel, an office list or a reader's notice stands at the beginning or the end of the text, and
stands there again in the site's other announcements. So each announcement's outermost blocks, a few at either end, are
counted by source (``store.blocks``): how many announcements had them there. One that many had, and a good part of all,
is the site's and not the announcement's, and goes. One that stood in a single announcement never does, however often
its page is fetched; nor does a heading, unless nothing is left under it. No selector is needed for any of it.

A page is cleaned of what was learnt before it; those that came earlier are cleaned when the run ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from typing import Any

from lxml import etree

from crawler import markup
from store.search import fold

FEWEST = 4  # announcements that must have had a block
SHARE = 0.2  # of the source's announcements
_AT_THE_BEGINNING, _AT_THE_END = 4, 8
_BLOCKS = ("p", "div", "li", "dt", "dd", "tr", "blockquote", "pre", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def edges(html: str) -> set[str]:
    """Return the keys of the blocks at either end of sanitised *html*."""
    keys = [_key(block) for block in _blocks(markup.fragment(html)) if block.tag not in _HEADINGS]
    return set(keys[:_AT_THE_BEGINNING]) | set(keys[-_AT_THE_END:])


def without(html: str, repeated: Set[str]) -> str:
    """Return sanitised *html* without the blocks at its ends whose keys are among *repeated*."""
    if not repeated:
        return html
    tree = markup.fragment(html)
    at_the_ends = edges(html) & repeated
    for block in _blocks(tree):
        if _key(block) in at_the_ends:
            markup.remove(block)
    _drop_bare_headings(tree)
    return markup.inside(tree)


def is_repeated(announcements: int, of: int) -> bool:
    """Say whether a block that so many *announcements* had, of so many of its source, is the site's."""
    return announcements >= FEWEST and announcements >= SHARE * of


def _blocks(tree: Any) -> list[Any]:
    """Return the innermost blocks, in their order; a text outside of them is none."""
    innermost = (
        block for block in tree.iterdescendants(*_BLOCKS) if next(block.iterdescendants(*_BLOCKS), None) is None
    )
    return list(innermost)


def _key(block: Any) -> str:
    words = markup.line(fold(block.text_content())) or etree.tostring(block, encoding="unicode", with_tail=False)
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def _drop_bare_headings(tree: Any) -> None:
    """Drop the headings at the end under which nothing is left, and lists and tables that were emptied."""
    for element in reversed(list(tree.iter("ul", "ol", "dl", "table", "tbody", "thead", "blockquote", "figure"))):
        if not element.text_content().strip() and next(element.iter("img"), None) is None:
            markup.remove(element)
    while (
        (last := next(iter(reversed(tree)), None)) is not None
        and last.tag in _HEADINGS
        and not (last.tail or "").strip()
    ):
        tree.remove(last)
