"""What a site answered, without Scrapy: what the pure steps get to see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``url`` is the live address that answered, after redirects; ``body`` is decompressed.

    ``whole`` is False where the connection ended before the body did. ``headers`` are all there were, as they came.
    """

    url: str
    status: int = 200
    body: bytes = b""
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str = ""
    whole: bool = True
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """The media type; a page's where none is said."""
        return (self.content_type or "text/html").partition(";")[0].strip().lower()

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()
