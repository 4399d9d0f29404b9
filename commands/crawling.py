"""By hand: crawl, probe, publish."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from commands.ground import Command, Day, as_json, database, named, settings
from commands.printing import print_runs, print_table
from crawler.spec import load
from feeds.publish import Published
from service import crawls
from service.announcing import announce, send
from settings import Settings
from store.quarantines import Quarantines
from store.runs import Runs


@click.command("crawl", cls=Command)
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--since", type=Day(), help="Fill in what was published since this day.")
@click.option("--recheck", is_flag=True, help="Ask for every page of the last 7 days again.")
@as_json
def crawl_(names: tuple[str, ...], since: datetime | None, *, recheck: bool, as_json: bool) -> None:
    """Fetch what is new of the sources named, or of all, and print how each went."""
    sys.exit(crawl(settings(), named(names), since=since, recheck=recheck, as_json=as_json))


@click.command("check", cls=Command)
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@as_json
def check_(names: tuple[str, ...], *, as_json: bool) -> None:
    """Ask every route of the sources named, or of all, and print what each names. Stores nothing."""
    settings()
    asked = [sys.executable, "-m", "crawler", "--check", *named(names)]
    child = subprocess.run(asked, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    print_table([json.loads(line) for line in child.stdout.splitlines()], as_json=as_json)
    sys.exit(child.returncode)


@click.command("publish", cls=Command)
@as_json
def publish_(*, as_json: bool) -> None:
    """Write the feeds from what is in the archive, those that changed, and tell whom the settings name."""
    given = settings()
    with database(given) as opened:
        written = announce(given, load(), opened)
        send(given, load(), opened)
    print_table([_row(one) for one in written], as_json=as_json)
    sys.exit(1 if any(one.problem for one in written) else 0)


@click.command("release", cls=Command)
@click.argument("name", metavar="SOURCE")
def release_(name: str) -> None:
    """Let the next crawl of SOURCE take what it names, however much: `zerowire sources` says why it is held."""
    with database(settings()) as opened:
        if not Quarantines(opened).release(named([name])[0], now=datetime.now(UTC)):
            raise click.ClickException(f"{name}: expected a source that is held")


def _row(published: Published) -> dict[str, object]:
    status = published.problem or ("written" if published.changed else "same")
    return {"channel": published.channel.name, "announcements": published.announcements, "status": status}


def crawl(
    given: Settings,
    names: Sequence[str],
    *,
    since: datetime | None = None,
    recheck: bool = False,
    as_json: bool = False,
) -> int:
    """Crawl in a child process, print how each source went, and return the exit status."""
    with database(given) as opened:
        runs = Runs(opened)
        before = runs.newest()
        status = crawls.crawl(given, names, since=since, recheck=recheck, quiet=True)
        ended = [run for run in runs.since(before) if run.source in names]
    print_runs(ended, as_json=as_json)
    return 0 if status == 0 else 1
