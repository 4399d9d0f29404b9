"""The adapter from Scrapy to the archive."""

from __future__ import annotations

from crawler.crawl import Reading


class ArchivePipeline:
    """Hands each announcement to the crawl that read it, which keeps and counts it."""

    def process_item(self, item: Reading) -> Reading:
        item.crawl.keep(item)
        return item
