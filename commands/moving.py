"""The archive's way out and in: JSON Lines, without loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

import click

from commands.ground import Command, archive, as_json, settings
from commands.printing import print_table
from store import export as records
from store.announcement import Archived

_BATCH = 100  # announcements in a transaction


@click.command("export", cls=Command)
def export_() -> None:
    """Print every announcement as a JSON object a line; `zerowire import` takes them in."""
    with archive(settings()) as opened:
        for announcement in opened.all():
            click.echo(records.line(announcement))


@click.command("import", cls=Command)
@click.argument("file", type=click.File(encoding="utf-8-sig"), default="-")
@as_json
def import_(file: TextIO, *, as_json: bool) -> None:
    """Take in what `zerowire export` printed, from FILE or stdin; what is here already is left as it is."""
    counts = {"new": 0, "same": 0}
    with archive(settings(), new=True) as opened:
        for batch in _batches(file):
            new = opened.take_in(*batch)
            counts["new"] += new
            counts["same"] += len(batch) - new
    if as_json:
        print_table([counts], as_json=True)
    else:
        click.echo(" ".join(f"{name}={count}" for name, count in counts.items()))


def _batches(lines: Iterable[str]) -> Iterator[list[Archived]]:
    """Yield the announcements of *lines*; those before a line that is none first. Raises BadRecord, with its number."""
    batch: list[Archived] = []
    for number, line in enumerate(_decoded(lines), 1):
        if not line.strip():
            continue
        try:
            batch.append(records.announcement(line))
        except records.BadRecord as error:
            yield batch
            raise records.BadRecord(f"line {number}: {error}") from error
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise records.BadRecord(f"expected UTF-8, got {error.object[error.start : error.start + 4]!r}") from error
