"""Why there is no page, and where to go on."""

from __future__ import annotations

from http import HTTPStatus

from web.pages.page import Asked, Site


def error(site: Site, asked: Asked, status: HTTPStatus, why: str = "") -> str:
    """Return the page that tells *status*, and *why* where more is known."""
    return site.page("error.html", asked, status=status, why=why)
