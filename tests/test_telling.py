"""Who wants to be told is told by the program as it runs: by `publish` by hand, and by `run` until it is stopped."""

import base64
import signal

import pytest

from tests.hub import hub
from tests.playground import NOTHING, Playground, free_port
from tests.receivers import SECRET, Receiver, receiving
from tests.test_scheduler import eventually

SOURCE = "iges-en-news"


def hook(receiver: Receiver) -> str:
    secret = base64.b64encode(SECRET).decode()
    return f'{{desk = {{webhook = "{receiver.url}", secret = "{secret}", channels = ["all", "health"]}}}}'


def test_publish_tells_the_hub_what_changed_and_a_webhook_what_came_after_the_first_time(
    playground: Playground,
) -> None:
    with receiving() as receiver, hub() as at:
        told = {"ZEROWIRE_NOTIFY": hook(receiver), "ZEROWIRE_HUB": at.url}
        playground.zerowire("crawl", "moej-ja", "--since", "2026-10-01")
        assert playground.zerowire("publish", **told).returncode == 0
        assert "http://127.0.0.1:8080/feeds/moej-ja.atom" in at.pings
        at.pings.clear()
        assert receiver.took == {}
        playground.replica.announce()
        playground.zerowire("crawl", "moej-ja")
        assert playground.zerowire("publish", **told).returncode == 0
        (told_of,) = receiver.took.values()
        newest = max(playground.announcements(), key=lambda each: each.first_seen)
        assert told_of["announcement"]["id"] == newest.id
        assert "http://127.0.0.1:8080/feeds/ja.json" in at.pings
        assert "http://127.0.0.1:8080/feeds/en.json" not in at.pings
        playground.zerowire("publish", **told)
        assert len(receiver.tries) == 1


def test_a_wrong_destination_is_named_without_its_secret_before_anything_runs(playground: Playground) -> None:
    wrong = '{desk = {webhook = "https://user:hunter2@example.org/", secret = "short", channels = ["all"]}}'
    for command in ("run", "publish"):
        done = playground.zerowire(command, ZEROWIRE_NOTIFY=wrong)
        assert done.returncode == 2
        assert "notify: desk: secret: expected 24 to 64 bytes" in done.stderr
        assert "hunter2" not in done.stderr


@pytest.mark.slow
def test_a_fault_is_told_once_and_its_end_once(playground: Playground) -> None:
    with receiving() as receiver:
        told = {"ZEROWIRE_NOTIFY": hook(receiver)}
        for mirror in (playground.mirror, NOTHING, NOTHING, playground.mirror, playground.mirror):
            playground.zerowire("crawl", SOURCE, ZEROWIRE_MIRROR=mirror)
            assert playground.zerowire("publish", **told).returncode == 0
        titles = [each["notice"]["title"] for each in receiver.took.values()]
    assert [title.partition(":")[0] for title in titles] == [f"{SOURCE} is broken", f"{SOURCE} is well again"]
    assert len(receiver.tries) == 2


@pytest.mark.slow
def test_sigterm_does_not_wait_for_whom_we_tell(playground: Playground) -> None:
    here = {"ZEROWIRE_LISTEN": f"127.0.0.1:{free_port()}", "ZEROWIRE_MIRROR": NOTHING}
    with receiving() as receiver:
        here["ZEROWIRE_NOTIFY"] = hook(receiver)
        playground.zerowire("crawl", SOURCE)
        playground.zerowire("publish", ZEROWIRE_NOTIFY=hook(receiver))
        receiver.answers.append("hang")
        process = playground.start("cli", "run", **here)
        try:
            assert eventually(lambda: bool(receiver.tries), within=90)
        finally:
            process.send_signal(signal.SIGTERM)
            _, logged = process.communicate(timeout=10)
        assert process.returncode == 0, logged
