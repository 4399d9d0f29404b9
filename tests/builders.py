"""Valid records for tests, which say only what they are about."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from feeds.channels import Channel
from feeds.contents import Contents
from feeds.entries import entry
from store.announcement import Announcement, Archived, From
from store.archive import Archive
from store.identity import first_id

NOON = datetime(2026, 6, 11, 3, 0, tzinfo=UTC)  # in Japan
LONG_AGO = datetime(2024, 1, 10, 3, 0, tzinfo=UTC)


def an_announcement(**changes: Any) -> Announcement:
    return Announcement(**_plain() | changes)


def an_archived(**changes: Any) -> Archived:
    """Its id follows from its address, as in the archive."""
    values = _plain() | {"first_seen": NOON, "updated": NOON} | changes
    if "id" not in values:
        values["id"] = first_id(values["url"])
    return Archived(**values)


def let_time_pass(archive: Archive) -> None:
    """Let something be in *archive* that came long ago: what a first crawl brings is news to nobody."""
    url = "https://www.env.go.jp/press/long-ago.html"
    archive.save(an_announcement(url=url, title="以前の発表", text="以前の本文", published=LONG_AGO), now=LONG_AGO)


def contents(channel: Channel, announcements: Iterable[Archived], base_url: str, **changes: Any) -> Contents:
    """What a feed of *announcements*, in this order, holds."""
    return Contents(channel=channel, entries=tuple(map(entry, announcements)), base_url=base_url, **changes)


def _plain() -> dict[str, Any]:
    return {
        "source": "moej-ja",
        "organisation": "moej",
        "url": "https://www.env.go.jp/press/press_05099.html",
        "title": "脱炭素先行地域の選定結果について",
        "text": "環境省は、脱炭素先行地域を選定しました。",
        "html": "<p>環境省は、脱炭素先行地域を選定しました。</p>",
        "summary": "選定結果の公表",
        "language": "ja",
        "published": NOON,
        "published_from": From.PAGE,
    }
