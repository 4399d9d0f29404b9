"""One announcement on stdout: as it is, its wordings, what changed between them, its HTML, its Markdown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from commands.ground import Command, Failure, as_json, database, settings
from commands.markdown import markdown
from commands.printing import harmless, print_table
from store import export as records
from store.announcement import Archived, Attachment, Event, Revision
from store.archive import Archive
from store.differences import Difference, Kind, Piece, difference, shortened
from store.kept_pages import KeptPages
from store.warc import TornFile

_INDENT = "\n" + " " * 14
_STYLES = {Kind.SAME: "", Kind.REMOVED: "red strike", Kind.ADDED: "green"}
_MARKS = {Kind.SAME: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}  # as wdiff prints them


def _form(name: str, help_: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", "forms", flag_value=name, multiple=True, help=help_)


@click.command("show", cls=Command)
@click.argument("id_or_url", metavar="ID|URL")
@_form("revisions", "List its wordings, the oldest first, and when each was first seen.")
@_form("diff", "Print what changed from wording to wording.")
@_form("html", "Print its HTML.")
@_form("markdown", "Print it as Markdown.")
@_form("source-page", "Print the bytes that it was made of, as they were fetched: for `keep_pages = true`.")
@as_json
def show_(id_or_url: str, *, forms: tuple[str, ...], as_json: bool) -> None:
    """Print one announcement, by its id or its address."""
    if len(set(forms)) > 1:
        raise click.UsageError(f"{' and '.join(f'--{form}' for form in forms)}: expected one of them")
    given = settings()
    with database(given, new=False) as base:
        opened = Archive(base)
        found = opened.get(id_or_url)
        if found is None:
            raise click.ClickException(f"{id_or_url}: expected an announcement's id or address, found none")
        if "source-page" in forms:
            _print_source_page(found, KeptPages(base, Path(given.pages_dir)), as_json)
        elif forms:
            _PRINTED[forms[0]](found, as_json)
        else:
            click.echo(records.line(found) if as_json else harmless(_page(found, opened)))


def _wordings(announcement: Archived) -> tuple[Revision, ...]:
    """Return every wording, the oldest first; the last is the present one."""
    present = Revision(
        seen=announcement.updated,
        title=announcement.title,
        text=announcement.text,
        attachments=announcement.attachments,
    )
    return (*announcement.revisions, present)


def _print_revisions(announcement: Archived, as_json: bool) -> None:
    wordings = _wordings(announcement)
    if as_json:
        print_table(records.record(replace(announcement, revisions=wordings))["revisions"], as_json=True)
    else:
        print_table([_wording(each) for each in wordings], as_json=False)


def _wording(revision: Revision) -> dict[str, Any]:
    return {
        "seen": _time(revision.seen),
        "characters": len(revision.text),
        "files": len(revision.attachments),
        "title": revision.title,
    }


def _print_steps(announcement: Archived, as_json: bool) -> None:
    if not announcement.revisions:
        click.echo(f"{announcement.url}: there is but one wording", err=True)
    for old, new in pairwise(_wordings(announcement)):
        if as_json:
            step = {"from": old.seen.isoformat(), "to": new.seen.isoformat()}
            click.echo(json.dumps(step | _plain(difference(old, new)), ensure_ascii=False))
        else:
            _print_step(old, new)


def _plain(changed: Difference) -> dict[str, Any]:
    return {
        "title": [asdict(piece) for piece in changed.title],
        "text": [asdict(piece) for piece in changed.text],
        "removed": [{"url": file.url, "title": file.title} for file in changed.removed],
        "added": [{"url": file.url, "title": file.title} for file in changed.added],
    }


def _print_step(old: Revision, new: Revision) -> None:
    changed = difference(old, new)
    title = changed.title if old.title != new.title else ()
    parts = [title, *_file_pieces(changed), shortened(changed.text)]
    click.secho(f"{_time(old.seen)} → {_time(new.seen)}", bold=True)
    for pieces in filter(None, parts):
        _print_pieces(pieces)
    click.echo()


def _file_pieces(changed: Difference) -> Iterable[Sequence[Piece]]:
    yield from ((Piece(Kind.REMOVED, _file(file)),) for file in changed.removed)
    yield from ((Piece(Kind.ADDED, _file(file)),) for file in changed.added)


def _print_pieces(pieces: Sequence[Piece]) -> None:
    """Print what changed: in colours on a terminal, elsewhere between marks."""
    if sys.stdout.isatty():
        shown = Text.assemble(*((harmless(piece.text), _STYLES[piece.kind]) for piece in pieces))
        Console(highlight=False).print(shown, soft_wrap=True)
    else:
        click.echo("".join(harmless(piece.text).join(_MARKS[piece.kind]) for piece in pieces))


def _print_html(announcement: Archived, as_json: bool) -> None:
    _print_whole("html", announcement.html, announcement, as_json)


def _print_markdown(announcement: Archived, as_json: bool) -> None:
    try:
        written = markdown(announcement.title, announcement.html)
    except RecursionError as error:
        raise click.ClickException(f"{announcement.url}: its HTML is nested too deep for Markdown") from error
    _print_whole("markdown", written, announcement, as_json)


def _print_whole(name: str, value: str, announcement: Archived, as_json: bool) -> None:
    about = {"id": announcement.id, "url": announcement.url, name: value}
    click.echo(json.dumps(about, ensure_ascii=False) if as_json else harmless(value))


def _print_source_page(announcement: Archived, kept: KeptPages, as_json: bool) -> None:
    if as_json:
        raise click.UsageError("--source-page and --json: expected one of them, as a page's bytes are no text")
    try:
        page = kept.page(announcement.id)
    except TornFile as error:
        raise Failure(error, 1) from error
    if page is None:
        raise click.ClickException(f"{announcement.url}: expected a page that was kept, found none")
    click.echo(page.body, nl=False)


_PRINTED = {"revisions": _print_revisions, "diff": _print_steps, "html": _print_html, "markdown": _print_markdown}


def _page(announcement: Archived, opened: Archive) -> str:
    """Return an announcement as a person reads it on a terminal."""
    about = {
        "published": f"{announcement.published.isoformat()} ({announcement.published_from})",
        "source": announcement.source,
        "url": announcement.url,
        "id": announcement.id,
        "gone": announcement.gone.isoformat() if announcement.gone else "",
        "tags": ", ".join(announcement.tags),
        "topics": ", ".join(announcement.topics),
        "dates": _INDENT.join(map(_date, announcement.events)),
        "files": _INDENT.join(map(_file, announcement.attachments)),
        "story": _INDENT.join(_story(announcement, opened)),
        "translations": _INDENT.join(_translations(announcement, opened)),
        "revisions": len(announcement.revisions) or "",
    }
    head = "\n".join(f"{name + ':':13} {value}" for name, value in about.items() if value)
    return f"{announcement.title}\n{head}\n\n{announcement.text}"


def _story(announcement: Archived, opened: Archive) -> Iterable[str]:
    """Yield the id of the story, and who else tells it; translations have lines of their own."""
    if announcement.story is None:
        return
    yield announcement.story
    for other in opened.story(announcement.story):
        if other.id not in (announcement.id, *announcement.translations):
            yield f"{other.source} {other.title}: {other.url}"


def _translations(announcement: Archived, opened: Archive) -> Iterable[str]:
    """Yield what each translation is, and why it is held for one; one that is yet to come has an id only."""
    pairs = zip_longest(announcement.translations, announcement.translation_reasons, fillvalue="")
    for other, reason in pairs:
        twin = opened.get(other)
        named = f"{twin.language} {twin.title}: {twin.url}" if twin else other
        yield f"{named} ({reason})" if reason else named


def _file(file: Attachment) -> str:
    return f"{file.title}: {file.url}" if file.title else file.url


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _date(event: Event) -> str:
    days = "%Y-%m-%d" if event.all_day else "%Y-%m-%d %H:%M %Z"
    zone = ZoneInfo(event.timezone) if event.timezone else None
    span = [moment.astimezone(zone).strftime(days) for moment in (event.starts, event.ends) if moment]
    return f"{' – '.join(span)} {event.kind}: {event.title}" + (f" ({event.place})" if event.place else "")
