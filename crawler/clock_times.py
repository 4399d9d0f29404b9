"""Times of day as people print them, and the zones they name: folded text in, ``Hours`` out.

This module alone knows 午前 from 午後, which half of the day a bare hour belongs to, and what JST, CET or UTC+2 mean.
A printed abbreviation is its fixed offset, in summer as in winter: CET is UTC+1.

No pattern has an unbounded part (see ``crawler.calendar_days``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from crawler.calendar_days import DAY_NAME, SP

NOON, DAY = 12 * 60, 24 * 60

ZONES = {
    **dict.fromkeys(("JST", "日本時間", "日本標準時", "Japan Standard Time", "Japan Time"), "Asia/Tokyo"),
    **dict.fromkeys(("UTC", "GMT", "協定世界時", "世界標準時"), "UTC"),
    **dict.fromkeys(("KST", "韓国時間"), "Asia/Seoul"),
    **dict.fromkeys(("CET", "Central European Time", "BST", "WEST"), "Etc/GMT-1"),
    **dict.fromkeys(("CEST", "Central European Summer Time", "EET", "SAST"), "Etc/GMT-2"),
    **dict.fromkeys(("EEST", "EAT", "TRT"), "Etc/GMT-3"),
    **dict.fromkeys(("ICT", "WIB"), "Etc/GMT-7"),
    **dict.fromkeys(("SGT", "HKT", "PHT"), "Etc/GMT-8"),
    "IST": "Asia/Kolkata",
    "AEST": "Etc/GMT-10",
    "AEDT": "Etc/GMT-11",
    "BRT": "Etc/GMT+3",
    "EDT": "Etc/GMT+4",
    "EST": "Etc/GMT+5",
    "PDT": "Etc/GMT+7",
    "PST": "Etc/GMT+8",
    **dict.fromkeys(("AoE", "Anywhere on Earth"), "Etc/GMT+12"),
}
"""Printed zones by the IANA zone that has their offset all year (Etc/GMT-1 is one hour *ahead* of Greenwich).

CST is missing: it is six hours behind Greenwich, or eight ahead.
"""

_ELSEWHERE = timezone(timedelta(0), "local time")
"""The clock of a place that is not named. Times by it are not told: without a zone a time is the source's."""

_HALF_HOURS = {
    timedelta(hours=5, minutes=30): "Asia/Kolkata",
    timedelta(hours=5, minutes=45): "Asia/Kathmandu",
    timedelta(hours=9, minutes=30): "Australia/Darwin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A time of day, or from one to another, in minutes after midnight; past 1440 it is the next day's.

    ``until`` marks a lone time that ends what it is printed behind: "17時まで", "正午(必着)", "8月21日17時".
    """

    opens: int
    closes: int | None
    zone: tzinfo | None
    until: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """One time as printed; ``plain`` if it can be nothing else: a bare "9" or "9.30" needs a partner, "9 – 10 am".

    Two that are ``dotted`` to five minutes, "15.00-16.30", are one another's.
    """

    hour: int
    minute: int
    half: str
    plain: bool
    dotted: bool
    zone: tzinfo | None
    start: int
    end: int

    def minutes(self, half: str) -> int:
        """Return the minutes after midnight, if this is in the *half* of the day called ``a`` or ``p``."""
        hour = self.hour % 12 + 12 * (half == "p") if half and self.hour <= 12 else self.hour
        return hour * 60 + self.minute


_ZONE = re.compile(
    rf"{SP}[(\[]?(?<![A-Za-z])(?:"
    r"(?:UTC|GMT)(?:[ ]?(?P<ahead>\+)[ ]?|-(?![0-9]{1,2}:[0-9]{2}[ ]?(?:UTC|GMT)))"  # no range: "10:00 UTC-11:30 UTC"
    r"(?P<hours>[0-9]{1,2})(?::?(?P<minutes>00|15|30|45))?(?![0-9])"
    rf"|(?P<name>{'|'.join(sorted(ZONES, key=len, reverse=True))})(?![a-z]|[A-Z](?![a-z]))"  # "JSTVenue", run together
    r"|(?:現地|[ァ-ヶー]{2,12}(?:標準|夏)?)時間|[Ll]ocal [Tt]ime)[)\]]?"
)
_TIME = re.compile(
    r"(?<![0-9])(?<![0-9][:.])(?:(?P<early>午前|午後|[AaPp]\.?[Mm]\.?)[ ]?)?"
    r"(?:(?P<noon>正午|(?i:noon)(?![A-Za-z]))"
    r"|(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.])(?P<minute>[0-9]{2})(?::[0-9]{2})?(?![0-9:])"
    r"|(?P<kanji>時)(?!間)(?:(?P<past>[0-9]{1,2})分|(?P<half>半))?|(?![0-9:.,/年月日]))"
    r"(?:[ ]?(?:(?P<late>[AaPp]\.?[Mm]|(?i:noon))(?![A-Za-z])\.?|h(?:rs)?(?![A-Za-z])))?)"
)
_TO = re.compile(rf"{SP}(?:[-~ー]|から|より|(?:to|till?|until)(?=[ ])){SP}")
_AND = re.compile(rf"{SP}(?:[/|,、;&(=]|(?:and|or)(?=[ ])|及び|および|又は|または){SP}")
_COLON = re.compile(rf":?{SP}")
_GAP = re.compile(
    rf"{SP}(?:[-,、:;@|(のは]{SP})?(?:(?:at|from|by)[ ]|各日|両日|連日)?\n{{0,2}}{SP}"
    rf"(?:(?:(?i:time)|開催時間|時間|時刻){SP}:?{SP})?"
)
_LEAD = re.compile(rf"{SP},?{SP}(?:on[ ])?(?:{DAY_NAME},?[ ])?")
_UNTIL = re.compile(rf"{SP}\(?(?:まで|迄|必着|締切|〆切|厳守)")
_LEAD_WIDTH = 60


def after(text: str, at: int) -> tuple[Hours, ...]:
    """Return the times printed behind a day that ends at *at*.

    >>> for hours in after(", 9:00 am - 12:00 pm CET/ 5:00pm - 8:00 pm JST", 0):
    ...     print(hours.opens, hours.closes, hours.zone)
    540 720 Etc/GMT-1
    1020 1200 Asia/Tokyo
    """
    gap = _GAP.match(text, at)
    return tuple(_listed(text, gap.end() if gap else at, day_end=at))


def before(text: str, low: int, high: int) -> tuple[Hours, ...]:
    """Return the times printed between *low* and a day that begins at *high*: "noon on", "10:00 JST, "."""
    for time in _TIME.finditer(text, max(low, high - _LEAD_WIDTH), high):
        hours = tuple(_listed(text, time.start()))
        if hours and _LEAD.fullmatch(text, hours[-1].end, high):
            return hours
    return ()


def zone(text: str, at: int) -> tuple[tzinfo, int] | None:
    """Return the zone printed at *at* and where it ends."""
    printed = _ZONE.match(text, at)
    meant = printed and _meant(printed)
    return (meant, printed.end()) if printed and meant else None


def _listed(text: str, at: int, *, day_end: int = -1) -> Iterator[Hours]:
    while hours := _hours(text, at, day_end=day_end):
        if hours.zone is not _ELSEWHERE:
            yield hours
        if not (joined := _AND.match(text, hours.end)):
            return
        at = joined.end()


def _hours(text: str, at: int, *, day_end: int) -> Hours | None:
    if not (first := _clock(text, at)):
        return None
    dash = _TO.match(text, first.end)
    last = dash and _clock(text, dash.end())
    if last and (last.plain or (first.dotted and last.dotted)):
        opens, closes = _between(first, last)
        zone = first.zone or last.zone
        return Hours(opens=opens, closes=closes, zone=zone, until=False, start=first.start, end=last.end)
    if not first.plain:
        return None
    until = bool(_UNTIL.match(text, first.end)) or (first.start == day_end and not dash)
    return Hours(
        opens=first.minutes(first.half), closes=None, zone=first.zone, until=until, start=first.start, end=first.end
    )


def _between(first: _Clock, last: _Clock) -> tuple[int, int]:
    """Return both in minutes. A half of the day printed once is both's, as long as the first comes before the last."""
    opens, closes = first.minutes(first.half or last.half), last.minutes(last.half or first.half)
    if opens > closes and last.half and not first.half:
        opens = first.minutes("a")
    if closes < opens:
        closes += NOON if first.half and not last.half else DAY
    return opens, closes


def _clock(text: str, at: int) -> _Clock | None:
    """Return the time at *at* with the zone printed before it or behind it."""
    leading = zone(text, at)
    colon = _COLON.match(text, leading[1] if leading else at)
    time = _TIME.match(text, colon.end() if leading and colon else at)
    if time is None or not (read := _read(time)):
        return None
    hour, minute, half = read
    trailing, end = zones(text, time.end())
    return _Clock(
        hour=hour,
        minute=minute,
        half=half,
        plain=bool(half or time["kanji"] or time["mark"] == ":"),
        dotted=time["mark"] == "." and minute % 5 == 0,
        zone=leading[0] if leading else trailing,
        start=at,
        end=end,
    )


def _read(time: re.Match[str]) -> tuple[int, int, str] | None:
    """Return hour, minute and half of the day, if there is such a time; a day goes on to 29:59, as Japanese ones do."""
    if time["noon"]:
        return 12, 0, "p"
    hour, minute = int(time["hour"]), int(time["minute"] or time["past"] or (30 if time["half"] else 0))
    half = (time["early"] or time["late"] or "").lower()
    if hour > 29 or minute > 59:
        return None
    return hour, minute, "a" if half.startswith(("a", "午前")) else "p" if half else ""


def zones(text: str, at: int) -> tuple[tzinfo | None, int]:
    """Return the first of the zones printed at *at*, "JST (UTC+9)", and where the last ends."""
    meant: tzinfo | None = None
    while named := zone(text, at):
        meant, at = meant or named[0], named[1]
    return meant, at


def _meant(printed: re.Match[str]) -> tzinfo | None:
    if printed["name"]:
        return ZoneInfo(ZONES[printed["name"]])
    if not printed["hours"]:
        return _ELSEWHERE
    hours, minutes, sign = int(printed["hours"]), int(printed["minutes"] or 0), 1 if printed["ahead"] else -1
    if hours > 14:
        return None
    if not minutes:
        return ZoneInfo(f"Etc/GMT{-sign * hours:+d}")
    offset = sign * timedelta(hours=hours, minutes=minutes)
    return ZoneInfo(_HALF_HOURS[offset]) if offset in _HALF_HOURS else timezone(offset)
