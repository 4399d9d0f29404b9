"""The files under `demo/site`: an address comes in, the name and the expanded bytes of a file go out.

This module alone knows where the file of an address lies, what an include is and which content type a file has.
A file is known by its name, `HOST/PATH`, and taken from what was read at the start: an address only ever meets these
names, so no `..` and no encoded slash leaves `demo/site`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2s
from html import escape
from http.client import responses
from pathlib import Path
from types import MappingProxyType

SITE = Path(__file__).parent / "site"

_SUFFIXES = ("", ".html", ".xml", ".json", ".txt")
_INDEXES = (".html", ".xml", ".json")
# WordPress' own: the files are ordered and cut already
_IGNORED = frozenset({"per_page", "_fields", "orderby", "order", "after"})
_PAGING = frozenset({"page", "paged"})

_EXPANDED = (".html", ".xml")
_INCLUDE = re.compile(rb'<!--#include virtual="([^"]+)" -->')
_BROKEN_INCLUDE = b"[an error occurred while processing this directive]"  # as Apache says it
_TAG = re.compile(rb"<[a-zA-Z][^<>]*>")
_NAMING = re.compile(rb"""(\s(?:class|id)=)(["'])(.*?)\2""", re.DOTALL)

_MEDIA_TYPES = {
    ".html": "text/html; charset=UTF-8",
    ".ics": "text/calendar; charset=UTF-8",
    ".json": "application/json; charset=UTF-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
}

_NOT_FOUND = {
    "en": ("Page not found", "The page that you are looking for does not exist or has been moved."),
    "ja": ("ページが見つかりません", "お探しのページは、削除されたか、移動した可能性があります。"),
}
_NOT_FOUND_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="UTF-8">
<title>{title} | {host}</title>
<meta name="robots" content="noindex">
</head>
<body class="error404">
{header}
<main id="main"><h1>{title}</h1>
<p>{text}</p></main>
{footer}
</body>
</html>
"""
_OUTAGE_PAGE = """<html>
<head><title>{title}</title></head>
<body>
<center><h1>{title}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


@cache
def read(root: Path = SITE) -> Mapping[str, bytes]:
    """Return the files as they are when the replica starts, by name."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return MappingProxyType({path.relative_to(root).as_posix(): path.read_bytes() for path in files})


def find(host: str, path: str, query: str, names: Container[str]) -> str | None:
    """Return which of *names* answers ``https://host/path?query``; None if none does.

    What begins with ``_`` is the replica's own, and ``@`` parts a name from its query: neither can be asked for.
    """
    if "/_" in path or "@" in path:
        return None
    parameters = _parameters(query)
    if parameters:
        name = _first(names, _candidates(host, path, "@" + "&".join(parameters)))
        if name or not _PAGING.isdisjoint(map(_key, parameters)):
            return name
    return _first(names, _candidates(host, path, ""))


def is_directory(host: str, path: str, name: str) -> bool:
    """Say whether *path* names a directory without its slash, and *name* is the page that stands for it."""
    return name.startswith(f"{host}{path}/index") and name.endswith(".html")


def includes(name: str, body: bytes) -> list[str]:
    """Return the names of the files that the file *name* includes; they lie under the same host."""
    return [_beside(name, include) for include in _INCLUDE.finditer(body)] if name.endswith(_EXPANDED) else []


def expand(name: str, files: Mapping[str, bytes]) -> bytes:
    """Return the file *name* with what it includes; a ``/_new/…`` without a file has nothing to announce yet."""
    body = files[name]
    if not name.endswith(_EXPANDED):
        return body
    return _INCLUDE.sub(lambda include: _included(_beside(name, include), files), body)


def redesign(body: bytes, times: int) -> bytes:
    """Give every class and id of a page another name, the same for the same: selectors fail, links stay."""
    if not times:
        return body
    return _TAG.sub(lambda tag: _NAMING.sub(lambda naming: _renamed(naming, times), tag[0]), body)


def media_type(name: str, body: bytes) -> str:
    """Return the Content-Type of a file; a feed is told from a sitemap by its root element."""
    suffix = Path(name).suffix
    if suffix == ".xml":
        feed = re.search(rb"<(rss|feed)\b", body[:2000])
        return f"{'application/rss+xml' if feed else 'text/xml'}; charset=UTF-8"
    return _MEDIA_TYPES.get(suffix, "application/octet-stream")


def not_found(host: str, path: str, files: Mapping[str, bytes]) -> bytes:
    """Return what a site shows where it has no page, in its own frame and language."""
    language = "ja" if f"{host}{path}".startswith(("www.env.go.jp/press", f"{host}/ja/", f"{host}/jp/")) else "en"
    title, text = _NOT_FOUND[language]
    header, footer = (_frame(host, part, language, files) for part in ("header", "footer"))
    page = _NOT_FOUND_PAGE.format(
        language=language, title=title, text=text, host=escape(host), header=header, footer=footer
    )
    return page.encode()


def out_of_order(status: int) -> bytes:
    """Return what a front server shows while the site behind it is down."""
    return _OUTAGE_PAGE.format(title=f"{status} {responses.get(status, 'Error')}").encode()


def _parameters(query: str) -> list[str]:
    return [parameter for parameter in query.split("&") if parameter and _key(parameter) not in _IGNORED]


def _key(parameter: str) -> str:
    return parameter.partition("=")[0]


def _candidates(host: str, path: str, query: str) -> Iterator[str]:
    """Yield the names under which the file may lie, the best first. A path with a slash at its end is no file's own."""
    place = f"{host}{path}".removesuffix("/")
    if place != host:
        yield from (f"{place}{query}{suffix}" for suffix in _SUFFIXES if suffix or not path.endswith("/"))
    yield from (f"{place}/index{query}{suffix}" for suffix in _INDEXES)


def _first(names: Container[str], candidates: Iterable[str]) -> str | None:
    return next((name for name in candidates if name in names), None)


def _beside(name: str, include: re.Match[bytes]) -> str:
    return name.partition("/")[0] + include[1].decode()


def _included(name: str, files: Mapping[str, bytes]) -> bytes:
    return files.get(name, b"" if "/_new/" in name else _BROKEN_INCLUDE)


def _frame(host: str, part: str, language: str, files: Mapping[str, bytes]) -> str:
    name = _first(files, (f"{host}/_frame/{part}-{language}.html", f"{host}/_frame/{part}.html"))
    return files[name].decode() if name else ""


def _renamed(naming: re.Match[bytes], times: int) -> bytes:
    names = (blake2s(name, digest_size=4, salt=b"%d" % times).hexdigest() for name in naming[3].split())
    return naming[1] + naming[2] + " ".join(f"x{name}" for name in names).encode() + naming[2]
