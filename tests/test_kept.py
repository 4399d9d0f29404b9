"""What many ask for at once is made once; what is old is made anew, and stays where that fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from store.search import BadQuestion
from web.documents import Document
from web.kept import Busy, Kept


def numbered() -> Callable[[], Document]:
    numbers = count(1)
    return lambda: Document.of(f"{next(numbers)}".encode())


def test_what_many_ask_for_at_once_is_made_once() -> None:
    async def ask() -> set[bytes]:
        kept, make = Kept(most=10, most_waiting=10), numbered()
        return {each.body for each in await asyncio.gather(*(kept.document("a", make, fresh=60) for _ in range(500)))}

    assert asyncio.run(ask()) == {b"1"}


def test_what_was_begun_before_it_was_asked_for_is_made_anew_unless_it_may_be_older() -> None:
    async def ask() -> list[bytes]:
        kept, make = Kept(most=10, most_waiting=10), numbered()
        return [(await kept.document("a", make, fresh=fresh)).body for fresh in (0, 0, 60)]

    assert asyncio.run(ask()) == [b"1", b"2", b"2"]


def test_what_fails_stays_as_it_was_and_fails_where_it_was_nothing() -> None:
    given: Iterator[Document | BadQuestion] = iter((Document.of(b"1"), BadQuestion("no"), BadQuestion("no")))

    def make() -> Document:
        each = next(given)
        if isinstance(each, BadQuestion):
            raise each
        return each

    async def ask() -> bytes:
        kept = Kept(most=10, most_waiting=10)
        first, second = [await kept.document("a", make, fresh=0) for _ in range(2)]
        assert first is second
        with pytest.raises(BadQuestion):
            await kept.document("b", make, fresh=0)
        return first.body

    assert asyncio.run(ask()) == b"1"


def test_the_least_lately_asked_for_is_forgotten() -> None:
    async def ask() -> list[bytes]:
        kept, make = Kept(most=2, most_waiting=10), numbered()
        return [(await kept.document(key, make, fresh=60)).body for key in "abacab"]

    assert asyncio.run(ask()) == [b"1", b"2", b"1", b"3", b"1", b"4"]


def test_who_would_wait_too_long_comes_again() -> None:
    held = threading.Event()

    def make() -> Document:
        held.wait(10)
        return Document.of(b"")

    async def ask() -> tuple[Document | BaseException]:
        kept = Kept(most=10, most_waiting=2)
        asked = [asyncio.ensure_future(kept.document(number, make, fresh=0)) for number in range(6)]
        await asyncio.sleep(0.2)  # four are made, two wait
        refused = await asyncio.gather(kept.document(6, make, fresh=0), return_exceptions=True)
        held.set()
        await asyncio.gather(*asked)
        return refused

    (refused,) = asyncio.run(ask())
    assert isinstance(refused, Busy)
