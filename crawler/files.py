"""The attachments of one run of one source: which are asked for, and what becomes of their answers. No Scrapy in here.

This module alone knows which files are worth asking for, and how many a run may.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.answer import Answer
from crawler.attachments import Contents
from crawler.errors import NoContent
from crawler.plan import Plan
from crawler.provenance import KeptFile, file_record
from crawler.reading import HTML
from crawler.spec import Source
from crawler.tally import Tally
from store.announcement import Announcement, Attachment
from store.identity import key
from store.kept_pages import Kind
from store.stores import Stores

FILES_A_PAGE = 2  # on average: how many files a run may ask for
_UNTOLD = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment to ask for; ``kind`` is the media type that its name suggests."""

    url: str
    kind: str


class Files:
    """The attachments in the run of *source* that *plan* describes; *asked* are keys of what the run asked for.

    ``left`` is how many were not asked for because the run may ask for ``most`` only.
    """

    def __init__(self, source: type[Source], plan: Plan, tally: Tally, stores: Stores, asked: set[str]) -> None:
        self._source = source
        self._plan = plan
        self._tally = tally
        self._archive = stores.archive
        self._kept = stores.kept
        self._asked = asked
        self._number = 0
        self.most = FILES_A_PAGE * plan.most_pages
        self.left = 0

    def unread(self) -> Iterator[File]:
        """Yield the attachments that an earlier run left."""
        for file in self._archive.unread_files(self._source.name, limit=self._plan.most_pages):
            yield from self._want(file)

    def of(self, announcement: Announcement) -> Iterator[File]:
        """Yield the attachments of an announcement that nobody has fetched yet."""
        known = self._archive.known_files(file.url for file in announcement.attachments)
        for file in announcement.attachments:
            if file.url not in known:
                yield from self._want(file)

    def on_answer(self, file: File, answer: Answer, contents: Contents | None) -> None:
        """Keep what the answer of an attachment's address holds; *contents* is what was read in it."""
        if contents is None:
            self.on_error(file, f"status {answer.status}" if answer.status != 200 else "no file but a page")
            return
        self._keep_bytes(file, answer)
        kind = type_of(answer, file.kind)
        self._archive.read_file(file.url, length=len(answer.body), kind=kind, text=contents.text, problem=contents.why)

    def on_error(self, file: File, reason: str) -> None:
        """Take note that an attachment could not be had: it is listed, and says why it has no text."""
        self._archive.read_file(file.url, length=None, kind=file.kind, text="", problem=reason)
        self._tally.note(NoContent(self._source.name, file.url, f"expected a file: {reason}"))

    def _want(self, file: Attachment) -> Iterator[File]:
        """Yield the request for an attachment once; one on another host, or past the run's limit, is listed only."""
        spelt = key(file.url)
        if spelt in self._asked:
            return
        self._asked.add(spelt)
        if urlsplit(file.url).netloc != self._source.host():
            self._archive.read_file(file.url, length=None, kind=file.type, text="", problem="on another host")
        elif self._number >= self.most:
            self.left += 1
        else:
            self._number += 1
            yield File(file.url, file.type)

    def _keep_bytes(self, file: File, answer: Answer) -> None:
        wording = self._kept.attaching(file.url) if self._kept else None
        if self._kept and wording:
            known = KeptFile(source=self._source.name, url=file.url, type=file.kind)
            self._kept.keep(file_record(known, answer, now=self._plan.now), Kind.FILE, wording)


def reads(answer: Answer) -> bool:
    """Say whether there is something to read in the answer of an attachment's address."""
    return answer.status == 200 and answer.whole and answer.kind not in HTML


def type_of(answer: Answer, suggested: str) -> str:
    """Return an attachment's media type: the answer's where it says one, else the one that its name suggests."""
    return answer.kind if answer.kind != _UNTOLD else suggested
