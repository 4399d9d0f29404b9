"""Sources in, channels out: which feeds there are, what they hold, and where they are found.

This module alone knows the organisations' names, the titles of channels that gather several sources, and that a feed
has the same path on disk and over HTTP.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from store.query import Query

MEDIA_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ORGANISATIONS = {
    "moej": {"en": "Ministry of the Environment, Japan", "ja": "環境省"},
    "iges": {"en": "Institute for Global Environmental Strategies (IGES)", "ja": "地球環境戦略研究機関（IGES）"},
    "iclei": {"en": "ICLEI – Local Governments for Sustainability", "ja": "イクレイ（ICLEI）"},
}
_LANGUAGES = {"en": "Zero-carbon policy news in English", "ja": "脱炭素政策ニュース（日本語）"}


class Named(Protocol):
    """What a channel must know of a topic."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...


class Described(Protocol):
    """What a channel must know of a source."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A query over the archive with a title. ``language`` is that of all it holds, None where there are several."""

    name: str
    title: str
    query: Query
    language: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r}: expected small letters and digits, with hyphens between them")

    def path(self, extension: str) -> str:
        """Return where the feed is, under ``public_dir`` and under ``base_url`` alike; *extension* as in MEDIA_TYPES.

        >>> Channel("all", "All", Query()).path("atom")
        'feeds/all.atom'
        """
        return f"feeds/{self.name}.{extension}"


def channels(sources: Iterable[Described], topics: Iterable[Named] = ()) -> list[Channel]:
    """Return the channel of everything, then of each organisation, language and topic, and each of *sources*.

    None of them holds what is gone. A source that bears its organisation's name (``iclei``) is read in the channel
    of that organisation. Raises ValueError where two channels share a name, and with it their files.
    """
    described = list(sources)
    organisations = dict.fromkeys([*_ORGANISATIONS, *(source.organisation for source in described)])
    found = [
        Channel("all", "Zero-carbon policy news", Query(gone=False)),
        *(_of_organisation(organisation) for organisation in organisations),
        *(Channel(name, title, Query(language=name, gone=False), name) for name, title in _LANGUAGES.items()),
        *(Channel(topic.name, topic.title, Query(topic=topic.name, gone=False)) for topic in topics),
        *(_of_source(source) for source in described if source.name != source.organisation),
    ]
    name, count = Counter(channel.name for channel in found).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{name}: expected one channel of this name, got {count}")
    return found


def organisation_name(organisation: str, language: str) -> str:
    """Return the name by which readers of *language* know *organisation*.

    >>> organisation_name("moej", "ja")
    '環境省'
    """
    names = _ORGANISATIONS.get(organisation, {})
    return names.get(language) or names.get("en", organisation)


def _of_organisation(organisation: str) -> Channel:
    title = organisation_name(organisation, "en")
    return Channel(organisation, title, Query(organisation=organisation, gone=False))


def _of_source(source: Described) -> Channel:
    return Channel(source.name, source.title, Query(source=source.name, gone=False), source.language)
