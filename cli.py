"""The ``zerowire`` command: what a person types, handed on; what comes of it, printed.

Records go to stdout, one a line (or a JSON object a line), everything else to stderr. The exit status is 0 when all
went well, 1 when something failed and was named, 2 for wrong usage.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TextIO

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import scheduler
from crawler.spec import Source, load
from demo.replica import Replica
from demo.server import serve
from settings import Settings, SettingsError
from settings import load as load_settings
from store import export as records
from store.announcement import Archived
from store.archive import Archive, Query
from store.database import Database, DatabaseError
from store.runs import Run, Runs
from store.search import BadQuestion

_DEMO_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)  # before the oldest page of the replica
_DEMO_PAUSE = 30  # seconds between two things that happen

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


class Day(click.ParamType[datetime]):
    """A day, or a moment with an offset; a bare one is UTC's."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a date such as 2026-08-01, got {value!r}", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def main() -> None:
    """Run the command, and turn what can go wrong into one line and an exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("zerowire").setLevel(logging.INFO)
    try:
        cli()
    except (SettingsError, BadQuestion) as error:
        _exit(error, 2)
    except (DatabaseError, records.BadRecord) as error:
        _exit(error, 1)


def _exit(error: Exception, status: int) -> None:
    click.echo(f"zerowire: {error}", err=True)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zerowire")
def cli() -> None:
    """The news wire for zero-carbon policy: what ICLEI, IGES and Japan's Ministry of the Environment publish."""


@cli.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--since", type=Day(), help="Fill in what was published since this day.")
@click.option("--recheck", is_flag=True, help="Ask for every page of the last 7 days again.")
@as_json
def crawl(names: tuple[str, ...], since: datetime | None, *, recheck: bool, as_json: bool) -> None:
    """Fetch what is new of the sources named, or of all; print how each went."""
    settings = _settings()
    sys.exit(_crawl(settings, _named(names), since=since, recheck=recheck, as_json=as_json))


@cli.command()
@as_json
def publish(*, as_json: bool) -> None:
    """Write the feeds from what is in the archive."""
    settings = _settings()
    with _database(settings) as database:
        written = scheduler.publish_all(settings, load(), database)
    rows = [
        {"feed": str(feed.path), "announcements": feed.announcements, "status": "written" if feed.changed else "same"}
        for feed in written
    ]
    _print_table(rows, as_json=as_json)


@cli.command()
def run() -> None:
    """Crawl and publish on the clock, and serve the feeds, until stopped."""
    sys.exit(scheduler.run(_settings(), load()))


@cli.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only of this source.")
@click.option("--organisation", help="Only of this organisation: moej, iges, iclei.")
@click.option("--language", help="Only in this language: en, ja.")
@click.option("--since", type=Day(), help="Published on this day or later.")
@click.option("--until", type=Day(), help="Published before this day.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@as_json
def search(words: tuple[str, ...], *, limit: int, as_json: bool, **narrowed: Any) -> None:
    """Find announcements that hold all WORDS; a text in quotation marks is looked for as it stands."""
    question = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    with _archive(_settings()) as archive:
        _print_announcements(archive.find(Query(words=question, **narrowed), limit=limit), as_json=as_json)


@cli.command()
@click.argument("id_or_url", metavar="ID|URL")
@as_json
def show(id_or_url: str, *, as_json: bool) -> None:
    """Print one announcement."""
    with _archive(_settings()) as archive:
        found = archive.get(id_or_url)
    if found is None:
        raise click.ClickException(f"{id_or_url}: expected an announcement's id or address, found none")
    click.echo(records.line(found) if as_json else _page(found))


@cli.command()
@as_json
def sources(*, as_json: bool) -> None:
    """List what is watched, how much of it is here, and how the last run went."""
    with _database(_settings()) as database:
        archive, last = Archive(database), Runs(database).last()
        rows = [_source_row(source, archive, last.get(source.name)) for source in load().values()]
    _print_table(rows, as_json=as_json)


@cli.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@as_json
def check(names: tuple[str, ...], *, as_json: bool) -> None:
    """Ask every route of the sources named, or of all, and print what each names. Stores nothing."""
    _settings()
    asked = [sys.executable, "-m", "crawler", "--check", *_named(names)]
    child = subprocess.run(asked, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    _print_table([json.loads(line) for line in child.stdout.splitlines()], as_json=as_json)
    sys.exit(child.returncode)


@cli.command(name="export")
def export_() -> None:
    """Print every announcement as a JSON object a line; `zerowire import` takes them in."""
    with _archive(_settings()) as archive:
        for announcement in archive.all():
            click.echo(records.line(announcement))


@cli.command(name="import")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@as_json
def import_(file: TextIO, *, as_json: bool) -> None:
    """Take in what `zerowire export` printed, from FILE or stdin; what is here already is left as it is."""
    with _archive(_settings()) as archive:
        taken = [archive.take_in(records.announcement(line)) for line in file if line.strip()]
    counts = {"new": sum(taken), "same": len(taken) - sum(taken)}
    click.echo(json.dumps(counts) if as_json else " ".join(f"{name}={count}" for name, count in counts.items()))


@cli.command()
@click.option("--once", is_flag=True, help="Do one round, print what came of it, and exit.")
def demo(*, once: bool) -> None:
    """Play a replica of the watched sites on this machine: crawl it, publish, serve, and let news happen."""
    settings = _settings()
    replica = Replica(now=lambda: datetime.now(UTC))
    with _database(settings) as database, serve(replica) as playing:
        if Runs(database).touched_the_web():
            raise click.ClickException(f"{database.name} holds live news; set ZEROWIRE_DATABASE_URL to try the demo")
        mirrored = replace(settings, mirror=playing.url)
        status = _crawl(mirrored, list(load()), since=_DEMO_BEGINS)
        for feed in scheduler.publish_all(mirrored, load(), database):
            click.echo(f"{feed.announcements:3} announcements  {feed.path}")
        if once:
            sys.exit(status)
        with scheduler.serving(mirrored, load()), scheduler.stopping() as stop:
            click.echo(f"{settings.base_url} shows it; Ctrl-C stops it", err=True)
            while not stop.wait(_DEMO_PAUSE):
                click.echo(f"announced: {replica.announce()}", err=True)
                scheduler.crawl(mirrored, list(load()), quiet=True, stop=stop)
                changed = [feed.path.name for feed in scheduler.publish_all(mirrored, load(), database) if feed.changed]
                click.echo(f"changed: {', '.join(changed)}", err=True)


def _crawl(
    settings: Settings,
    names: Sequence[str],
    *,
    since: datetime | None = None,
    recheck: bool = False,
    as_json: bool = False,
) -> int:
    """Crawl in a child process, print how each source went, and return the exit status."""
    with _database(settings) as database:
        runs = Runs(database)
        before = runs.newest()
        status = scheduler.crawl(settings, names, since=since, recheck=recheck, quiet=True)
        ended = [run for run in runs.since(before) if run.source in names]
    _print_runs(ended, as_json=as_json)
    return 0 if status == 0 else 1


def _settings() -> Settings:
    return load_settings(os.environ)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _archive(settings: Settings) -> Iterator[Archive]:
    with _database(settings) as database:
        yield Archive(database)


def _named(names: Sequence[str]) -> list[str]:
    """Return *names*, all sources if there are none. An unknown one is wrong usage."""
    there_are = load()
    for name in names:
        if name not in there_are:
            raise click.UsageError(f"unknown source {name!r}; there are {', '.join(there_are)}")
    return list(dict.fromkeys(names)) or list(there_are)


def _print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    if as_json or sys.stdout.isatty():
        _print_table([_run_row(run, as_json=as_json) for run in runs], as_json=as_json)
        return
    for run in runs:
        counts = " ".join(f"{name}={count}" for name, count in run.counts.items())
        click.echo(f"{run.source:16} {run.outcome:8} {counts} route={_cell(run.route)}")


def _run_row(run: Run, *, as_json: bool) -> dict[str, Any]:
    row = {"source": run.source, "outcome": run.outcome.value, **run.counts, "route": run.route}
    return row | {"problems": list(run.problems)} if as_json else row


def _source_row(source: type[Source], archive: Archive, last: Run | None) -> dict[str, Any]:
    return {
        "source": source.name,
        "organisation": source.organisation,
        "language": source.language,
        "announcements": archive.count(Query(source=source.name)),
        "last_run": last.started.isoformat(timespec="seconds") if last else None,
        "outcome": last.outcome.value if last else None,
        "route": last.route if last else None,
        "title": source.title,
    }


def _print_announcements(found: Sequence[Archived], *, as_json: bool) -> None:
    if as_json:
        for announcement in found:
            click.echo(records.line(announcement))
        return
    _print_table([_announcement_row(announcement) for announcement in found], as_json=False)


def _announcement_row(announcement: Archived) -> dict[str, Any]:
    return {
        "published": announcement.published.date().isoformat(),
        "source": announcement.source,
        "title": announcement.title,
        "url": announcement.url,
    }


def _print_table(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print *rows* as JSON objects, as a table on a terminal, or as lines of tab-separated values elsewhere."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif sys.stdout.isatty() and rows:
        table = Table(*(Column(name, overflow="fold") for name in rows[0]), box=None)
        for row in rows:
            table.add_row(*(Text(_cell(value)) for value in row.values()))
        Console().print(table)
    else:
        for row in rows:
            click.echo("\t".join(_cell(value) for value in row.values()))


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else str(value)


def _page(announcement: Archived) -> str:
    """Return an announcement as a person reads it on a terminal."""
    files = [f"{file.title}: {file.url}" for file in announcement.attachments]
    about = {
        "published": f"{announcement.published.isoformat()} ({announcement.published_from})",
        "source": announcement.source,
        "url": announcement.url,
        "id": announcement.id,
        "gone": announcement.gone.isoformat() if announcement.gone else "",
        "tags": ", ".join(announcement.tags),
        "files": "\n           ".join(files),
        "revisions": len(announcement.revisions) or "",
    }
    head = "\n".join(f"{name + ':':10} {value}" for name, value in about.items() if value)
    return f"{announcement.title}\n{head}\n\n{announcement.text}"


if __name__ == "__main__":
    main()
