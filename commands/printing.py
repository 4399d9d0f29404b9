"""Records on stdout: JSON objects for programs, a table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from store.runs import Run

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def print_table(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print *rows*; elsewhere than on a terminal as values with tabs between them."""
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


def print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    """Print how each run went; elsewhere than on a terminal with the names of its counts."""
    if as_json or sys.stdout.isatty():
        print_table([_run(run, as_json=as_json) for run in runs], as_json=as_json)
        return
    for run in runs:
        counts = " ".join(f"{name}={count}" for name, count in run.counts.items())
        click.echo(f"{run.source:16} {run.outcome:8} {counts} route={_cell(run.route)}")


def _run(run: Run, *, as_json: bool) -> dict[str, Any]:
    row = {"source": run.source, "outcome": run.outcome.value, **run.counts, "route": run.route}
    return row | {"problems": list(run.problems)} if as_json else row


def harmless(text: str) -> str:
    """Return stored *text* without what a terminal would obey: control characters, and overrides of direction."""
    return _OBEYED.sub("", text)


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else harmless(str(value))
