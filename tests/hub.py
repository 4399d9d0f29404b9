"""A WebSub hub (W3C Recommendation, 23 January 2018) for tests, as small as one can be, and a subscriber to it.

It takes a publisher's pings, verifies the intent of subscribers, fetches what changed, and distributes it with a
signature (sections 5.3, 7 and 8).
"""

import hashlib
import hmac
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.receivers import Quiet, serving


@dataclass
class Hub:
    """``pings`` are the topics that were published, ``subscriptions`` callbacks and secrets by topic."""

    url: str = ""
    pings: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    subscriptions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def take(self, form: dict[str, str]) -> int:
        """Do what a publisher or a subscriber asks, and return the status of the answer."""
        if self.answers:
            return self.answers.pop(0)
        if form["hub.mode"] == "subscribe":
            return self._subscribe(form)
        if form["hub.mode"] != "publish" or form["hub.url"] != form["hub.topic"]:
            return 400
        self.pings.append(form["hub.url"])
        self._distribute(form["hub.url"])
        return 204

    def _subscribe(self, form: dict[str, str]) -> int:
        challenge = {
            "hub.mode": "subscribe",
            "hub.topic": form["hub.topic"],
            "hub.challenge": "c4",
            "hub.lease_seconds": 60,
        }
        with urllib.request.urlopen(f"{form['hub.callback']}?{urlencode(challenge)}") as answer:
            if answer.read() == b"c4":
                self.subscriptions.setdefault(form["hub.topic"], []).append((form["hub.callback"], form["hub.secret"]))
        return 202

    def _distribute(self, topic: str) -> None:
        for callback, secret in self.subscriptions.get(topic, []):
            with urllib.request.urlopen(topic) as answer:
                content, kind = answer.read(), answer.headers["Content-Type"]
            signature = f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"
            links = f'<{self.url}>; rel="hub", <{topic}>; rel="self"'
            headers = {"Content-Type": kind, "X-Hub-Signature": signature, "Link": links}
            urllib.request.urlopen(urllib.request.Request(callback, content, headers)).close()


@contextmanager
def hub() -> Iterator[Hub]:
    """Yield a hub at an address of this machine."""
    found = Hub()
    with serving(post=lambda asked: asked.answer(found.take(dict(parse_qsl(asked.body().decode()))))) as port:
        found.url = f"http://127.0.0.1:{port}/"
        yield found


@dataclass
class Subscriber:
    """A program that subscribes to a feed: ``got`` is what a hub brought that is signed with its ``secret``."""

    secret: str = "between us"  # noqa: S105
    url: str = ""
    got: list[bytes] = field(default_factory=list)

    def subscribe(self, to: Hub, topic: str) -> None:
        form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": self.url, "hub.secret": self.secret}
        urllib.request.urlopen(to.url, urlencode(form).encode()).close()

    def confirm(self, asked: Quiet) -> None:
        asked.answer(200, parse_qs(urlsplit(asked.path).query)["hub.challenge"][0].encode())

    def take(self, brought: Quiet) -> None:
        content = brought.body()
        signature = hmac.new(self.secret.encode(), content, hashlib.sha256).hexdigest()
        if brought.headers["X-Hub-Signature"] == f"sha256={signature}":
            self.got.append(content)
        brought.answer(204)


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    """Yield a subscriber at an address of this machine."""
    found = Subscriber()
    with serving(get=found.confirm, post=found.take) as port:
        found.url = f"http://127.0.0.1:{port}/"
        yield found
