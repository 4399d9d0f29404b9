"""A page in, the addresses out at which it says that it stands in another language. Pure.

A ``<link hreflang>`` counts, and a link whose whole text names a language: "For Japanese", 英語版はこちら. Where a page
has no other version such links lead to the home page of the other language, or to a list: that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from crawler.markup import line
from crawler.urls import absolute

Named = tuple[str, str]  # a language's code and an address

_LANGUAGES = {
    "japanese": "ja", "日本語": "ja", "和文": "ja", "jp": "ja",
    "english": "en", "英語": "en", "英文": "en",
}  # fmt: skip
_IN_ENGLISH = re.compile(
    r"(?:(?:read |available )?(?:for|in|to) )?(japanese|english)(?: (?:version|page|text|site))?(?: (?:is )?here)?"
)
_IN_JAPANESE = re.compile(
    r"(日本語|和文|英語|英文)(?:版|の?ページ|版ページ)?(?:は(?:こちら|コチラ)|へ|で読む|で見る|を見る)?"
)
_AROUND = " \t[]()【】〔〕（）［］<>＜＞«»‹›→⇒▶|｜・:："
_A_LANGUAGE = re.compile(r"en|eng|english|ja|jp|jpn|japanese", re.IGNORECASE)
_NO_PAGE = re.compile(r"\.(?!html?$|php$|aspx?$)[a-z][a-z0-9]{1,3}$", re.IGNORECASE)


def alternates(tree: Any, url: str) -> tuple[Named, ...]:
    """Return the languages and addresses that the parsed page *tree* at *url* names, its own among them.

    What ``<link>`` elements say comes first. *tree* must be as the page came: what the source drops may hold the link.
    """
    return tuple(dict.fromkeys((*_linked(tree, url), *_offered(tree, url))))


def others(named: tuple[Named, ...], language: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of *named* that are not in *language*, nor among the page's *own*."""
    return tuple(dict.fromkeys(address for spoken, address in named if spoken != language and address not in own))


def _linked(tree: Any, url: str) -> Iterator[Named]:
    for link in tree.xpath("//link[@hreflang and @href and not(contains(@type, 'xml'))]"):
        spoken = link.get("hreflang").strip().lower()
        address = absolute(link.get("href"), url)
        if "alternate" in link.get("rel", "").lower().split() and spoken != "x-default" and address and _steps(address):
            yield _code(spoken), address


def _offered(tree: Any, url: str) -> Iterator[Named]:
    """Yield where links lead whose text is a language: to one page as deep in the site as this one is."""
    led: dict[str, dict[str, None]] = {}
    for link in tree.xpath("//a[@href]"):
        address, spoken = absolute(link.get("href"), url), _spoken(line(link.text_content()).strip(_AROUND).lower())
        if spoken and address and address != url and _is_of_a_kind(address, url):
            led.setdefault(spoken, {})[address] = None
    return ((spoken, next(iter(addresses))) for spoken, addresses in led.items() if len(addresses) == 1)


def _spoken(words: str) -> str:
    found = _IN_ENGLISH.fullmatch(words) or _IN_JAPANESE.fullmatch(words)
    return _LANGUAGES[found[1]] if found else ""


def _code(hreflang: str) -> str:
    """Return the language of a tag (RFC 5646), or of the country's code that sites write in its place."""
    primary = re.split(r"[-_]", hreflang)[0]
    return _LANGUAGES.get(primary, primary)


def _is_of_a_kind(address: str, url: str) -> bool:
    return len(_steps(address)) == len(_steps(url)) and not _NO_PAGE.search(urlsplit(address).path)


def _steps(address: str) -> list[str]:
    """Return the segments of the path that say something: of a home page none."""
    segments = urlsplit(address).path.split("/")
    return [each for each in segments if each and not _A_LANGUAGE.fullmatch(each) and not each.startswith("index.")]
