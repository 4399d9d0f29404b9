"""Which answers are worth reading, and which of those that were read are announcements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from crawler.announce import announcement
from crawler.answer import Answer
from crawler.candidate import Candidate
from crawler.digest import Digest, Question
from crawler.errors import NoContent
from crawler.spec import Source
from crawler.topics import Topic
from store.announcement import Announcement

NOT_FOUND = (404, 410)
HTML = ("text/html", "application/xhtml+xml")
_PDF = "application/pdf"


def is_page(source: type[Source], answer: Answer) -> bool:
    """Say whether *answer* is a page, or a document that stands for one: all else needs no reading."""
    is_file = answer.kind == _PDF and source.names_file(answer.url)
    return answer.status != 304 and answer.status not in NOT_FOUND and (answer.kind in HTML or is_file)


def question(source: type[Source], candidate: Candidate, *, earlier_text: str, repeated: frozenset[str]) -> Question:
    """Return what to know for reading the page of *candidate*."""
    return Question(
        asked=candidate.url,
        page=source.page,
        zone=source.zone(),
        promised=candidate.title,
        earlier_text=earlier_text,
        repeated=repeated,
    )


def announced(
    source: type[Source],
    candidate: Candidate,
    answer: Answer,
    read: Digest,
    *,
    now: datetime,
    topics: Sequence[Topic] = (),
) -> Announcement:
    """Return the announcement that was *read* off the answer of *candidate*'s page. Raises NoContent."""
    name, url = source.name, candidate.url
    if read.verdict is not None:
        raise NoContent(name, url, f"expected the page, got {read.verdict} (status {answer.status}, {answer.url})")
    came_to = urlsplit(answer.url)._replace(query="", fragment="").geturl()
    if not (source.names(came_to) or source.names_file(came_to)):
        raise NoContent(name, url, f"expected an announcement, got to {answer.url}")
    return announcement(source, candidate, read.extracted, url=answer.url, now=now, topics=topics)
