"""Documents that are made when somebody asks, and kept for a while: who asks meanwhile gets the same.

This module alone knows how many are made at once, and who has to come again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, Lock, to_thread
from sqlalchemy.exc import SQLAlchemyError

from store.search import BadQuestion
from web.documents import Document

_AT_ONCE = 4


class Busy(Exception):
    """So many questions wait that one more would wait too long."""


@dataclass(slots=True)
class _Answer:
    document: Document
    begun: float


class Kept:
    """Documents by a key, of which the *most* lately asked for stay. One is made anew after a while, and stays as it
    was where that fails. It is for one event loop.
    """

    def __init__(self, *, most: int, most_waiting: int) -> None:
        self._most, self._most_waiting = most, most_waiting
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()
        self._limiter: CapacityLimiter | None = None

    async def document(self, key: Hashable, make: Callable[[], Document], *, fresh: float) -> Document:
        """Return the document of *key*, which *make* makes, in a thread, where there is none that was begun no more
        than *fresh* seconds before it was asked for here.

        Raises Busy, and what *make* raises where there is none to fall back on.
        """
        oldest = monotonic() - fresh
        known = self._begun_since(oldest, key)
        if known is None:
            lock = self._locks.setdefault(key, Lock())
            async with lock:  # of many who ask for the same at once, one waits for its making
                known = self._begun_since(oldest, key) or await self._made(key, make)
        self._answers.move_to_end(key)
        return known.document

    def _begun_since(self, moment: float, key: Hashable) -> _Answer | None:
        known = self._answers.get(key)
        return known if known and known.begun >= moment else None

    async def _made(self, key: Hashable, make: Callable[[], Document]) -> _Answer:
        self._limiter = self._limiter or CapacityLimiter(_AT_ONCE)
        if self._limiter.statistics().tasks_waiting >= self._most_waiting:
            raise Busy(f"{self._most_waiting} questions wait")
        known, begun = self._answers.get(key), monotonic()
        try:
            document = await to_thread.run_sync(make, limiter=self._limiter)
        except (BadQuestion, SQLAlchemyError):
            if known is None:
                raise
            document = known.document
        made = self._answers[key] = _Answer(document, begun)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return made
