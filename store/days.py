"""A day as people write it, in; the moment at which it begins, out. Pure.

A bare day is Japan's: who prints no more than a day prints it there, at midnight, which is the day before in UTC.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Tokyo")


def moment(value: str) -> datetime:
    """Return the aware moment at which the year, month or day *value* begins, or which it is.

    >>> moment("2026-08").isoformat(), moment("2026-08-01T09:30:00+02:00").isoformat()
    ('2026-08-01T00:00:00+09:00', '2026-08-01T09:30:00+02:00')

    Raises ValueError where it is neither.
    """
    parts = value.split("-")
    full = "-".join([*parts, *["01"] * (3 - len(parts))])
    try:
        read = datetime.fromisoformat(full)
    except ValueError as error:
        raise ValueError(f"expected a day such as 2026-08-01, got {value!r}") from error
    return read if read.tzinfo else read.replace(tzinfo=ZONE)
