"""Cells of a table in, cells that form a grid out: one a slot, and one that begins in each row and column. Pure.

This module alone knows how a table's cells find their places (the HTML Standard, 4.9.12.1), and what becomes of those
that would overlap, reach beyond their part of the table, or hold open rows and columns in which nothing begins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A ``td`` or ``th``, what it holds, and how many columns and rows it spans: one at least."""

    tag: str = "td"
    attributes: str = ""
    markup: str = ""
    columns: int = 1
    rows: int = 1

    def __str__(self) -> str:
        columns = f' colspan="{self.columns}"' if self.columns > 1 else ""
        rows = f' rowspan="{self.rows}"' if self.rows > 1 else ""
        return f"<{self.tag}{columns}{rows}{self.attributes}>{self.markup}</{self.tag}>"


_Row = dict[int, Cell]  # by the column in which each begins


def grid(parts: Iterable[Iterable[Iterable[Cell]]]) -> list[list[list[Cell]]]:
    """Return the rows of each of the *parts* of a table (head, body), with cells added where a row is too short.

    What begins behind the last of ``MOST_COLUMNS`` columns is left out.
    """
    placed = [list(_filled(list(_placed(part)))) for part in parts]
    begun = sorted({column for rows in placed for row in rows for column in row})
    narrowed = [[_narrowed(row, begun) for row in rows] for rows in placed]
    return [list(_completed(rows, len(begun))) for rows in narrowed]


def _placed(rows: Iterable[Iterable[Cell]]) -> Iterator[_Row]:
    """Yield *rows* with their cells in the columns that are free, none wider than there is room."""
    free_from: dict[int, int] = {}
    for number, row in enumerate(rows):
        placed: _Row = {}
        column = 0
        for cell in row:
            column = next(each for each in count(column) if free_from.get(each, 0) <= number)
            if column >= MOST_COLUMNS:
                break
            widest = range(column + 1, min(column + cell.columns, MOST_COLUMNS))
            end = next((each for each in widest if free_from.get(each, 0) > number), widest.stop)
            placed[column] = replace(cell, columns=end - column)
            free_from |= dict.fromkeys(range(column, end), number + cell.rows)
            column = end
        yield placed


def _filled(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Yield the *rows* in which a cell begins; no cell spans others, or more than there are."""
    kept = [number for number, row in enumerate(rows) if row]
    for place, number in enumerate(kept):
        row = rows[number]
        yield {at: replace(cell, rows=bisect_left(kept, number + cell.rows) - place) for at, cell in row.items()}


def _narrowed(row: _Row, begun: Sequence[int]) -> _Row:
    """Return *row* as it stands where there are no columns but those in which a cell has *begun*."""
    places = {column: bisect_left(begun, column) for column in row}
    return {
        place: replace(row[column], columns=bisect_left(begun, column + row[column].columns) - place)
        for column, place in places.items()
    }


def _completed(rows: Iterable[_Row], width: int) -> Iterator[list[Cell]]:
    """Yield the cells of *rows*, with an empty one in each of the *width* columns that none takes."""
    free_from: dict[int, int] = {}
    for number, row in enumerate(rows):
        for column, cell in row.items():
            free_from |= dict.fromkeys(range(column, column + cell.columns), number + cell.rows)
        missing = {column: Cell() for column in range(width) if free_from.get(column, 0) <= number}
        whole = row | missing
        yield [whole[column] for column in sorted(whole)]
