"""How every source stands: its health, its last run and its next, what it names and when, and what went wrong."""

from __future__ import annotations

from web.pages.figures import figures
from web.pages.page import Asked, Site


def status(site: Site, asked: Asked) -> str:
    """Return the page."""
    watch = site.watch
    return site.page(
        "status.html",
        asked,
        standings=watch.standings(),
        away=watch.away(),
        waiting=sum(watch.waiting().values()),
        figures=figures(site, asked),
    )
