"""Channels in, the page out that lists their feeds, with what makes it and the feeds look as they do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.channels import MEDIA_TYPES, Channel, Group, grouped

_HERE = Path(__file__).parent
_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON"}
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (_HERE / "static" / "style.css").read_bytes()
SHEET = (_HERE / "static" / "feed.css").read_bytes()
"""What makes a feed readable that is opened in a browser."""


def index(channels: Sequence[Channel], *, base_url: str) -> bytes:
    """Return the page in HTML. Its links hold wherever it stands below *base_url*."""
    page = _templates.get_template("index.html").render(
        announced=[channel for channel in channels if channel.group in (Group.EVERYTHING, Group.LANGUAGE)],
        groups=grouped(channels),
        media_types=MEDIA_TYPES,
        names=_NAMES,
        root=urlsplit(base_url).path.rstrip("/"),
        site=f"{base_url.rstrip('/')}/",
    )
    return page.encode()
