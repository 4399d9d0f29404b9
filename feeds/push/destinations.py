"""The setting ``notify`` in, destinations out: who is told what, how and when.

This module alone knows what ``[notify.NAME]`` may say. No error and no ``repr`` holds an address or a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.channels import Channel
from feeds.push import services
from feeds.push.request import is_address

HEALTH = "health"
LANGUAGES = ("en", "ja")

_KEYS = ("to", "webhook", "secret", "channels", "every", "at", "timezone", "language")
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
_AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SECRET_BYTES = range(24, 65)
_JAPAN = ZoneInfo("Asia/Tokyo")
_NEW_SECRET = "`openssl rand -base64 32`"  # noqa: S105 - how to make one


class BadDestination(ValueError):
    """A destination that can't be told: which one, which of its settings, and what was expected."""


class Every(StrEnum):
    """How often a destination is told: of each announcement at once, or by one message a day, or a week (Mondays)."""

    ANNOUNCEMENT = "announcement"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where news go: to a ``webhook``, with the key that signs, or through apprise to ``service``.

    ``at`` is the time of day of a digest, in ``zone``, in which a message tells times, too. With ``health`` faults and
    recoveries are told, always at once.
    """

    name: str
    channels: tuple[Channel, ...]
    health: bool
    webhook: str = field(default="", repr=False)
    secret: bytes = field(default=b"", repr=False)
    service: services.Service | None = field(default=None, repr=False)
    every: Every = Every.ANNOUNCEMENT
    at: time = time(8)
    zone: ZoneInfo = _JAPAN
    language: str = "en"

    def last_period(self, now: datetime) -> datetime:
        """Return when the digest was due last. A time that the clocks leave out is taken by those before the change, of
        one that comes twice the first counts: there is one a day, or a Monday, in any zone.
        """
        today = now.astimezone(self.zone).date()
        days = (today - timedelta(days=back) for back in range(9))
        moments = (self._moment(day) for day in days if self.every is not Every.WEEK or day.weekday() == 0)
        return next(moment for moment in moments if moment <= now)

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


def destinations(declared: Mapping[str, Any], channels: Iterable[Channel]) -> list[Destination]:
    """Return the destinations that ``[notify.NAME]`` tables declare, of those *channels*. Raises BadDestination."""
    by_name = {name: channel for channel in channels for name in (*channel.formerly, channel.name)}
    return [_destination(name, given, by_name) for name, given in declared.items()]


def _destination(name: str, given: Any, channels: Mapping[str, Channel]) -> Destination:
    if not _NAME.fullmatch(name):
        raise BadDestination(f"{name!r}: expected letters and digits, with hyphens between them")
    if not isinstance(given, Mapping):
        raise BadDestination(f"{name}: expected a table")
    unknown = given.keys() - set(_KEYS)
    if unknown:
        raise BadDestination(f"{name}: unknown {min(unknown)!r}; there are {', '.join(_KEYS)}")
    try:
        asked = _channels(given.get("channels", ["all"]), channels)
        return Destination(name=name, channels=asked, health=HEALTH in given.get("channels", ()), **_way(given))
    except _Wrong as error:
        raise BadDestination(f"{name}: {error}") from None  # no cause: it may show what was given


class _Wrong(ValueError):
    """A setting of a destination, and what was expected."""


def _channels(given: Any, channels: Mapping[str, Channel]) -> tuple[Channel, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise _Wrong('channels: expected a list of names, such as ["all"]')
    telling = {name: channel for name, channel in channels.items() if channel.query is not None}
    for name in given:
        if name != HEALTH and name not in telling:
            raise _Wrong(f"channels: unknown channel {name!r}; there are {', '.join([*telling, HEALTH])}")
    return tuple(dict.fromkeys(telling[name] for name in given if name != HEALTH))


def _way(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how, and how often, a destination is told."""
    if ("to" in given) == ("webhook" in given):
        raise _Wrong("expected either `to`, an address for apprise, or `webhook`, an address for JSON")
    if "webhook" in given:
        for key in ("every", "at", "timezone", "language"):
            if key in given:
                raise _Wrong(f"{key}: expected with `to` only: a webhook gets each announcement at once")
        return {"webhook": _webhook(given["webhook"]), "secret": _secret(given.get("secret"))}
    if "secret" in given:
        raise _Wrong("secret: expected with `webhook` only")
    return {
        "service": _service(given["to"]),
        "every": _one_of("every", given.get("every", Every.ANNOUNCEMENT), Every),
        "at": _time(given.get("at", "08:00")),
        "zone": _zone(given.get("timezone", _JAPAN.key)),
        "language": _language(given.get("language", "en")),
    }


def _webhook(given: Any) -> str:
    if not isinstance(given, str) or not is_address(given):
        raise _Wrong("webhook: expected an address such as https://example.org/hook")
    return given


def _secret(given: Any) -> bytes:
    try:
        secret = base64.b64decode(given.removeprefix("whsec_"), validate=True) if isinstance(given, str) else b""
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) not in _SECRET_BYTES:
        raise _Wrong(f"secret: expected 24 to 64 bytes in base64, such as {_NEW_SECRET} makes")
    return secret


def _service(given: Any) -> services.Service:
    if not services.INSTALLED:
        raise _Wrong("to: expected apprise, which is not installed: .venv/bin/pip install -e '.[notify]'")
    service = services.service(given) if isinstance(given, str) else None
    if service is None:
        raise _Wrong("to: expected an address that apprise knows, such as mailtos://user:password@example.org")
    return service


def _one_of(key: str, given: Any, kind: type[Every]) -> Every:
    if given not in list(kind):
        raise _Wrong(f"{key}: expected one of {', '.join(kind)}, got {given!r}")
    return kind(given)


def _time(given: Any) -> time:
    found = _AT.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise _Wrong(f"at: expected a time of day such as 08:00, got {given!r}")
    return time(int(found[1]), int(found[2]))


def _zone(given: Any) -> ZoneInfo:
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError):
        raise _Wrong(f"timezone: expected a name such as Asia/Tokyo, got {given!r}") from None


def _language(given: Any) -> str:
    if given not in LANGUAGES:
        raise _Wrong(f"language: expected one of {', '.join(LANGUAGES)}, got {given!r}")
    return str(given)
