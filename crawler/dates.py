"""Dates, Japanese and English, as a source prints or stamps them: any text in, aware datetimes out.

The only module that turns them into moments. What days look like is for ``calendar_days`` to know, what times and zones
look like for ``clock_times``, what belongs together for ``date_ranges``; this one knows which text they may trust, and
what a moment is in a zone.

Nothing is guessed: 03/04/2024, 2026年2月30日, a month alone, a day without a year (unless an *anchor* tells it) are not
found. Printed weekdays are ignored: they are often wrong. Not looked for: numbers in kanji (六月十一日), and machines'
stamps within a text; one alone is for ``machine``.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crawler.clock_times import DAY, ZONES, Hours
from crawler.date_ranges import YEARS, Stretch, day, stretches
from store.announcement import Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A date, a range of dates, or a date with its times: ``printed`` is ``text[start:end]``.

    ``starts`` and ``ends`` are aware, in the zone that ``timezone`` names, an IANA name wherever there is one. A day is
    its midnight; a range of days ends with the midnight that begins its last day. With a time at one side of a range
    only, the other side is a whole day. Hours that recur on each day of a range are its first opening and last close.
    """

    start: int
    end: int
    printed: str
    starts: datetime
    ends: datetime | None
    precision: Precision
    timezone: str


def find(text: str, *, zone: tzinfo, anchor: date | None = None) -> list[Found]:
    """Return every date in *text*, in order.

    A day without a year is the one nearest to *anchor*, the page's own date; without an anchor it is not found.
    Neighbouring days ("25 and 26 January") are a range; other lists are one each, and share the times behind the last.

    A session printed in several zones is found once, in *zone* if that is one of them, else in the first. Times in two
    zones are one session if they start within an hour of each other: many write CET in summer. If not, the first wins.

    >>> [found] = find("Held on 9 - 10 March 2022, online", zone=ZoneInfo("Asia/Tokyo"))
    >>> found.printed, found.starts.isoformat(), str(found.ends)
    ('9 - 10 March 2022', '2022-03-09T00:00:00+09:00', '2022-03-10 00:00:00+09:00')
    """
    return list(_find(text, zone, anchor))


def slug(path: str, *, zone: tzinfo) -> datetime | None:
    """Return the day in an address, or its path, whose last segment is ``YYYYMMDD`` or ``YYYYMMDD-N``.

    >>> print(slug("https://www.iges.or.jp/en/events/20230126-2", zone=UTC))
    2023-01-26 00:00:00+00:00
    """
    printed = _SLUG.search(path)
    posted = printed and day(int(printed[1]), int(printed[2]), int(printed[3]))
    return _moment(posted, 0, zone) if posted else None


def machine(text: str, *, zone: tzinfo) -> datetime | None:
    """Return the moment that a machine wrote by ISO 8601 or RFC 5322; one without an offset is *zone*'s.

    >>> print(machine("20261113T090000Z", zone=ZoneInfo("Asia/Tokyo")))
    2026-11-13 09:00:00+00:00
    """
    stamp = text.strip()
    try:
        moment = _iso(stamp) or _rfc5322(stamp)
    except ValueError:  # the shape of a stamp, and no such moment
        return None
    if moment is None or moment.year not in YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)

_SLUG = re.compile(r"/([0-9]{4})([0-9]{2})([0-9]{2})(?:-[0-9]{1,3})?/?(?:[?#]|$)")
_ISO = re.compile(
    r"(?P<moment>[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[Tt ][0-9:]{2,8}(?:[.,][0-9]{1,9})?)?)"
    r"[ ]?(?P<zone>[Zz]|UTC|GMT|[+-][0-9:]{2,6})?"
)
_RFC5322 = re.compile(
    r"(?:[A-Za-z]{3,9},?[ ])?[0-9]{1,2}[ ][A-Za-z]{3,9}[ ][0-9]{2,4}[ ][0-9:]{4,8}"
    r"(?:[ ]?(?P<zone>[A-Z]{1,5}|[+-][0-9]{4}))?"
)


def _iso(stamp: str) -> datetime | None:
    if not (printed := _ISO.fullmatch(stamp)):
        return None
    zone = printed["zone"] or ""
    return datetime.fromisoformat(printed["moment"] + ("Z" if zone.isalpha() else zone))


def _rfc5322(stamp: str) -> datetime | None:
    if not (printed := _RFC5322.fullmatch(stamp)):
        return None
    moment, zone = parsedate_to_datetime(stamp), printed["zone"]
    if zone == "-0000":  # UTC, from a machine that does not say where it stands
        return moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=ZoneInfo(ZONES[zone])) if zone in ZONES and not moment.tzinfo else moment


_SPACES = "\t\r\xa0\xad\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x2010)))
_LOOK_ALIKES = {
    " ": _SPACES,
    "\n": "\v\f\x1c\x1d\x1e\x85\u2028\u2029",
    "-": "‐‑‒–—―−─﹘﹣",
    "~": "〜〰∼˜",
    "ー": "ｰ",
    ":": "∶",
    "、": "､",
    "・": "･·",
}
_WIDE = [*range(0xFF01, 0xFF5F), *range(0x2F00, 0x2FD6)]  # full width; and the radicals that PDFs hold for 月 and 日
_PLAIN = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _WIDE} | {
    odd: plain for plain, odds in _LOOK_ALIKES.items() for odd in odds
}
_ODD = re.compile(f"[{re.escape(''.join(_PLAIN))}]")


def _fold(text: str) -> str:
    """Return *text* in plain digits, dashes, colons and spaces, one character for one: places in it stay."""
    return _ODD.sub(lambda odd: _PLAIN[odd[0]], text)


class _Session(NamedTuple):
    starts: datetime
    ends: datetime | None


def _find(text: str, zone: tzinfo, anchor: date | None) -> Iterator[Found]:
    for stretch in stretches(_fold(text), anchor):
        yield from _founds(stretch, text, zone)


def _founds(stretch: Stretch, text: str, zone: tzinfo) -> Iterator[Found]:
    for starts, ends in _sessions(stretch, zone):
        yield Found(
            start=stretch.start,
            end=stretch.end,
            printed=text[stretch.start : stretch.end],
            starts=starts,
            ends=ends,
            precision=Precision.MINUTE if stretch.hours else Precision.DAY,
            timezone=str(starts.tzinfo),
        )


def _sessions(stretch: Stretch, zone: tzinfo) -> list[_Session]:
    """Return the sessions of *stretch*, each once: a time in another zone says one again, or contradicts it."""
    if not stretch.hours:
        return [_all_day(stretch, zone)]
    sessions: list[_Session] = []
    for new in (_session(stretch, hours, zone) for hours in stretch.hours):
        others = [i for i, old in enumerate(sessions) if old.starts.tzinfo != new.starts.tzinfo]
        if not others and new not in sessions:
            sessions.append(new)
        for i in others:
            if again := _aligned(new, sessions[i]):
                sessions[i] = _merged(again, sessions[i]) if new.starts.tzinfo == zone else _merged(sessions[i], again)
                break
    return sessions


def _all_day(stretch: Stretch, zone: tzinfo) -> _Session:
    ends = _moment(stretch.last, 0, zone) if stretch.last > stretch.first else None
    return _Session(_moment(stretch.first, 0, zone), ends)


def _session(stretch: Stretch, hours: Hours, zone: tzinfo) -> _Session:
    opens, closes = hours.opens, hours.closes
    if stretch.opening:
        opens, closes = stretch.opening.opens, hours.opens if closes is None else closes
    elif closes is None and stretch.last > stretch.first:
        opens, closes = (0, hours.opens) if hours.until else (hours.opens, DAY)
    there = hours.zone or (stretch.opening and stretch.opening.zone) or zone
    starts = _moment(stretch.first, opens, there)
    if starts.utcoffset() == starts.astimezone(zone).utcoffset():  # JST on a page of Tokyo's
        there, starts = zone, starts.astimezone(zone)
    return _Session(starts, None if closes is None else _moment(stretch.last, closes, there))


def _aligned(session: _Session, other: _Session) -> _Session | None:
    """Return *session* if it starts within an hour of *other*, or would on another day, as it may in its own zone."""
    days, apart = divmod(other.starts - session.starts + _AN_HOUR, _A_DAY)
    if apart > 2 * _AN_HOUR:
        return None
    return _Session(session.starts + days * _A_DAY, session.ends and session.ends + days * _A_DAY)


def _merged(chosen: _Session, other: _Session) -> _Session:
    if chosen.ends or not other.ends:
        return chosen
    return _Session(chosen.starts, chosen.starts + (other.ends - other.starts))


def _moment(on: date, minutes: int, zone: tzinfo) -> datetime:
    """Return the moment *minutes* after midnight by the clock on the wall; past 24:00 it is the next day's."""
    return datetime.combine(on, time(), zone) + timedelta(minutes=minutes)
