"""What a site answered, without Scrapy: what the pure steps get to see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``url`` is the live address that answered, after redirects; ``body`` is decompressed.

    ``whole`` is False where the connection ended before the body did.
    """

    url: str
    status: int = 200
    body: bytes = b""
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str = ""
    whole: bool = True

    @property
    def body_hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()
