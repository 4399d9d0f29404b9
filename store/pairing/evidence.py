"""What pages themselves say of their other languages: by links, by addresses, by the files that they attach.

Announcements go in by number, edges between them come out. An edge leads between two announcements of one organisation
in different languages. Every question is asked for all the announcements at hand at once, and answered by an index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, func, select

from store.pairing.versions import says_a_word, versions
from store.tables import addresses, alternates, announcements, attachments, translations

T = TypeVar("T")
_Pair = tuple[int, int]

_MOST_VALUES = 10_000  # in one question


class Reason(StrEnum):
    """Why two announcements are held for translations of each other: a fact, the surest first, or a mere proposal."""

    LINK = "link"
    ADDRESS = "address"
    ATTACHMENT = "attachment"
    NAMES = "names"
    MEANING = "meaning"


DESCRIPTION = tuple(
    announcements.c[name] for name in ("number", "id", "organisation", "language", "published", "timezone", "paired")
)
STATED = (Reason.LINK, Reason.ADDRESS, Reason.ATTACHMENT)


@dataclass(frozen=True, slots=True)
class Edge:
    """Two announcements, the lower number first, and what says that they are one; links may say it twice."""

    one: int
    other: int
    reason: Reason
    said: int = 1


def edges(connection: Connection, numbers: Collection[int], fresh: Collection[int]) -> set[Edge]:
    """Return the edges at *numbers*.

    A link that was found before counts between two that are not *fresh*: their pages are as they were, and after an
    import nothing else knows of it.
    """
    unread = partners(connection, numbers, (Reason.LINK,))
    said = Counter(_links(connection, numbers))
    said |= Counter({pair: 1 for pair in map(_ordered, unread) if not set(fresh) & set(pair)})
    found = {Edge(*pair, Reason.LINK, count) for pair, count in said.items()}
    found |= {
        Edge(*_ordered(pair), Reason.ADDRESS) for *pair, key in _versions(connection, numbers) if says_a_word(key)
    }
    found |= {Edge(*_ordered(pair), Reason.ATTACHMENT) for pair in _files(connection, numbers)}
    known = described(connection, {end for edge in found for end in (edge.one, edge.other)})
    return {edge for edge in found if _may_pair(known[edge.one], known[edge.other])}


def twins(connection: Connection, numbers: Collection[int]) -> dict[int, frozenset[int]]:
    """Return, for those of *numbers* that have some, whose address differs by the language only, and says no word."""
    found: dict[int, set[int]] = defaultdict(set)
    for number, other, key in _versions(connection, numbers):
        if not says_a_word(key):
            found[number].add(other)
    known = described(connection, {each for number, others in found.items() for each in (number, *others)})
    return {
        number: frozenset(other for other in others if _may_pair(known[number], known[other]))
        for number, others in found.items()
    }


def partners(connection: Connection, numbers: Collection[int], reasons: Collection[Reason]) -> set[_Pair]:
    """Return the pairs at *numbers* that are held for one of *reasons*, each time the one of *numbers* first."""
    pairs = select(translations.c.announcement, announcements.c.number).where(translations.c.reason.in_(reasons))
    pairs = pairs.join_from(translations, announcements, announcements.c.id == translations.c.other)
    return {
        (one, other)
        for some in _portions(numbers)
        for one, other in connection.execute(pairs.where(translations.c.announcement.in_(some)))
    }


def paired_by_files(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Return who is held for a translation for a file that one of *numbers* attaches, too."""
    theirs, own = attachments.alias("theirs"), attachments.alias("own")
    pairs = select(translations.c.announcement).where(translations.c.reason == Reason.ATTACHMENT)
    pairs = pairs.join(theirs, theirs.c.announcement == translations.c.announcement).join(
        own, own.c.url == theirs.c.url
    )
    return {
        number
        for some in _portions(numbers)
        for number in connection.scalars(pairs.where(own.c.announcement.in_(some)))
    }


def described(connection: Connection, numbers: Collection[int]) -> dict[int, Row[Any]]:
    """Return what is to be known of announcements to pair them, but for their wording, by number."""
    found = select(*DESCRIPTION)
    return {
        row.number: row
        for some in _portions(numbers)
        for row in connection.execute(found.where(announcements.c.number.in_(some)))
    }


def _may_pair(one: Row[Any], other: Row[Any]) -> bool:
    return bool(one.organisation == other.organisation and one.language != other.language)


def _links(connection: Connection, numbers: Collection[int]) -> Iterator[_Pair]:
    """Yield the pairs of which one names an address that leads to the other; twice where both do."""
    named = select(alternates.c.announcement, addresses.c.announcement).distinct()
    named = named.join_from(alternates, addresses, addresses.c.key == alternates.c.key)
    found: set[_Pair] = set()
    for some in _portions(numbers):
        for end in (alternates.c.announcement, addresses.c.announcement):
            found |= {(one, other) for one, other in connection.execute(named.where(end.in_(some)))}
    yield from map(_ordered, found)


def _versions(connection: Connection, numbers: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """Yield one of *numbers*, another announcement whose address differs by the language only, and that address."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for some in _portions(numbers):
        own = select(addresses.c.key, addresses.c.announcement).where(addresses.c.announcement.in_(some))
        for key, number in connection.execute(own):
            for version in versions(key):
                wanted[version].append(number)
    for keys in _portions(wanted):
        found = select(addresses.c.key, addresses.c.announcement).where(addresses.c.key.in_(keys))
        for key, other in connection.execute(found):
            yield from ((number, other, key) for number in wanted[key] if number != other)


def _files(connection: Connection, numbers: Collection[int]) -> Iterator[_Pair]:
    """Yield the pairs that attach a file which nobody else attaches: general terms are everyone's."""
    url, owner = attachments.c.url, attachments.c.announcement
    for some in _portions(numbers):
        theirs = select(url).where(owner.in_(some))
        of_two = select(url).where(url.in_(theirs)).group_by(url).having(func.count(owner.distinct()) == 2)
        pairs = select(func.min(owner), func.max(owner)).where(url.in_(of_two)).group_by(url)
        yield from ((one, other) for one, other in connection.execute(pairs))


def _ordered(pair: Iterable[int]) -> _Pair:
    one, other = sorted(pair)
    return one, other


def _portions(values: Iterable[T]) -> Iterator[list[T]]:
    every = list(values)
    for start in range(0, len(every), _MOST_VALUES):
        yield every[start : start + _MOST_VALUES]
