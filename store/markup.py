"""The one policy for what HTML may hold: of an announcement's text as it is kept, and as it is shown to others. Pure.

Only this module knows nh3, and which elements, attributes and addresses are let through; docs/html.md says the same in
words.

``shown`` costs what nh3 does where the markup is what ``sanitised`` left. lxml is asked only where there are many tags
and not all are closed in order: the time of nh3's parser, as of any by the HTML Standard, grows with the square of
depth, of open formatting, and of the attributes of a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape, unescape
from typing import Any

import nh3
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from store.announcement import storable

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
BLOCKS = HEADINGS | {
    *("p", "div", "hr", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "figure", "figcaption"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr"),
}
CELLS = frozenset({"th", "td"})
INLINE = frozenset(
    {
        *("br", "q", "code", "kbd", "samp", "var", "a", "b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup"),
        "img",
    }
)
ELEMENTS = BLOCKS | CELLS | INLINE
_VOID = frozenset({"br", "hr", "img"})
ATTRIBUTES = {
    "*": {"lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
}
# What goes with all that it holds; of other elements the text stays.
_DROPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "title", "svg", "math", "iframe", "noframes", "object", "noembed"),
        *("button", "select", "textarea", "datalist", "canvas", "audio", "video", "rp", "rt", "rtc"),
    )
)
_LAZY = ("data-src", "data-original", "data-lazy-src")
_SETS = ("srcset", "data-srcset")
_SIZES = ("width", "height")
_OF_IMAGES = ATTRIBUTES["*"] | ATTRIBUTES["img"]
_READ = ATTRIBUTES | {"img": {*ATTRIBUTES["img"], *_LAZY, *_SETS, *_SIZES, "hidden", "style"}}
_POLICY: dict[str, Any] = {"tags": ELEMENTS, "url_schemes": {"http", "https", "mailto"}, "link_rel": "noopener"}

_DOT = re.compile(r"0*[01]?(?:\.\d*)?(?:\s*px)?", re.IGNORECASE)
_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:(?:width|height)\s*:\s*0*[01]?(?:\.\d*)?(?:px)?|display\s*:\s*none|visibility\s*:\s*hidden)"
    r"\s*(?:!|;|$)",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"https?://(?:(?:[^/?#]*[.@])?(?:"
    r"(?:pixel|stats)\.wp\.com|facebook\.com/tr|google-analytics\.com|googletagmanager\.com|doubleclick\.net"
    r"|bat\.bing\.com|px\.ads\.linkedin\.com|analytics\.twitter\.com|t\.co/i/adsct|mc\.yandex\.ru|hm\.baidu\.com"
    r"|scorecardresearch\.com|quantserve\.com|statcounter\.com|list-manage\.com/track|feeds\.feedburner\.com/~r"
    r")|[^?#]*/(?:matomo|piwik)\.php)\b",
    re.IGNORECASE,
)

# nh3 escapes < and > wherever they are no tag's, and " in attributes: what these find is what a parser finds.
_IMAGE = re.compile(r"<img([^<>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_OPENS_WITH_LINE_FEED = re.compile(r"(<pre[^<>]*>)\n")  # a parser takes the first for none of the text
_ODD_ADDRESS = re.compile(r'(<(?:a|img)(?: [\w-]+="[^"]*")*?) (href|src)="(?!https?://|(?<=href=")mailto:)([^"]*)"')
_TAG = re.compile(r'<(?:(/?)([a-z][a-z0-9]*)(?: [a-z-]+="[^"<>]*"){0,20}>)?')
# The HTML Standard, 13.2.5.6 to 13.2.5.40, in two expressions that never turn back.
_START = re.compile(r"""<([a-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?)*+)>?""", re.IGNORECASE)
_GIVEN = re.compile(r"""(?<![^\s/"'])([^\s/>="']++)\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s>"']++))""")
_ADDRESS = re.compile(r'(?:href|src)="https?://|href="mailto:', re.IGNORECASE)
_NO_PART_OF_ADDRESSES = re.compile(r"\A[\x00-\x20]+|[\x00-\x20]+\Z|[\t\n\r]")  # URL Standard, 4.4

_LONGEST = 1_000_000
_SHORT = 100_000
_FEW_TAGS = 500
_DEEPEST = 200
_READINGS = 6


def sanitised(markup: str) -> str:
    """Return *markup* with nothing in it that runs, tracks, styles or submits: only the tags of a text stay."""
    return nh3.clean(markup, attributes=ATTRIBUTES, **_POLICY).strip()


def shown(markup: str, base: str) -> str:
    """Return *markup*, whoever wrote it, as it may be shown to others. It raises nothing.

    Addresses are absolute, ``http``, ``https`` or, of links, ``mailto``: relative ones are resolved against *base*, or
    dropped where that is no address on the web. Pictures have the address that a script would give them; those that
    only count readers are gone.

    What is returned reads as itself: a parser's reading of it, written down and cleaned again, is the same. It is empty
    where no such reading is found, and of more than a million characters: there the announcement's text must do.
    """
    cleaner = _cleaner(base)
    before = storable(markup)
    for _ in range(_READINGS):
        if len(before) > _LONGEST:
            break
        after = _reading(before, cleaner, escape(base))
        if after == before:
            return after
        before = after
    return ""


def picture_address(image: Mapping[str, str]) -> str:
    """Return where the picture is of an ``img`` with these attributes: where a script would take it from, first of all.

    A ``srcset`` counts where nothing else is said, and of that the first. Empty where there is no address.
    """
    sets = [image.get(name, "").split()[:1] for name in _SETS]
    candidates = [
        *(image.get(name, "") for name in (*_LAZY, "src")),
        *(first.rstrip(",") for (first,) in filter(None, sets)),
    ]
    return next(filter(None, candidates), "")


def is_picture(image: Mapping[str, str]) -> bool:
    """Say whether an ``img`` with these attributes shows something: no pixel, nothing hidden, no counter of readers."""
    dot = any(image.get(side) and _DOT.fullmatch(image[side].strip()) for side in _SIZES)
    hidden = "hidden" in image or _HIDDEN.search(image.get("style", ""))
    return not dot and not hidden and not _COUNTER.match(image.get("src", ""))


def _cleaner(base: str) -> nh3.Cleaner:
    settings = _POLICY | {"attributes": _READ, "clean_content_tags": _DROPPED}
    try:
        return nh3.Cleaner(url_relative=("rewrite_with_base", base), **settings)
    except ValueError:  # base is no address
        return nh3.Cleaner(url_relative="deny", **settings)


def _reading(markup: str, cleaner: nh3.Cleaner, page: str) -> str:
    if (len(markup) > _SHORT or markup.count("<") > _FEW_TAGS) and not _is_level(markup):
        markup = "".join(_levelled(markup))
    cleaned = _ODD_ADDRESS.sub(_respelt, cleaner.clean(markup))
    pictured = _IMAGE.sub(partial(_pictured, page), cleaned)
    return _OPENS_WITH_LINE_FEED.sub(r"\1\n\n", pictured).strip()


def _respelt(attribute: re.Match[str]) -> str:
    before, name, address = attribute.groups()
    respelt = f'{name}="{_NO_PART_OF_ADDRESSES.sub("", address)}"'
    return f"{before} {respelt}" if _ADDRESS.match(respelt) else before


def _pictured(page: str, tag: re.Match[str]) -> str:
    """Return the tag with what is kept of it. An address that is new to ``src`` is judged at the next reading."""
    attributes = dict(_ATTRIBUTE.findall(tag[1]))
    if attributes.get("src", "").partition("#")[0] == page:  # it was empty
        attributes.pop("src", None)
    address = picture_address(attributes)
    if not address or not is_picture(attributes):
        return ""
    kept = {name: value for name, value in attributes.items() if name in _OF_IMAGES} | {"src": address}
    return "<img{}>".format("".join(f' {name}="{value}"' for name, value in kept.items()))


def _is_level(markup: str) -> bool:
    """Say whether *markup* is written as nh3 writes, every element closed, and no more open than a text needs."""
    opened: list[str] = []
    for ends, tag in _TAG.findall(markup):
        if ends:
            if not opened or opened.pop() != tag:
                return False
        elif not _is_worth_a_tag(tag, opened):
            return False
        elif tag not in _VOID:
            opened.append(tag)
    return not opened


def _levelled(markup: str) -> Iterator[str]:
    """Yield *markup*, nesting as deep as it likes, with every element closed and no more open than a text needs."""
    parser = HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)  # libxml2 takes 2,048 levels then
    tree = document_fromstring("<body>" + _START.sub(_with_what_is_read, markup), parser=parser)
    walk = etree.iterwalk(tree, events=("start", "end"))
    opened: list[str] = []
    written: list[bool] = []
    for event, element in walk:
        tag = element.tag
        if event == "start":
            written.append(_is_worth_a_tag(tag, opened))
            if written[-1]:
                opened.append(tag)
                yield f"<{tag}{_written(element.items())}>"
            if tag in _DROPPED:
                walk.skip_subtree()
            else:
                yield escape(element.text or "", quote=False)
            continue
        if written.pop():
            opened.pop()
            yield "" if tag in _VOID else f"</{tag}>"
        yield escape(element.tail or "", quote=False)


def _is_worth_a_tag(tag: str, opened: list[str]) -> bool:
    return tag in ELEMENTS and len(opened) < _DEEPEST and not (tag in INLINE and tag in opened)


def _with_what_is_read(start: re.Match[str]) -> str:
    """Return a start tag without the attributes that nobody reads: parsers compare each with each."""
    tag = start[1].lower()
    read = _READ["*"] | _READ.get(tag, set())
    given = ((name.lower(), unescape("".join(value))) for name, *value in _GIVEN.findall(start[2]))
    return f"<{tag}{_written((name, value) for name, value in given if name in read)}>"


def _written(attributes: Iterable[tuple[str, str]]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes)
