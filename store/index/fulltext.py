"""The search index in the database's own full-text engine: SQLite's FTS5, or a PostgreSQL ``tsvector``.

This module alone knows how tokens and questions are written for either. What is indexed stands at its place
(``store.places``), so that either engine hands out the newest first without sorting all that it finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, text

from store.places import earliest
from store.search import Field, Phrase, Question, characters, facet, is_japanese, tokens

# A tsvector takes tokens of at most 2 kB, and 1 MB in all.
_LONGEST_TOKEN = 500
_MOST_BYTES = 900_000
_BYTES_A_TOKEN = 8
_MOST_SCORED = 20_000  # characters of a body's tokens
_ALL = facet("all", "")
_INSERT = text("INSERT INTO search (rowid, title, body, facets) VALUES (:place, :title, :body, :facets)")
_BELOW_ALL, _ABOVE_ALL = -(1 << 62), 1 << 62


@dataclass(frozen=True, slots=True)
class Entry:
    """What an announcement is found by: the tokens of its title, of its text and files, and its facts."""

    title: str
    body: str
    facets: str

    @classmethod
    def of(cls, title: str, body: str, facets: Iterable[str]) -> Entry:
        heading, rest = " ".join(tokens(title)), " ".join(tokens(body))
        return cls(heading, rest, " ".join(sorted({_ALL, *facets, *characters(heading + rest)})))


class FullText(Protocol):
    """One entry an announcement, at its place."""

    def add(self, connection: Connection, place: int, entry: Entry) -> None:
        """Let what is new be found."""

    def put(self, connection: Connection, place: int, entry: Entry) -> None:
        """Let what stands at *place* be found by *entry*, whatever it was found by before."""

    def drop(self, connection: Connection, places: Sequence[int]) -> None: ...

    def newest(self, connection: Connection, question: Question, *, below: int | None, limit: int) -> list[int]:
        """Return the places of what *question* asks for, the newest first, below *below* where that is given."""

    def among(self, connection: Connection, question: Question, places: Sequence[int]) -> set[int]:
        """Return those of *places* at which *question* is answered."""

    def words(self, connection: Connection, places: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return the tokens of title and body at *places*, of a long body those at its beginning."""

    def differing(self, connection: Connection, expected: Mapping[int, Entry]) -> set[int]:
        """Return the places at which something else stands than is *expected*, or nothing."""

    def above(self, connection: Connection, place: int, *, limit: int) -> list[int]:
        """Return the places above *place* that are taken, the lowest first."""


class SQLiteIndex:
    """FTS5 over the tokens, parted by spaces: its own tokenizer finds what ours wrote."""

    def add(self, connection: Connection, place: int, entry: Entry) -> None:
        row = {"place": place, "title": entry.title, "body": entry.body, "facets": entry.facets}
        connection.execute(_INSERT, row)

    def put(self, connection: Connection, place: int, entry: Entry) -> None:
        self.drop(connection, [place])
        self.add(connection, place, entry)

    def drop(self, connection: Connection, places: Sequence[int]) -> None:
        for place in places:
            connection.execute(text("DELETE FROM search WHERE rowid = :place"), {"place": place})

    def newest(self, connection: Connection, question: Question, *, below: int | None, limit: int) -> list[int]:
        found = text(
            "SELECT rowid FROM search WHERE search MATCH :expression AND rowid >= :lowest AND rowid < :below"
            " ORDER BY rowid DESC LIMIT :limit"
        )
        given = {"expression": _match(question), "limit": limit, **_range(question, below)}
        return list(connection.execute(found, given).scalars().all())

    def among(self, connection: Connection, question: Question, places: Sequence[int]) -> set[int]:
        found = text(
            "SELECT rowid FROM search WHERE search MATCH :expression AND rowid >= :lowest AND rowid < :below"
            " AND rowid IN :places"
        )
        given = {"expression": _match(question), **_range(question, None)}
        return set(connection.execute(found.bindparams(_places(places)), given).scalars())

    def words(self, connection: Connection, places: Sequence[int]) -> dict[int, tuple[str, str]]:
        # Where FTS5 keeps them (its documentation, section 9): through the index each row comes whole, its facts too.
        found = text(
            "SELECT id, c0, substr(c1, 1, :most) FROM search_content WHERE id IN (SELECT value FROM json_each(:places))"
        )
        rows = connection.execute(found, {"most": _MOST_SCORED, "places": json.dumps(list(places))})
        return {place: (title, body) for place, title, body in rows.all()}

    def differing(self, connection: Connection, expected: Mapping[int, Entry]) -> set[int]:
        found = text("SELECT rowid, title, body, facets FROM search WHERE rowid IN :places")
        rows = connection.execute(found.bindparams(_places(list(expected))))
        there = {place: Entry(*rest) for place, *rest in rows}
        return {place for place, entry in expected.items() if there.get(place) != entry}

    def above(self, connection: Connection, place: int, *, limit: int) -> list[int]:
        found = text("SELECT rowid FROM search WHERE rowid > :place ORDER BY rowid LIMIT :limit")
        return list(connection.execute(found, {"place": place, "limit": limit}).scalars())


class PostgresIndex:
    """A ``tsvector`` of the tokens narrows, and the tokens in their order decide: a tsvector knows too few places.

    PostgreSQL's parser, which knows no Japanese, never sees the text. Tokens of a title have weight A, of a
    text B, facts none; a token without a position would have every weight.
    """

    def add(self, connection: Connection, place: int, entry: Entry) -> None:
        self.put(connection, place, entry)

    def put(self, connection: Connection, place: int, entry: Entry) -> None:
        connection.execute(
            text(
                "INSERT INTO search (place, words, document) VALUES (:place, :words, CAST(:document AS tsvector))"
                " ON CONFLICT (place) DO UPDATE SET words = excluded.words, document = excluded.document"
            ),
            {"place": place, "words": _words(entry), "document": _document(entry)},
        )

    def drop(self, connection: Connection, places: Sequence[int]) -> None:
        connection.execute(text("DELETE FROM search WHERE place = ANY(:places)"), {"places": list(places)})

    def newest(self, connection: Connection, question: Question, *, below: int | None, limit: int) -> list[int]:
        where, given = _where(question, below)
        found = text(f"SELECT place FROM search WHERE {where} ORDER BY place DESC LIMIT :limit")  # noqa: S608  (names of parameters)
        return list(connection.execute(found, given | {"limit": limit}).scalars())

    def among(self, connection: Connection, question: Question, places: Sequence[int]) -> set[int]:
        where, given = _where(question, None)
        found = text(f"SELECT place FROM search WHERE {where} AND place = ANY(:places)")  # noqa: S608  (names of parameters)
        return set(connection.execute(found, given | {"places": list(places)}).scalars())

    def words(self, connection: Connection, places: Sequence[int]) -> dict[int, tuple[str, str]]:
        found = text("SELECT place, left(words, :most) FROM search WHERE place = ANY(:places)")
        rows = connection.execute(found, {"places": list(places), "most": _MOST_SCORED})
        return {place: _parted(words) for place, words in rows}

    def differing(self, connection: Connection, expected: Mapping[int, Entry]) -> set[int]:
        same = text(
            "SELECT search.place FROM search"
            " JOIN unnest(CAST(:places AS bigint[]), CAST(:words AS text[]), CAST(:documents AS text[]))"
            " AS due (place, words, document)"
            " ON search.place = due.place AND search.words = due.words"
            " AND search.document = CAST(due.document AS tsvector)"
        )
        given = {
            "places": list(expected),
            "words": [_words(entry) for entry in expected.values()],
            "documents": [_document(entry) for entry in expected.values()],
        }
        return set(expected) - set(connection.execute(same, given).scalars())

    def above(self, connection: Connection, place: int, *, limit: int) -> list[int]:
        found = text("SELECT place FROM search WHERE place > :place ORDER BY place LIMIT :limit")
        return list(connection.execute(found, {"place": place, "limit": limit}).scalars())


def index_for(dialect: str) -> FullText:
    return PostgresIndex() if dialect == "postgresql" else SQLiteIndex()


def _range(question: Question, below: int | None) -> dict[str, int]:
    lowest = earliest(question.since) if question.since else _BELOW_ALL
    highest = earliest(question.until) if question.until else _ABOVE_ALL
    return {"lowest": lowest, "below": min(highest, _ABOVE_ALL if below is None else below)}


def _places(places: Sequence[int]) -> Any:
    return bindparam("places", list(places), expanding=True)


def _indexed(phrase: Phrase) -> Phrase:
    """Return *phrase* as it stands in the index: a single Japanese character is a fact of a text, not a beginning."""
    (first, *more) = phrase.tokens
    if phrase.field is Field.ANYWHERE and phrase.prefix and not more and len(first) == 1 and is_japanese(first):
        return Phrase((*characters(first),), field=Field.FACET)
    return phrase


def _match(question: Question) -> str:
    """Return *question* in the query language of FTS5, which knows no NOT without something to take it from."""
    clauses = question.clauses or ((Phrase((_ALL,), field=Field.FACET),),)
    sought = " AND ".join(f"({' OR '.join(map(_fts5, clause))})" for clause in clauses)
    return f"({sought}) NOT ({' OR '.join(map(_fts5, question.excluded))})" if question.excluded else sought


def _fts5(phrase: Phrase) -> str:
    indexed = _indexed(phrase)
    column = "title : " if indexed.field is Field.TITLE else "{title body} : " if indexed.prefix else ""
    return f'{column}"{" ".join(indexed.tokens)}"{" *" if indexed.prefix else ""}'


def _where(question: Question, below: int | None) -> tuple[str, dict[str, Any]]:
    """Return the condition that *question* is answered, for PostgreSQL, and the values of its parameters."""
    conditions = _Conditions()
    clauses = [conditions.any_of(clause) for clause in question.clauses]
    if question.excluded:
        clauses.append(f"NOT {conditions.any_of(question.excluded)}")
    where = " AND ".join((*clauses, "place >= :lowest", "place < :below"))
    return where, {**conditions.values, **_range(question, below)}


class _Conditions:
    """Conditions on a row of PostgreSQL's index, and the values of their parameters."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def any_of(self, phrases: Sequence[Phrase]) -> str:
        """Return the condition that one of *phrases* is found."""
        return f"({' OR '.join(self._found(_indexed(phrase)) for phrase in phrases)})"

    def _found(self, phrase: Phrase) -> str:
        tokens_there = f"document @@ CAST({self._parameter(_tsquery(phrase))} AS tsquery)"
        if len(phrase.tokens) == 1:
            return tokens_there
        where = "split_part(words, E'\\n', 1)" if phrase.field is Field.TITLE else "words"
        stretch = " ".join(("", *phrase.tokens, *([] if phrase.prefix else [""])))
        return f"({tokens_there} AND strpos({where}, {self._parameter(stretch)}) > 0)"

    def _parameter(self, value: str) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _tsquery(phrase: Phrase) -> str:
    # A beginning must not be that of a fact; whole tokens are either words or facts.
    weight = "A" if phrase.field is Field.TITLE else "AB" if phrase.prefix else ""
    return " & ".join(f"'{token}'{mark}" for token, mark in _marked(phrase, weight))


def _marked(phrase: Phrase, weight: str) -> Iterator[tuple[str, str]]:
    for position, token in enumerate(phrase.tokens, 1):
        marks = ("*" if phrase.prefix and position == len(phrase.tokens) else "") + weight
        yield token[:_LONGEST_TOKEN], f":{marks}" if marks else ""


def _document(entry: Entry) -> str:
    """Return the tokens as a tsvector, as many as fit: the facts, the title, then the text from its beginning."""
    marked = dict.fromkeys(entry.facets.split(), ":1") | dict.fromkeys(entry.title.split(), ":1A")
    for token in entry.body.split():
        marked.setdefault(token, ":1B")
    cut = {token[:_LONGEST_TOKEN]: mark for token, mark in marked.items()}
    sizes = accumulate(len(token.encode()) + _BYTES_A_TOKEN for token in cut)
    return " ".join(
        f"'{token}'{mark}" for (token, mark), size in zip(cut.items(), sizes, strict=True) if size <= _MOST_BYTES
    )


def _words(entry: Entry) -> str:
    return f" {entry.title} \n {entry.body} "


def _parted(words: str) -> tuple[str, str]:
    title, _, body = words.partition("\n")
    return title[1:-1], body.strip(" ")
