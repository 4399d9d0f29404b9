"""What a route knows and what a page says, in; one announcement out. Pure.

This module alone knows whose word counts where both speak: the page's on its title, text and date; then the route's;
then a date in the address. A date in the future is nobody's word.
"""

from __future__ import annotations

from datetime import datetime

from crawler.candidate import Candidate, Dated
from crawler.errors import NoContent
from crawler.extract import Extracted
from crawler.spec import Source
from crawler.urls import canonical
from store.announcement import Announcement, From, Precision


def announcement(
    source: type[Source], candidate: Candidate, extracted: Extracted, *, url: str, now: datetime
) -> Announcement:
    """Return the announcement of the page at *url*, the address that answered. Raises NoContent."""
    title = extracted.title or candidate.title
    if not title:
        raise NoContent(source.name, url, f"expected a title at {source.page.title or 'h1'!r}")
    if not extracted.text:
        raise NoContent(source.name, url, f"expected a text at {source.page.body or 'the page'!r}")
    own = _address(source, extracted, url)
    dated = _date(candidate, extracted, now)
    return source.finish(
        Announcement(
            source=source.name,
            organisation=source.organisation,
            url=own,
            aliases=tuple(dict.fromkeys(spelt for spelt in (candidate.url, candidate.address, url) if spelt != own)),
            title=title,
            text=extracted.text,
            html=extracted.html,
            summary=extracted.summary,
            language=extracted.language or source.language,
            published=dated.at if dated else None,
            published_from=dated.found if dated else From.FIRST_SEEN,
            precision=dated.precision if dated else Precision.MINUTE,
            timezone=source.timezone,
            tags=extracted.tags or candidate.tags,
            attachments=extracted.attachments,
        )
    )


def _address(source: type[Source], extracted: Extracted, url: str) -> str:
    """Return the page's own word on its address where it names an announcement of the source, else *url*."""
    answered = canonical(url, hosts=source.hosts()) or url
    claimed = canonical(extracted.canonical, hosts=source.hosts()) if extracted.canonical else None
    return claimed if claimed and source.names(claimed) else answered


def _date(candidate: Candidate, extracted: Extracted, now: datetime) -> Dated | None:
    given = (extracted.published, candidate.published)
    return next((dated for dated in given if dated is not None and dated.at <= now), None)
