"""Channels in, an OPML 2.0 document out: a list of feeds that readers take in whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from feeds.channels import Channel, grouped
from feeds.text import line


def opml(channels: Iterable[Channel], *, base_url: str) -> bytes:
    """Return *channels*, those of a group in a folder, with their Atom feeds. Notes are left out:
    who takes in the list wants news."""
    site = f"{base_url.rstrip('/')}/"
    document = etree.Element("opml", version="2.0")
    head = etree.SubElement(document, "head")
    etree.SubElement(head, "title").text = "zerowire"
    etree.SubElement(head, "docs").text = "https://opml.org/spec2.opml"
    body = etree.SubElement(document, "body")
    for group, some in grouped(channel for channel in channels if channel.query is not None).items():
        folder = etree.SubElement(body, "outline", text=group)
        for channel in some:
            _outline(folder, channel, site)
    written: bytes = etree.tostring(document, pretty_print=True, encoding="UTF-8", xml_declaration=True)
    return written


def _outline(folder: etree._Element, channel: Channel, site: str) -> None:
    title = line(channel.title) or channel.name
    feed = {"type": "rss", "text": title, "title": title, "xmlUrl": site + channel.path("atom"), "htmlUrl": site}
    etree.SubElement(folder, "outline", feed | ({"language": channel.language} if channel.language else {}))
