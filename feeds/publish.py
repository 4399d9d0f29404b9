"""The archive in, feeds on disk out: for the web server, and for any static host.

This module alone knows which files there are. One channel that can't be made is named, and costs no other: what was
published of it stays.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from feeds.channels import Channel
from feeds.contents import EMPTY
from feeds.documents import documents
from feeds.editor import Editor
from feeds.files import Shelf
from feeds.index import SHEET, STYLE, index
from feeds.opml import opml
from store.database import DatabaseError, reason

OPML = "feeds.opml"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """A channel on disk: which of its feeds, by their public paths, this publish ``changed``, and how many
    announcements they hold; ``problem`` says why it was left as it was.
    """

    channel: Channel
    announcements: int = 0
    changed: tuple[str, ...] = ()
    problem: str = ""


class Stopped(Exception):
    """A publish was told to stop: what it had written stands, the next one goes on."""


def publish(
    editor: Editor, channels: Sequence[Channel], *, public_dir: Path, stop: Event | None = None
) -> list[Published]:
    """Write the feeds of *channels* under *public_dir*, those that changed, and remove those of channels that are no
    more. Raises Stopped soon after *stop* is set.
    """
    shelf, stop = Shelf(public_dir), stop or Event()
    with shelf.alone():
        published = [_published(shelf, editor, channel, stop) for channel in channels]
        shelf.put(OPML, opml(channels, base_url=editor.base_url), EMPTY)
        shelf.put("index.html", index(channels, base_url=editor.base_url), EMPTY)
        shelf.put("static/style.css", STYLE, EMPTY)
        shelf.put("feeds/feed.css", SHEET, EMPTY)
        for stale in shelf.sweep():
            log.info("removed", extra={"feed": str(stale.relative_to(public_dir))})
    return published


def _published(shelf: Shelf, editor: Editor, channel: Channel, stop: Event) -> Published:
    try:
        return _channel(shelf, editor, channel, stop)
    except DatabaseError:
        raise  # the next channel would fare no better
    except (ValueError, OSError, SQLAlchemyError) as error:
        problem = reason(error)
        log.warning("left as it was", extra={"channel": channel.name, "reason": problem})
        shelf.keep(channel.name, *channel.formerly)
        return Published(channel, problem=problem)


def _channel(shelf: Shelf, editor: Editor, channel: Channel, stop: Event) -> Published:
    for volume in editor.fill(channel, is_there=lambda number: shelf.has(channel.path("atom", number))):
        shelf.put(channel.path("atom", volume.number), volume.document, volume.updated)
        if stop.is_set():
            break
    if stop.is_set():
        raise Stopped
    contents, written = documents(editor.current(channel))
    files = {channel.path(extension): document for extension, document in written.items()}
    if channel.calendar:
        files[channel.calendar] = editor.calendar(channel, channel.calendar)
    changed = [path for path, document in files.items() if shelf.put(path, document, contents.updated)]
    for path, document in _old_paths(channel, written):
        shelf.put(path, document, contents.updated)
    for path in changed:
        log.info("written", extra={"feed": path, "announcements": len(contents.entries)})
    return Published(channel, len(contents.entries), tuple(changed))


def _old_paths(channel: Channel, written: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield what stands where the channel was before: a static host can't redirect. It names the present address."""
    for name in channel.formerly:
        for extension, document in written.items():
            yield f"feeds/{name}.{extension}", document
