"""A webhook gets each announcement once, signed, whatever becomes of the request or of us."""

import logging
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.channels import Channel
from feeds.push import posting, request
from feeds.push.destinations import Destination
from feeds.push.gathering import gather
from feeds.push.messages import Notice
from feeds.push.posting import post
from feeds.push.webhook import signed
from store.archive import Archive
from store.database import Database
from store.export import record
from store.lease import TERM, Lease
from store.outbox import MOST_ATTEMPTS, Outbox
from store.query import Query
from store.tables import leases
from tests.builders import NOON, an_announcement, let_time_pass
from tests.conftest import OpenDatabase
from tests.receivers import SECRET, Receiver, receiving, verify

ROOT = Path(__file__).parent.parent
ALL = Channel("all", "All", Query(gone=False))
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def sqlite(open_database: OpenDatabase) -> Database:
    return open_database("sqlite")


def dashboard(receiver: Receiver, name: str = "dashboard", url: str = "") -> Destination:
    return Destination(name=name, channels=(ALL,), health=True, webhook=url or receiver.url, secret=SECRET)


def announce(database: Database, *destinations: Destination, count: int = 1, notices: Any = ()) -> None:
    """Let something happen that *destinations* are to be told."""
    let_time_pass(Archive(database))
    gather(database, destinations, now=NOON)
    for number in range(count):
        url = f"https://www.env.go.jp/press/{number}.html"
        Archive(database).save(an_announcement(url=url, title=f"発表{number}", text=f"本文{number}"), now=NOON)
    gather(database, destinations, notices, now=NOON)


def titles(receiver: Receiver) -> list[str]:
    return [body["announcement"]["title"] for body in receiver.took.values()]


def test_an_announcement_comes_once_signed_and_whole(database: Database, receiver: Receiver) -> None:
    announce(database, dashboard(receiver))
    assert post(database, [dashboard(receiver)], "", now=NOON)
    assert post(database, [dashboard(receiver)], "", now=NOON + HOUR)
    [(key, body)] = receiver.took.items()
    announcement, _ = Archive(database).find(ALL.query or Query())
    assert body == {
        "id": key,
        "type": "announcement",
        "timestamp": NOON.isoformat(),
        "channels": ["all"],
        "announcement": record(announcement),
    }
    assert receiver.tries == [key]


def test_a_fault_comes_as_a_notice(sqlite: Database, receiver: Receiver) -> None:
    announce(sqlite, dashboard(receiver), count=0, notices=[Notice("f1", "moej-ja fails", "status 500", NOON)])
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    [body] = receiver.took.values()
    assert (body["type"], body["channels"]) == ("notice", ["health"])
    assert body["notice"] == {"id": "f1", "title": "moej-ja fails", "text": "status 500", "when": NOON.isoformat()}


@pytest.mark.parametrize("answer", [500, 502, 408, 425, 429, 503, 301, "reset"])
def test_what_may_pass_is_tried_again_with_the_same_key(sqlite: Database, receiver: Receiver, answer: Any) -> None:
    receiver.answers = [answer, answer]
    announce(sqlite, dashboard(receiver))
    for minutes in range(4):
        post(sqlite, [dashboard(receiver)], "", now=NOON + minutes * MINUTE * 2)
    assert len(receiver.took) == 1
    assert receiver.tries == [*receiver.took] * 3


def test_a_redirect_is_not_followed(sqlite: Database, receiver: Receiver) -> None:
    receiver.answers = [(302, {"Location": f"{receiver.url}/elsewhere"})]
    announce(sqlite, dashboard(receiver))
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    assert (len(receiver.tries), receiver.took) == (1, {})


def test_what_is_taken_is_taken_whatever_else_is_answered(sqlite: Database, receiver: Receiver) -> None:
    receiver.answers = ["endless"]
    announce(sqlite, dashboard(receiver))
    for hours in range(2):
        post(sqlite, [dashboard(receiver)], "", now=NOON + hours * HOUR)
    assert len(receiver.tries) == 1


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_an_answer_without_an_end_is_given_up(
    sqlite: Database, receiver: Receiver, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "_LONGEST_CALL", 0.5)
    receiver.answers = [answer]
    announce(sqlite, dashboard(receiver))
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    tried = Outbox(sqlite).due("dashboard", now=NOON + HOUR)
    assert [each.attempts for each in tried] == [1]


@pytest.mark.parametrize(("status", "retry"), [(429, "3600"), (503, "Thu, 11 Jun 2026 04:00:00 GMT")])
def test_retry_after_is_obeyed(sqlite: Database, receiver: Receiver, status: int, retry: str) -> None:
    receiver.answers = [(status, {"Retry_After": retry})]
    announce(sqlite, dashboard(receiver))
    for now, tries in (NOON, 1), (NOON + HOUR - MINUTE, 1), (NOON + HOUR + MINUTE, 2):
        post(sqlite, [dashboard(receiver)], "", now=now)
        assert len(receiver.tries) == tries


@pytest.mark.parametrize("retry", ["99999999999999999999", "Thu, 11 Jun 2099 04:00:00 GMT"])
def test_nobody_is_left_alone_for_longer_than_some_hours(sqlite: Database, receiver: Receiver, retry: str) -> None:
    receiver.answers = [(429, {"Retry_After": retry})]
    announce(sqlite, dashboard(receiver))
    for hours in (0, 7):
        post(sqlite, [dashboard(receiver)], "", now=NOON + hours * HOUR)
    assert len(receiver.took) == 1


@pytest.mark.parametrize("retry", ["soon", "-5", "²", "Thu, 11 Jun 2026", "Thu, 99 Jun 2026 04:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_as_none(sqlite: Database, receiver: Receiver, retry: str) -> None:
    receiver.answers = [(503, {"Retry_After": retry})]
    announce(sqlite, dashboard(receiver))
    for minutes in (0, 1):
        post(sqlite, [dashboard(receiver)], "", now=NOON + minutes * MINUTE)
    assert len(receiver.took) == 1


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[object, ...]]:
    fields = ("msg", "destination", "deliveries", "reason")
    return [tuple(vars(record)[field] for field in fields) for record in caplog.records]


def test_what_is_refused_is_not_tried_again_and_the_next_one_is_sent(
    sqlite: Database, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [404]
    announce(sqlite, dashboard(receiver), count=2)
    for hours in range(3):
        post(sqlite, [dashboard(receiver)], "", now=NOON + hours * HOUR)
    assert (len(receiver.tries), titles(receiver)) == (2, ["発表1"])
    assert logged(caplog) == [("refused", "dashboard", 1, "status 404")]


def test_who_is_gone_gets_nothing_more(sqlite: Database, receiver: Receiver) -> None:
    receiver.answers = [410]
    announce(sqlite, dashboard(receiver), count=3)
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    announce(sqlite, dashboard(receiver), count=4)
    post(sqlite, [dashboard(receiver)], "", now=NOON + HOUR)
    assert len(receiver.tries) == 1


def test_who_is_away_is_asked_once_a_round_and_gets_all_in_the_end(sqlite: Database, receiver: Receiver) -> None:
    receiver.answers = ["reset"]
    announce(sqlite, dashboard(receiver), count=5)
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    assert len(receiver.tries) == 1
    post(sqlite, [dashboard(receiver)], "", now=NOON + MINUTE)
    assert titles(receiver) == [f"発表{number}" for number in (1, 2, 3, 4, 0)]


def test_what_was_given_up_is_logged_once_without_the_address(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    nowhere = dashboard(Receiver(), url="http://user:pw@127.0.0.1:1/hook-token")
    announce(sqlite, nowhere)
    for tries in range(MOST_ATTEMPTS + 3):
        post(sqlite, [nowhere], "", now=NOON + tries * 7 * HOUR)
    assert logged(caplog) == [
        ("put off", "dashboard", 1, "no answer: ConnectError"),
        ("given up", "dashboard", 1, "no answer: ConnectError"),
    ]
    assert "hook-token" not in caplog.text


def test_who_hangs_or_fails_holds_nobody_else_up(
    sqlite: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "_LONGEST_CALL", 1)
    with receiving() as hanging:
        hanging.answers = ["hang"] * 9
        others = [dashboard(hanging, "hangs"), dashboard(hanging, "nowhere", "http://127.0.0.1:1/")]
        everybody = [*others, dashboard(receiver)]
        announce(sqlite, *everybody, count=3)
        post(sqlite, everybody, "", now=NOON)
    assert len(receiver.took) == 3


def test_of_two_that_post_at_once_one_does(database: Database, receiver: Receiver) -> None:
    announce(database, dashboard(receiver), count=5)
    with closing(Database(database.name)) as again, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(post, each, [dashboard(receiver)], "", now=NOON) for each in (database, again)]
        assert any(posted.result() for posted in both)
    assert receiver.tries == [*receiver.took]
    assert len(receiver.took) == 5


def test_while_another_posts_nothing_is_sent(sqlite: Database, receiver: Receiver) -> None:
    announce(sqlite, dashboard(receiver))
    Lease(sqlite, "post", "another").acquire(now=NOON)
    assert not post(sqlite, [dashboard(receiver)], "", now=NOON + SECOND)
    assert receiver.tries == []


def test_who_lost_the_right_to_post_sends_nothing_more(
    sqlite: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TERM", timedelta(seconds=0.2))
    receiver.pause = 0.2
    announce(sqlite, dashboard(receiver), count=20)
    with ThreadPoolExecutor(1) as pool:
        posted = pool.submit(post, sqlite, [dashboard(receiver)], "", now=NOON)
        assert receiver.arrivals.acquire(timeout=20)
        with sqlite.writing() as connection:
            connection.execute(leases.delete())
        assert Lease(sqlite, "post", "another").acquire(now=NOON)
        assert posted.result()
    assert len(receiver.tries) < 20
    assert Lease(sqlite, "post", "").holder() == "another"


def test_what_is_gone_before_it_was_told_is_not_told(
    sqlite: Database, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    announce(sqlite, dashboard(receiver), count=2)
    Archive(sqlite).mark_gone("https://www.env.go.jp/press/0.html", now=NOON)
    post(sqlite, [dashboard(receiver)], "", now=NOON)
    assert titles(receiver) == ["発表1"]
    assert caplog.messages == []


_POST = """
import sys
from tests.test_webhook import NOON, Receiver, dashboard, post
from store.database import Database
post(Database(sys.argv[1]), [dashboard(Receiver(), url=sys.argv[2])], "", now=NOON)
"""


def test_a_process_that_is_killed_while_it_posts_loses_nothing_and_tells_nothing_twice(
    database: Database, receiver: Receiver
) -> None:
    receiver.pause = 0.2
    announce(database, dashboard(receiver), count=6)
    with subprocess.Popen([sys.executable, "-c", _POST, database.name, receiver.url], cwd=ROOT) as child:
        assert all(receiver.arrivals.acquire(timeout=20) for _ in range(3))
        child.send_signal(signal.SIGKILL)
    receiver.pause = 0
    assert len(receiver.took) < 6
    assert not post(database, [dashboard(receiver)], "", now=NOON + SECOND)
    assert post(database, [dashboard(receiver)], "", now=NOON + 2 * TERM)
    assert titles(receiver) == [f"発表{number}" for number in range(6)]
    assert len(receiver.tries) <= 7


def test_a_signature_is_of_the_id_the_time_and_the_body() -> None:
    headers = signed("msg_1", b"{}", SECRET, now=NOON)
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert verify(headers, b"{}")
    assert not verify(headers, b"{ }")
    assert not verify(headers | {"webhook-timestamp": "1"}, b"{}")
    assert not verify(headers | {"webhook-id": "msg_2", "Idempotency-Key": '"msg_2"'}, b"{}")


def test_the_documentation_shows_how_to_verify_a_signature() -> None:
    [shown] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "push.md").read_text("utf-8"), re.DOTALL)
    documented: dict[str, Any] = {}
    exec(shown, documented)  # noqa: S102 - the reader does so, too
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"  # noqa: S105
    headers = signed("msg_1", b"{}", SECRET, now=NOON)
    assert documented["verified"](headers, b"{}", secret, now=NOON.timestamp())
    assert not documented["verified"](headers, b"[]", secret, now=NOON.timestamp())
    assert not documented["verified"](headers, b"{}", secret, now=NOON.timestamp() + 600)
