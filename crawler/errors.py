"""What can go wrong with one source, and nothing else.

* CrawlError
  * SpecError    a declaration in ``spiders/`` is wrong: found at import, before any request
  * RouteFailed  a route did not answer, or not with what was expected of it
    * EmptyRoute it answered, and named no candidate: the site has changed
    * Flooded    it named many times what it usually does: nobody may take that for news unseen
  * NoContent    a page answered, and had no title or no text
"""

from __future__ import annotations


class CrawlError(Exception):
    """Something about one address of one source: what was expected there."""

    def __init__(self, source: str, address: str, expected: str) -> None:
        super().__init__(f"{source}: {address}: {expected}")
        self.source = source
        self.address = address
        self.expected = expected


class SpecError(CrawlError):
    """A source is declared wrongly."""


class RouteFailed(CrawlError):
    """A route that can't be used: the source's next route is tried; when none is left, the run fails."""


class EmptyRoute(RouteFailed):
    """A route that should name announcements named none: the site has changed, or it is down."""


class Flooded(RouteFailed):
    """A route that names many times what it usually does: nothing of it is taken until somebody releases it."""


class NoContent(CrawlError):
    """A page that should be an announcement has no title or no text. It is not stored."""
