"""One scheduler works at a time; the next one takes over when it stops, or is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Barrier

import pytest

from store.database import Database
from store.lease import TERM, Lease
from tests.builders import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def again(database: Database) -> Iterator[Database]:
    """The same database, opened by another."""
    with closing(Database(database.name)) as opened:
        yield opened


@pytest.fixture
def first(database: Database) -> Lease:
    return Lease(database, "scheduler", "first")


@pytest.fixture
def second(again: Database) -> Lease:
    return Lease(again, "scheduler", "second")


def test_a_lease_has_one_holder_and_the_second_waits(first: Lease, second: Lease) -> None:
    assert first.acquire(now=NOON)
    assert not second.acquire(now=NOON)
    assert (first.holder(), second.holder()) == ("first", "first")


def test_nobody_holds_a_lease_at_first(first: Lease) -> None:
    assert first.holder() is None


def test_a_lease_that_is_not_renewed_is_lost(first: Lease, second: Lease) -> None:
    first.acquire(now=NOON)
    assert not second.acquire(now=NOON + TERM - SECOND)
    assert second.acquire(now=NOON + TERM)
    assert not first.acquire(now=NOON + TERM + SECOND)


def test_a_lease_that_is_renewed_is_kept(first: Lease, second: Lease) -> None:
    assert all(first.acquire(now=NOON + half * TERM / 2) for half in range(5))
    assert not second.acquire(now=NOON + 3 * TERM - SECOND)


def test_a_lease_that_is_released_is_free_at_once(first: Lease, second: Lease) -> None:
    first.acquire(now=NOON)
    first.release()
    assert second.acquire(now=NOON)
    assert second.holder() == "second"


def test_only_the_holder_can_release_a_lease(first: Lease, second: Lease) -> None:
    first.acquire(now=NOON)
    second.release()
    assert not second.acquire(now=NOON)


def test_a_clock_that_was_set_back_does_not_hold_a_lease_for_ever(first: Lease, second: Lease) -> None:
    first.acquire(now=NOON + timedelta(days=365))
    assert second.acquire(now=NOON)


def test_leases_of_other_names_are_others(first: Lease, again: Database) -> None:
    first.acquire(now=NOON)
    assert Lease(again, "publisher", "second").acquire(now=NOON)


def test_of_several_that_ask_at_once_one_gets_it(database: Database) -> None:
    barrier = Barrier(4)

    def ask(name: str, holder: int) -> bool:
        barrier.wait()
        return Lease(database, name, f"holder {holder}").acquire(now=NOON)

    with ThreadPoolExecutor(4) as pool:
        rounds = [[pool.submit(ask, f"lease {number}", holder) for holder in range(4)] for number in range(10)]
        assert [sum(asked.result() for asked in together) for together in rounds] == [1] * 10
