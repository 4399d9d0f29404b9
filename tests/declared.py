"""Sources as tests declare them, and answers as their sites give them."""

from typing import Any, cast

from crawler.answer import Answer
from crawler.spec import Listing, Source

SITE = "https://news.example.org"


def a_source(**changes: Any) -> type[Source]:
    """Declare a source whose announcements are at ``/news/…`` on SITE; say only what the test is about."""
    plain = {
        "name": "a-source",
        "organisation": "an-organisation",
        "title": "A source",
        "language": "en",
        "timezone": "Asia/Tokyo",
        "routes": (Listing(url=f"{SITE}/news/"),),
        "pages": r"/news/[a-z0-9-]+/?",
    }
    return cast("type[Source]", type("ASource", (Source,), plain | changes | {"__module__": "spiders.example"}))


def an_answer(body: str | bytes = "", *, url: str = f"{SITE}/news/", **changes: Any) -> Answer:
    return Answer(url=url, body=body.encode() if isinstance(body, str) else body, **changes)
