"""Parameters of a request in, a query out. This module alone knows which there are.

The same table reads them and describes them (web.openapi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.days import moment
from store.index.results import Sort
from store.query import Query
from store.search import LONGEST_QUESTION, PARTS, BadQuestion

LONGEST_QUERY_STRING = 16_384  # bytes: the longest question takes 9,000 where all of it is Japanese
MOST_ON_A_PAGE, USUAL_ON_A_PAGE = 100, 20

Given = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: ``schema`` is JSON Schema, ``read`` raises ValueError with what was expected.

    It may be given ``several`` times, or once.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any] = str
    several: bool = False


def _part(given: str) -> str:
    if given not in PARTS:
        raise ValueError(f"expected one of {', '.join(PARTS)}, got {given[:40]!r}")
    return given


def _sort(given: str) -> Sort:
    if given not in list(Sort):
        raise ValueError(f"expected one of {', '.join(Sort)}, got {given[:40]!r}")
    return Sort(given)


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and 1 <= int(given) <= MOST_ON_A_PAGE):
        raise ValueError(f"expected a number from 1 to {MOST_ON_A_PAGE}, got {given[:40]!r}")
    return int(given)


def _day(given: str) -> datetime:
    if len(given) > 40:
        raise ValueError(f"expected a day such as 2026-08-01, got {given[:40]!r}")
    return moment(given)


_NAME = {"type": "string"}
_PATTERN = r"^([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T.+)?)?)?)?$"
_DAY = {"type": "string", "pattern": _PATTERN, "examples": ["2026-08", "2026-08-01"]}

NARROWING = (
    Parameter(
        name="q",
        description="Words that must all be found in title, text or attachments. A text in quotation marks stands as "
        "it is; OR between two asks for one of them; a minus before a word leaves out what has it; carb* finds what "
        "begins so; title:word stands in the title.",
        schema={"type": "string", "maxLength": LONGEST_QUESTION, "examples": ['"zero carbon" OR 脱炭素']},
    ),
    Parameter(name="source", description="Only of this source.", schema=_NAME | {"examples": ["moej-ja"]}),
    Parameter(name="organisation", description="Only of this organisation.", schema=_NAME | {"examples": ["iges"]}),
    Parameter(name="language", description="Only in this language.", schema=_NAME | {"examples": ["ja", "en"]}),
    Parameter(name="topic", description="Only with this topic.", schema=_NAME | {"examples": ["jcm"]}),
    Parameter(
        name="has",
        description="Only with such a part; may be given again: then with all of them.",
        schema={"type": "string", "enum": list(PARTS)},
        read=_part,
        several=True,
    ),
    Parameter(
        name="since",
        description="Published on this day (month, year) of Japan's or later, or from this moment on.",
        schema=_DAY,
        read=_day,
    ),
    Parameter(name="until", description="Published before it.", schema=_DAY, read=_day),
)
PAGING = (
    Parameter(
        name="sort",
        description="What comes first. Without q it is the newest anyway.",
        schema={"type": "string", "enum": list(Sort), "default": Sort.RELEVANCE},
        read=_sort,
    ),
    Parameter(
        name="limit",
        description="At most so many on a page.",
        schema={"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE, "default": USUAL_ON_A_PAGE},
        read=_limit,
    ),
    Parameter(
        name="cursor",
        description="Where to go on: the cursor of the page before, with all else as it was.",
        schema={"type": "string", "maxLength": 40},
    ),
)


def values(given: Given, known: Iterable[Parameter]) -> dict[str, Any]:
    """Return what the *known* parameters are given, by name; an empty one, as forms send it, counts as not given.

    Raises BadQuestion where one is unknown, makes no sense, or comes twice.
    """
    by_name = {parameter.name: parameter for parameter in known}
    read: dict[str, Any] = {}
    for name, text in given:
        if name not in by_name:
            raise BadQuestion(f"unknown parameter {name[:40]!r}; there are {', '.join(by_name)}")
        if text:
            _take(read, by_name[name], text)
    return read


def query(asked: Mapping[str, Any]) -> Query:
    """Return the query that the values of NARROWING make up. Raises BadQuestion."""
    narrowed = {one.name: asked[one.name] for one in NARROWING if one.name in asked and one.name != "q"}
    return Query(words=asked.get("q", ""), **narrowed)


def _take(read: dict[str, Any], parameter: Parameter, text: str) -> None:
    try:
        value = parameter.read(text)
    except ValueError as error:
        raise BadQuestion(f"{parameter.name}: {error}") from error
    if parameter.several:
        read[parameter.name] = tuple(dict.fromkeys((*read.get(parameter.name, ()), value)))
    elif parameter.name in read:
        raise BadQuestion(f"{parameter.name}: expected once")
    else:
        read[parameter.name] = value
