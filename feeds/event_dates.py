"""An announcement in, its events' dates out: a plain line each, in its language or the reader's. Pure.

This module alone knows how a date is written for people, which days an event takes, and that midnight is the 24:00 of
the day that it ends: what is due then is not due the day after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.text import short
from store.announcement import Archived, Event

DEADLINE = "deadline"

_WORDS = {
    "en": {"deadline": "Deadline: ", "event": "Event: ", "online": "online"},
    "ja": {"deadline": "締切：", "event": "開催：", "online": "オンライン"},
}
_ONLINE = {words["online"] for words in _WORDS.values()}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_IN_JAPANESE = "月火水木金土日"
_JAPAN = "Asia/Tokyo"
_NAMED = ("Europe/", "America/", _JAPAN, "UTC")  # zones whose names mean nothing else: Manila's PST, India's IST do


def dates(announcement: Archived, language: str = "") -> list[str]:
    """Return a line for each event, the earliest first, that can stand in text beside the announcement's title.

    It is in *language*, or the announcement's own. The hours' zone is named, the event where it has a name of its own.
    What ``when`` can't tell is left out.
    """
    spoken = language or announcement.language
    told = [(found, event) for event in announcement.events if (found := when(event))]
    return [
        as_line(announcement, event, found, spoken) for found, event in sorted(told, key=lambda each: each[0].starts)
    ]


def as_line(announcement: Archived, event: Event, found: When, language: str) -> str:
    """Return the line of an *event* of *announcement*, of which ``when`` found *found*."""
    name, place = own_name(announcement, event), where(event, language)
    if language == "ja":
        return _line_in_japanese(event, found, name, place)
    head = deadline_head(event, language) or ("" if name else _words(language)["event"])
    behind = (f": {name}" + (f" ({place})" if place else "")) if name else place and f", {place}"
    return f"{head}{_in_english(found)}{behind}"


def deadline_head(event: Event, language: str) -> str:
    """Return what stands in front of a deadline; of another event nothing."""
    return _words(language)["deadline"] if event.kind == DEADLINE else ""


@dataclass(frozen=True, slots=True)
class When:
    """The times of an event in its zone, to the second, and how people tell them.

    ``first`` and ``last`` are the days that it takes, ``since`` and ``until`` the hours on them (``HH:MM``), empty
    where whole days are meant. What has no end behind its start ends with it. A deadline takes the day that it closes.
    """

    starts: datetime
    ends: datetime
    first: date
    since: str
    last: date
    until: str


def when(event: Event) -> When | None:
    """Return the times of *event*; None where its start leaves the years 1 to 9999, in UTC or in its zone."""
    zone = ZoneInfo(event.timezone or "UTC")
    starts = _in_zone(event.starts, zone)
    if starts is None:
        return None
    ends = _in_zone(event.ends, zone) if event.ends and event.kind != DEADLINE else None
    return _days(event, starts, max(starts, ends or starts, key=datetime.timestamp))


def span(event: Event, language: str) -> str:
    """Return the days and hours of *event*, in *language*; empty where ``when`` can't tell them.

    >>> span(Event(kind="deadline", starts=datetime(2026, 8, 21, 3, tzinfo=UTC), timezone="Asia/Tokyo"), "en")
    '21 August 2026 (Fri), 12:00 JST'
    """
    found = when(event)
    if found is None:
        return ""
    if language != "ja":
        return _in_english(found)
    return _in_japanese(found) + (f"（{_zone_in_japanese(found.starts)}）" if found.since else "")


def where(event: Event, language: str) -> str:
    """Return the place of *event*, as one line; "online" in *language*."""
    place = short(event.place)
    return _words(language)["online"] if place in _ONLINE else place


def own_name(announcement: Archived, event: Event) -> str:
    """Return what *event* is called besides its announcement's title, as one line: of "title: session" the session."""
    name, title = short(event.title), short(announcement.title)
    return "" if name == title else name.removeprefix(f"{title}: ")


def zone_name(moment: datetime, language: str) -> str:
    """Return what the zone of *moment* is called there, its offset where nobody else would know the name.

    >>> zone_name(datetime(2026, 7, 22, tzinfo=ZoneInfo("Asia/Tokyo")), "en")
    'JST'
    """
    key, name = getattr(moment.tzinfo, "key", ""), moment.tzname() or ""
    if language == "ja":
        return "日本時間" if key == _JAPAN else _offset(moment)
    return name if key.startswith(_NAMED) and name.isalpha() else _offset(moment)


def _offset(moment: datetime) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    told = f"{hours}:{rest:02}" if rest else f"{hours}"
    return f"UTC{'-' if minutes < 0 else '+'}{told}" if minutes else "UTC"


def _words(language: str) -> dict[str, str]:
    return _WORDS.get(language, _WORDS["en"])


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        return moment.astimezone(UTC).replace(microsecond=0).astimezone(zone)
    except OverflowError:
        return None


def _days(event: Event, starts: datetime, ends: datetime) -> When:
    if event.all_day:
        return When(starts, ends, starts.date(), "", ends.date(), "")
    since = _closing(starts) if event.kind == DEADLINE else (starts.date(), f"{starts:%H:%M}")
    until = since if ends == starts else _closing(ends)
    return When(starts, ends, *since, *until)


def _closing(moment: datetime) -> tuple[date, str]:
    if moment.time() == time() and moment.date() > date.min:
        return moment.date() - timedelta(days=1), "24:00"
    return moment.date(), f"{moment:%H:%M}"


def _in_english(found: When) -> str:
    first, last = found.first, found.last
    if found.since and first != last:
        return f"{_weekday(first)}, {found.since} – {_weekday(last)}, {found.until} {zone_name(found.starts, 'en')}"
    if found.since:
        return (
            f"{_weekday(first)}, {'–'.join(dict.fromkeys((found.since, found.until)))} {zone_name(found.starts, 'en')}"
        )
    if first == last:
        return _weekday(first)
    if first.year != last.year:
        return f"{_english(first)} – {_english(last)}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} – {_english(last)}"
    return f"{first.day}–{_english(last)}"


def _weekday(day: date) -> str:
    return f"{_english(day)} ({_WEEKDAYS[day.weekday()]})"


def _english(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _line_in_japanese(event: Event, found: When, name: str, place: str) -> str:
    """Return the line in the order in which it is written there: what, when, where."""
    is_due = event.kind == DEADLINE
    head = (f"締切（{name}）" if name else "締切") if is_due else name or "開催"
    zone = _zone_in_japanese(found.starts) if found.since else ""
    apart = "（" in place or "(" in place  # no brackets in brackets
    inside = "、".join(filter(None, (zone, "" if apart else place)))
    behind = f"　会場：{place}" if apart else ""
    return f"{head}：{_in_japanese(found)}{f'（{inside}）' if inside else ''}{behind}"


def _zone_in_japanese(moment: datetime) -> str:
    name = zone_name(moment, "ja")
    return f"現地時間、{name}" if name.startswith(("UTC+", "UTC-")) else name


def _in_japanese(found: When) -> str:
    told = f"{_japanese(found.first)}{found.since}"
    if (found.last, found.until) != (found.first, found.since):
        told += f"～{_japanese(found.last, behind=found.first)}{found.until}"
    return told


def _japanese(day: date, behind: date | None = None) -> str:
    """Return *day*, but what it shares with the one that it stands *behind*."""
    if day == behind:
        return ""
    year = "" if behind and day.year == behind.year else f"{day.year}年"
    month = "" if behind and not year and day.month == behind.month else f"{day.month}月"
    return f"{year}{month}{day.day}日（{_WEEKDAYS_IN_JAPANESE[day.weekday()]}）"
