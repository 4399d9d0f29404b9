"""What Scrapy makes of our settings: ``python -m tests.effective`` starts the spider that crawls every source.

On standard output one JSON object: the parts that are at work, in their order, and what settings there are in the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler.scrapy_settings import scrapy_settings
from crawler.spider import NewsSpider
from settings import Settings
from store.database import Database
from store.hosts import Hosts


def main() -> None:
    process = AsyncCrawlerProcess(scrapy_settings(Settings()))
    crawler = process.create_crawler(NewsSpider)
    crawler.signals.connect(
        lambda: json.dump(_parts(crawler), sys.stdout, default=repr), signals.spider_opened, weak=False
    )
    process.crawl(crawler, tasks=[], hosts=Hosts(Database("sqlite://"), "a test"))
    process.start()


def _parts(crawler: Crawler) -> dict[str, Any]:
    engine: Any = crawler.engine
    extensions: Any = crawler.extensions
    return {
        "downloader middlewares": _names(engine.downloader.middleware.middlewares),
        "spider middlewares": _names(engine.scraper.spidermw.middlewares),
        "extensions": _names(extensions.middlewares),
        "pipelines": _names(engine.scraper.itemproc.middlewares),
        "handlers": engine.downloader.handlers._schemes,
        "settings": crawler.settings.copy_to_dict(),
    }


def _names(parts: Iterable[object]) -> list[str]:
    return [f"{type(part).__module__}.{type(part).__qualname__}" for part in parts]


if __name__ == "__main__":
    main()
