"""How long an answer asks to be left alone: Retry-After (RFC 9110, section 10.2.3). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime


def asked_to_wait(retry_after: str, *, now: datetime) -> timedelta | None:
    """Return how long *retry_after* says, in seconds or by a date; None where it says nothing that can be read."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after[:9]), 10**9))
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return moment - now if moment.tzinfo else None
