"""Reading again what crawls kept, after the reading got better; nothing is asked of any site."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from commands.ground import Command, Failure, as_json, database, settings
from commands.printing import print_table
from crawler.recrawl import COUNTED, Recrawl
from crawler.spec import load
from crawler.topics import BadTopic, topics
from store.kept_pages import KeptPages
from store.stores import Stores


@click.command("recrawl", cls=Command)
@click.option(
    "--from-warc",
    is_flag=True,
    required=True,
    expose_value=False,
    help="From WARC files, as `keep_pages = true` keeps them.",
)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def recrawl_(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Make the announcements anew from the pages in FILEs, or in all of `pages_dir`: ids, dates, revisions stay.

    An archive that does not have them yet gets them as the crawl made them.
    """
    given = settings()
    try:
        known_topics = topics(given.topics)
    except BadTopic as error:
        raise Failure(error, 2) from error
    with database(given) as opened:
        kept = KeptPages(opened, Path(given.pages_dir))
        recrawl = Recrawl(sources=load(), stores=Stores.of(opened), kept=kept, topics=known_topics)
        asyncio.run(recrawl.replay(files or kept.files()))
    for problem in recrawl.problems:
        click.echo(problem, err=True)
    counts = {name: recrawl.counts[name] for name in COUNTED}
    if as_json:
        print_table([counts], as_json=True)
    else:
        click.echo(" ".join(f"{name}={count}" for name, count in counts.items()))
    sys.exit(1 if recrawl.counts["failed"] else 0)
