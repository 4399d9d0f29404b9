"""Facts of announcements in, the one out that tells the same in another language. Pure.

This module alone knows what a shared fact weighs: the rarer among those that could be meant, the more. Its figures were
set on one half of tests/labelled/translations*.toml, and are measured on the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from store.pairing.bilingual import Facts
from store.pairing.gazetteer import PLACES

_LEAST = 2.5  # what shared facts weigh together, at the least
_LEAST_OF_TWINS = 1.0  # the same where the addresses differ by the language and a date or number says the rest
_COVERED = 0.5  # the share of what the poorer wording states that the other one states, too
_MARGIN = 1.5  # how many times as good the second best would have to be
_CODE = re.compile(r"[a-z]+\d+")
_WEIGHTS = {"on": 1.5, "month": 0.8, "at": 0.8, "fy": 0.4, "year": 0.3, "nth": 1.0, "link": 2.0}


@dataclass(frozen=True, slots=True)
class Told:
    """An announcement and its facts. ``id`` decides between equals: numbers depend on the order of arrival."""

    number: int
    id: str
    language: str
    facts: Facts


def chosen(one: Told, others: Iterable[Told], twins: frozenset[int] = frozenset()) -> Told | None:
    """Return the one of *others* that clearly tells the same as *one*, if any does.

    *twins* are the numbers of those whose address is that of *one* but for the language, with a date or a number at its
    end: two different news can share it, so it makes up for rarity, never for disagreement.
    """
    possible = sorted((other for other in others if not contradict(one.facts, other.facts)), key=lambda each: each.id)
    spread = Counter(fact for other in possible for fact in other.facts.all & one.facts.all)
    ranked = sorted(((_score(one, other, spread), other) for other in possible), key=lambda each: -each[0])
    if not ranked:
        return None
    (best, other), second = ranked[0], ranked[1][0] if len(ranked) > 1 else 0.0
    for score, twin in ranked:
        if twin.number in twins and score >= best and agree(one.facts, twin.facts, least=_LEAST_OF_TWINS):
            return twin
    return other if best >= _MARGIN * second and agree(one.facts, other.facts, least=_LEAST) else None


def agree(one: Facts, other: Facts, *, least: float) -> bool:
    """Return whether two wordings share facts enough, and most of those of the poorer one."""
    shared = _shared(one, other)
    total = sum(map(weight, shared))
    poorer = min(_stated(one, shared), _stated(other, shared))
    return total >= least and total >= _COVERED * poorer


def contradict(one: Facts, other: Facts) -> bool:
    """Return whether each title names what the other wording doesn't know: another meeting, year, place, conference."""
    return any(
        _misses(one, other, kind) and _misses(other, one, kind) for kind in ("nth", "fy", "year", "place", "code")
    )


@lru_cache(maxsize=1 << 16)
def weight(fact: str) -> float:
    """Return how much it says that two wordings share *fact*."""
    kind, colon, _ = fact.partition(":")
    if colon:
        return 0.3 if fact == "nth:1" else _WEIGHTS[kind]
    if fact.startswith("#"):
        return min(0.4 * len(fact.replace(".", "").rstrip("0")), 2.5) + 0.1 * len(fact)
    return 1.2 if fact in PLACES or _CODE.fullmatch(fact) else 1.0


def _score(one: Told, other: Told, spread: Counter[str]) -> float:
    return sum(weight(fact) / spread[fact] for fact in _shared(one.facts, other.facts))


def _shared(one: Facts, other: Facts) -> frozenset[str]:
    return one.all & other.all - {one.own, other.own}


def _stated(facts: Facts, shared: frozenset[str]) -> float:
    """Return what all facts weigh; of a wording in Latin script words are facts where the other one has them, too."""
    return sum(weight(fact) for fact in facts.all - {facts.own} if fact in shared or _kind(fact) != "word")


def _misses(one: Facts, other: Facts, kind: str) -> bool:
    of_title = _of_kind(one.title, kind)
    return bool(of_title) and not of_title & other.all


@lru_cache(maxsize=1 << 14)
def _of_kind(title: frozenset[str], kind: str) -> frozenset[str]:
    return frozenset(fact for fact in title if _kind(fact) == kind)


@lru_cache(maxsize=1 << 16)
def _kind(fact: str) -> str:
    head, colon, _ = fact.partition(":")
    if colon:
        return head
    if fact.startswith("#"):
        return "number"
    return "place" if fact in PLACES else "code" if _CODE.fullmatch(fact) else "word"
