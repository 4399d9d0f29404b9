"""All feeds there are, each with an address to take along, and what a feed is for who never used one."""

from __future__ import annotations

from feeds.channels import grouped
from web.pages.page import Asked, Site


def subscribe(site: Site, asked: Asked) -> str:
    """Return the page."""
    return site.page("subscribe.html", asked, groups=grouped(site.channels))
