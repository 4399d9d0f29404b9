"""A question in, what answers it out, with what would narrow it, and the same as a feed to subscribe to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from feeds.channels import organisation_label
from store.archive import Archive
from store.facets import Counts, Facets
from store.index.results import Hit, Sort
from store.news import News
from store.search import BadQuestion
from web.pages.fitted import fitted
from web.pages.page import Asked, Site, Unusual
from web.parameters import NARROWING, PAGING, query, values
from web.reader import Reader

_ON_A_PAGE = 20
_MOST_NARROWERS = 30  # of a kind
_PAGING = frozenset(parameter.name for parameter in PAGING)
_FEEDS = {"Atom": "atom", "RSS": "rss", "JSON Feed": "json", "iCalendar": "ics"}


@dataclass(frozen=True, slots=True)
class Narrower:
    """One way to narrow a question: what it is called, where it leads, and how many there are then. ``language`` is
    that of the title, where it need not be the page's.
    """

    title: str
    address: str
    count: int
    language: str = ""


def search(site: Site, asked: Asked) -> str:
    """Return the page. Raises Unusual where the question makes no sense: the page that says so, with the question."""
    try:
        return _found(site, asked)
    except BadQuestion as error:
        page = site.page("search.html", asked, **_form(site, asked), problem=str(error), results=None)
        raise Unusual(HTTPStatus.BAD_REQUEST, page) from error


def _found(site: Site, asked: Asked) -> str:
    given = values(asked.given, (*NARROWING, *PAGING))
    wanted = query(given)
    results = Archive(site.database).search(
        wanted, limit=_ON_A_PAGE, sort=given.get("sort", Sort.RELEVANCE), cursor=given.get("cursor")
    )
    counts = Facets(site.database).counts(wanted)
    return site.page(
        "search.html",
        asked,
        **_form(site, asked),
        problem="",
        results=replace(results, hits=tuple(map(_fitted, results.hits))),
        tellings=News(site.database).tellings([hit.announcement for hit in results.hits]),
        counts=counts,
        narrower=_narrower(site, asked, counts),
        following=_with(asked, cursor=results.following) if results.following else None,
        feeds=_feeds(asked.reader, _narrowing(asked)),
    )


def _fitted(hit: Hit) -> Hit:
    """Return *hit* as far as a page has room for it: a title that is cut has no marks."""
    shown = fitted(hit.announcement)
    return replace(hit, announcement=shown, title=hit.title if shown.title == hit.announcement.title else ())


def _form(site: Site, asked: Asked) -> dict[str, Any]:
    """Return what the form offers, and what was chosen of it."""
    chosen = dict.fromkeys((parameter.name for parameter in (*NARROWING, *PAGING)), "") | dict(asked.given)
    return {
        "chosen": chosen,
        "wanted_parts": {text for name, text in asked.given if name == "has"},
        "choices": site.choices(asked.reader),
        "narrowed": any(chosen.get(parameter.name) for parameter in NARROWING if parameter.name != "q"),
    }


def _narrower(site: Site, asked: Asked, counts: Counts) -> Mapping[str, Sequence[Narrower]]:
    """Return by what the answer could be narrowed: what all of it has in common is left out."""
    reader = asked.reader
    titles = {one.name: one.title for one in site.watch.watched}
    languages = {one.name: one.language for one in site.watch.watched}
    found = {
        "organisation": [
            Narrower(organisation_label(name, reader.language), _with(asked, organisation=name), count)
            for name, count in counts.organisations.items()
        ],
        "language": [Narrower(name, _with(asked, language=name), count) for name, count in counts.languages.items()],
        "topic": [
            Narrower(site.translated(site.topics[name], reader.language), _with(asked, topic=name), count)
            for name, count in counts.topics.items()
            if name in site.topics
        ],
        "source": [
            Narrower(titles.get(name, name), _with(asked, source=name), count, languages.get(name, ""))
            for name, count in counts.sources.items()
        ],
        "year": [
            Narrower(str(year), _with(asked, since=str(year), until=str(year + 1)), count)
            for year, count in counts.years.items()
        ],
    }
    return {name: some[:_MOST_NARROWERS] for name, some in found.items() if len(some) > 1}


def _with(asked: Asked, **changed: object) -> str:
    """Return the address of the same question with some of it *changed*, from its first page on."""
    kept = [(name, text) for name, text in asked.given if text and name not in changed and name != "cursor"]
    pairs = [*kept, *((name, str(value)) for name, value in changed.items())]
    return f"{asked.reader.at('/search')}?{urlencode(pairs)}"


def _narrowing(asked: Asked) -> str:
    """Return what was asked as it stands in the address of a feed, which has an order of its own."""
    return urlencode([(name, text) for name, text in asked.given if text and name not in _PAGING])


def _feeds(reader: Reader, narrowing: str) -> dict[str, str]:
    """Return the same answer in other forms."""
    behind = f"?{narrowing}" if narrowing else ""
    feeds = {name: reader.data(f"/feeds/search.{extension}{behind}") for name, extension in _FEEDS.items()}
    return feeds | {
        "CSV": reader.data(f"/api/announcements.csv{behind}"),
        "JSON": reader.data(f"/api/announcements{behind}"),
    }
