"""An announcement in, its text as HTML for a page of ours out: valid, quiet, as long as a page has room for. Pure.

This module alone knows how the text of somebody's page becomes part of another: where its headings stand below ours,
and which blocks may hold which (the HTML Standard, 4.3 to 4.9); ``web.phrasing`` knows the words in them. What is let
through at all, ``store.markup`` says; all that is added here is the box in which a wide table scrolls.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

from babel import Locale
from lxml.html import HTMLParser, document_fromstring
from markupsafe import Markup

from feeds.text import legal, paragraphs
from store.announcement import Archived
from store.markup import HEADINGS, INLINE, shown
from web.grid import MOST_COLUMNS, Cell, grid
from web.phrasing import DEEPEST, GRACE, LEAST, Phrasing, Place, is_block, known_language, nodes, tagged, text

_HIGHEST, _LOWEST = 3, 6  # of headings: the page's title is an h1, its sections are h2
_MOST_READ = 3  # characters of markup for each of the budget
_MOST_ROWS = 65_534  # that a cell may span; the HTML Standard, 4.9.11
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_SPAN = re.compile(r"[0-9]{1,5}")
_COUNTERS = frozenset("1aAiI")
_SCOPES = frozenset({"col", "row", "colgroup", "rowgroup"})


@dataclass(frozen=True, slots=True)
class Words:
    """What the page's language calls what has no name in the text."""

    picture: str = "Picture"
    table: str = "Table"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is shown of a text, and whether it was ``cut``: there is more of it."""

    markup: Markup
    cut: bool


def reading(announcement: Archived, *, budget: int, words: Words = Words()) -> Reading:
    """Return the text of *announcement*, in its language, to stand below an ``h2``. It raises nothing.

    The *budget* is in characters of text, among which addresses count, and ten for each block; it is cut at the end of
    the block in which it is spent, of a very long one within. Headings begin with ``h3`` and skip no level. A picture
    is a link with its alternative text. Tables stand in ``<div class="table" role="region" tabindex="0">``, each with
    a label of its own. ``lang`` stands where the language changes.
    """
    most = budget * _MOST_READ + GRACE
    for given, markup in _versions(announcement, most):
        flow = _Flow(announcement, budget, words)
        body = document_fromstring(f"<body>{markup}", parser=_parser()).find("body")
        blocks = list(flow.blocks(nodes(body), Place(announcement.language)))
        if blocks:
            return _reading(blocks, cut=flow.cut or len(given) > most)
    return Reading(Markup(), cut=False)


def preview(text: str, most: int) -> Reading:
    """Return the beginning of plain *text*, at most about *most* characters, as paragraphs."""
    beginning = legal(text[:most])
    cut = len(text) > most
    return Reading(Markup(paragraphs(f"{beginning.rstrip()}…" if cut else beginning)), cut)  # noqa: S704 (escaped)


def _versions(announcement: Archived, most: int) -> Iterator[tuple[str, str]]:
    """Yield what the archive has of the text, as HTML and as it is, and *most* characters of it as may be shown."""
    yield announcement.html, shown(_beginning(announcement.html, most), announcement.url)
    yield announcement.text, paragraphs(legal(announcement.text[:most]))


def _beginning(markup: str, most: int) -> str:
    """Return at most *most* characters of *markup*, up to the end of a block: level markup costs the least."""
    if len(markup) <= most:
        return markup
    end = max(markup.rfind(tag, 0, most) + len(tag) for tag in ("</p>", "</ul>", "</ol>", "</table>"))
    return markup[: end if end > most // 2 else most]


def _parser() -> HTMLParser:
    return HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)


def _reading(blocks: list[str], *, cut: bool) -> Reading:
    while cut and len(blocks) > 1 and re.match(r"<h[\dr]", blocks[-1]):  # a heading, of what is cut
        blocks.pop()
    return Reading(Markup("\n".join(blocks)), cut)  # noqa: S704 (escaped)


class _Flow(Phrasing):
    """Writes the blocks of one text. Each of its writers yields what becomes of an element, be it nothing."""

    def __init__(self, announcement: Archived, budget: int, words: Words) -> None:
        super().__init__(budget, words.picture)
        self._title = _likened(announcement.title)
        self._language = announcement.language
        self._table_word = words.table
        self._tables = 0
        self._levels: list[int] = []

    def blocks(self, given: Iterable[Any], place: Place) -> Iterator[str]:
        """Yield nodes as blocks; words between them become paragraphs, or stay as they are in a bare place."""
        for are_blocks, together in groupby(given, is_block):
            if are_blocks:
                for element in filter(self.has_room, together):
                    yield from filter(None, self._block(element, place))
            elif self.has_room(*(run := list(together))) and (told := self.told(run, place)):
                yield told if place.bare else f"<p>{told}</p>"

    def _block(self, element: Any, place: Place) -> Iterator[str]:
        if place.depth >= DEEPEST:
            return self.blocks([text(element)], place)
        write = _WRITERS.get(element.tag, _Flow._box)
        return write(self, element, replace(place, depth=place.depth + 1))

    def _held(self, element: Any, place: Place) -> str:
        return "".join(self.blocks(nodes(element), place))

    def _box(self, element: Any, place: Place) -> Iterator[str]:
        """Yield the blocks of a ``div``, or of whatever else stands where only its content is wanted."""
        inside = place.within(element, bare=False)
        if lang := inside.lang(place):
            yield tagged("div", lang, self._held(element, inside))
        else:
            yield from self.blocks(nodes(element), inside)

    def _spread(self, element: Any, place: Place) -> Iterator[str]:
        """Yield the blocks that an inline element holds, each with the element in it."""
        attributes = self.attributes(element, place)
        if attributes is None or element.tag in dict(place.around):
            yield from self.blocks(nodes(element), place)
            return
        around = (*place.around, (element.tag, attributes))
        inside = place.within(element, around=around, linked=place.linked or element.tag == "a")
        held = list(self.blocks(nodes(element), inside))
        yield from held or [tagged("p", "", self.stand_in(element, attributes))]

    def _paragraph(self, element: Any, place: Place) -> Iterator[str]:
        if any(map(is_block, element)):
            yield from self._box(element, place)
        else:
            yield self._line("p", element, place)

    def _line(self, tag: str, element: Any, place: Place) -> str:
        """Return an element of words only, as *tag*."""
        inside = place.within(element)
        return tagged(tag, inside.lang(place), self.told(nodes(element), inside))

    def _heading(self, element: Any, place: Place) -> Iterator[str]:
        if not self.begun and _likened(text(element)) == self._title:
            return
        inside = place.within(element)
        if told := self.told(nodes(element), inside):
            yield tagged(f"h{self._level(int(element.tag[1]))}", inside.lang(place), told)

    def _level(self, given: int) -> int:
        """Return the level of a heading that its page *given* another: one below the last that stood above it."""
        self._levels = [*(above for above in self._levels if above < given), given]
        return min(_HIGHEST - 1 + len(self._levels), _LOWEST)

    def _rule(self, _element: Any, _place: Place) -> Iterator[str]:
        self.left -= LEAST
        yield "<hr>"

    def _quotation(self, element: Any, place: Place) -> Iterator[str]:
        inside = place.within(element, bare=False)
        yield tagged("blockquote", inside.lang(place), self._held(element, inside))

    def _preformatted(self, element: Any, place: Place) -> Iterator[str]:
        inside = place.within(element)
        yield tagged("pre", inside.lang(place), self.verbatim(nodes(element), inside))

    def _figure(self, element: Any, place: Place) -> Iterator[str]:
        inside = place.within(element, bare=False)
        held = "".join(self.blocks((node for node in nodes(element) if not _is(node, "figcaption")), inside))
        caption = "".join(self.blocks(element.iterchildren("figcaption"), inside))
        if held and caption:
            yield f"<figure{inside.lang(place)}>{held}<figcaption>{caption}</figcaption></figure>"
        else:
            yield tagged("div", inside.lang(place), held or caption)

    def _list(self, element: Any, place: Place) -> Iterator[str]:
        """Yield a list; what stands between its items belongs to the one before."""
        inside = place.within(element, bare=True)
        items: list[str] = []
        for are_items, together in groupby(nodes(element), lambda node: _is(node, "li")):
            if are_items:
                items += filter(None, (self._item(item, inside) for item in filter(self.has_room, together)))
            elif held := "".join(self.blocks(together, inside)):
                items[-1:] = [f"{''.join(items[-1:]) or '<li>'}{held}"]
        numbering = _numbering(element) if element.tag == "ol" else ""
        yield tagged(element.tag, f"{numbering}{inside.lang(place)}", "".join(f"{item}</li>" for item in items))

    def _item(self, element: Any, place: Place) -> str:
        """Return an item, still open."""
        inside = place.within(element)
        held = self._held(element, inside)
        value = element.get("value", "") if _is(element.getparent(), "ol") else ""
        number = f' value="{value}"' if _NUMBER.fullmatch(value) else ""
        return held and f"<li{number}{inside.lang(place)}>{held}"

    def _definitions(self, element: Any, place: Place) -> Iterator[str]:
        """Yield a list of terms and what is said of each; before it what is said of none."""
        inside = place.within(element, bare=True)
        parts = list(filter(None, (self._part(node, inside) for node in filter(self.has_room, _ungrouped(element)))))
        first = next((number for number, part in enumerate(parts) if part.startswith("<dt")), len(parts))
        yield from (f"<div{part[3:-5]}</div>" for part in parts[:first])
        if terms := "".join(parts[first:]):
            nothing = "" if terms.endswith("</dd>") else "<dd></dd>"
            yield tagged("dl", inside.lang(place), f"{terms}{nothing}")

    def _part(self, node: Any, place: Place) -> str:
        if _is(node, "dt"):
            return self._line("dt", node, place)
        if _is(node, "dd"):
            inside = place.within(node)
            return tagged("dd", inside.lang(place), self._held(node, inside))
        return tagged("dd", "", "".join(self.blocks([node], place)))

    def _table(self, element: Any, place: Place) -> Iterator[str]:
        inside = place.within(element)
        captions, cells = element.findall("caption"), element.xpath("tr/*|*/tr/*")
        if len(cells) == 1:
            yield from self.blocks([*captions, *cells], place)
            return
        caption = "<br>".join(filter(None, (self.told(nodes(each), inside) for each in captions)))
        given = [self._cells(element.xpath(rows), inside) for rows in ("thead/tr", "tr|tbody/tr|tfoot/tr")]
        parts = grid(given)
        self.cut = self.cut or _count(parts) < _count(given)
        if _count(parts):
            held = "".join((tagged("caption", "", caption), *map(_rows, ("thead", "tbody"), parts)))
            yield self._scrolling(tagged("table", inside.lang(place), held))
        else:
            yield tagged("p", inside.lang(place), caption)

    def _scrolling(self, table: str) -> str:
        self._tables += 1
        label = escape(f"{self._table_word} {self._tables} ({_own_name(self._language)})")
        return f'<div class="table" tabindex="0" role="region" aria-label="{label}">{table}</div>'

    def _cells(self, rows: Iterable[Any], place: Place) -> list[list[Cell]]:
        """Return the cells of *rows*, each of which is a block; more than a grid has columns for are not asked for."""
        told = []
        for row in filter(self.has_room, rows):
            self.left -= LEAST
            self.cut = self.cut or len(row) > MOST_COLUMNS
            told.append([self._cell(cell, place) for cell in row[:MOST_COLUMNS]])
        return told

    def _cell(self, element: Any, place: Place) -> Cell:
        """Return a cell as it is to stand in a grid. One that is empty heads nothing; one that heads is words."""
        inside = place.within(element, bare=True)
        heading = self.told(nodes(element), inside) if element.tag == "th" else ""
        scope = f' scope="{element.get("scope")}"' if heading and element.get("scope") in _SCOPES else ""
        return Cell(
            tag="th" if heading else "td",
            attributes=f"{scope}{inside.lang(place)}",
            markup=heading or self._held(element, inside),
            columns=_span(element.get("colspan", "")) or 1,
            rows=_span(element.get("rowspan", "")) or _MOST_ROWS,
        )


_WRITERS: dict[str, Callable[[_Flow, Any, Place], Iterator[str]]] = {
    **dict.fromkeys(INLINE, _Flow._spread),
    **dict.fromkeys(HEADINGS, _Flow._heading),
    **dict.fromkeys(("ul", "ol"), _Flow._list),
    "p": _Flow._paragraph,
    "hr": _Flow._rule,
    "blockquote": _Flow._quotation,
    "pre": _Flow._preformatted,
    "figure": _Flow._figure,
    "dl": _Flow._definitions,
    "table": _Flow._table,
}


def _is(node: Any, tag: str) -> bool:
    return not isinstance(node, str) and node.tag == tag


def _ungrouped(element: Any) -> Iterator[Any]:
    """Yield what a list of definitions holds, without the ``div`` that may stand around a term and its meaning."""
    for node in nodes(element):
        if _is(node, "div"):
            yield from _ungrouped(node)
        else:
            yield node


def _likened(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).casefold().split())


def _numbering(element: Any) -> str:
    start, kind = element.get("start", ""), element.get("type", "")
    return (
        (f' start="{start}"' if _NUMBER.fullmatch(start) else "")
        + (f' type="{kind}"' if kind in _COUNTERS else "")
        + (" reversed" if "reversed" in element.attrib else "")
    )


def _span(given: str) -> int:
    return min(int(given), _MOST_ROWS) if _SPAN.fullmatch(given) else 1


def _count(parts: Iterable[Iterable[Iterable[Cell]]]) -> int:
    """Return how many cells hold something."""
    return sum(bool(cell.markup) for rows in parts for row in rows for cell in row)


def _rows(tag: str, rows: Iterable[Iterable[Cell]]) -> str:
    return tagged(tag, "", "".join(tagged("tr", "", "".join(map(str, row))) for row in rows))


@lru_cache(maxsize=100)
def _own_name(language: str) -> str:
    """Return what *language* calls itself: a page may show a text in two of them, whose tables are told apart by it."""
    return str(Locale.parse(known_language(language) or "en", sep="-").get_display_name())
