"""The only Scrapy callbacks there are: what a crawl asks for becomes requests, what comes back becomes answers.

One spider serves all the sources of a process, so that one engine keeps one slot, and one pace, a host.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro
from twisted.python.failure import Failure

from crawler.answer import Answer
from crawler.attachments import read as read_file
from crawler.crawl import Crawl, Document, Reading, Wanted
from crawler.digest import digest
from crawler.discovery import Found, discover
from crawler.errors import RouteFailed
from crawler.files import File, reads
from crawler.middlewares.robots import Unreadable
from crawler.probe import Probe
from crawler.worker import Failed, Killed, Worker
from store.database import is_unusable, reason
from store.hosts import Hosts
from store.run import Reply

Task = Crawl | Probe

MOST_BYTES_OF_A_PAGE = 8 * 1024 * 1024  # after decompression
_CUT_SHORT = {"dataloss"}  # not "partial": a body may end with its connection (RFC 9112, 6.3)
_DOCUMENTS_FIRST, _FILES_LAST = 10, -10


class NewsSpider(scrapy.Spider):
    """Carries several tasks, of one source each. ``hosts`` says when each host may be asked."""

    name = "zerowire"

    def __init__(self, tasks: Sequence[Task], hosts: Hosts, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks
        self.hosts = hosts
        self._worker = Worker()
        self._files: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> NewsSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.count, signals.response_received)
        crawler.signals.connect(spider.count_bytes, signals.bytes_received)
        crawler.signals.connect(spider.fail, signals.spider_error)
        crawler.signals.connect(spider.fail_to_keep, signals.item_error)
        crawler.signals.connect(spider.stop_working, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for task in self.tasks:
            for request in self._requests(task, task.begin()):
                yield request

    async def on_document(self, response: Response, task: Task, wanted: Document) -> AsyncIterator[scrapy.Request]:
        answer = _answer(response)
        read = await self._found(task, wanted, answer) if task.reads(wanted, answer) else None
        for request in self._requests(task, task.on_document(wanted, answer, read)):
            yield request

    def on_document_error(self, failure: Failure) -> Iterator[scrapy.Request]:
        task, wanted = _unanswered(failure)
        yield from self._requests(task, task.on_document_error(wanted, _reason(failure)))

    async def on_page(self, response: Response, task: Crawl, wanted: Wanted) -> AsyncIterator[Reading | scrapy.Request]:
        answer = _answer(response)
        question = task.question(wanted, answer)
        try:
            read = await self._worker.run(digest, answer, question) if question else None
        except (Killed, Failed, RecursionError) as error:
            task.on_page_error(wanted, f"reading it was given up: {error}")
            return
        reading = task.on_page(wanted, answer, read)
        if reading is not None:
            yield reading
            for request in self._requests(task, task.files.of(reading.announcement)):
                yield request

    def on_page_error(self, failure: Failure) -> None:
        task, wanted = _unanswered(failure)
        task.on_page_error(wanted, _reason(failure))

    async def on_file(self, response: Response, task: Crawl, wanted: File) -> None:
        answer = _answer(response)
        try:
            contents = await self._worker.run(read_file, answer.body, answer.content_type) if reads(answer) else None
        except (Killed, Failed, RecursionError) as error:
            task.files.on_error(wanted, f"reading it was given up: {error}")
            return
        task.files.on_answer(wanted, answer, contents)

    def on_file_error(self, failure: Failure) -> None:
        task, wanted = _unanswered(failure)
        task.files.on_error(wanted, _reason(failure))

    async def _found(self, task: Task, document: Document, answer: Answer) -> Found | RouteFailed:
        try:
            return await self._worker.run(discover, task.source.routes[document.position], answer, task.source)
        except RouteFailed as error:
            return error
        except (Killed, Failed, RecursionError) as error:
            given_up = f"expected a document that can be read: reading it was given up: {error}"
            return RouteFailed(task.source.name, answer.url, given_up)

    def fail_to_keep(self, item: Reading, failure: Failure) -> None:
        self._stop_without_archive(failure)
        item.crawl.fault(item.announcement.url, _reason(failure))

    def stop_working(self) -> None:
        self._worker.__exit__()

    def count(self, response: Response, request: scrapy.Request) -> None:
        if "task" in request.cb_kwargs:
            request.cb_kwargs["task"].count("requests")
            request.cb_kwargs["task"].count(_reply(response.status))

    def count_bytes(self, data: bytes, request: scrapy.Request) -> None:
        if "task" in request.cb_kwargs:
            request.cb_kwargs["task"].count("bytes", len(data))

    def fail(self, failure: Failure, response: Response) -> None:
        if self._stop_without_archive(failure):
            return
        task = response.request.cb_kwargs.get("task") if response.request else None
        if task is not None:
            task.fault(response.url, _reason(failure))

    def _stop_without_archive(self, failure: Failure) -> bool:
        """End the crawl where the archive can't be used: nothing would be kept, and each attempt may take its time."""
        error = failure.value
        if error is None or not is_unusable(error):
            return False
        if self.crawler.engine:
            deferred_from_coro(self.crawler.engine.close_spider_async(reason=reason(error)))
        return True

    def _requests(self, task: Task, asked: Iterable[Document | Wanted | File]) -> Iterator[scrapy.Request]:
        for wanted in asked:
            match wanted:
                case Document():
                    yield self._document(task, wanted)
                case Wanted():
                    yield self._page(task, wanted)
                case File() if wanted.url not in self._files:  # two sources may attach one
                    self._files.add(wanted.url)
                    yield self._file(task, wanted)

    def _document(self, task: Task, document: Document) -> scrapy.Request:
        return scrapy.Request(
            document.url,
            callback=self.on_document,
            errback=self.on_document_error,
            cb_kwargs={"task": task, "wanted": document},
            headers=task.validators(document.url),
            priority=_DOCUMENTS_FIRST,
            dont_filter=True,
        )

    def _page(self, task: Task, wanted: Wanted) -> scrapy.Request:
        return scrapy.Request(
            wanted.candidate.url,
            callback=self.on_page,
            errback=self.on_page_error,
            cb_kwargs={"task": task, "wanted": wanted},
            headers=task.validators(wanted.candidate.url) if wanted.known else None,
            meta={"download_maxsize": MOST_BYTES_OF_A_PAGE},
            dont_filter=True,
        )

    def _file(self, task: Task, file: File) -> scrapy.Request:
        return scrapy.Request(
            file.url,
            callback=self.on_file,
            errback=self.on_file_error,
            cb_kwargs={"task": task, "wanted": file},
            priority=_FILES_LAST,
            dont_filter=True,
        )


def _answer(response: Response) -> Answer:
    return Answer(
        url=response.url,
        status=response.status,
        body=response.body,
        content_type=_header(response, "Content-Type"),
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
        retry_after=_header(response, "Retry-After") or "",
        whole=not _CUT_SHORT & set(response.flags),
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ),
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _reply(status: int) -> Reply:
    if status == 304:
        return Reply.UNCHANGED
    return Reply.REFUSED if status >= 400 else Reply.ANSWERED


def _unanswered(failure: Failure) -> tuple[Any, Any]:
    """Return what failed, and count it, where that is the site's fault; raise what is the archive's."""
    if failure.value is not None and is_unusable(failure.value):
        failure.raiseException()
    kwargs = failure.request.cb_kwargs  # type: ignore[attr-defined]
    by_rule = isinstance(failure.value, IgnoreRequest) and not isinstance(failure.value, Unreadable)
    if not by_rule:
        kwargs["task"].count(Reply.UNREACHABLE)
    return kwargs["task"], kwargs["wanted"]


def _reason(failure: Failure) -> str:
    error = failure.value
    kind = "" if isinstance(error, IgnoreRequest) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0][:300]
