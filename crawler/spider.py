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
from twisted.python.failure import Failure

from crawler.answer import Answer
from crawler.crawl import Crawl, Document, Reading, Wanted
from crawler.probe import Probe

Task = Crawl | Probe

_CUT_SHORT = {"partial", "dataloss"}
_DOCUMENTS_FIRST = 10


class NewsSpider(scrapy.Spider):
    """Carries several tasks, of one source each."""

    name = "zerowire"

    def __init__(self, tasks: Sequence[Task], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks
        self.allowed_domains = sorted({task.source.host() for task in tasks})

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> NewsSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.count, signals.response_received)
        crawler.signals.connect(spider.count_bytes, signals.bytes_received)
        crawler.signals.connect(spider.fail, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for task in self.tasks:
            for request in self._requests(task, task.begin()):
                yield request

    def on_document(self, response: Response, task: Task, wanted: Document) -> Iterator[scrapy.Request]:
        yield from self._requests(task, task.on_document(wanted, _answer(response)))

    def on_document_error(self, failure: Failure) -> Iterator[scrapy.Request]:
        task, wanted = _asked(failure)
        yield from self._requests(task, task.on_document_error(wanted, _reason(failure)))

    def on_page(self, response: Response, task: Crawl, wanted: Wanted) -> Reading | None:
        return task.on_page(wanted, _answer(response))

    def on_page_error(self, failure: Failure) -> None:
        task, wanted = _asked(failure)
        task.on_page_error(wanted, _reason(failure))

    def count(self, response: Response, request: scrapy.Request) -> None:
        if "task" in request.cb_kwargs:
            request.cb_kwargs["task"].count("requests")

    def count_bytes(self, data: bytes, request: scrapy.Request) -> None:
        if "task" in request.cb_kwargs:
            request.cb_kwargs["task"].count("bytes", len(data))

    def fail(self, failure: Failure, response: Response) -> None:
        task = response.request.cb_kwargs.get("task") if response.request else None
        if task is not None:
            task.fault(response.url, _reason(failure))

    def _requests(self, task: Task, asked: Iterable[Document | Wanted]) -> Iterator[scrapy.Request]:
        for wanted in asked:
            yield self._document(task, wanted) if isinstance(wanted, Document) else self._page(task, wanted)

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
        whole=not _CUT_SHORT & set(response.flags),
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _asked(failure: Failure) -> tuple[Any, Any]:
    kwargs = failure.request.cb_kwargs  # type: ignore[attr-defined]
    return kwargs["task"], kwargs["wanted"]


def _reason(failure: Failure) -> str:
    error = failure.value
    kind = "" if isinstance(error, IgnoreRequest) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0][:300]
