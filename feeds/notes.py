"""What happened to announcements and sources in, entries out: for the channels updates, gone and health. Pure.

This module alone knows how a change, a removal and a fault are told. Each has an id of its own, which follows from what
it tells of: it is no second entry of the announcement's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from feeds.entries import Entry, entry
from feeds.text import anchor, beginning, legal, line, paragraphs
from store.announcement import Archived, Attachment, Revision
from store.differences import Difference, Kind, Piece, difference, shortened
from store.health import UNHEALTHY
from store.markup import shown
from store.run import Run

_WORDS = {
    "en": {
        "changed": "Changed: ",
        "removed": "Removed: ",
        "title": "Title: ",
        "added files": "Files added",
        "removed files": "Files removed",
        "is removed": "The page was found removed. The archive keeps what it said:",
    },
    "ja": {
        "changed": "更新：",
        "removed": "削除：",
        "title": "タイトル：",
        "added files": "追加された資料",
        "removed files": "削除された資料",
        "is removed": "発表元のページが削除されたことを確認しました。以下は、保存されている削除前の内容です。",
    },
}
_MOST_PROBLEMS = 50
_MOST_READ = 30_000  # characters of a wording
_MOST_KEPT = 200  # comparisons
_TAGS = {Kind.SAME: "{}", Kind.REMOVED: "<del>{}</del>", Kind.ADDED: "<ins>{}</ins>"}


def changes(announcements: Iterable[Archived], *, limit: int) -> list[Entry]:
    """Return an entry for each revision of *announcements*, the latest *limit*: what became of that wording, and when.

    What was corrected before anybody could have read it makes none, as it makes no revision.
    """
    found = [change for announcement in announcements for change in _changes(announcement)]
    latest = sorted(found, key=lambda each: (each.new.seen, each.announcement.id), reverse=True)[:limit]
    return [_change(each.announcement, each.old, each.new) for each in latest]


def removals(announcements: Iterable[Archived]) -> list[Entry]:
    """Return an entry for each of *announcements* that is gone, in their order."""
    return [_removal(announcement, announcement.gone) for announcement in announcements if announcement.gone]


def turns(runs: Iterable[Run], base_url: str) -> list[Entry]:
    """Return an entry for each of *runs*, with which a source became unhealthy or well again, in their order."""
    return [_turn(run, run.finished, base_url) for run in runs if run.finished]


class _Change(NamedTuple):
    announcement: Archived
    old: Revision
    new: Revision


def _changes(announcement: Archived) -> Iterator[_Change]:
    present = Revision(
        seen=announcement.updated,
        title=announcement.title,
        text=announcement.text,
        attachments=announcement.attachments,
    )
    for old, new in pairwise((*announcement.revisions, present)):
        yield _Change(announcement, old, new)


def _change(announcement: Archived, old: Revision, new: Revision) -> Entry:
    made, words = _plain_entry(announcement), _words(announcement)
    changed = _compared(_readable(old), _readable(new))
    told = legal("\n".join(_difference(changed, words)))
    html = legal(shown(told, announcement.url)) or paragraphs(made.title)
    return replace(
        made,
        id=_id(f"{announcement.id}#{old.seen.isoformat()}"),
        title=f"{words['changed']}{line(new.title) or made.title}",
        summary=beginning(line(_added(changed))) or made.title,
        html=f"{html}\n<p>{anchor(made.url, made.title)}</p>",
        published=_second(new.seen),
        updated=_second(new.seen),
    )


@lru_cache(_MOST_KEPT)  # a long comparison takes a second, and is asked for at each publish
def _compared(old: Revision, new: Revision) -> Difference:
    return difference(old, new)


def _readable(wording: Revision) -> Revision:
    """Return as much of *wording* as somebody would read the changes of."""
    return replace(wording, title=wording.title[:_MOST_READ], text=wording.text[:_MOST_READ])


def _difference(changed: Difference, words: dict[str, str]) -> Iterator[str]:
    if any(piece.kind is not Kind.SAME for piece in changed.title):
        yield f"<p>{words['title']}{_marked(changed.title)}</p>"
    if text := _marked(shortened(changed.text)):
        yield "".join(f"<p>{part}</p>" for part in text.split("\n") if part.strip())
    for name, files in (("added files", changed.added), ("removed files", changed.removed)):
        if files:
            yield f"<p>{words[name]}</p><ul>{''.join(map(_file, files))}</ul>"


def _file(file: Attachment) -> str:
    return f"<li>{anchor(file.url, line(file.title) or file.url)}</li>"


def _marked(pieces: Sequence[Piece]) -> str:
    """Return *pieces* as HTML; a mark that goes over several lines is one on each of them."""
    return "".join(
        "\n".join(_TAGS[piece.kind].format(part) if part.strip() else part for part in escape(piece.text).split("\n"))
        for piece in pieces
    )


def _added(changed: Difference) -> str:
    """Return what was added, the stretches apart; where nothing was, what was removed."""
    for kind in (Kind.ADDED, Kind.REMOVED):
        found = [piece.text for piece in (*changed.title, *changed.text) if piece.kind is kind and piece.text.strip()]
        if found:
            return " … ".join(found)
    return ""


def _removal(announcement: Archived, gone: datetime) -> Entry:
    made, words = _plain_entry(announcement), _words(announcement)
    return replace(
        made,
        id=_id(f"{announcement.id}#gone-{gone.isoformat()}"),
        title=f"{words['removed']}{made.title}",
        html=f"<p>{words['is removed']}</p>\n{made.html}",
        published=_second(gone),
        updated=_second(gone),
    )


def _turn(run: Run, when: datetime, base_url: str) -> Entry:
    """Return the entry of a turn; its address leads to the site."""
    fails = run.health in UNHEALTHY
    problems = [line(each).removeprefix(f"{run.source}: ") for each in run.problems[:_MOST_PROBLEMS] if fails]
    return Entry(
        id=_id(f"{run.source}#{'fault' if fails else 'recovery'}-{when.isoformat()}"),
        url=f"{base_url.rstrip('/')}/",
        title=beginning(f"{run.source} is {run.health}: {run.reason}" if fails else f"{run.source} is well again"),
        language="en",
        author="zerowire",
        summary=beginning(run.reason),
        html=paragraphs("\n".join([run.reason, *(each for each in problems if each not in run.reason)])),
        published=_second(when),
        updated=_second(when),
    )


def _plain_entry(announcement: Archived) -> Entry:
    """Return the entry of *announcement* without what belongs to its channels: a note has no files to fetch again."""
    return replace(entry(announcement), files=(), translations=(), others=())


def _words(announcement: Archived) -> dict[str, str]:
    return _WORDS.get(announcement.language, _WORDS["en"])


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
