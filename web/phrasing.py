"""Words out of an announcement's HTML in, phrasing content for a page of ours out, as long as there is room.

This module alone knows what may stand within a paragraph (the HTML Standard, 3.2.5.2.5): that a picture becomes a link,
as a page asks no other host, that no link is empty or holds another, which addresses and languages are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any

from babel import Locale, UnknownLocaleError

from feeds.text import address, legal
from store.markup import BLOCKS, CELLS

GRACE = 2_000  # characters by which a paragraph may go beyond the budget
LEAST = 10  # characters that each block counts for besides its own
DEEPEST = 40  # levels of nesting; deeper there are only words

_BLOCKS = BLOCKS | CELLS
_INVISIBLE = "".join(map(chr, (*range(33), 0x85, 0xA0, 0xAD, 0x3000, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x2060)))
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_NO_NUMBER = r"(?!\d+(?:[:/?#]|\Z))"  # no part of an IPv4 address
_PORT = r"(?::(?:\d{1,4}|[1-5]\d{4}))?"
_ON_THE_WEB = re.compile(rf"https?://(?:{_LABEL}\.)*{_NO_NUMBER}{_LABEL}{_PORT}(?:[/?#]|\Z)", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s@]+@[^\s@]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of the text stands. ``around`` are inline elements that hold blocks: as none may, each block holds
    them. ``bare`` are words that need no paragraph, in an item or a cell.
    """

    language: str
    around: tuple[tuple[str, str], ...] = ()
    linked: bool = False
    bare: bool = False
    depth: int = 0

    def within(self, element: Any, **changes: Any) -> Place:
        """Return the place inside *element*, which will be written."""
        return replace(self, language=known_language(element.get("lang", "")) or self.language, **changes)

    def lang(self, outside: Place) -> str:
        """Return the attribute of an element that has this place inside, and stands *outside*."""
        return f' lang="{self.language}"' if self.language != outside.language else ""


class Phrasing:
    """Writes words of one text. What is ``left`` of its budget is in characters; ``cut`` says that not all was written,
    and ``begun`` that something was. A picture without words is called *picture*.
    """

    def __init__(self, budget: int, picture: str) -> None:
        self.left = budget
        self.cut = False
        self.begun = False
        self._picture_word = escape(picture)

    def has_room(self, *nodes: Any) -> bool:
        """Say whether a block of *nodes* may begin. If it may not, the text is cut, unless there is nothing in it."""
        if self.left > 0:
            return True
        self.cut = self.cut or any(text(node).strip(_INVISIBLE) for node in nodes)
        return False

    def told(self, nodes: Iterable[Any], place: Place) -> str:
        """Return *nodes* as words, those that stand in blocks among them; nothing where nobody would see any."""
        told = _trimmed(self._phrase(nodes, place))
        return told and self._wrapped(told, place)

    def verbatim(self, nodes: Iterable[Any], place: Place) -> str:
        """Return *nodes* as words whose white space counts."""
        told = self._phrase(nodes, place).strip("\n")
        return _trimmed(told) and self._wrapped(told, place)

    def attributes(self, element: Any, place: Place) -> str | None:
        """Return what the tag of an inline *element* says; None where it may not stand in its place."""
        lang = place.within(element).lang(place)
        if element.tag != "a":
            return lang
        language = known_language(element.get("hreflang", ""))
        hreflang = f' hreflang="{language}"' if language else ""
        link = None if place.linked else self._link(element.get("href", ""))
        return link and f"{link}{hreflang}{lang}"

    def stand_in(self, element: Any, attributes: str) -> str:
        """Return the word for a picture as a link where *element* is one of pictures without words."""
        is_picture = element.tag == "a" and element.find(".//img") is not None
        return tagged("a", attributes, self._picture_word) if is_picture else ""

    def _wrapped(self, told: str, place: Place) -> str:
        self.begun = True
        self.left -= LEAST
        for tag, attributes in reversed(place.around):
            told = tagged(tag, attributes, told)
        return told

    def _phrase(self, nodes: Iterable[Any], place: Place) -> str:
        return "".join(self._words(node) if isinstance(node, str) else self._inline(node, place) for node in nodes)

    def _inline(self, element: Any, place: Place) -> str:
        if self.left + GRACE <= 0:
            self.cut = True
            return ""
        if place.depth >= DEEPEST:
            return self._words(text(element))
        if element.tag in ("br", "hr"):
            return "<br>"
        if element.tag == "img":
            return self._picture(element, place)
        deeper = replace(place, depth=place.depth + 1)
        if element.tag in _BLOCKS:
            return f"<br>{self._phrase(nodes(element), deeper)}<br>"
        return self._marked(element, deeper)

    def _marked(self, element: Any, place: Place) -> str:
        tag, attributes = element.tag, self.attributes(element, place)
        if attributes is None:
            return self._phrase(nodes(element), place)
        held = self._phrase(nodes(element), place.within(element, linked=place.linked or tag == "a"))
        return tagged(tag, attributes, held) if _trimmed(held) else self.stand_in(element, attributes) or held

    def _picture(self, element: Any, place: Place) -> str:
        told = _trimmed(self._words(element.get("alt", "")))
        link = None if place.linked else self._link(element.get("src", ""))
        return f" {tagged('a', link, told or self._picture_word) if link else told} "

    def _link(self, given: str) -> str | None:
        url = _address(given)
        self.left -= len(url)
        return f' href="{escape(url)}" rel="noopener nofollow"' if url else None

    def _words(self, given: str) -> str:
        told = legal(given)
        kept = told[: max(0, self.left + GRACE)]
        self.left -= len(told)
        self.cut = self.cut or len(kept) < len(told)
        return f"{escape(kept, quote=False)}{'…' if kept and len(kept) < len(told) else ''}"


def tagged(tag: str, attributes: str, held: str) -> str:
    """Return an element that holds something; nothing where it would not."""
    return held and f"<{tag}{attributes}>{held}</{tag}>"


def nodes(element: Any) -> Iterator[Any]:
    """Yield the words and the elements that *element* holds, in their order."""
    yield element.text or ""
    for child in element:
        yield child
        yield child.tail or ""


def text(node: Any) -> str:
    return node if isinstance(node, str) else " ".join(node.itertext())


def is_block(node: Any) -> bool:
    """Say whether *node* is a block, or holds one."""
    if isinstance(node, str):
        return False
    return node.tag in _BLOCKS or next(node.iterdescendants(*_BLOCKS), None) is not None


@lru_cache(maxsize=1_000)
def known_language(tag: str) -> str:
    """Return *tag* as BCP 47 has it, nothing where it is that of no language that is known."""
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-") if tag else ""
    except (UnknownLocaleError, ValueError):
        return ""


def _trimmed(words: str) -> str:
    """Return *words* without the line breaks and what else nobody sees around them."""
    lines = [line.strip(_INVISIBLE) for line in words.split("<br>")]
    seen = [number for number, line in enumerate(lines) if line]
    return "<br>".join(lines[seen[0] : seen[-1] + 1]) if seen else ""


def _address(given: str) -> str:
    """Return an address that browsers follow (the URL Standard, 4.3), nothing where *given* is none."""
    before, _, fragment = address(given).partition("#")
    if not (_ON_THE_WEB.match(given) or _MAIL.fullmatch(before)):
        return ""
    return f"{before}#{fragment.replace('#', '%23')}" if fragment else before
