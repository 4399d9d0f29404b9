"""How far a crawl is: a bar on a terminal, a line in the log every few seconds elsewhere."""

from __future__ import annotations

import logging
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from scrapy import Request, signals
from scrapy.crawler import Crawler

_PAUSE = 10.0  # seconds between two lines

log = logging.getLogger("zerowire.progress")


class Progress:
    """Shows requests answered of requests made, while a crawl goes on."""

    def __init__(self, crawler: Crawler, sources: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("requests"))
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
        self._task = self._bar.add_task(f"{sources} sources", total=0)
        self._made = self._done = 0
        self._said = time.monotonic()
        crawler.signals.connect(self._scheduled, signals.request_scheduled)
        crawler.signals.connect(self._answered, signals.request_left_downloader)

    def __enter__(self) -> None:
        self._bar.start()

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _scheduled(self, request: Request) -> None:
        self._made += 1
        self._bar.update(self._task, total=self._made)

    def _answered(self, request: Request) -> None:
        if request.meta.get("is_robots_txt"):
            return
        self._done += 1
        self._bar.advance(self._task)
        if self._bar.disable and time.monotonic() - self._said >= _PAUSE:
            self._said = time.monotonic()
            log.info("under way", extra={"answered": self._done, "requests": self._made})
