"""What can go wrong with one source, and nothing else.

* CrawlError
  * SpecError     a declaration in ``spiders/`` is wrong: found at import, before any request
  * RouteFailed   a route did not answer with what was expected of it
    * Unreachable it did not answer, or with a part of it, or with an error
    * EmptyRoute  it answered, and named no candidate: the list can't be found, the site has changed
      * EmptyList the list is there, and nothing is in it
    * Flooded     it named many times what it usually does: nobody may take that for news unseen
  * NoContent     a page answered, and had no title or no text
  * CutShort      the run did not come to its end
  * Stopped       somebody ended the run
  * Ours          our own code failed
"""

from __future__ import annotations

from typing import ClassVar

from store.run import Fault


class CrawlError(Exception):
    """Something about one address of one source: what was expected there. ``fault`` is what a run failed of by it."""

    fault: ClassVar[Fault] = Fault.OURS

    def __init__(self, source: str, address: str, expected: str) -> None:
        super().__init__(source, address, expected)  # as they came: so it can be sent to another process
        self.source = source
        self.address = address
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.source}: {self.address}: {self.expected}"


class SpecError(CrawlError):
    """A source is declared wrongly."""


class RouteFailed(CrawlError):
    """A route that can't be used: the source's next route is tried; when none is left, the run fails."""

    fault = Fault.NO_LIST


class Unreachable(RouteFailed):
    """A route that gave no answer, or none that is whole and well."""

    fault = Fault.UNREACHABLE


class EmptyRoute(RouteFailed):
    """A route that should name announcements named none: the site has changed, or it is down."""


class EmptyList(EmptyRoute):
    """A route whose list is where it is expected, and empty."""

    fault = Fault.EMPTY_LIST


class Flooded(RouteFailed):
    """A route that names many times what it usually does: nothing of it is taken until somebody releases it."""

    fault = Fault.HELD


class NoContent(CrawlError):
    """A page that should be an announcement has no title or no text. It is not stored."""

    fault = Fault.PAGES


class CutShort(CrawlError):
    """A run that ended before it had come to its end."""

    fault = Fault.CUT_SHORT


class Stopped(CrawlError):
    """A run that somebody ended: it says nothing of its source."""

    fault = Fault.STOPPED


class Ours(CrawlError):
    """A fault of our own, which costs the answer that it happened with."""
