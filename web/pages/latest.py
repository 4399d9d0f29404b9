"""The newest announcements, a heading a day, and the deadlines that are near."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from feeds.channels import Channel, Group
from store.agenda import Agenda, once
from store.announcement import Archived
from store.archive import Archive
from store.days import ZONE
from store.index.results import Sort
from store.news import News
from store.query import Query
from web.pages.fitted import fitted
from web.pages.page import Asked, Site

_ON_A_PAGE = 25
_CLOSING = 4
_ALL = Query(gone=False)


def latest(site: Site, asked: Asked) -> str:
    """Return the page. Raises BadQuestion for a cursor that is none."""
    found = Archive(site.database).search(_ALL, limit=_ON_A_PAGE, sort=Sort.NEWEST, cursor=asked.value("cursor"))
    announcements = [fitted(hit.announcement) for hit in found.hits]
    reader = asked.reader
    closing = Agenda(site.database).next(site.now(), limit=2 * _CLOSING)
    return site.page(
        "latest.html",
        asked,
        days={day: _in(reader.language, some) for day, some in _by_day(announcements).items()},
        tellings=News(site.database).tellings(announcements),
        following=found.following,
        closing=once(closing, reader.language)[:_CLOSING],
        narrower=[(channel.title, _parameters(channel)) for channel in site.channels if _narrows(channel)],
        forms={
            "Atom": reader.data("/feeds/all.atom"),
            "RSS": reader.data("/feeds/all.rss"),
            "JSON Feed": reader.data("/feeds/all.json"),
            "CSV": reader.data("/api/announcements.csv"),
        },
    )


def _by_day(announcements: Iterable[Archived]) -> dict[date, list[Archived]]:
    by_day = groupby(announcements, lambda one: one.published.astimezone(ZONE).date())
    return {day: list(some) for day, some in by_day}


def _in(language: str, announcements: Sequence[Archived]) -> list[Archived]:
    """Return *announcements* without those of which a translation into *language* stands among them, and names them."""
    there = {one.id for one in announcements if one.language == language}
    return [one for one in announcements if one.language == language or not there.intersection(one.translations)]


def _narrows(channel: Channel) -> bool:
    return channel.group in (Group.SEARCH, Group.ORGANISATION, Group.LANGUAGE, Group.TOPIC)


def _parameters(channel: Channel) -> dict[str, str]:
    """Return what the search page is asked for to show what *channel* holds."""
    query = channel.query or _ALL
    narrowed = {name: getattr(query, name) or "" for name in ("organisation", "source", "language", "topic")}
    return {"q": query.words, **narrowed}
