"""What follows a crawl: the feeds are written, and those who don't ask are told."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler.spec import Source
from crawler.topics import topics
from feeds.channels import HEALTH, Channel, channels, saved_searches
from feeds.editor import Editor
from feeds.publish import Published, publish
from feeds.push.destinations import BadDestination, Destination, destinations
from feeds.push.gathering import gather
from feeds.push.messages import Notice
from feeds.push.posting import post
from feeds.push.websub import ping
from settings import Settings, SettingsError
from store.database import Database

Sources = Mapping[str, type[Source]]


def publish_all(
    settings: Settings, sources: Sources, database: Database, stop: threading.Event | None = None
) -> list[Published]:
    """Write the feeds of every channel, and return what became of each. Raises Stopped soon after *stop* is set."""
    editor, wanted = editor_of(settings, database), channels_of(settings, sources)
    return publish(editor, wanted, public_dir=_public_dir(settings), stop=stop)


def announce(
    settings: Settings, sources: Sources, database: Database, stop: threading.Event | None = None
) -> list[Published]:
    """Write the feeds, and put into the outbox what those must be told who don't ask; return what became of each feed.

    ``send`` sends it. Raises Stopped soon after *stop* is set.
    """
    published, now = publish_all(settings, sources, database, stop), datetime.now(UTC)
    editor = editor_of(settings, database)
    if settings.hub:
        public = _public_dir(settings)
        paths = [path for one in published if not one.problem for path in one.channel.paths]
        ping(database, {f"{editor.site}{path}": (public / path).read_bytes() for path in paths}, now=now)
    turns = reversed(editor.current(HEALTH).entries)  # a feed tells the latest first, messages tell it last
    notices = [Notice(each.id, each.title, each.summary, each.published) for each in turns]
    gather(database, destinations_of(settings, sources), notices, now=now)
    return published


def send(settings: Settings, sources: Sources, database: Database) -> None:
    """Send what is due in the outbox, unless another process does."""
    send_due(database, destinations_of(settings, sources), settings.hub)


def send_due(database: Database, told: Sequence[Destination], hub: str, stop: threading.Event | None = None) -> None:
    post(database, told, hub, now=datetime.now(UTC), stop=stop)


def _public_dir(settings: Settings) -> Path:
    """Return where feeds are written, made if it is not there. Raises SettingsError."""
    path, expected = Path(settings.public_dir), "public_dir: expected a directory that can be written"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{expected}, got {settings.public_dir}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise SettingsError(f"{expected}, got {settings.public_dir}")
    return path


def editor_of(settings: Settings, database: Database) -> Editor:
    return Editor(database, base_url=settings.base_url, hub=settings.hub)


def channels_of(settings: Settings, sources: Sources) -> list[Channel]:
    try:
        searches = saved_searches(settings.searches)
    except ValueError as error:
        raise SettingsError(f"searches: {error}") from error
    try:
        return channels(sources.values(), topics(settings.topics), searches)
    except ValueError as error:
        raise SettingsError(f"topics, searches: {error}") from error


def destinations_of(settings: Settings, sources: Sources) -> list[Destination]:
    try:
        return destinations(settings.notify, channels_of(settings, sources))
    except BadDestination as error:
        raise SettingsError(f"notify: {error}") from None  # no cause: it may show what was given
