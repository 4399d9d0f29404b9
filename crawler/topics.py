"""An announcement's words in, its topics out, by lists in two languages. Pure.

Texts are compared as the search compares them (NFKC, lower case, no accents), with a hyphen as good as a space. A Latin
word counts only as a whole: "cop" is not in "copper", but "JCM" is in "JCMの". The lists that are shipped stand in
``topics.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from store.search import fold

_SPACES = re.compile(r"[\s\u2010-\u2015-]+")
_LATIN = re.compile(r"[a-z0-9]")


class BadTopic(ValueError):
    """A topic that is declared wrongly: which, and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic by its name, as it stands in addresses; ``words`` and ``tags`` tell who has it."""

    name: str
    title: str
    words: Sequence[str] = ()
    tags: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", self.name):
            raise BadTopic(f"topics: expected small letters, digits and hyphens, got {self.name!r}")
        if isinstance(self.words, str) or isinstance(self.tags, str):  # a text would be read letter by letter
            raise BadTopic(f"topics.{self.name}: expected words or tags, lists of texts")
        if not (self.words or self.tags) or any(not isinstance(word, str) for word in (*self.words, *self.tags)):
            raise BadTopic(f"topics.{self.name}: expected words or tags, lists of texts")


def topics(given: Mapping[str, Mapping[str, Any]]) -> list[Topic]:
    """Return the topics that are shipped, with those *given* added, or put for the one of the same name.

    Raises BadTopic.
    """
    shipped = tomllib.loads((files("crawler") / "topics.toml").read_text("utf-8"))
    return [_topic(name, declared) for name, declared in (shipped | dict(given)).items()]


def topics_of(title: str, text: str, tags: Sequence[str], known: Sequence[Topic]) -> tuple[str, ...]:
    """Return the names of the topics among *known* that these words and tags have.

    >>> topics_of("Nine cities join the Race-to-Zero", "", (), topics({}))
    ('race-to-zero',)
    """
    words = _SPACES.sub(" ", fold(f"{title}\n{text}"))
    return tuple(topic.name for topic in known if set(topic.tags) & set(tags) or _pattern(tuple(topic.words))(words))


def _topic(name: str, declared: Any) -> Topic:
    if not isinstance(declared, Mapping) or declared.keys() - {"title", "words", "tags"}:
        raise BadTopic(f"topics.{name}: expected title, words and tags")
    return Topic(
        name=name,
        title=str(declared.get("title", name)),
        words=declared.get("words", ()),
        tags=declared.get("tags", ()),
    )


@cache
def _pattern(words: tuple[str, ...]) -> Any:
    """Return the search for any of *words*: ``*`` stands for any ending, ``?`` for a letter, ``#`` for a digit."""
    if not words:
        return re.compile(r"(?!)").search
    return re.compile("|".join(map(_alternative, words))).search


def _alternative(word: str) -> str:
    plain = _SPACES.sub(" ", fold(word)).strip()
    pattern = re.escape(plain).replace(r"\*", "[a-z]*").replace(r"\?", "[a-z]").replace(r"\#", "[0-9]")
    before = r"(?<![a-z0-9])" if _LATIN.match(plain) else ""
    after = r"(?![a-z0-9])" if _LATIN.search(plain[-1:]) or plain[-1:] in "*?#" else ""
    return f"{before}{pattern}{after}"
