"""The bytes of an attached file in; its text out, or why there is none. Pure, and alone in knowing pypdfium2.

A PDF is read as far as it has a text layer; a Word, Excel or PowerPoint file (of 2007 and later) as far as its XML
holds words. pdfium is not thread-safe, and a hostile file may keep it busy for hours, or crash it: ``read`` belongs in
``crawler.worker``, one file a process at a time.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxml import etree
from pypdfium2 import PdfDocument, PdfiumError, raw

from crawler.decode import clean

MOST_PAGES = 300
MOST_CHARACTERS = 2_000_000
MOST_XML = 16 * 1024 * 1024  # bytes when unpacked; as a tree it takes ten times as much


class Why(StrEnum):
    """Why a text is missing, or not the whole of it."""

    WHOLE = ""
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    SCANNED = "scanned"  # no text layer: pictures of pages, or empty ones
    HUGE = "huge"  # what fits into the limits is there
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file says, an empty line between its pages (slides, sheets), and ``why`` if that is not all it says."""

    text: str = ""
    why: Why = Why.WHOLE


def read(body: bytes, content_type: str | None = None) -> Contents:
    """Return what the file *body* says. Never raises.

    What a file is, its first bytes say; *content_type*, the header's value, only what one should have been that is none
    of those read here.
    """
    if body.startswith(b"PK\x03\x04"):
        return _office(body)
    if body.startswith(_COMPOUND):
        return Contents(why=Why.ENCRYPTED if _ENCRYPTED in body else Why.UNSUPPORTED)
    if b"%PDF-" in body[:_PREAMBLE]:
        return _pdf(body)
    kind = (content_type or "").partition(";")[0].strip().lower()
    return Contents(why=Why.BROKEN if kind == "application/pdf" else Why.UNSUPPORTED)


_PREAMBLE = 1024  # bytes that readers let stand before a PDF
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office's files before 2007, and its encrypted ones since
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def _contents(text: str, *, huge: bool, broken: bool) -> Contents:
    """Return *text*, cut to what may be kept, and what is to be said of it."""
    if huge or len(text) > MOST_CHARACTERS:
        return Contents(text=text[:MOST_CHARACTERS], why=Why.HUGE)
    if broken:
        return Contents(text=text, why=Why.BROKEN)
    return Contents(text=text, why=Why.WHOLE if text else Why.SCANNED)


_LOCKED = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)


def _pdf(body: bytes) -> Contents:
    try:
        document = PdfDocument(body)
    except PdfiumError as error:
        return Contents(why=Why.ENCRYPTED if error.err_code in _LOCKED else Why.BROKEN)
    with document:
        pages = list(_pages(document))
        whole = len(pages) == len(document)
    text = _unwrapped(_tidy(page for page in pages if page))
    return _contents(text, huge=bool(text) and not whole, broken=None in pages)


def _pages(document: PdfDocument) -> Iterator[str | None]:
    """Yield the text of each page, None for one that can't be read, until there is enough of them."""
    length = 0
    for number in range(min(len(document), MOST_PAGES)):
        page = _page(document, number)
        yield page
        length += len(page or "")
        if length > MOST_CHARACTERS:
            return


def _page(document: PdfDocument, number: int) -> str | None:
    try:
        with closing(document[number]) as page, closing(page.get_textpage()) as layer:
            return str(layer.get_text_bounded()).translate(_MEANT)
    except PdfiumError:
        return None


# Fonts name shapes where characters are meant: radicals (⽇⻑) for kanji, ligatures for letters, a soft hyphen for one
# that is printed. pdfium gives the hyphen of a word that is broken at the end of a line as a control character.
_MEANT: dict[int, int | str] = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07))},
    **str.maketrans("⺟⺠⻁⻄⻆⻑⻘⻝⻤⻨⻩⻫⻭⻯⻲", "母民虎西角長青食鬼麦黄斉歯竜亀"),
    0xAD: "-",
    0x02: "\xad",
    0xFFFE: "\xad",
}

_BROKEN_WORD = re.compile(r"([^\W\d_]+)\xad(?=([^\W\d_]+))")
_WORD = re.compile(r"[^\W\d_]+(?:[-\xad][^\W\d_]+)*")
_NUMBER = re.compile(r"zero|(?:twen|thir|for|fif|six|seven|eigh|nine)ty")
# CSS Text 3, 4.1.3, as for pages: no space where a line breaks between two Japanese characters. The end of a sentence
# and the mark of a list do break the text.
_WIDE = r"\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60"
_WRAPPED = re.compile(rf"(?<=[{_WIDE}])(?<![。．！？])\n(?=[{_WIDE}])(?![・【])")


def _tidy(pieces: Iterable[str]) -> str:
    """Return *pieces*, those that say anything, with an empty line between them and no other white space to spare."""
    spaced = (re.sub(r"[^\S\n]+", " ", clean(piece)) for piece in pieces)
    return "\n\n".join(filter(None, (re.sub(r"\s*\n\s*", "\n", piece).strip() for piece in spaced)))


def _unwrapped(text: str) -> str:
    """Return *text* with its words in one piece where a line ends within them."""
    if "\xad" in text:
        text = _unhyphenated(text)
    return _WRAPPED.sub("", re.sub(r"(?<=\w)-\n(?=\w)", "-", text))


def _unhyphenated(text: str) -> str:
    """Return *text* without the hyphens that are there for a line's end only.

    The other words of *text* tell: "low-carbon" keeps its hyphen if it, or both "low" and "carbon", are among them, and
    "lowcarbon" is not. So do numbers (forty-two) and what changes its case at the hyphen (Asia-Pacific, EU-wide).
    """
    words = {word.casefold() for word in _WORD.findall(text) if "\xad" not in word}

    def whole(match: re.Match[str]) -> str:
        first, second = match[1].casefold(), match[2].casefold()
        known = f"{first}-{second}" in words or {first, second} <= words or _NUMBER.fullmatch(first)
        is_compound = known or match[1][-1].isupper() != match[2][0].isupper()
        return f"{match[1]}-" if is_compound and first + second not in words else match[1]

    return _BROKEN_WORD.sub(whole, text).replace("\xad", "-")


_PART = re.compile(
    r"word/(?:document|footnotes|endnotes)\.xml|ppt/slides/slide\d+\.xml|xl/(?:sharedStrings|worksheets/sheet\d+)\.xml"
)
_LINES = {"p", "br", "cr", "si", "is"}
_ASIDE = {"rt", "rPh", "Fallback"}  # how kanji are read, in Word and Excel; what stands elsewhere already
_UNREADABLE = (BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, etree.XMLSyntaxError)


def _office(body: bytes) -> Contents:
    try:
        with ZipFile(BytesIO(body)) as archive:
            return _parts(archive)
    except _UNREADABLE:
        return Contents(why=Why.BROKEN)


def _parts(archive: ZipFile) -> Contents:
    """Read the parts of *archive* that hold text, in the order of their numbers, as long as they fit."""
    parts = sorted(filter(_is_text, archive.infolist()), key=lambda part: (len(part.filename), part.filename))
    if not parts:
        return Contents(why=Why.UNSUPPORTED)
    if any(part.flag_bits & 1 for part in parts):
        return Contents(why=Why.ENCRYPTED)
    texts, room = [], MOST_XML
    for part in parts:
        room -= part.file_size
        if room < 0:
            break
        with archive.open(part) as file:
            texts.append("".join(_words(file.read(part.file_size))))  # without the number it may unpack any amount
    return _contents(_tidy(texts), huge=room < 0, broken=False)


def _is_text(part: ZipInfo) -> bool:
    return bool(_PART.fullmatch(part.filename)) and part.compress_type in (ZIP_STORED, ZIP_DEFLATED)


def _words(xml: bytes) -> Iterator[str]:
    """Yield the words of a part, and a line break around each paragraph."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    if root.getroottree().docinfo.doctype:
        raise ValueError("expected XML without a DOCTYPE")
    walk: Any = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = etree.QName(element).localname
        if name in _ASIDE and event == "start":
            walk.skip_subtree()
        elif name in _LINES:
            yield "\n"
        elif event == "start":
            yield (element.text or "") if name == "t" else " " if name == "tab" else ""
