r"""Response bytes in, clean text out, whatever charset was declared.

The only module that knows charsets, and which characters must not reach a parser, the archive or a feed.

A page's charset is found in two steps.

1. **By form**: a UTF-16 or UTF-32 mark, UTF-16 markup without one, the escapes of ISO-2022-JP, well-formed UTF-8.
   Each is next to impossible by chance, so each outranks what is declared.
2. **By likeness**, for the rest (legacy charsets, damaged UTF-8): the header's charset, the page's own, then cp932,
   EUC-JP, UTF-8 and cp1252 are tried in this order, and the one whose text looks most like text wins:
   a point for each kana, if there are enough of them to be Japanese, and one off for each fault (see ``_FAULT``).
   A right declaration has no faults and wins the tie; a wrong one has some, or lacks the kana that another finds.

So Japanese and Western European pages need no declaration; other legacy charsets (Russian, Chinese …) need a right one.

Shift_JIS is read as cp932, and EUC-JP and ISO-2022-JP with cp932's additions (①㈱髙﨑) and its choice among the
look-alikes (～－∥), as the WHATWG Encoding Standard has it: a text is the same in all four. UTF-8 is left as it is.
"""

import codecs
import re
import sys
from dataclasses import dataclass
from functools import cache
from itertools import islice

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, to_unicode


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A page's text, and how it was come by.

    ``charset`` is a name Python knows. ``complete`` is false if the text holds U+FFFD:
    some bytes mean nothing in the charset that fits best, or the page was damaged before it was sent.
    """

    text: str
    charset: str
    complete: bool


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of *body*, cleaned; *content_type* is the header's value. Never raises."""
    return read(body, content_type).text


def read(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode as ``decode`` does, and say how it went. Never raises."""
    charset = _by_form(body) or _by_likeness(body, content_type)
    # lxml refuses a str that declares an encoding; and what it declares is no longer true.
    text = _XML_DECLARATION.sub("", clean(_text(body, charset)))
    return Decoded(text=text, charset=charset, complete="\ufffd" not in text)


def clean(text: str) -> str:
    """Return *text* without the characters, raw or as ``&#…;``, that break parsers or deceive readers.

    Gone are control characters, surrogates, noncharacters, byte order marks, bidirectional overrides and isolates.
    Vertical tab and form feed, white space to Word and to printers, become newlines, so that words stay apart.
    ``&#128;`` to ``&#159;`` become the cp1252 characters that HTML says they are: libxml2 makes controls of them.
    """
    return _without_references(_allowed(text))


_XML_DECLARATION = re.compile(r"\A\s*<\?xml\s[^<>]*>")

_ALLOWED = re.compile(
    r"[\t\n\r -~\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd"
    + "".join(rf"\U{plane:04x}0000-\U{plane:04x}fffd" for plane in range(1, 17))
    + "]+"
)
_REFERENCE = re.compile("&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE | re.ASCII)
_C1 = range(0x80, 0xA0)


def _allowed(text: str) -> str:
    # Joining what is allowed, mostly one long run, takes a quarter of the time of looking for what is not.
    return "".join(_ALLOWED.findall(text.replace("\v", "\n").replace("\f", "\n")))


def _without_references(text: str) -> str:
    without = _REFERENCE.sub(_referenced, text)
    if without == text:
        return text
    # Taking one out can make another of what stood around it (&#&#0;11;): the second time a space stays in its place.
    return _REFERENCE.sub(lambda match: _referenced(match) or " ", without)


def _referenced(match: re.Match[str]) -> str:
    code = _code(*match.groups())
    if code in _C1:
        return bytes([code]).decode("cp1252", "ignore")
    character = chr(code) if code <= sys.maxunicode else "\0"
    instead = _allowed(character)
    return match[0] if instead == character else instead


def _code(hexadecimal: str | None, decimal: str | None) -> int:
    # Eight digits are beyond Unicode already, and int() refuses more than 4,300.
    digits = (hexadecimal or decimal or "").lstrip("0")[:8]
    return int(digits or "0", 16 if hexadecimal else 10)


# As XML 1.0, appendix F, tells them from the first "<".
_UTF_16 = re.compile(rb"(?P<le>(?:[\t\n\r ]\0)*<\0[!?A-Za-z]\0)|(?:\0[\t\n\r ])*\0<\0[!?A-Za-z]")
_TO_JIS = re.compile(rb"\x1b(?:\$[@B]|\(I)")


def _by_form(body: bytes) -> str | None:
    mark, _ = read_bom(body)
    if mark and mark != "utf-8":  # a UTF-8 mark proves nothing: templates put it in front of legacy pages
        return mark
    if markup := _UTF_16.match(body):
        return "utf-16-le" if markup["le"] else "utf-16-be"
    if body.isascii() and _TO_JIS.search(body):
        return "iso2022_jp"
    return "utf-8" if _is_utf_8(body) else None


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# What browsers read. Python knows more names, and some of them (idna, undefined, unicode_escape) are no charsets.
_READABLE = re.compile(
    r"utf-8|cp932|euc_jp|gb18030|big5hkscs|cp949|cp125\d|cp866|cp874|iso8859-\d+|koi8-[ru]|mac-(?:roman|cyrillic)"
)
_UNDECLARED = ("cp932", "euc_jp", "utf-8", "cp1252")

_STRETCH = re.compile(rb"[A-Za-z]?[\x80-\xff][\x40-\xff]*")  # no second byte of a character is below 0x40
_STRETCHES = 4_000
_SAMPLE = 16 * 1024  # more than most pages have

_KANA = re.compile("[ぁ-ゖァ-ヺー]")
_WITH_KANA = frozenset({"cp932", "euc_jp", "utf-8"})  # GB 18030 has them where EUC-JP has, between the wrong kanji
_FEWEST_KANA = 1 / 8  # of what is not ASCII: prose has a half, lists of headings a quarter, another charset 1 %

_WESTERN = "¡-ÿŒœŠšŽžŸƒˆ˜–—‘-„†-•…‰‹›€™"
_IDEOGRAPH = "㐀-鿿가-힣𠀀-𯿿"
_FAULT = re.compile(
    "|".join(
        (
            "[\ufffd\x80-\x9f\ue000-\uf8ff]",  # no character, a control, a private one
            "[｡-ﾟ]{1,3}",  # half-width katakana: 縺薙ｌ is UTF-8 and ､ｳ､ is EUC-JP, as cp932
            "[─-▟]+",  # box drawings, a ruled line counting once: Japanese, as KOI8-R
            f"([{_WESTERN}])(?!\\1)[{_WESTERN}]{{2}}",  # three in a row that are no row of dashes: Japanese, as cp1252
            "[ÂÃ][\xa0-¿]",  # Ã© is UTF-8, as cp1252
            f"(?<=[A-Za-z])[{_IDEOGRAPH}](?![{_IDEOGRAPH}ぁ-ヿ])",  # don稚 is cp1252, as cp932
            f"(?<![{_IDEOGRAPH}ぁ-ヿ])[{_IDEOGRAPH}](?=[A-Za-z])",  # so is 滴ello
            "[A-Za-z][Ͱ-׿]|[Ͱ-׿][A-Za-z]",  # cafй is cp1252, as cp1251
        )
    )
)


def _by_likeness(body: bytes, content_type: str | None) -> str:
    declared = (http_content_type_encoding(content_type), html_body_declared_encoding(body))
    known = [charset for charset in declared if charset and _READABLE.fullmatch(charset)]
    sample = _sample(body)
    return max(dict.fromkeys((*known, *_UNDECLARED)), key=lambda charset: _likeness(sample, charset))


def _sample(body: bytes) -> bytes:
    """Return the first stretches of *body* that are not ASCII: wherever they are, only they tell charsets apart."""
    return b" ".join(match[0] for match in islice(_STRETCH.finditer(body), _STRETCHES))[:_SAMPLE]


def _likeness(sample: bytes, charset: str) -> int:
    text = sample.decode(charset, "replace")
    kana = len(_KANA.findall(text)) if charset in _WITH_KANA else 0
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    faults = sum(1 for _ in _FAULT.finditer(text))
    return (kana if kana >= foreign * _FEWEST_KANA else 0) - faults


_JIS_CODECS = {"cp932": "cp932", "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp_ext"}  # the last has half-width katakana
_JIS_PAIRS = {
    "cp932": re.compile(rb"[\x81-\xfc][\x80-\xfc]"),
    "euc_jp": re.compile(rb"[\xa1-\xfe]{2}"),
    "iso2022_jp_ext": re.compile(rb"[\x21-\x7e]{2}"),
}
# Python's reading of JIS X 0208, and cp932's
_LOOK_ALIKES = (("〜", "～"), ("−", "－"), ("‖", "∥"), ("¢", "￠"), ("£", "￡"), ("¬", "￢"))
_AS_CP932 = "zerowire.as-cp932"


def _text(body: bytes, charset: str) -> str:
    if charset not in _JIS_CODECS:
        return to_unicode(body, charset)
    text = body.decode(_JIS_CODECS[charset], _AS_CP932)
    for python, cp932 in _LOOK_ALIKES:
        text = text.replace(python, cp932)
    return text


def _as_cp932(error: UnicodeError) -> tuple[str, int]:
    """Read the pair of bytes that stopped a Japanese codec as cp932 has it.

    Where cp932 has nothing either, the pair is lost as one: Python goes on from its second byte and garbles the line.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    character = _pair(error.encoding, error.object[error.start : error.start + 2])
    return (character, error.start + 2) if character else ("\ufffd", error.end)


@cache
def _pair(codec: str, pair: bytes) -> str | None:
    if not _JIS_PAIRS[codec].fullmatch(pair):
        return None
    shifted = pair if codec == "cp932" else _shifted(*(byte & 0x7F for byte in pair))
    return shifted.decode("cp932", "replace")[0]


def _shifted(row: int, cell: int) -> bytes:
    """Return the Shift_JIS bytes of a place in JIS X 0208, row and cell from 0x21 to 0x7E."""
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    trail = cell + 0x7E if row % 2 == 0 else cell + 0x1F + (cell >= 0x60)
    return bytes((lead, trail))


codecs.register_error(_AS_CP932, _as_cp932)
