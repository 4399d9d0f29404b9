"""An announcement's HTML as Markdown (CommonMark, with the tables of GitHub's): headings marked by ``#``, tables kept.

What a text has that Markdown would read as its own is escaped, and no more: a plus, a full stop or a file name's
underscore stays as it is printed.
"""

from __future__ import annotations

import re
from typing import Any

from markdownify import ATX, MarkdownConverter

_READ_AS_MARKUP = re.compile(r"[\\`*\[\]<|]|~(?=~)|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_BEGINS_A_BLOCK = re.compile(r"^(\s*)(?:([-+](?=\s)|>|#{1,6}(?=\s)|[-=]+$)|(\d{1,9})([.)](?=\s)))", re.MULTILINE)


class _Converter(MarkdownConverter):
    """markdownify with escapes of its own: it knows all or too few."""

    def escape(self, text: str, parent_tags: Any) -> str:
        escaped = _READ_AS_MARKUP.sub(r"\\\g<0>", text)
        if "_inline" in parent_tags:  # in a heading, or a cell of a table
            return escaped
        return _BEGINS_A_BLOCK.sub(lambda found: f"{found[1]}{found[3] or ''}\\{found[2] or found[4]}", escaped)


_CONVERTER = _Converter(heading_style=ATX, bullets="-", table_infer_header=True)


def markdown(title: str, html: str) -> str:
    """Return sanitised *html* under its *title* as Markdown."""
    heading = _CONVERTER.escape(" ".join(title.split()), {"_inline"})
    body = _CONVERTER.convert(f"<div>{html}</div>")  # bs4 takes bare words for the name of a file, and warns
    return f"# {heading}\n\n{body}".rstrip()
