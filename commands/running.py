"""In the foreground until stopped: the scheduler with its server, and the demo."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

import scheduler
from commands.crawling import crawl
from commands.ground import Command, database, settings
from crawler.spec import load
from demo.replica import Replica
from demo.server import serve
from service import crawls
from service.announcing import publish_all
from service.serving import serving
from settings import Settings
from store.database import Database
from store.runs import Runs

_REPLICA_BEGINS = datetime(2020, 1, 1, tzinfo=UTC)  # before its oldest page
_PAUSE = 30  # seconds between two things that the demo announces


@click.command("run", cls=Command)
def run_() -> None:
    """Crawl and publish on the clock, and serve the feeds, until stopped."""
    sys.exit(scheduler.run(settings(), load()))


@click.command("demo", cls=Command)
@click.option("--once", is_flag=True, help="Do one round, print what came of it, and exit.")
def demo_(*, once: bool) -> None:
    """Play a replica of the watched sites on this machine: crawl it, publish, serve, and let news happen."""
    given = settings()
    replica = Replica(now=lambda: datetime.now(UTC))
    with database(given) as opened, serve(replica) as playing:
        if Runs(opened).touched_the_web():
            raise click.ClickException(f"{opened.name} holds live news; set ZEROWIRE_DATABASE_URL to try the demo")
        mirrored = replace(given, mirror=playing.url, hub="", notify={})  # nobody is told what never happened
        status = crawl(mirrored, list(load()), since=_REPLICA_BEGINS)
        for one in publish_all(mirrored, load(), opened):
            click.echo(f"{one.announcements:3} announcements  {mirrored.public_dir}/{one.channel.path('atom')}")
        if once:
            sys.exit(status)
        _go_on(mirrored, opened, replica)


def _go_on(mirrored: Settings, opened: Database, replica: Replica) -> None:
    """Serve, and announce something every half minute, until stopped."""
    with serving(mirrored, load(), opened), scheduler.stopping() as stop:
        click.echo(f"{mirrored.base_url} shows it; Ctrl-C stops it", err=True)
        while not stop.wait(_PAUSE):
            click.echo(f"announced: {replica.announce()}", err=True)
            crawls.crawl(mirrored, list(load()), quiet=True, stop=stop)
            changed = [one.channel.name for one in publish_all(mirrored, load(), opened) if one.changed]
            click.echo(f"changed: {', '.join(changed)}", err=True)
