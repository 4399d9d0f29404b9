"""How the archive fares in time, as plots with a table behind each: a part of the page of status.

To read them costs more than the rest of the page: they are kept for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

from babel.dates import format_date
from markupsafe import Markup

from store.figures import Figures, Lags, Weekly
from store.run import Reply, RunOutcome
from web.pages.page import Asked, Site
from web.plots import bars
from web.reader import Reader

_KEPT = 600.0  # seconds
_A_YEAR = 52  # weeks
_MARKED, _MARKED_OF_RUNS = (13, 52, 90), (1, 6, 10)  # weeks that are named below a plot


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: of what it is, in which language that is said, how it looks, and what it comes to, in the page's."""

    caption: str
    language: str
    drawn: Markup
    note: str = ""


def figures(site: Site, asked: Asked) -> Markup:
    """Return the part of the page, at most ten minutes old."""
    key = str(asked.reader.locale)
    made = site.kept.get(key)
    if made is None or made[0] + _KEPT < monotonic():
        made = site.kept[key] = monotonic(), Markup(_figures(site, asked))  # noqa: S704  (a template's)
    return made[1]


def _figures(site: Site, asked: Asked) -> str:
    read, now, reader = Figures(site.database), site.now(), asked.reader
    announced, outcomes, lags = read.announcements(now), read.outcomes(now), read.lags(now)
    return site.page(
        "figures.html",
        asked,
        announced=announced,
        announced_plots=_announced(site, reader, announced),
        outcomes=outcomes,
        names=_names(site, reader),
        outcome_plots=_outcomes(site, reader, outcomes),
        lags=lags,
        lag_plots=_lags(site, reader, lags),
        bounds=_bounds(site, reader),
    )


def _announced(site: Site, reader: Reader, weekly: Weekly) -> list[Plot]:
    below = {place: _month(reader, weekly.mondays[place]) for place in _MARKED}
    return [
        Plot(
            one.title,
            one.language,
            _drawn(weekly.of(one.name), title=one.title, below=below),
            _a_week(site, reader, weekly.of(one.name)[-_A_YEAR - 1 : -1]),
        )
        for one in site.watch.watched
    ]


def _outcomes(site: Site, reader: Reader, weekly: Weekly) -> list[Plot]:
    below = {place: _day(reader, weekly.mondays[place]) for place in _MARKED_OF_RUNS}
    return [
        Plot(called, reader.language, _drawn(weekly.of(name), title=called, below=below))
        for name, called in _names(site, reader).items()
    ]


def _lags(site: Site, reader: Reader, lags: Mapping[str, Lags]) -> list[Plot]:
    below = dict(enumerate(_bounds(site, reader)))
    return [
        Plot(
            one.title,
            one.language,
            _drawn(
                found.buckets,
                title=one.title,
                below=below,
                above={place: reader.number(number) for place, number in enumerate(found.buckets)},
            ),
            _within(site, reader, found),
        )
        for one in site.watch.watched
        if (found := lags.get(one.name))
    ]


def _a_week(site: Site, reader: Reader, weeks: Sequence[int | None]) -> str:
    """Return the rhythm of a source: how much it publishes in a week of the last year, which goes on being left out."""
    mean = sum(filter(None, weeks)) / len(weeks)
    told = site.translated("%(number)s a week over the last year", reader.language)
    return told % {"number": reader.decimal(mean)}


def _within(site: Site, reader: Reader, found: Lags) -> str:
    told = site.translated("half of them within %(median)s, nine of ten within %(ninetieth)s", reader.language)
    return told % {"median": reader.duration(found.median), "ninetieth": reader.duration(found.ninetieth)}


def _drawn(numbers: Sequence[int | None], **said: Any) -> Markup:
    return Markup(bars(numbers, **said))  # noqa: S704  (serialised, of text that it escapes)


def _month(reader: Reader, day: date) -> str:
    return format_date(day, "y年M月" if reader.language == "ja" else "MMM y", locale=reader.locale)


def _day(reader: Reader, day: date) -> str:
    return format_date(day, "M月d日" if reader.language == "ja" else "d MMM", locale=reader.locale)


def _names(site: Site, reader: Reader) -> dict[str, str]:
    """Return what each outcome of a run, and of a request, is called."""
    called = {
        RunOutcome.OK: site.translated("runs that went well", reader.language),
        RunOutcome.DEGRADED: site.translated("runs that were degraded", reader.language),
        RunOutcome.FAILED: site.translated("runs that failed", reader.language),
        Reply.ANSWERED: site.translated("requests: answered", reader.language),
        Reply.UNCHANGED: site.translated("requests: unchanged", reader.language),
        Reply.REFUSED: site.translated("requests: refused", reader.language),
        Reply.UNREACHABLE: site.translated("requests: no answer", reader.language),
    }
    return {str(name): told for name, told in called.items()}


def _bounds(site: Site, reader: Reader) -> list[str]:
    """Return what the buckets of lags are called (store.figures.BOUNDS)."""
    return [
        site.translated("≤ 1 hour", reader.language),
        site.translated("≤ 6 hours", reader.language),
        site.translated("≤ 1 day", reader.language),
        site.translated("≤ 3 days", reader.language),
        site.translated("later", reader.language),
    ]
