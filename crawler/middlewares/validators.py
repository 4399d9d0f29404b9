"""Conditional requests (RFC 9110, section 13.1): what an address answered with goes back to that address only.

A task says with which validators an address is asked; here they are taken off where a redirect leads elsewhere, whose
entity tags may be the same and mean something else. An answer of 304 that no condition asked for tells nothing, and is
refused: it would pass for news that we have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

_CONDITIONS = ("If-None-Match", "If-Modified-Since")


class NotAsked(IgnoreRequest):
    """An answer to a question that was not asked."""


class ValidatorsMiddleware:
    """Takes conditions off requests that were redirected. Raises NotAsked for a 304 to a request without any."""

    def process_request(self, request: Request) -> None:
        if "redirect_urls" in request.meta:
            for name in _CONDITIONS:
                request.headers.pop(name, None)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status == 304 and not any(name in request.headers for name in _CONDITIONS):
            raise NotAsked("expected an answer, got status 304, Not Modified, though no condition was set")
        return response
