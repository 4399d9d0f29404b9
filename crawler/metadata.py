"""What a page says about itself outside its text: JSON-LD, Open Graph, ``<time>``, ``<link>``. Pure.

Only statements made for machines count here; nothing is guessed from running text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ARTICLES = ("Article", "NewsArticle", "BlogPosting", "Report", "WebPage")
_DATED = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//article//time[contains(concat(' ', @class, ' '), ' published ')]/@datetime",
    "//time[@pubdate]/@datetime",
)
_SEPARATORS = (" | ", "｜", " - ", " – ", " — ", " « ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """``published`` is a machine-readable stamp as it stands there; ``canonical`` may be relative; all may be empty."""

    title: str
    published: str
    canonical: str
    language: str
    tags: tuple[str, ...]


def metadata(tree: Any) -> Metadata:
    """Return what the parsed page *tree* (an lxml element) says about itself."""
    return Metadata(
        title=_title(tree),
        published=next(_stamps(tree), ""),
        canonical=_first(tree, "//link[@rel='canonical']/@href"),
        language=(tree.get("lang") or _first(tree, "/html/@lang")).lower(),
        tags=tuple(_line(tag) for tag in tree.xpath("//meta[@property='article:tag']/@content")),
    )


def _title(tree: Any) -> str:
    """Return the heading with which the page's name for others begins or ends, its only heading, or that name."""
    shared, window = _first(tree, "//meta[@property='og:title']/@content"), _first(tree, "//title/text()")
    site = _first(tree, "//meta[@property='og:site_name']/@content")
    headings = [text for heading in tree.xpath("//h1") if (text := _line(heading.text_content())) not in ("", site)]
    agreed = [text for text in headings if (shared or window).startswith(text) or (shared or window).endswith(text)]
    if agreed or len(headings) == 1:
        return max(agreed or headings, key=len)
    return (_without(site, shared) if shared else _before_the_site(window)) or next(iter(headings), "")


def _without(site: str, title: str) -> str:
    return title.removesuffix(site).rstrip(" |｜-–—«／") if site and title != site else title


def _before_the_site(title: str) -> str:
    """Return a window's title without the site's name behind it; 環境省 puts that of the section there too."""
    title = title.partition(" ／ ")[0]
    end = max(title.rfind(separator) for separator in _SEPARATORS)
    return title[:end] if end > 0 else title


def _stamps(tree: Any) -> Iterator[str]:
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        yield from _published(_parsed(script))
    for path in _DATED:
        yield from filter(None, map(str.strip, tree.xpath(path)))


def _parsed(script: str) -> Any:
    try:
        return json.loads(script)
    except (ValueError, RecursionError):
        return None


def _published(statement: Any) -> Iterator[str]:
    """Yield the dates of publication in a JSON-LD value, those of articles only."""
    if isinstance(statement, list):
        for part in statement:
            yield from _published(part)
    elif isinstance(statement, dict):
        kinds = statement.get("@type")
        date = statement.get("datePublished")
        if isinstance(date, str) and any(kind in _ARTICLES for kind in (kinds if isinstance(kinds, list) else [kinds])):
            yield date
        yield from _published(statement.get("@graph"))


def _first(tree: Any, path: str) -> str:
    found = tree.xpath(path)
    return _line(found[0]) if found else ""


def _line(text: str) -> str:
    return " ".join(text.split())
