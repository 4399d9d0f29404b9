"""What arrived since the last time, put into the outbox for each destination that asks for it.

This module alone knows what is news to a destination: what was first seen since it is told at all, and was published
shortly before. What a back-fill brings is none, nor is an edit of what was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from feeds.channels import Channel
from feeds.push.destinations import HEALTH, Destination
from feeds.push.messages import Notice
from store.announcement import Archived
from store.database import Database
from store.news import News
from store.outbox import FRESH, Followed, Item, Kind, Outbox

_AT_ONCE = 200  # announcements in memory


def gather(
    database: Database, destinations: Iterable[Destination], notices: Iterable[Notice] = (), *, now: datetime
) -> int:
    """Queue what is news to *destinations*, and *notices* to those that follow the sources' health; return how many.

    A destination that is new here begins now, and where nothing was here before, with what comes after the first
    crawl. *notices* may name what was told before: each is told once by its id.
    """
    news, outbox, known = News(database), Outbox(database), list(notices)
    queued = 0
    for destination in destinations:
        followed = outbox.begin(destination.name, now=now)
        if followed.stopped:
            continue
        turn = news.turn()
        items = _announcements(news, destination, followed, turn, now)
        if destination.health:
            items += [_notice(each) for each in known if _is_news(each.when, followed, now)]
        queued += outbox.queue(destination.name, items, turn=turn, now=now)
    outbox.forget(now=now)
    return queued


def _announcements(news: News, destination: Destination, followed: Followed, turn: int, now: datetime) -> list[Item]:
    found: dict[str, list[str]] = {}
    for channel in destination.channels if followed.turn else ():
        for announcement in _arrived(news, channel, followed.turn, turn):
            if _is_news(announcement.first_seen, followed, now) and _is_prompt(announcement):
                found.setdefault(announcement.id, []).append(channel.name)
    return [Item(each, Kind.ANNOUNCEMENT, {"channels": channels}) for each, channels in found.items()]


def _arrived(news: News, channel: Channel, after: int, turn: int) -> Iterator[Archived]:
    """Yield what came into *channel*, or changed in it, after a turn, up to *turn* at least."""
    while channel.query is not None and after < turn:
        arrivals = news.arrivals(channel.query, after=after, limit=_AT_ONCE, once=channel.once)
        yield from arrivals.announcements
        after = arrivals.last


def _is_news(moment: datetime, followed: Followed, now: datetime) -> bool:
    return moment >= max(followed.begun.replace(microsecond=0), now - FRESH)  # feeds tell whole seconds


def _is_prompt(announcement: Archived) -> bool:
    return announcement.published >= announcement.first_seen - FRESH


def _notice(notice: Notice) -> Item:
    told = {"id": notice.id, "title": notice.title, "text": notice.text, "when": notice.when.isoformat()}
    return Item(notice.id, Kind.NOTICE, {"channels": [HEALTH], "notice": told})
