"""Feeds that changed, named to a hub, which brings them to their subscribers (W3C WebSub, 23 January 2018).

This module alone knows how a publisher speaks to a hub. Section 7 leaves that to the two of them: hubs take
``hub.mode=publish`` and the address as ``hub.url``, as in PubSubHubbub, or as ``hub.topic``; surest is one a request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from feeds.push.request import Answer, Outcome, post
from store.database import Database
from store.outbox import Delivery, Outbox

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ping(database: Database, feeds: Mapping[str, bytes], *, now: datetime) -> None:
    """Queue a ping for each of *feeds*, by public address, that is another than at its last ping.

    A process that was killed between publishing and this is made up for by the next. A ping that waits tells this, too.
    """
    states = {address: hashlib.sha256(feed).hexdigest() for address, feed in feeds.items()}
    Outbox(database).ping(states, now=now)


def send(hub: str, delivery: Delivery, *, now: datetime) -> Answer:
    """Tell *hub* that the feed of *delivery* changed, and return what came of it."""
    topic = delivery.item.key
    form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
    answer = post(hub, form.encode(), _FORM, now=now)
    return Answer(Outcome.REFUSED, answer.problem) if answer.outcome is Outcome.ENDED else answer
