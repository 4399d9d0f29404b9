"""What is to be told is told once a destination, over restarts; what fails is tried again, and given up at last."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import pairwise
from threading import Barrier

import pytest

from store.archive import Archive
from store.database import Database
from store.outbox import HUB, LONGEST_WAIT, MOST_ATTEMPTS, Delivery, Item, Kind, Outbox, back_off
from tests.builders import NOON, an_announcement

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
WAIT = timedelta(minutes=1)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    begun = Outbox(database)
    for name in ("office", "dashboard"):
        begun.begin(name, now=NOON)
    return begun


def queue(outbox: Outbox, *keys: str, to: str = "office", kind: Kind = Kind.ANNOUNCEMENT) -> int:
    return outbox.queue(to, [Item(key, kind, {"channels": ["all"]}) for key in keys], turn=0, now=NOON)


def keys(due: list[Delivery]) -> list[str]:
    return [delivery.item.key for delivery in due]


def test_a_destination_begins_at_the_present_turn_and_keeps_it(outbox: Outbox, archive: Archive) -> None:
    archive.save(an_announcement(), now=NOON)
    begun = outbox.begin("new", now=NOON)
    assert (begun.begun, begun.turn) == (NOON, 1)
    archive.save(an_announcement(url="https://www.env.go.jp/2"), now=NOON)
    assert outbox.begin("new", now=NOON + DAY) == begun


def test_what_is_queued_is_due_in_its_order_with_what_it_holds(outbox: Outbox) -> None:
    assert queue(outbox, "b", "a") == 2
    due = outbox.due("office", now=NOON)
    assert keys(due) == ["b", "a"]
    assert (due[0].item, due[0].queued, due[0].attempts) == (
        Item("b", Kind.ANNOUNCEMENT, {"channels": ["all"]}),
        NOON,
        0,
    )
    assert outbox.due("dashboard", now=NOON) == []


def test_a_key_is_queued_once_a_destination_even_after_it_was_delivered(outbox: Outbox) -> None:
    queue(outbox, "a")
    outbox.delivered(outbox.due("office", now=NOON), now=NOON)
    assert queue(outbox, "a", "b") == 1
    assert keys(outbox.due("office", now=NOON + DAY)) == ["b"]
    assert queue(outbox, "a", to="dashboard") == 1


def test_a_thousand_keys_are_told_apart(outbox: Outbox) -> None:
    many = [f"urn:uuid:{number}" for number in range(1200)]
    assert queue(outbox, *many[:700]) == 700
    assert queue(outbox, *many) == 500


def test_a_turn_never_goes_back(outbox: Outbox) -> None:
    outbox.queue("office", [], turn=9, now=NOON)
    outbox.queue("office", [], turn=7, now=NOON)
    assert outbox.begin("office", now=NOON).turn == 9


def test_the_outbox_outlives_its_process(outbox: Outbox, database: Database) -> None:
    queue(outbox, "a")
    with closing(Database(database.name)) as again:
        assert keys(Outbox(again).due("office", now=NOON)) == ["a"]


def test_only_what_is_of_a_kind_is_due_where_that_is_asked(outbox: Outbox) -> None:
    queue(outbox, "a")
    queue(outbox, "fault", kind=Kind.NOTICE)
    assert keys(outbox.due("office", Kind.NOTICE, now=NOON)) == ["fault"]


def test_what_failed_is_due_again_later(outbox: Outbox) -> None:
    queue(outbox, "a", "b")
    first, _ = outbox.due("office", now=NOON)
    assert outbox.failed([first], "status 500", now=NOON, all_wait=False) == []
    assert keys(outbox.due("office", now=NOON)) == ["b"]
    again = outbox.due("office", now=NOON + MINUTE)[-1]  # behind what never failed
    assert (again.item.key, again.attempts) == ("a", 1)


def test_nothing_is_told_to_who_is_away(outbox: Outbox) -> None:
    queue(outbox, "a", "b")
    queue(outbox, "a", to="dashboard")
    outbox.failed(outbox.due("office", now=NOON)[:1], "no answer", now=NOON, wait=WAIT, all_wait=True)
    assert outbox.due("office", now=NOON + WAIT - SECOND) == []
    assert [(each.item.key, each.attempts) for each in outbox.due("office", now=NOON + WAIT)] == [("b", 0), ("a", 1)]
    assert keys(outbox.due("dashboard", now=NOON)) == ["a"]


def test_who_asks_to_be_left_alone_is(outbox: Outbox) -> None:
    queue(outbox, "a")
    outbox.failed(outbox.due("office", now=NOON), "status 429", now=NOON, wait=timedelta(hours=1), all_wait=True)
    assert outbox.due("office", now=NOON + timedelta(minutes=59)) == []
    assert keys(outbox.due("office", now=NOON + timedelta(hours=1))) == ["a"]


def test_what_fails_for_over_three_days_is_given_up_and_says_so_once(outbox: Outbox) -> None:
    queue(outbox, "a")
    now, given_up = NOON, []
    while due := outbox.due("office", now=now):
        given_up += outbox.failed(due, "no answer", now=now, all_wait=True)
        now += timedelta(hours=7)
    assert keys(given_up) == ["a"]
    assert outbox.due("office", now=now + 30 * DAY) == []
    assert queue(outbox, "a") == 0
    waited = sum((back_off("a", attempts) for attempts in range(1, MOST_ATTEMPTS)), timedelta())
    assert 2.7 * DAY < waited < 3.5 * DAY


def test_each_wait_is_twice_as_long_up_to_some_hours_and_no_two_keys_wait_alike() -> None:
    seconds = [back_off("a", attempts).total_seconds() for attempts in range(1, 40)]
    assert 27 <= seconds[0] <= 33
    assert all(1.6 < later / sooner < 2.5 for sooner, later in pairwise(seconds[:9]))
    assert max(seconds) <= LONGEST_WAIT.total_seconds() * 1.1
    assert len({back_off(f"{number}", 1) for number in range(20)}) > 10
    assert back_off("a", 1) == back_off("a", 1)


def test_what_is_refused_is_tried_no_more(outbox: Outbox) -> None:
    queue(outbox, "a")
    outbox.refused(outbox.due("office", now=NOON), "status 404", now=NOON)
    assert outbox.due("office", now=NOON + DAY) == []
    assert outbox.last_told("office", now=NOON) is None


def test_who_wants_nothing_more_gets_nothing_more(outbox: Outbox) -> None:
    queue(outbox, "a", "b")
    outbox.stop("office", "status 410", now=NOON)
    assert outbox.due("office", now=NOON + DAY) == []
    assert outbox.begin("office", now=NOON).stopped == "status 410"
    assert outbox.begin("dashboard", now=NOON).stopped == ""


def test_a_digest_takes_all_that_was_queued_by_its_time_and_nothing_else(outbox: Outbox) -> None:
    for hours, key in enumerate(["a", "b", "c"]):
        outbox.queue("office", [Item(key, Kind.ANNOUNCEMENT)], turn=0, now=NOON + timedelta(hours=hours))
    period, now = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
    due = outbox.due("office", now=now, queued_by=period)
    assert keys(due) == ["a", "b"]
    outbox.failed(due[:1], "no answer", now=now, wait=LONGEST_WAIT, all_wait=False)
    assert sorted(keys(outbox.due("office", now=now, queued_by=period))) == ["a", "b"]
    outbox.failed(due, "no answer", now=now, wait=LONGEST_WAIT, all_wait=False)
    assert outbox.due("office", now=now, queued_by=period) == []


def test_it_knows_when_announcements_were_told_last(outbox: Outbox) -> None:
    assert outbox.last_told("office", now=NOON) is None
    queue(outbox, "a")
    outbox.delivered(outbox.due("office", now=NOON), now=NOON)
    queue(outbox, "fault", kind=Kind.NOTICE)
    outbox.delivered(outbox.due("office", now=NOON), now=NOON + MINUTE)
    assert outbox.last_told("office", now=NOON + DAY) == NOON


def test_a_clock_that_was_far_ahead_for_a_while_holds_nothing_up(outbox: Outbox) -> None:
    ahead = NOON + 365 * DAY
    outbox.queue("office", [Item("a", Kind.ANNOUNCEMENT)], turn=0, now=ahead)
    outbox.delivered(outbox.due("office", now=ahead), now=ahead)
    outbox.queue("office", [Item("b", Kind.ANNOUNCEMENT)], turn=0, now=ahead)
    assert outbox.last_told("office", now=NOON) is None
    assert keys(outbox.due("office", now=NOON, queued_by=NOON)) == ["b"]


def test_a_ping_takes_the_place_of_one_that_waits(outbox: Outbox) -> None:
    outbox.ping({"https://wire.example/feeds/all.atom": "1"}, now=NOON)
    outbox.failed(outbox.due(HUB, now=NOON), "status 503", now=NOON, wait=WAIT, all_wait=True)
    outbox.ping({"https://wire.example/feeds/all.atom": "2"}, now=NOON + SECOND)
    assert outbox.due(HUB, now=NOON + SECOND) == []
    [due] = outbox.due(HUB, now=NOON + WAIT)
    assert (due.attempts, due.queued) == (1, NOON + SECOND)


def test_a_feed_that_changes_again_is_pinged_again(outbox: Outbox) -> None:
    for state in "12":
        outbox.ping({"a": state, "b": state}, now=NOON)
        due = outbox.due(HUB, now=NOON + SECOND)
        assert keys(due) == ["a", "b"]
        outbox.delivered(due, now=NOON + SECOND)


def test_a_feed_that_is_as_it_was_at_its_last_ping_is_not_pinged(outbox: Outbox) -> None:
    outbox.ping({"a": "1"}, now=NOON)
    outbox.delivered(outbox.due(HUB, now=NOON), now=NOON)
    outbox.ping({"a": "1"}, now=NOON + SECOND)
    assert outbox.due(HUB, now=NOON + SECOND) == []


@pytest.mark.parametrize("ended", [Outbox.delivered, partial(Outbox.refused, problem="status 400")])
def test_a_feed_that_changes_while_its_ping_is_sent_is_pinged_again(outbox: Outbox, ended: Callable[..., None]) -> None:
    outbox.ping({"a": "1"}, now=NOON)
    sent = outbox.due(HUB, now=NOON)
    outbox.ping({"a": "2"}, now=NOON)
    ended(outbox, sent, now=NOON)
    assert keys(outbox.due(HUB, now=NOON)) == ["a"]


def test_what_was_told_is_remembered_for_three_months(outbox: Outbox) -> None:
    queue(outbox, "a", "b")
    outbox.delivered(outbox.due("office", now=NOON)[:1], now=NOON)
    outbox.forget(now=NOON + 90 * DAY)
    assert queue(outbox, "a", "b") == 0
    outbox.forget(now=NOON + 91 * DAY)
    assert queue(outbox, "a", "b") == 2


def test_two_that_queue_the_same_at_once_queue_it_once(outbox: Outbox, database: Database) -> None:
    barrier = Barrier(4)

    def queue_all(_number: int) -> int:
        barrier.wait()
        return queue(Outbox(database), *"abcdefgh")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(queue_all, range(4))) == [0, 0, 0, 8]
