"""Who reads a page: the language, how dates, numbers and lists are written in it, and where its links lead. Pure.

This module alone knows that an address may begin with a language, and which zone's clock a reader is shown: of what a
source prints the source's own, of what we saw Japan's for who reads Japanese, and UTC for everybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

from feeds.channels import organisation_label, organisation_name
from feeds.event_dates import span, where, zone_name
from store.announcement import Archived, Event, Precision
from store.days import ZONE

_OURS: Mapping[str, tzinfo] = {"ja": ZONE}
_DAYS = {("ja", "full"): "y年M月d日（E）"}  # as those of events are written


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who reads in *locale* below the path *root*, empty or ``/wire``; ``prefix`` is ``/ja`` or ``/en`` where
    the address names the language, else empty.
    """

    locale: Locale
    root: str
    prefix: str

    @property
    def language(self) -> str:
        return str(self.locale.language)

    def at(self, path: str, **asked: object) -> str:
        """Return the address of the page at *path* with what is *asked* there, in the language of this one."""
        return f"{self.root}{self.prefix}{path}{_query(asked)}"

    def announcement(self, identity: str) -> str:
        """Return the address of the page of the announcement with this id."""
        return self.at(page_of(identity))

    def data(self, path: str, **asked: object) -> str:
        """Return the address of a feed or of data at *path*: it has one for all languages."""
        return f"{self.root}{path}{_query(asked)}"

    def number(self, number: int) -> str:
        return _number(number, str(self.locale))

    def decimal(self, number: float) -> str:
        """Return *number* to a tenth."""
        return format_decimal(round(number, 1), locale=self.locale)

    def size(self, octets: int) -> str:
        """Return a file's size: "838 kB"."""
        if octets >= 1_000_000:
            return f"{format_decimal(round(octets / 1e6, 1), locale=self.locale)} MB"
        return f"{max(1, round(octets / 1000))} kB"

    def day(self, day: date, form: str = "long") -> str:
        """Return *day* as it is written: "10 July 2026"; in the form ``full`` with its weekday."""
        return format_date(day, _DAYS.get((self.language, form), form), locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Return when we saw something: "10 July 2026, 05:00 UTC"."""
        return self._to_the_minute(moment.astimezone(_OURS.get(self.language, UTC)))

    def published(self, announcement: Archived) -> str:
        """Return the date of *announcement* as exactly as its source says it, in the source's zone."""
        if announcement.precision is Precision.DAY:
            return self.day(announcement.published.date())
        return self._to_the_minute(announcement.published)

    def duration(self, time: timedelta) -> str:
        """Return how long *time* is, in the largest unit that tells it whole enough: "4 hours"."""
        return self._solid(format_timedelta(time, threshold=1.5, locale=self.locale))

    def span(self, event: Event) -> str:
        """Return the days and hours of *event*, with their zone."""
        return span(event, self.language)

    def place(self, event: Event) -> str:
        """Return where *event* takes place, empty where that is not said."""
        return where(event, self.language)

    def organisation(self, organisation: str) -> str:
        """Return the full name of *organisation*."""
        return organisation_name(organisation, self.language)

    def label(self, organisation: str) -> str:
        """Return what *organisation* is called for short."""
        return organisation_label(organisation, self.language)

    @property
    def comma(self) -> str:
        """What stands between the parts of a list."""
        return "、" if self.language == "ja" else ", "

    @property
    def colon(self) -> str:
        return "：" if self.language == "ja" else ": "

    def bracketed(self, text: str) -> str:
        """Return *text* in brackets, as it stands behind what it explains."""
        return f"（{text}）" if self.language == "ja" else f" ({text})"

    def _solid(self, time: str) -> str:
        """Return *time* without the spaces between numbers and units, where none are written."""
        return time.replace(" ", "") if self.language == "ja" else time

    def _to_the_minute(self, moment: datetime) -> str:
        clock, zone = f"{moment:%H:%M}", zone_name(moment, self.language)
        day = self.day(moment.date())
        return f"{day}{clock}（{zone}）" if self.language == "ja" else f"{day}, {clock} {zone}"


def page_of(identity: str) -> str:
    """Return the path of the page of the announcement with this id: the same in every language.

    >>> page_of("urn:uuid:d708e962-212b-5dd1-9093-7c1488881142")
    '/announcements/d708e962-212b-5dd1-9093-7c1488881142'
    """
    return f"/announcements/{identity.removeprefix('urn:uuid:')}"


@lru_cache(1_000)
def _number(number: int, locale: str) -> str:
    return format_decimal(number, locale=locale)


def _query(asked: Mapping[str, object]) -> str:
    """Return a query string of what has a value; of a sequence each."""
    given = {name: value for name, value in asked.items() if value not in (None, "", (), [])}
    return f"?{urlencode(given, doseq=True)}" if given else ""
