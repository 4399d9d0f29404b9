"""One process, one crawl of the sources named: ``python -m crawler SOURCE… [--since DATE] [--recheck]``, or a probe.

The exit status is 0 when every run went well, 1 when one failed or the crawl was cut short, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess

from crawler.crawl import Crawl
from crawler.errors import CrawlError
from crawler.plan import plan
from crawler.probe import Probe
from crawler.progress import Progress
from crawler.scrapy_settings import scrapy_settings
from crawler.spec import Source, load
from crawler.spider import NewsSpider, Task
from crawler.tally import Tally
from crawler.topics import BadTopic, topics
from settings import Settings, SettingsError
from settings import load as load_settings
from store.database import Database, DatabaseError
from store.days import moment
from store.runs import Run, RunOutcome, Runs
from store.stores import Stores
from store.translations import Translations

log = logging.getLogger("zerowire.crawler")


class UnknownSource(Exception):
    """A name that no source has: it, and the names there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Crawl or probe, and return the exit status."""
    given = _parsed(arguments)
    _log_to_stderr(quiet=given.quiet)
    try:
        settings = load_settings(os.environ)
        sources = _named(given.sources)
        if given.check:
            return check(sources, settings)
        topics(settings.topics)
        database = Database(settings.database_url)
    except (SettingsError, UnknownSource, BadTopic) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (DatabaseError, CrawlError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return crawl(sources, settings, database, since=given.since, recheck=given.recheck)


def crawl(
    sources: Sequence[type[Source]], settings: Settings, database: Database, *, since: datetime | None, recheck: bool
) -> int:
    """Crawl *sources* once, keep how each run went, and return the exit status."""
    crawls = _prepared(sources, settings, database, since=since, recheck=recheck)
    reason = _run(crawls, settings)
    ended = [_finish(one, Runs(database), reason) for one in crawls]
    Translations(database).pair(now=datetime.now(UTC))
    return 0 if all(ended) else 1


def check(sources: Sequence[type[Source]], settings: Settings) -> int:
    """Probe every route of *sources*, print what each names as a JSON object a line, and return the exit status."""
    probes = [Probe(source) for source in sources]
    reason = _run(probes, settings)
    for probe in probes:
        for report in probe.reports():
            sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
    return 0 if reason == "finished" and all(probe.works() for probe in probes) else 1


def _run(tasks: Sequence[Task], settings: Settings) -> str | None:
    """Run *tasks* to their end, and return why Scrapy says that they ended."""
    process = AsyncCrawlerProcess(scrapy_settings(settings))
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    crawler = process.create_crawler(NewsSpider)
    with Progress(crawler, len(tasks)):
        process.crawl(crawler, tasks=tasks)
        process.start()
    return crawler.stats.get_value("finish_reason") if crawler.stats else None


def _log_to_stderr(*, quiet: bool) -> None:
    """Say what zerowire has to say, only what went wrong where *quiet*; of Scrapy, only faults in our own code."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    ours = logging.getLogger("zerowire")
    ours.addHandler(handler)
    ours.setLevel(logging.WARNING if quiet else logging.INFO)
    ours.propagate = False


def _prepared(
    sources: Sequence[type[Source]],
    settings: Settings,
    database: Database,
    *,
    since: datetime | None,
    recheck: bool,
) -> list[Crawl]:
    now = datetime.now(UTC)
    runs = Runs(database)
    well, full = runs.last(well=True), runs.last(well=True, every_route=True)
    pages = Path(settings.pages_dir) if settings.keep_pages else None
    stores, known_topics = Stores.of(database, pages=pages), topics(settings.topics)
    crawls = []
    for source in sources:
        last_well, last_full = well.get(source.name), full.get(source.name)
        planned = plan(now=now, since=since, recheck=recheck, last_well=last_well, last_full=last_full)
        run = runs.start(source.name, now=now, every_route=planned.every_route, mirror=settings.mirror)
        crawls.append(Crawl(source, planned, Tally(run), stores, known_topics))
    return crawls


def _finish(crawl: Crawl, runs: Runs, reason: str | None) -> bool:
    """Keep how the run went, say it in one line, and return whether it went well."""
    crawl.end()
    if reason != "finished":
        crawl.tally.fail(CrawlError(crawl.source.name, crawl.source.host(), f"expected to finish, got {reason}"))
    run = crawl.tally.finished(datetime.now(UTC))
    runs.finish(run)
    log.info("source=%s outcome=%s route=%s %s", run.source, run.outcome, run.route or "-", _counts(run))
    for problem in run.problems:
        log.warning("%s", problem)
    return run.outcome is not RunOutcome.FAILED


def _counts(run: Run) -> str:
    return " ".join(f"{name}={count}" for name, count in run.counts.items())


def _named(names: Sequence[str]) -> list[type[Source]]:
    sources = load()
    unknown = [name for name in names if name not in sources]
    if unknown:
        raise UnknownSource(f"unknown source {unknown[0]!r}; there are {', '.join(sources)}")
    return [sources[name] for name in dict.fromkeys(names or sources)]


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crawler", description=__doc__)
    parser.add_argument("sources", nargs="*", help="names from spiders/; all if none")
    parser.add_argument("--since", type=moment, help="go back to this day (YYYY-MM-DD, Japan's)")
    parser.add_argument("--check", action="store_true", help="probe every route, store nothing")
    parser.add_argument("--quiet", action="store_true", help="log only what went wrong; the caller tells the rest")
    parser.add_argument("--recheck", action="store_true", help="ask for every page of the last 7 days again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
