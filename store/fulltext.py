"""The search index in the database's own full-text engine: SQLite's FTS5, or a PostgreSQL ``tsvector``.

This module alone knows how tokens and phrases are written for either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from sqlalchemy import Connection, TextClause, bindparam, text

from store.search import Phrase, tokens

# A tsvector takes tokens of at most 2 kB, places up to 16383, and 1 MB in all.
_LONGEST_TOKEN = 500
_LAST_PLACE = 16_383
_MOST_BYTES = 900_000
_BYTES_A_TOKEN = 6  # of its place, its weight and their count


class FullText(Protocol):
    """One row an announcement, by its number; the later ``put`` wins."""

    def put(self, connection: Connection, number: int, title: str, body: str) -> None: ...

    def matching(self, phrases: Sequence[Phrase]) -> TextClause: ...


class SQLiteIndex:
    """FTS5 over the tokens, parted by spaces: its own tokenizer finds what ours wrote."""

    def put(self, connection: Connection, number: int, title: str, body: str) -> None:
        connection.execute(text("DELETE FROM search WHERE rowid = :number"), {"number": number})
        connection.execute(
            text("INSERT INTO search (rowid, title, body) VALUES (:number, :title, :body)"),
            {"number": number, "title": " ".join(tokens(title)), "body": " ".join(tokens(body))},
        )

    def matching(self, phrases: Sequence[Phrase]) -> TextClause:
        """Return a query for the ``number`` of each match and its ``rank``: the lowest first, a title before a text."""
        expression = " AND ".join(f'"{" ".join(p.tokens)}"{" *" if p.prefix else ""}' for p in phrases)
        found = text(
            "SELECT rowid AS number, bm25(search, 1e6, 1.0) AS rank FROM search WHERE search MATCH :expression"
        )
        return found.bindparams(bindparam("expression", expression))


class PostgresIndex:
    """A ``tsvector`` of the tokens narrows, and the tokens in their order decide: a tsvector knows too few places.

    PostgreSQL's parser, which knows no Japanese, never sees the text.
    """

    def put(self, connection: Connection, number: int, title: str, body: str) -> None:
        heading, rest = tokens(title), tokens(body)
        connection.execute(
            text(
                "INSERT INTO search (number, words, document) VALUES (:number, :words, CAST(:document AS tsvector))"
                " ON CONFLICT (number) DO UPDATE SET words = excluded.words, document = excluded.document"
            ),
            {
                "number": number,
                "words": " ".join(("", *heading, "\n", *rest, "")),  # no phrase spans title and text
                "document": _document([*((token, "A") for token in heading), *((token, "B") for token in rest)]),
            },
        )

    def matching(self, phrases: Sequence[Phrase]) -> TextClause:
        """Return a query for the ``number`` of each match and its ``rank``: the lowest first, a title before a text."""
        found = text(
            "SELECT number, -(10 * ts_rank('{0, 0, 0, 1}', document, query) + ts_rank(document, query)) AS rank"
            " FROM search, CAST(:expression AS tsquery) AS query WHERE document @@ query AND NOT EXISTS"
            " (SELECT FROM unnest(CAST(:stretches AS text[])) AS stretch WHERE strpos(words, stretch) = 0)"
        )
        expression = " & ".join(f"'{token}'{mark}" for phrase in phrases for token, mark in _marked(phrase))
        several = [phrase for phrase in phrases if len(phrase.tokens) > 1]
        stretches = [" ".join(("", *phrase.tokens, *([] if phrase.prefix else [""]))) for phrase in several]
        return found.bindparams(expression=expression, stretches=stretches)


def _document(weighted: Sequence[tuple[str, str]]) -> str:
    """Return the tokens, each with its weight, as a tsvector: their places as far as it counts, and what fits."""
    placed = [(token[:_LONGEST_TOKEN], f":{at}{weight}") for at, (token, weight) in enumerate(weighted, 1)]
    far = dict.fromkeys((token, "") for token, _ in placed[_LAST_PLACE:])
    distinct = dict.fromkeys(token for token, _ in placed)
    sizes = accumulate(len(token.encode()) + _BYTES_A_TOKEN for token in distinct)
    fitting = {token for token, size in zip(distinct, sizes, strict=True) if size <= _MOST_BYTES}
    return " ".join(f"'{token}'{place}" for token, place in (*placed[:_LAST_PLACE], *far) if token in fitting)


def _marked(phrase: Phrase) -> Iterator[tuple[str, str]]:
    for position, token in enumerate(phrase.tokens, 1):
        yield token[:_LONGEST_TOKEN], ":*" if phrase.prefix and position == len(phrase.tokens) else ""


def index_for(dialect: str) -> FullText:
    return PostgresIndex() if dialect == "postgresql" else SQLiteIndex()
