"""Which announcements: a query, as conditions on their table or as a question to the search index. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from store.places import earliest
from store.search import PARTS, BadQuestion, Field, Phrase, Question, ask, facet
from store.tables import announcements, topics

GONE = facet("gone", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is None or empty does not narrow. ``words`` are a question in the language of ``store.search.ask``;
    ``has`` names parts that all must be there (store.search.PARTS); ``since`` is included, ``until`` is not.
    """

    words: str = ""
    source: str | None = None
    organisation: str | None = None
    language: str | None = None
    topic: str | None = None
    has: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    gone: bool = True

    def __post_init__(self) -> None:
        for part in self.has:
            if part not in PARTS:
                raise BadQuestion(f"has: expected one of {', '.join(PARTS)}, got {part!r}")

    @property
    def asks(self) -> bool:
        """Whether it takes the search index to answer."""
        return bool(self.words.strip() or self.has)

    def question(self) -> Question:
        """Return the whole query as a question. Raises BadQuestion."""
        asked = ask(self.words) if self.words.strip() else Question()
        named = ("source", "organisation", "language", "topic")
        facts = [facet(name, value) for name in named if (value := getattr(self, name)) is not None]
        facts += [facet("has", part) for part in self.has]
        since = [bound for bound in (asked.since, self.since) if bound]
        until = [bound for bound in (asked.until, self.until) if bound]
        return Question(
            clauses=(*asked.clauses, *((Phrase((fact,), field=Field.FACET),) for fact in facts)),
            excluded=asked.excluded if self.gone else (*asked.excluded, Phrase((GONE,), field=Field.FACET)),
            since=max(since, default=None),
            until=min(until, default=None),
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the announcements table; ``words`` and ``has`` are the search index's business."""
        table = announcements.c
        narrowed = [
            getattr(table, name) == wanted
            for name in ("source", "organisation", "language")
            if (wanted := getattr(self, name)) is not None
        ]
        if self.topic is not None:
            narrowed.append(table.number.in_(select(topics.c.announcement).where(topics.c.topic == self.topic)))
        if self.since is not None:
            narrowed.append(table.place >= earliest(self.since))
        if self.until is not None:
            narrowed.append(table.place < earliest(self.until))
        return narrowed if self.gone else [*narrowed, table.gone.is_(None)]


EVERYTHING = Query()
