"""Any text in, text that a feed can hold out: characters that XML allows, one line, so much of it. Pure.

This module alone knows which characters cost a document, or act on the text beside them.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

_ILLEGAL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
    + "\ufeff\u202a-\u202e\u2066-\u2069]"  # and what would turn the reader's own text around, or is lost on the way
)
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?")  # RFC 5646, section 2.1
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BEGINNING = re.compile(r".{150,299}(?:[。！？]|(?= ))")


def legal(text: str) -> str:
    """Return *text* without what XML 1.0 forbids or advises against (section 2.2), nor what changes its direction."""
    return _ILLEGAL.sub("", text)


def line(text: str) -> str:
    """Return *text* on one line."""
    return " ".join(legal(text).split())


def short(text: str, most: int = 300) -> str:
    """Return *text* on one line of at most *most* characters."""
    words = line(text[: 10 * most])
    return words if len(words) <= most else f"{words[: most - 1]}…"


def beginning(text: str) -> str:
    """Return the first few sentences, or as many words, or, of Japanese without an end in sight, characters."""
    if len(text) <= 300:
        return text
    found = _BEGINNING.match(text)
    return f"{found[0] if found else text[:299]}…"


def paragraphs(text: str) -> str:
    """Return plain *text* as HTML."""
    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in text.splitlines() if part.strip())


def anchor(url: str, title: str) -> str:
    return f'<a href="{escape(url)}">{escape(title, quote=False)}</a>'


def address(url: str) -> str:
    """Return *url* as a URI (RFC 3986), whose characters RSS and validators ask for; escapes stay as they are."""
    return quote(_STRAY_PERCENT.sub("%25", legal(url).strip()), safe="%/:?#@!$&'()*+,;=~")


def is_japanese(text: str) -> bool:
    """Say whether there are kana or kanji in *text*."""
    return bool(_JAPANESE.search(text))


def language_tag(tag: str) -> str | None:
    """Return *tag* where it has the form of one (RFC 5646)."""
    return tag if _LANGUAGE_TAG.fullmatch(tag) else None
