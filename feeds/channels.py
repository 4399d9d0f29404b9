"""Sources, topics and saved searches in, channels out: which feeds there are, what they hold, and where they are found.

This module alone knows the organisations' names, the titles of channels that gather several sources, and that a feed
has the same path on disk and over HTTP.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from store.query import Query
from store.search import BadQuestion

MEDIA_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ORGANISATIONS = {
    "moej": {"en": "Ministry of the Environment, Japan", "ja": "環境省"},
    "iges": {"en": "Institute for Global Environmental Strategies (IGES)", "ja": "地球環境戦略研究機関（IGES）"},
    "iclei": {"en": "ICLEI – Local Governments for Sustainability", "ja": "イクレイ（ICLEI）"},
}
_LABELS = {("moej", "ja"): "環境省"}
_LANGUAGES = {"en": "Zero-carbon policy news in English", "ja": "脱炭素政策ニュース（日本語）"}
_NARROWING = ("organisation", "source", "language", "topic")
_OF_A_SEARCH = ("title", "query", *_NARROWING, "formerly")


class Group(StrEnum):
    """What a channel gathers, as lists of channels part them."""

    EVERYTHING = "Everything"
    SEARCH = "Saved searches"
    ORGANISATION = "Organisations"
    LANGUAGE = "Languages"
    TOPIC = "Topics"
    SOURCE = "Sources"
    NOTES = "About the archive"


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
    """A query over the archive with a title. ``language`` is that of all it holds, None where there are several.

    ``formerly`` are names that it had: their addresses lead to it. ``parameters`` are those of an address that asks for
    it (``/feeds/search.atom?q=…``). A channel of notes has no query: its entries are changes, removals, or faults.
    """

    name: str
    title: str
    query: Query | None
    language: str | None = None
    group: Group = Group.EVERYTHING
    formerly: tuple[str, ...] = ()
    parameters: str = ""

    def __post_init__(self) -> None:
        for name in (self.name, *self.formerly):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r}: expected small letters and digits, with hyphens between them")

    @property
    def once(self) -> bool:
        """Whether it shows what several organisations tell once: each organisation's own channels show their own."""
        return self.query is not None and self.query.source is None and self.query.organisation is None

    @property
    def calendar(self) -> str | None:
        """Where its calendar is, as with ``path``; notes have none."""
        if self.query is None:
            return None
        return "calendar.ics" if self.name == "all" else self.path("ics")

    @property
    def paths(self) -> list[str]:
        """Where its feeds are, the calendar last."""
        feeds = [self.path(extension) for extension in MEDIA_TYPES]
        return [*feeds, self.calendar] if self.calendar else feeds

    def path(self, extension: str, volume: int | None = None) -> str:
        """Return where the feed is, or a *volume* of its history, under ``public_dir`` and under ``base_url`` alike.

        >>> Channel("all", "All", Query()).path("atom"), Channel("all", "All", Query()).path("atom", 3)
        ('feeds/all.atom', 'feeds/all/3.atom')
        """
        number = "" if volume is None else f"/{volume}"
        asked = f"?{self.parameters}" if self.parameters else ""
        return f"feeds/{self.name}{number}.{extension}{asked}"


HEALTH = Channel("health", "Sources that fail, and recover", None, "en", group=Group.NOTES)
NOTES = (
    Channel("updates", "What changed", None, group=Group.NOTES),
    Channel("gone", "What was removed", None, group=Group.NOTES),
    HEALTH,
)


def channels(
    sources: Iterable[Described], topics: Iterable[Named] = (), searches: Iterable[Channel] = ()
) -> list[Channel]:
    """Return the channel of everything, then the *searches*, then that of each organisation, language and topic, and
    each of *sources*, and last those of notes.

    None but notes hold what is gone. A source that bears its organisation's name (``iclei``) is read in the channel
    of that organisation. Raises ValueError where two channels share a name, and with it their files, or a search names
    what there is not.
    """
    described, known, asked = list(sources), list(topics), list(searches)
    organisations = dict.fromkeys([*_ORGANISATIONS, *(source.organisation for source in described)])
    found = [
        Channel("all", "Zero-carbon policy news", Query(gone=False)),
        *asked,
        *(_of_organisation(organisation) for organisation in organisations),
        *(
            Channel(name, title, Query(language=name, gone=False), name, Group.LANGUAGE)
            for name, title in _LANGUAGES.items()
        ),
        *(Channel(topic.name, topic.title, Query(topic=topic.name, gone=False), group=Group.TOPIC) for topic in topics),
        *(_of_source(source) for source in described if source.name != source.organisation),
        *NOTES,
    ]
    there_are = {
        "organisation": list(organisations),
        "source": [source.name for source in described],
        "language": list(_LANGUAGES),
        "topic": [topic.name for topic in known],
    }
    for search in asked:
        _expect_known(search, there_are)
    names = Counter(name for channel in found for name in (channel.name, *channel.formerly))
    name, count = names.most_common(1)[0]
    if count > 1 or "search" in names:
        wrong = name if count > 1 else "search"
        raise ValueError(f"{wrong}: expected a name that no other channel, of a source or a topic among others, has")
    return found


def grouped(channels: Iterable[Channel]) -> dict[Group, list[Channel]]:
    """Return *channels* by what they gather, in the order of the groups."""
    groups: dict[Group, list[Channel]] = {group: [] for group in Group}
    for channel in channels:
        groups[channel.group].append(channel)
    return {group: found for group, found in groups.items() if found}


def saved_searches(declared: Mapping[str, Any]) -> list[Channel]:
    """Return the channels that ``[searches.NAME]`` tables declare. Raises ValueError with the name of a wrong one."""
    return [_of_search(name, given) for name, given in declared.items()]


def organisation_name(organisation: str, language: str) -> str:
    """Return the name by which readers of *language* know *organisation*.

    >>> organisation_name("moej", "ja")
    '環境省'
    """
    names = _ORGANISATIONS.get(organisation, {})
    return names.get(language) or names.get("en", organisation)


def organisation_label(organisation: str, language: str) -> str:
    """Return what readers of *language* call *organisation* for short.

    >>> organisation_label("moej", "en"), organisation_label("moej", "ja")
    ('MOEJ', '環境省')
    """
    return _LABELS.get((organisation, language), organisation.upper())


def _of_organisation(organisation: str) -> Channel:
    title = organisation_name(organisation, "en")
    return Channel(organisation, title, Query(organisation=organisation, gone=False), group=Group.ORGANISATION)


def _of_source(source: Described) -> Channel:
    return Channel(source.name, source.title, Query(source=source.name, gone=False), source.language, Group.SOURCE)


def _of_search(name: str, given: Any) -> Channel:
    table = _known(name, given)
    asked: dict[str, Any] = {key: _text(name, key, table[key]) for key in _NARROWING if key in table}
    words = _text(name, "query", table["query"]) if "query" in table else ""
    query = Query(words=words, gone=False, **asked)
    formerly = table.get("formerly", [])
    if not isinstance(formerly, list) or not all(isinstance(old, str) for old in formerly):
        raise ValueError(f"{name}: formerly: expected a list of names, got {formerly!r}")
    try:
        query.question()
        title = _text(name, "title", table.get("title", name))
        return Channel(name, title, query, asked.get("language"), Group.SEARCH, tuple(formerly))
    except BadQuestion as error:
        raise ValueError(f"{name}: query: {error}") from error


def _expect_known(search: Channel, there_are: Mapping[str, Sequence[str]]) -> None:
    for key, values in there_are.items():
        value = getattr(search.query, key)
        if value is not None and value not in values:
            raise ValueError(f"{search.name}: {key}: expected one of {', '.join(values)}, got {value!r}")


def _known(name: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"{name}: expected a table, got {given!r}")
    unknown = given.keys() - set(_OF_A_SEARCH)
    if unknown:
        raise ValueError(f"{name}: unknown {min(unknown)!r}; there are {', '.join(_OF_A_SEARCH)}")
    if not any(given.get(key) for key in ("query", *_NARROWING)):
        raise ValueError(f"{name}: expected a query")
    return given


def _text(name: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: {key}: expected a text, got {value!r}")
    return value
