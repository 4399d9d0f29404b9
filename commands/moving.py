"""The archive's way out and in: JSON Lines, without loss."""

from __future__ import annotations

from typing import TextIO

import click

from commands.ground import Command, archive, as_json, settings
from commands.printing import print_table
from store import export as records


@click.command("export", cls=Command)
def export_() -> None:
    """Print every announcement as a JSON object a line; `zerowire import` takes them in."""
    with archive(settings()) as opened:
        for announcement in opened.all():
            click.echo(records.line(announcement))


@click.command("import", cls=Command)
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@as_json
def import_(file: TextIO, *, as_json: bool) -> None:
    """Take in what `zerowire export` printed, from FILE or stdin; what is here already is left as it is."""
    counts = {"new": 0, "same": 0}
    with archive(settings()) as opened:
        for line in filter(str.strip, file):
            counts["new" if opened.take_in(records.announcement(line)) else "same"] += 1
    if as_json:
        print_table([counts], as_json=True)
    else:
        click.echo(" ".join(f"{name}={count}" for name, count in counts.items()))
