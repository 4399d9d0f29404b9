"""How many announcements a query finds, by organisation, source, language, topic and year: what would narrow it.

This module alone knows how far is counted: the newest MOST_COUNTED of what is found, so that a word which half the
archive holds costs no more than a rare one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, JSON, BigInteger, Column, Connection, Row, Select, any_, bindparam, column, func, select

from store.database import Database
from store.days import ZONE
from store.places import between, earliest
from store.query import Query
from store.tables import announcements, topics

MOST_COUNTED = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=ZONE)

_FACTS = select(*(announcements.c[name] for name in ("number", "place", "organisation", "source", "language")))
_FACTS = _FACTS.order_by(announcements.c.place.desc()).limit(MOST_COUNTED + 1)


def _among(asked: Select[Any], counted: Column[int]) -> dict[str, Select[Any]]:
    """Return by engine what is *asked* of those whose column is among ``numbers``: a thousand as one value, as to write
    each into a statement takes longer than to find them.
    """
    numbers: Select[Any] = select(column("value")).select_from(func.json_each(bindparam("numbers", type_=JSON)))
    return {
        "sqlite": asked.where(counted.in_(numbers)),
        "postgresql": asked.where(counted == any_(bindparam("numbers", type_=ARRAY(BigInteger)))),
    }


_AT = _among(_FACTS, announcements.c.place)
_TOPICS = _among(select(topics.c.topic), topics.c.announcement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many there are of each, the most first, those of equal number by name; years are Japan's, the newest first.

    ``total`` is how many were counted, and ``more`` whether the query finds older ones besides.
    """

    total: int
    more: bool
    organisations: Mapping[str, int]
    sources: Mapping[str, int]
    languages: Mapping[str, int]
    topics: Mapping[str, int]
    years: Mapping[int, int]


class Facets:
    """The announcements in *database*, counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, query: Query) -> Counts:
        """Return how many of the newest that *query* finds there are of each organisation, source and so on.

        Raises BadQuestion (store.search) for words that can't be looked for, or not in time.
        """
        with self._database.asking() as connection:
            found = self._found(connection, query)
            counted = found[:MOST_COUNTED]
            numbers, places, *facts = zip(*counted, strict=True) if counted else ((),) * 5
            named = connection.execute(_TOPICS[connection.dialect.name], {"numbers": list(numbers)}).scalars().all()
        organisations, sources, languages = map(_counted, facts)
        return Counts(
            total=len(counted),
            more=len(found) > len(counted),
            organisations=organisations,
            sources=sources,
            languages=languages,
            topics=_counted(named),
            years=_by_year(places),
        )

    def _found(self, connection: Connection, query: Query) -> Sequence[Row[Any]]:
        """Return the newest that *query* finds: one more than are counted, where there are so many."""
        if not query.asks and query.topic is None:  # of a topic, too, the search index finds the newest first
            return connection.execute(_FACTS.where(*query.conditions())).all()
        places = self._database.index.newest(connection, query.question(), below=None, limit=MOST_COUNTED + 1)
        return connection.execute(_AT[connection.dialect.name], {"numbers": places}).all()


def _counted(names: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda each: (-each[1], each[0])))


def _by_year(places: Sequence[int]) -> dict[int, int]:
    """Return how many of *places*, the newest first, there are of each year: a place tells the time of publication."""
    if not places:
        return {}
    oldest, newest = _year(places[-1]), _year(places[0])
    begins = [earliest(datetime(year, 1, 1, tzinfo=ZONE)) for year in range(oldest, newest + 1)]
    return dict(Counter(oldest - 1 + bisect_right(begins, place) for place in places))


def _year(place: int) -> int:
    return (_EPOCH + between(earliest(_EPOCH), place)).year
