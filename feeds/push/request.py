"""One POST over HTTP, and what came of it: ten seconds in all, no redirect followed, of the answer the head.

This module alone knows httpx. Nothing that it returns or logs names the address, which may hold a password.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from store.waiting import asked_to_wait

_LONGEST_CALL = 10  # seconds
_AWAY = (429, 503)
_LATER = (408, 425)

logging.getLogger("httpx").setLevel(logging.WARNING)  # it names every address at INFO


class Outcome(Enum):
    """What becomes of a delivery. Away: nothing else can be told to this destination now, either."""

    TAKEN = "taken"
    LATER = "later"
    AWAY = "away"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a request, why it is no success, and how long the other side asks to be left alone."""

    outcome: Outcome
    problem: str = ""
    wait: timedelta | None = None


def is_address(text: str) -> bool:
    """Say whether *text* is an address that something can be sent to."""
    try:
        split, known = urlsplit(text), httpx.URL(text)
        return known.scheme in ("http", "https") and bool(known.host) and split.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def post(url: str, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Answer:
    """Send *body* to *url*. The status says what became of it (RFC 9110, section 15): of what may pass, 408, 425, 429
    and those from 500 on, and of redirects, LATER or AWAY, with Retry-After (section 10.2.3); 410 is the end.
    """
    try:
        return asyncio.run(_posted(url, body, headers, now))
    except TimeoutError:
        return Answer(Outcome.AWAY, f"no answer in {_LONGEST_CALL} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Answer(Outcome.AWAY, f"no answer: {type(error).__name__}")


async def _posted(url: str, body: bytes, headers: Mapping[str, str], now: datetime) -> Answer:
    async with (
        asyncio.timeout(_LONGEST_CALL),
        httpx.AsyncClient(verify=_trusted(), timeout=_LONGEST_CALL, follow_redirects=False) as client,
        client.stream("POST", url, content=body, headers={"User-Agent": "zerowire", **headers}) as answer,
    ):
        return _answer(answer.status_code, answer.headers.get("Retry-After", ""), now)


def _answer(status: int, retry_after: str, now: datetime) -> Answer:
    problem = f"status {status}"
    if 200 <= status < 300:
        return Answer(Outcome.TAKEN)
    if status == 410:
        return Answer(Outcome.ENDED, problem)
    if status in _AWAY:
        return Answer(Outcome.AWAY, problem, asked_to_wait(retry_after, now=now))
    if status in _LATER or not 400 <= status < 500:
        return Answer(Outcome.LATER, problem, asked_to_wait(retry_after, now=now))
    return Answer(Outcome.REFUSED, problem)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # it takes longer to make than a request
