"""What one document of a feed holds, and where it and the rest of the feed are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from feeds.channels import Channel
from feeds.entries import Entry
from feeds.text import is_japanese, language_tag, line

EMPTY = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was updated; validators doubt years before 1990


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Of a channel the newest *entries*, or, with a number, a full ``volume`` of its history.

    ``updated`` is when the archive last changed what it holds, in UTC; ``volumes`` is how many full ones there are.
    Of the entries those with an id in ``kept`` stand in no volume yet: they are the last to be left out.
    """

    channel: Channel
    entries: tuple[Entry, ...]
    base_url: str
    updated: datetime = EMPTY
    hub: str = ""
    volume: int | None = None
    volumes: int = 0
    kept: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        return line(self.channel.title) or self.channel.name

    @property
    def language(self) -> str | None:
        return language_tag(self.channel.language or "")

    @property
    def description(self) -> str:
        if self.channel.query is None:
            return self.title
        return f"{self.title}の新着情報" if is_japanese(self.title) else f"New announcements: {self.title}"

    @property
    def site(self) -> str:
        """The address at which people read."""
        return f"{self.base_url.rstrip('/')}/"

    def address(self, extension: str) -> str:
        """Return the public address of this document."""
        return self.site + self.channel.path(extension, self.volume)

    def history(self, extension: str) -> dict[str, str]:
        """Return the links to the rest of the feed, by relation (RFC 5005, section 4)."""
        last = self.volumes if self.volume is None else self.volume - 1
        links = {"prev-archive": self.site + self.channel.path(extension, last)} if last else {}
        if self.volume is None:
            return links
        following = self.site + self.channel.path(extension, self.volume + 1)
        return {"current": self.site + self.channel.path(extension), **links, "next-archive": following}
