"""An answer and what the crawl knew of it in, a record to keep out; and back, for reading it again. Pure.

This module alone knows what stands beside a kept answer: for a page its source, the announcement and the wording that
it became, what the route said of it; for a file its source, and the address and the type by which it is attached.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crawler.answer import Answer
from crawler.candidate import Candidate, as_data, from_data
from store.announcement import Announcement
from store.kept_pages import Kind, Wording
from store.warc import Kept


class Unknowable(ValueError):
    """A record beside which there does not stand what a crawl would have put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """What is known of a page. ``declared`` says that its text stood where its source declares it."""

    source: str
    candidate: Candidate
    wording: Wording
    declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """What is known of an attachment: where announcements link it, and the media type that its name suggests."""

    source: str
    url: str
    type: str


def page_record(known: KeptPage, made: Announcement, answer: Answer, *, now: datetime) -> Kept:
    """Return the record of the page that *made* was read off: its id is one a wording of an announcement."""
    about = {
        "kind": Kind.PAGE,
        "source": known.source,
        "announcement": known.wording.announcement,
        "seen": known.wording.seen.isoformat(),
        "candidate": as_data(known.candidate),
        "declared": known.declared,
    }
    seen = known.wording.seen.astimezone(UTC).isoformat()
    return _record(answer, about, now, known.wording.announcement, seen, made.content_hash)


def file_record(known: KeptFile, answer: Answer, *, now: datetime) -> Kept:
    """Return the record of an attachment: its id is one an address and what it answered."""
    about = {"kind": Kind.FILE, "source": known.source, "url": known.url, "type": known.type}
    return _record(answer, about, now, known.url, answer.body_hash)


def known_of(kept: Kept) -> KeptPage | KeptFile:
    """Return what was known of a kept answer. Raises Unknowable."""
    about = kept.about
    try:
        if about["kind"] == Kind.FILE:
            return KeptFile(source=about["source"], url=about["url"], type=about["type"])
        return KeptPage(
            source=about["source"],
            candidate=from_data(about["candidate"]),
            wording=Wording(about["announcement"], datetime.fromisoformat(about["seen"])),
            declared=about["declared"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Unknowable(f"{kept.url}: expected what a crawl knew of it: {type(error).__name__}: {error}") from error


def answer_of(kept: Kept) -> Answer:
    """Return a kept answer as the crawl had it."""
    return Answer(
        url=kept.url,
        status=kept.status,
        body=kept.body,
        content_type=kept.header("Content-Type"),
        etag=kept.header("ETag"),
        last_modified=kept.header("Last-Modified"),
        retry_after=kept.header("Retry-After") or "",
        headers=kept.headers,
    )


def _record(answer: Answer, about: dict[str, Any], now: datetime, *names: str) -> Kept:
    return Kept(
        record=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, '#'.join(names))}",
        url=answer.url,
        fetched=now,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        about=about,
    )
