"""The search index in the database's own full-text engine: SQLite's FTS5, or a PostgreSQL ``tsvector``.

This module alone knows how tokens and phrases are written for either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection, TextClause, bindparam, text

from store.search import Phrase, tokens

# A tsvector takes a token of at most 2 kB and positions up to 16383.
_LONGEST_TOKEN = 500
_LAST_POSITION = 16_383
_GAP = 10  # between title and text, so that no phrase spans both


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
        """Return a query for the ``number`` of each match and its ``rank``, lower is better."""
        expression = " AND ".join(f'"{" ".join(p.tokens)}"{" *" if p.prefix else ""}' for p in phrases)
        found = text(
            "SELECT rowid AS number, bm25(search, 5.0, 1.0) AS rank FROM search WHERE search MATCH :expression"
        )
        return found.bindparams(bindparam("expression", expression))


class PostgresIndex:
    """A ``tsvector`` written token by token: PostgreSQL's parser, which knows no Japanese, never sees the text."""

    def put(self, connection: Connection, number: int, title: str, body: str) -> None:
        connection.execute(
            text(
                "INSERT INTO search (number, document) VALUES (:number, CAST(:document AS tsvector))"
                " ON CONFLICT (number) DO UPDATE SET document = excluded.document"
            ),
            {"number": number, "document": self._document(title, body)},
        )

    def matching(self, phrases: Sequence[Phrase]) -> TextClause:
        """Return a query for the ``number`` of each match and its ``rank``, lower is better."""
        found = text(
            "SELECT number, -ts_rank(document, CAST(:expression AS tsquery)) AS rank FROM search"
            " WHERE document @@ CAST(:expression AS tsquery)"
        )
        return found.bindparams(bindparam("expression", " & ".join(map(self._expression, phrases))))

    def _document(self, title: str, body: str) -> str:
        heading = tokens(title)
        placed = [(token, f"{at}A") for at, token in enumerate(heading, 1)]
        placed += [(token, f"{at}B") for at, token in enumerate(tokens(body), len(heading) + _GAP)]
        return " ".join(f"'{token[:_LONGEST_TOKEN]}':{at}" for token, at in placed[:_LAST_POSITION])

    def _expression(self, phrase: Phrase) -> str:
        *first, last = (f"'{token[:_LONGEST_TOKEN]}'" for token in phrase.tokens)
        return "(" + " <-> ".join([*first, last + (":*" if phrase.prefix else "")]) + ")"


def index_for(dialect: str) -> FullText:
    return PostgresIndex() if dialect == "postgresql" else SQLiteIndex()
