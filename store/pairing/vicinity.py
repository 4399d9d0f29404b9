"""Who stands around an announcement in time, and what each of them states.

Read from one connection, a day of an organisation at a time, and kept as long as the object is. Who has a translation
by what the pages themselves say (store.pairing.evidence) is left out of what could be another's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from store.pairing.agreement import Told, chosen, contradict
from store.pairing.bilingual import facts
from store.pairing.evidence import DESCRIPTION, STATED, described, partners, twins
from store.places import earliest
from store.tables import announcements

WINDOW = timedelta(days=3)
_DAY = timedelta(days=1)
_MOST_CANDIDATES = 300


class Vicinity:
    """The announcements that were considered before, and those *fresh* ones that are now."""

    def __init__(self, connection: Connection, fresh: Collection[int]) -> None:
        self._connection = connection
        self._fresh = fresh
        self._days: dict[tuple[str, datetime], list[Row[Any]]] = {}
        self._rows: dict[int, Row[Any]] = {}
        self._twins: dict[int, frozenset[int]] = {}
        self._taken: dict[int, set[str]] = {}
        self._candidates: dict[int, dict[str, list[int]]] = {}
        self._told: dict[int, Told] = {}
        self._titles: dict[int, str] = {}
        self._choices: dict[tuple[int, str], int | None] = {}

    def around(self, number: int) -> set[int]:
        """Return who is within the window of *number*, or is its twin by address, in whatever language; itself too."""
        row = self.row(number)
        first = (row.published - WINDOW).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        near = {
            other.number
            for step in range(2 * WINDOW.days + 1)
            for other in self._day(row.organisation, first + step * _DAY)
            if abs(other.published - row.published) <= WINDOW
        }
        return near | self._twins_of(number) | {number}

    def candidates(self, number: int) -> dict[str, list[int]]:
        """Return who could be a translation of *number*, by language: of very many, those nearest in time."""
        if number not in self._candidates:
            row = self.row(number)
            found: dict[str, list[Row[Any]]] = defaultdict(list)
            for other in map(self.row, self.around(number)):
                if self._is_open(row, other.language) and self._is_open(other, row.language):
                    found[other.language].append(other)
            nearest = {language: self._nearest(row, others) for language, others in found.items()}
            self._candidates[number] = defaultdict(list, nearest)
        return self._candidates[number]

    def match(self, number: int, language: str) -> int | None:
        """Return the announcement in *language* that clearly shares the facts of *number*, as *number* does its own."""
        best = self._choice(number, language)
        mutual = best is not None and self._choice(best, self.row(number).language) == number
        return best if mutual else None

    def may_propose(self, one: int, other: int) -> bool:
        """Return whether facts give neither of two announcements a translation into the other's language."""
        there, here = self.row(other).language, self.row(one).language
        return (
            other in self.candidates(one)[there] and self.match(one, there) is None and self.match(other, here) is None
        )

    def contradict(self, one: int, other: int) -> bool:
        """Return whether the titles of two announcements name different meetings, years, places."""
        told, other_told = self.told((one, other))
        return contradict(told.facts, other_told.facts)

    def row(self, number: int) -> Row[Any]:
        if number not in self._rows:
            self._keep(described(self._connection, {number}).values())
        return self._rows[number]

    def title(self, number: int) -> str:
        self.told([number])
        return self._titles[number]

    def told(self, numbers: Iterable[int]) -> list[Told]:
        """Return what *numbers* state, in their order."""
        wanted = list(numbers)
        self._read([number for number in wanted if number not in self._told])
        return [self._told[number] for number in wanted]

    def _is_open(self, row: Row[Any], language: str) -> bool:
        return row.language != language and language not in self._taken[row.number]

    def _nearest(self, row: Row[Any], others: list[Row[Any]]) -> list[int]:
        by_time = sorted(others, key=lambda other: (abs(other.published - row.published), other.id))
        return [other.number for other in by_time[:_MOST_CANDIDATES]]

    def _choice(self, number: int, language: str) -> int | None:
        if (number, language) not in self._choices:
            told, *others = self.told([number, *self.candidates(number)[language]])
            best = chosen(told, others, self._twins_of(number))
            self._choices[number, language] = best.number if best else None
        return self._choices[number, language]

    def _twins_of(self, number: int) -> frozenset[int]:
        self.row(number)
        return frozenset(other for other in self._twins[number] if self._is_considered(self.row(other)))

    def _is_considered(self, row: Row[Any]) -> bool:
        return row.paired is not None or row.number in self._fresh

    def _day(self, organisation: str, day: datetime) -> list[Row[Any]]:
        if (organisation, day) not in self._days:
            within = announcements.c.place.between(earliest(day), earliest(day + _DAY) - 1)
            found = select(*DESCRIPTION).where(announcements.c.organisation == organisation, within)
            rows = [row for row in self._connection.execute(found) if self._is_considered(row)]
            self._days[organisation, day] = rows
            self._keep(row for row in rows if row.number not in self._rows)
        return self._days[organisation, day]

    def _keep(self, rows: Iterable[Row[Any]]) -> None:
        """Keep *rows*, with who has twins by address, and who a translation that pages speak of, in what language."""
        new = {row.number: row for row in rows}
        self._rows |= new
        self._twins |= dict.fromkeys(new, frozenset[int]()) | twins(self._connection, new)
        taken: dict[int, set[str]] = {number: set() for number in new}
        for number, other in partners(self._connection, new, STATED):
            taken[number].add(self.row(other).language)
        self._taken |= taken

    def _read(self, numbers: list[int]) -> None:
        columns = announcements.c
        found = select(columns.number, columns.title, columns.text).where(columns.number.in_(numbers))
        for number, title, text in self._connection.execute(found) if numbers else ():
            self._titles[number] = title
            row = self.row(number)
            day = row.published.astimezone(ZoneInfo(row.timezone)).date()
            self._told[number] = Told(number, row.id, row.language, facts(title, text, day))
