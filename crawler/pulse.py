"""What has to happen every few seconds while a crawl goes on, from within the loop that carries it."""

from __future__ import annotations

from collections.abc import Callable

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import create_looping_call

SECONDS = 10.0


class Pulse:
    """Calls *beat* every ``SECONDS`` as long as the loop of *crawler* turns: that it is called shows that it does."""

    def __init__(self, crawler: Crawler, beat: Callable[[], None]) -> None:
        self._call = create_looping_call(beat)
        crawler.signals.connect(self._begin, signals.engine_started)
        crawler.signals.connect(self._end, signals.engine_stopped)

    def _begin(self) -> None:
        self._call.start(SECONDS)

    def _end(self) -> None:
        if self._call.running:
            self._call.stop()
