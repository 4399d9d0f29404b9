"""One process at a time asks a host, some time after the one before; who asks to be left alone is."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from store.database import Database
from store.hosts import LONGEST_AWAY, Hosts, Turn
from tests.builders import NOON

HOST = "www.env.go.jp"
SECOND, APART, LONGEST = timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=40)
A_YEAR = timedelta(days=365)


@pytest.fixture
def ours(database: Database) -> Hosts:
    return Hosts(database, "ours")


@pytest.fixture
def theirs(database: Database) -> Iterator[Hosts]:
    with closing(Database(database.name)) as opened:
        yield Hosts(opened, "theirs")


def take(hosts: Hosts, after: timedelta = timedelta(), host: str = HOST) -> timedelta:
    return hosts.take(host, apart=APART, longest=LONGEST, now=NOON + after).wait


def end(hosts: Hosts, after: timedelta) -> None:
    hosts.end(HOST, due=NOON, now=NOON + after)


def test_who_comes_first_has_the_turn_and_others_wait_for_its_end(ours: Hosts, theirs: Hosts) -> None:
    assert not take(ours)
    assert take(theirs, 10 * SECOND)
    end(ours, 10 * SECOND)
    assert not take(theirs, 10 * SECOND)


def test_two_turns_are_apart_whoever_has_them(ours: Hosts, theirs: Hosts) -> None:
    take(ours)
    end(ours, SECOND)
    assert take(theirs, SECOND) == 2 * SECOND
    assert take(ours, SECOND) == 2 * SECOND
    assert not take(theirs, APART)


def test_hosts_have_turns_of_their_own(ours: Hosts, theirs: Hosts) -> None:
    take(ours)
    assert not take(theirs, host="iclei.org")


def test_a_turn_that_is_never_ended_is_over_in_time(ours: Hosts, theirs: Hosts) -> None:
    take(ours)
    assert take(theirs, LONGEST - SECOND)
    assert not take(theirs, LONGEST)


def test_after_a_failure_the_next_turn_comes_later(ours: Hosts, theirs: Hosts) -> None:
    take(ours)
    ours.end(HOST, due=NOON + 12 * SECOND, now=NOON + SECOND)
    assert take(theirs, 2 * SECOND) == 10 * SECOND


def test_a_host_is_left_alone_by_all_until_it_said(ours: Hosts, theirs: Hosts) -> None:
    until = NOON + timedelta(hours=2)
    assert ours.leave_alone(HOST, until=until, now=NOON) == until
    turn = theirs.take(HOST, apart=APART, longest=LONGEST, now=NOON + SECOND)
    assert turn == Turn(until - NOON - SECOND, until)
    assert theirs.away(now=NOON) == {HOST: until}
    assert not take(theirs, timedelta(hours=2))
    assert theirs.away(now=until) == {}


def test_nobody_is_left_alone_for_more_than_a_day(ours: Hosts) -> None:
    take(ours)
    assert ours.leave_alone(HOST, until=NOON + A_YEAR, now=NOON) == NOON + LONGEST_AWAY


def test_a_clock_that_was_set_back_stops_nobody(ours: Hosts, theirs: Hosts) -> None:
    take(ours)
    ours.leave_alone(HOST, until=NOON + LONGEST_AWAY, now=NOON)
    assert not take(theirs, -A_YEAR)
    assert theirs.away(now=NOON - A_YEAR) == {}
