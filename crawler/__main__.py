"""One process, one crawl of the sources named: ``python -m crawler SOURCE… [--since DATE] [--recheck]``, or a probe.

A source that another process crawls is left to that, and named.

The exit status is 0 when every run went well, 1 when one failed or the crawl was cut short, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess
from sqlalchemy.exc import SQLAlchemyError

from crawler.crawl import Crawl
from crawler.errors import CrawlError, CutShort, Stopped
from crawler.parent import Parent
from crawler.plan import plan
from crawler.probe import Probe
from crawler.progress import Progress
from crawler.pulse import Pulse
from crawler.scrapy_settings import scrapy_settings
from crawler.spec import Source, load
from crawler.spider import NewsSpider, Task
from crawler.tally import Tally
from crawler.topics import BadTopic, topics
from logs import to_stderr
from settings import Settings, SettingsError
from settings import load as load_settings
from store.claims import Claims
from store.database import Database, DatabaseError, is_unusable
from store.database import reason as describe
from store.days import moment
from store.hosts import Hosts
from store.lease import here
from store.runs import RunOutcome, Runs
from store.stores import Stores
from store.translations import Translations

log = logging.getLogger("zerowire.crawler")


class UnknownSource(Exception):
    """A name that no source has: it, and the names there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Crawl or probe, and return the exit status."""
    given = _parsed(arguments)
    try:
        settings = load_settings(os.environ)
        to_stderr(settings, quiet=given.quiet)
        sources = _named(given.sources)
        topics(settings.topics)
        database = _manners(settings) if given.check else Database(settings.database_url)
    except (SettingsError, UnknownSource, BadTopic) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (DatabaseError, CrawlError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if given.check:
        return check(sources, settings, database)
    parent = Parent() if given.child else None
    if parent:
        parent.watch()
    try:
        with database.naming_faults():
            return crawl(sources, settings, database, since=given.since, recheck=given.recheck, parent=parent)
    except DatabaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def crawl(
    sources: Sequence[type[Source]],
    settings: Settings,
    database: Database,
    *,
    since: datetime | None,
    recheck: bool,
    parent: Parent | None = None,
) -> int:
    """Crawl *sources* once, keep how each run went, and return the exit status."""
    claims = Claims(database, here())
    try:
        ours = _claimed(sources, claims, Runs(database))
        crawls = _prepared(ours, settings, database, since=since, recheck=recheck)
        reason = _run(crawls, settings, database, beat=lambda: _beat(claims, parent)) if crawls else "finished"
        ended = [_finish(one, Runs(database), reason) for one in crawls]
        Translations(database).pair(now=datetime.now(UTC))
    finally:
        claims.release()
    return 0 if all(ended) and len(ours) == len(sources) else 1


def check(sources: Sequence[type[Source]], settings: Settings, database: Database) -> int:
    """Probe every route of *sources*, print what each names as a JSON object a line, and return the exit status."""
    probes = [Probe(source) for source in sources]
    reason = _run(probes, settings, database)
    for probe in probes:
        for report in probe.reports():
            sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False) + "\n")
    return 0 if reason == "finished" and all(probe.works() for probe in probes) else 1


def _run(
    tasks: Sequence[Task], settings: Settings, database: Database, *, beat: Callable[[], None] | None = None
) -> str | None:
    """Run *tasks* to their end, and return why Scrapy says that they ended; *beat* is called while its loop turns."""
    process = AsyncCrawlerProcess(scrapy_settings(settings))
    for part in ("scraper", "engine"):  # they log a traceback of what ends the crawl, and is said in a line
        logging.getLogger(f"scrapy.core.{part}").addFilter(_is_no_fault_of_the_archive)
    logging.getLogger("scrapy").setLevel(logging.ERROR)  # only faults in our own code
    crawler = process.create_crawler(NewsSpider)
    if beat is not None:
        Pulse(crawler, beat)
    with Progress(crawler, len(tasks)):
        process.crawl(crawler, tasks=tasks, hosts=Hosts(database, here()))
        process.start()
    return crawler.stats.get_value("finish_reason") if crawler.stats else None


def _beat(claims: Claims, parent: Parent | None) -> None:
    """Show that we live, and keep what is ours; where that is another's now, end as if told to."""
    if parent:
        parent.show_life()
    try:
        if not claims.renew(now=datetime.now(UTC)):
            log.error("another process crawls the same sources now; stopping")
            os.kill(os.getpid(), signal.SIGTERM)
    except SQLAlchemyError as error:
        log.warning("the claims on sources could not be renewed", extra={"reason": describe(error)})


def _claimed(sources: Sequence[type[Source]], claims: Claims, runs: Runs) -> list[type[Source]]:
    """Return those of *sources* that nobody else crawls; what earlier processes left of them counts as failed."""
    now = datetime.now(UTC)
    refused = claims.take([source.name for source in sources], now=now)
    for name, holder in refused.items():
        log.error("expected no other crawl of it", extra={"source": name, "holder": holder})
    ours = [source for source in sources if source.name not in refused]
    runs.cut_short([source.name for source in ours], now=now, why="its process ended before it did")
    return ours


def _manners(settings: Settings) -> Database:
    """Return where the manners towards hosts are kept: in the archive; in memory where there is none that can be used.

    A probe needs no archive, and begins none.
    """
    try:
        return Database(settings.database_url, new=False)
    except DatabaseError:
        return Database("sqlite://")


def _is_no_fault_of_the_archive(record: logging.LogRecord) -> bool:
    return record.exc_info is None or record.exc_info[1] is None or not is_unusable(record.exc_info[1])


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
    pages = Path(settings.pages_dir) if settings.keep_pages else None
    stores, known_topics = Stores.of(database, pages=pages), topics(settings.topics)
    crawls = []
    for source in sources:
        latest = runs.latest(source.name)
        planned = plan(now=now, since=since, recheck=recheck, last_well=latest.well, last_full=latest.full)
        run = runs.start(source.name, now=now, every_route=planned.every_route, mirror=settings.mirror)
        crawls.append(Crawl(source, planned, Tally(run), stores, known_topics))
    return crawls


def _finish(crawl: Crawl, runs: Runs, reason: str | None) -> bool:
    """Keep how the run went, say it in one line, and return whether it went well."""
    crawl.end(finished=reason == "finished")
    if reason != "finished":
        ended = Stopped if reason == "shutdown" else CutShort
        crawl.tally.fail(ended(crawl.source.name, crawl.source.host(), f"expected to finish, got {reason}"))
    run = crawl.tally.finished(datetime.now(UTC))
    runs.finish(run)
    about = {"source": run.source, "run": run.number}
    log.info("crawled", extra=about | {"outcome": run.outcome, "route": run.route, **run.counts})
    for problem in run.problems:
        log.warning("problem", extra=about | {"reason": problem})
    return run.outcome is not RunOutcome.FAILED


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
    parser.add_argument("--child", action="store_true", help="standard input is the socket of a process that watches")
    parser.add_argument("--quiet", action="store_true", help="log only what went wrong; the caller tells the rest")
    parser.add_argument("--recheck", action="store_true", help="ask for every page of the last 7 days again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
