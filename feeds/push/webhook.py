"""An announcement out to a webhook, as signed JSON, by Standard Webhooks (https://www.standardwebhooks.com).

This module alone knows what the body says. A delivery has one id, however often it is tried, so that a receiver can
tell the second time from the first: ``webhook-id``, and the same as ``Idempotency-Key``
(draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from feeds.push.destinations import Destination
from feeds.push.request import Answer, post
from store.announcement import Archived
from store.export import record
from store.outbox import Delivery


def send(destination: Destination, delivery: Delivery, announcement: Archived | None, *, now: datetime) -> Answer:
    """Send *delivery*, of which *announcement* is what it tells of, if it is one, and return what came of it."""
    body = json.dumps(_body(delivery, announcement), ensure_ascii=False).encode()
    headers = signed(delivery_id(delivery), body, destination.secret, now=now)
    return post(destination.webhook, body, headers, now=now)


def signed(message_id: str, body: bytes, secret: bytes, *, now: datetime) -> dict[str, str]:
    """Return the headers that go with *body*: whoever has the *secret* can tell that it is ours, and of when."""
    timestamp = str(int(now.timestamp()))
    signature = hmac.new(secret, b".".join((message_id.encode(), timestamp.encode(), body)), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": f'"{message_id}"',
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def delivery_id(delivery: Delivery) -> str:
    return f"msg_{uuid5(NAMESPACE_URL, f'{delivery.destination} {delivery.item.key}')}"


def _body(delivery: Delivery, announcement: Archived | None) -> Mapping[str, Any]:
    told = {"id": delivery_id(delivery), "type": delivery.item.kind, "timestamp": delivery.queued.isoformat()}
    told |= {"channels": delivery.item.content["channels"]}
    if announcement is None:
        return told | {"notice": delivery.item.content["notice"]}
    return told | {"announcement": record(announcement)}
