"""What a route knows and what a page says, in; one announcement out. Pure.

This module alone knows whose word counts where both speak: the page's on its title, text and date; then the route's;
then a date in the address. A date in the future is nobody's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler import dates
from crawler.alternates import others
from crawler.candidate import Candidate, Dated
from crawler.errors import NoContent
from crawler.events import events
from crawler.extract import Extracted
from crawler.language import language
from crawler.spec import Source
from crawler.topics import Topic, topics_of
from crawler.urls import canonical
from store.announcement import Announcement, Event, From, Precision

_MOST_ALTERNATES = 16


def announcement(
    source: type[Source],
    candidate: Candidate,
    extracted: Extracted,
    *,
    url: str,
    now: datetime,
    topics: Sequence[Topic] = (),
) -> Announcement:
    """Return the announcement of the page at *url*, the address that answered. Raises NoContent."""
    title = extracted.title or candidate.title
    if not title:
        raise NoContent(source.name, url, f"expected a title at {source.page.title or 'h1'!r}")
    if not extracted.text:
        raise NoContent(source.name, url, f"expected a text at {source.page.body or 'the page'!r}")
    own = _address(source, extracted, url)
    dated = _date(candidate, extracted, now)
    tags = extracted.tags or candidate.tags
    spoken = extracted.language or source.language
    of_title = language(title, spoken)
    aliases = tuple(dict.fromkeys(spelt for spelt in (candidate.url, candidate.address, url) if spelt != own))
    return source.finish(
        Announcement(
            source=source.name,
            organisation=source.organisation,
            url=own,
            aliases=aliases,
            alternates=_alternates(source, extracted, spoken, (own, *aliases)),
            title=title,
            text=extracted.text,
            html=extracted.html,
            summary=extracted.summary,
            language=spoken,
            title_language=of_title if of_title != spoken else "",
            published=dated.at if dated else None,
            published_from=dated.found if dated else From.FIRST_SEEN,
            precision=dated.precision if dated else Precision.MINUTE,
            timezone=source.timezone,
            tags=tags,
            topics=topics_of(title, extracted.text, tags, topics),
            attachments=extracted.attachments,
            events=_events(source, extracted, title, own, dated),
        )
    )


def _address(source: type[Source], extracted: Extracted, url: str) -> str:
    """Return the page's own word on its address where it names an announcement of the source, else *url*."""
    answered = canonical(url, hosts=source.hosts()) or url
    claimed = canonical(extracted.canonical, hosts=source.hosts()) if extracted.canonical else None
    return claimed if claimed and source.names(claimed) else answered


def _alternates(source: type[Source], extracted: Extracted, spoken: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return where the page says that it stands in another language than the one *spoken*, in their one spelling."""
    spelt = ((named, canonical(address, hosts=source.hosts()) or address) for named, address in extracted.alternates)
    return others(tuple(spelt), spoken, own)[:_MOST_ALTERNATES]


def _events(source: type[Source], extracted: Extracted, title: str, url: str, dated: Dated | None) -> tuple[Event, ...]:
    """Return what the text and the line beside it date; of an event's page that says no day, the day in its address."""
    said = f"Date: {extracted.when}\n{extracted.text}" if extracted.when else extracted.text
    found = events(said, title=title, zone=source.zone(), published=dated.at if dated else None)
    day = dates.slug(url, zone=source.zone()) if source.page.slug == "event" else None
    if day is None or any(event.kind == "event" for event in found):
        return found
    own = Event(kind="event", starts=day, timezone=source.timezone, all_day=True, title=title)
    return tuple(sorted((*found, own), key=lambda event: event.starts))


def conflict(candidate: Candidate, extracted: Extracted) -> str:
    """Return in words where page and route disagree by more than a day on the date of publication, else nothing."""
    if extracted.published is None or candidate.published is None:
        return ""
    own, given = extracted.published.at, candidate.published.at
    if abs(own - given) <= timedelta(days=1):
        return ""
    return (
        f"expected one date, got {own.isoformat()} on the page, {given.isoformat()} in the {candidate.published.found}"
    )


def _date(candidate: Candidate, extracted: Extracted, now: datetime) -> Dated | None:
    given = (extracted.published, candidate.published)
    return next((dated for dated in given if dated is not None and dated.at <= now), None)
