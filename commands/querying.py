"""Questions to the archive: search, sources."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from commands.ground import Command, Day, archive, as_json, database, settings
from commands.printing import harmless, print_table
from crawler.spec import Source, load
from store import export as records
from store.archive import Archive
from store.index.results import Hit, Sort, hit
from store.index.snippets import Piece
from store.quarantines import Quarantine, Quarantines
from store.query import Query
from store.runs import Run, Runs
from store.search import PARTS

_A_PAGE = 100
_MINUS = "−"  # to click a sign as any other, to a question the same as -


class _Question(Command):
    """A command whose words may begin with a minus: one before a word leaves out, and options have two."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {name for option in self.params if not getattr(option, "is_flag", True) for name in option.opts}
        words = [
            word if before in valued or word in ctx.help_option_names else re.sub(r"^-(?=[^-])", _MINUS, word)
            for before, word in pairwise(("", *args))
        ]
        return super().parse_args(ctx, words)


@click.command("search", cls=_Question)
@click.argument("words", nargs=-1)
@click.option("--source", help="Only of this source.")
@click.option("--organisation", help="Only of this organisation: moej, iges, iclei.")
@click.option("--language", help="Only in this language: en, ja.")
@click.option("--topic", help="Only with this topic: jcm, race-to-zero, calls-for-proposals …")
@click.option("--has", multiple=True, type=click.Choice(PARTS), help="Only with such a part; may be given again.")
@click.option("--since", type=Day(), help="Published on this day (month, year) or later.")
@click.option("--until", type=Day(), help="Published before this day (month, year).")
@click.option(
    "--sort",
    type=click.Choice([str(sort) for sort in Sort]),
    default=str(Sort.RELEVANCE),
    show_default=True,
    help="What comes first.",
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="All that is found, newest first.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values, with a heading.")
@as_json
def search_(
    words: tuple[str, ...],
    *,
    sort: Sort,
    limit: int,
    everything: bool,
    as_csv: bool,
    as_json: bool,
    **narrowed: Any,
) -> None:
    """Find announcements that hold all WORDS, in title, text or attachments.

    A text in quotation marks stands as it is; OR between two asks for one of them; a minus before a word leaves out
    what has it; carb* finds what begins so; title:word stands in the title. 令和8年 finds 2026年 as well.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json: expected one of them")
    query = Query(words=" ".join(words), **narrowed)
    if query == Query():
        raise click.UsageError("expected words, or an option that narrows")
    with archive(settings()) as opened:
        hits = _all(opened, query) if everything else islice(_pages(opened, query, Sort(sort), limit), limit)
        _print(hits, as_csv=as_csv, as_json=as_json)


@click.command("sources", cls=Command)
@as_json
def sources_(*, as_json: bool) -> None:
    """List what is watched, how much of it is here, in what state it is and why, and how the last run went."""
    with database(settings()) as opened:
        kept, last, held = Archive(opened), Runs(opened).last(), Quarantines(opened).all()
        rows = [
            _source(source, kept)
            | (_record if as_json else _line)(last.get(source.name))
            | {"held": _held(held.get(source.name)), "title": source.title}
            for source in load().values()
        ]
    print_table(rows, as_json=as_json)


def _all(opened: Archive, query: Query) -> Iterator[Hit]:
    asked = query.question()
    yield from (hit(asked, found) for found in opened.all(query))


def _pages(opened: Archive, query: Query, sort: Sort, limit: int) -> Iterator[Hit]:
    cursor = None
    while True:
        found = opened.search(query, limit=min(limit, _A_PAGE), sort=sort, cursor=cursor)
        yield from found.hits
        cursor = found.following
        if cursor is None:
            return


def _print(hits: Iterable[Hit], *, as_csv: bool, as_json: bool) -> None:
    """Print *hits* one by one as they come: they may be the whole archive."""
    if as_csv:
        for line in records.csv_lines(found.announcement for found in hits):
            click.echo(harmless(line) if sys.stdout.isatty() else line, nl=False)
        return
    console = Console(highlight=False) if sys.stdout.isatty() else None
    for found in hits:
        if as_json:
            click.echo(
                json.dumps(records.record(found.announcement) | {"match": records.match(found)}, ensure_ascii=False)
            )
        elif console:
            console.print(*_block(found), sep="\n", soft_wrap=True)
        else:
            click.echo("\t".join(map(harmless, _columns(found))))


def _columns(found: Hit) -> tuple[str, ...]:
    one = found.announcement
    marked = "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in found.snippet)
    where = f"({found.found_in}) " if found.found_in else ""
    columns = (one.published.date().isoformat(), one.source, one.title, one.url)
    return tuple(" ".join(column.split()) for column in (*columns, f"{where}{marked}") if column)


def _block(found: Hit) -> tuple[Text, ...]:
    """Return a hit as a person reads it on a terminal."""
    one = found.announcement
    about = f"  {one.published.date().isoformat()}  {one.source}  {one.url}"
    where = f"  in {harmless(found.found_in)}: " if found.found_in else "  "
    lines = (_marked(found.title, "bold"), Text(harmless(about), "dim"))
    return (*lines, Text(where, "dim") + _marked(found.snippet, "")) if found.snippet else lines


def _marked(pieces: Sequence[Piece], style: str) -> Text:
    shown = Text(style=style)
    for piece in pieces:
        shown.append(harmless(piece.text), "black on yellow" if piece.hit else None)
    return shown


def _source(source: type[Source], kept: Archive) -> dict[str, Any]:
    return {
        "source": source.name,
        "organisation": source.organisation,
        "language": source.language,
        "announcements": kept.count(Query(source=source.name)),
    }


def _record(last: Run | None) -> dict[str, Any]:
    """Return what the last run says as values for a program."""
    return {
        "last_run": last.started.isoformat(timespec="seconds") if last else None,
        "outcome": last.outcome.value if last else None,
        "route": last.route if last else None,
        "health": last.health if last else "",
        "since": last.since.isoformat(timespec="seconds") if last and last.since else None,
        "reason": last.reason if last else "",
        "fault": last.fault if last else "",
        "coverage": dict(last.coverage) if last else {},
    }


def _line(last: Run | None) -> dict[str, Any]:
    """Return what the last run says in words for a person."""
    if last is None:
        return {"last_run": None, "outcome": None, "route": None, "health": None}
    since = f" since {last.since:%Y-%m-%d %H:%M} UTC" if last.since else ""
    why = f": {last.reason}" if last.reason else ""
    return {
        "last_run": last.started.isoformat(timespec="seconds"),
        "outcome": last.outcome.value,
        "route": last.route,
        "health": f"{last.health}{since}{why}" if last.health else None,
    }


def _held(quarantine: Quarantine | None) -> str | None:
    """Say what waits for `zerowire release`: a route that named many times what it usually does."""
    if quarantine is None or quarantine.released:
        return None
    return f"{quarantine.named} candidates where {quarantine.usual} are usual"
