"""Questions to the archive: search, show, sources."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from commands.ground import Command, Day, archive, as_json, database, settings
from commands.printing import print_table
from crawler.spec import Source, load
from store import export as records
from store.announcement import Archived, Event
from store.archive import Archive, Query
from store.quarantines import Quarantine, Quarantines
from store.runs import Run, Runs


@click.command("search", cls=Command)
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only of this source.")
@click.option("--organisation", help="Only of this organisation: moej, iges, iclei.")
@click.option("--language", help="Only in this language: en, ja.")
@click.option("--topic", help="Only with this topic: jcm, race-to-zero, calls-for-proposals …")
@click.option("--since", type=Day(), help="Published on this day or later.")
@click.option("--until", type=Day(), help="Published before this day.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@as_json
def search_(words: tuple[str, ...], *, limit: int, as_json: bool, **narrowed: Any) -> None:
    """Find announcements that hold all WORDS; a text in quotation marks is looked for as it stands."""
    question = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    with archive(settings()) as opened:
        found = opened.find(Query(words=question, **narrowed), limit=limit)
    if as_json:
        for announcement in found:
            click.echo(records.line(announcement))
    else:
        print_table([_found(announcement) for announcement in found], as_json=False)


@click.command("show", cls=Command)
@click.argument("id_or_url", metavar="ID|URL")
@as_json
def show_(id_or_url: str, *, as_json: bool) -> None:
    """Print one announcement, by its id or its address."""
    with archive(settings()) as opened:
        found = opened.get(id_or_url)
    if found is None:
        raise click.ClickException(f"{id_or_url}: expected an announcement's id or address, found none")
    click.echo(records.line(found) if as_json else _page(found))


@click.command("sources", cls=Command)
@as_json
def sources_(*, as_json: bool) -> None:
    """List what is watched, how much of it is here, and how the last run went."""
    with database(settings()) as opened:
        kept, last, held = Archive(opened), Runs(opened).last(), Quarantines(opened).all()
        rows = [
            _source(source, kept, last.get(source.name)) | {"held": _held(held.get(source.name))}
            for source in load().values()
        ]
    print_table(rows, as_json=as_json)


def _found(announcement: Archived) -> dict[str, Any]:
    return {
        "published": announcement.published.date().isoformat(),
        "source": announcement.source,
        "title": announcement.title,
        "url": announcement.url,
    }


def _source(source: type[Source], kept: Archive, last: Run | None) -> dict[str, Any]:
    return {
        "source": source.name,
        "organisation": source.organisation,
        "language": source.language,
        "announcements": kept.count(Query(source=source.name)),
        "last_run": last.started.isoformat(timespec="seconds") if last else None,
        "outcome": last.outcome.value if last else None,
        "route": last.route if last else None,
        "title": source.title,
    }


def _date(event: Event) -> str:
    days = "%Y-%m-%d" if event.all_day else "%Y-%m-%d %H:%M %Z"
    zone = ZoneInfo(event.timezone) if event.timezone else None
    span = [moment.astimezone(zone).strftime(days) for moment in (event.starts, event.ends) if moment]
    return f"{' – '.join(span)} {event.kind}: {event.title}" + (f" ({event.place})" if event.place else "")


def _held(quarantine: Quarantine | None) -> str | None:
    """Say what waits for `zerowire release`: a route that named many times what it usually does."""
    if quarantine is None or quarantine.released:
        return None
    return f"{quarantine.named} candidates where {quarantine.usual} are usual"


def _page(announcement: Archived) -> str:
    """Return an announcement as a person reads it on a terminal."""
    about = {
        "published": f"{announcement.published.isoformat()} ({announcement.published_from})",
        "source": announcement.source,
        "url": announcement.url,
        "id": announcement.id,
        "gone": announcement.gone.isoformat() if announcement.gone else "",
        "tags": ", ".join(announcement.tags),
        "topics": ", ".join(announcement.topics),
        "dates": "\n           ".join(map(_date, announcement.events)),
        "files": "\n           ".join(f"{file.title}: {file.url}" for file in announcement.attachments),
        "revisions": len(announcement.revisions) or "",
    }
    head = "\n".join(f"{name + ':':10} {value}" for name, value in about.items() if value)
    return f"{announcement.title}\n{head}\n\n{announcement.text}"
