"""What is watched, on what terms its texts stand here, and what can be relied on."""

from __future__ import annotations

from web.pages.page import Asked, Site
from web.standing import Watched
from web.terms import terms


def about(site: Site, asked: Asked) -> str:
    """Return the page."""
    by_organisation: dict[str, list[Watched]] = {}
    for source in site.watch.watched:
        by_organisation.setdefault(source.organisation, []).append(source)
    return site.page("about.html", asked, organisations=by_organisation, terms=terms)
