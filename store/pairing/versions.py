"""An address in, those out at which the same page would stand in the other language. Pure.

Addresses are keys here (store.identity). This module alone knows how sites write a language into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import unquote

_ENGLISH = ("en", "english")
_JAPANESE = ("ja", "jp", "japanese")
_OTHER = dict.fromkeys(_ENGLISH, _JAPANESE) | dict.fromkeys(_JAPANESE, _ENGLISH)
_MARKS = "|".join(_OTHER)
_MARK = re.compile(
    rf"(?<=/)(?:{_MARKS})(?=/|$)"  # a segment
    rf"|(?<=[-_])(?:{_MARKS})(?=(?:\.[a-z]+)?$)"  # the end of the last one
    rf"|^(?:{_MARKS})(?=\.)"  # the host's first label
    rf"|(?<=[?&]lang=)(?:{_MARKS})(?=&|$)"
)
_MOST_MARKS = 3
_EXTENSION = re.compile(r"\.[a-z]{2,5}$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_GENERIC = frozenset(
    {"press", "release", "releases", "news", "topics", "topic", "event", "events", "info", "page", "post", "pub",
     "item", "article", "announcement", "headline", "index", "kaiken", "id", "node", *_OTHER}
)  # fmt: skip


def versions(key: str) -> frozenset[str]:
    """Return the keys of one page's other language: who is in ``versions(x)`` has *x* in its own.

    >>> sorted(versions("www.iges.or.jp/en/pub/bus-fleets/en"))[:2]
    ['www.iges.or.jp/ja/pub/bus-fleets/ja', 'www.iges.or.jp/ja/pub/bus-fleets/japanese']
    """
    marks = list(_MARK.finditer(key))
    if not marks:
        return frozenset(_marked(key))
    if len(marks) > _MOST_MARKS or len({_OTHER[mark[0]] for mark in marks}) > 1:
        return frozenset()
    spellings = (_with(key, marks, spelt) for spelt in product(_OTHER[marks[0][0]], repeat=len(marks)))
    return frozenset(spellings) | (_unmarked(key, marks[0]) if len(marks) == 1 else frozenset())


def says_a_word(key: str) -> bool:
    """Return whether the end of an address names what the page is about: a date or a number doesn't.

    >>> says_a_word("www.iges.or.jp/en/news/20260713"), says_a_word("www.env.go.jp/en/press/press_02402.html")
    (False, False)
    """
    segments = [part for part in key.partition("?")[0].split("/")[1:] if part not in _OTHER]
    last = _EXTENSION.sub("", unquote(segments[-1])) if segments else ""
    words = [word for word in _WORD.findall(last) if word.lower() not in _GENERIC]
    return len(words) > 1 or any(len(word) > 7 for word in words)


def _with(key: str, marks: list[re.Match[str]], spelt: tuple[str, ...]) -> str:
    for mark, other in reversed(list(zip(marks, spelt, strict=True))):
        key = f"{key[: mark.start()]}{other}{key[mark.end() :]}"
    return key


def _unmarked(key: str, mark: re.Match[str]) -> frozenset[str]:
    """Return the key without its only mark, where that is one that :func:`_marked` would set."""
    without = key[: mark.start()] + key[mark.end() :]
    bare = (without.replace("//", "/"), re.sub(r"[-_](?=(?:\.[a-z]+)?$)", "", without), without.removeprefix("."))
    return frozenset(each.rstrip("/") for each in bare if key in _marked(each.rstrip("/")))


def _marked(key: str) -> Iterator[str]:
    """Yield a key without a language with one: as the first or the last segment, the end of the last, the host."""
    host, _, path = key.partition("/")
    if not path or "?" in path:
        return
    stem, dot, extension = path.rpartition(".") if _EXTENSION.search(path) else (path, "", "")
    for mark in _OTHER:
        yield f"{host}/{mark}/{path}"
        yield f"{host}/{stem}-{mark}{dot}{extension}"
        yield f"{host}/{stem}_{mark}{dot}{extension}"
        yield f"{mark}.{host}/{path}"
        if not extension:
            yield f"{host}/{path}/{mark}"
