"""A day as people write it, in; the moment at which it begins, out. Pure.

A bare day is Japan's: who prints no more than a day prints it there, at midnight, which is the day before in UTC.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Tokyo")
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
"""The year before the first of each era."""


DIGITS = "〇一二三四五六七八九"
_JAPANESE = re.compile(
    r"(?:(?P<era>令和|平成|昭和)(?P<count>元|\d{1,2})|(?P<year>\d{4}))年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?)?"
)


def kanji(number: int) -> str:
    """Return a number from 1 to 99 as it is counted in kanji.

    >>> kanji(8), kanji(10), kanji(31)
    ('八', '十', '三十一')
    """
    tens, ones = divmod(number, 10)
    return (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (DIGITS[ones] if ones else "")


_COUNTED = {kanji(number): number for number in range(1, 100)} | {"元": 1}


def western(era: str, year: str) -> int:
    """Return the year that a Japanese one is: 元 is the first. Raises ValueError.

    >>> western("令和", "元"), western("平成", "31"), western("令和", "八")
    (2019, 2019, 2026)
    """
    return ERAS[era] + (_COUNTED[year] if year in _COUNTED else int(year))


def moment(value: str) -> datetime:
    """Return the aware moment at which the year, month or day *value* begins, or which it is.

    >>> moment("2026-08").isoformat(), moment("2026-08-01T09:30:00+02:00").isoformat()
    ('2026-08-01T00:00:00+09:00', '2026-08-01T09:30:00+02:00')
    >>> moment("令和８年８月").isoformat()
    '2026-08-01T00:00:00+09:00'

    Raises ValueError where it is neither.
    """
    parts = _written(value).split("-")
    full = "-".join([*parts, *["01"] * (3 - len(parts))])
    try:
        read = datetime.fromisoformat(full)
    except ValueError as error:
        raise ValueError(f"expected a day such as 2026-08-01, got {value!r}") from error
    return read if read.tzinfo else read.replace(tzinfo=ZONE)


def _written(value: str) -> str:
    """Return *value* as ISO 8601 has it where it is a Japanese date, a year or a month of one."""
    plain = unicodedata.normalize("NFKC", value).strip()
    read = _JAPANESE.fullmatch(plain)
    if read is None:
        return plain
    year = read["year"] or western(read["era"], read["count"])
    return f"{year}-{int(read['month'] or 1):02}-{int(read['day'] or 1):02}"
