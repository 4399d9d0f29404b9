"""The archive over HTTP, beside whatever else this process does."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from crawler.spec import Source
from service.announcing import Sources, channels_of, editor_of
from settings import Settings, SettingsError
from store.archive import Archive
from store.database import Database
from web.app import app
from web.standing import Watch, Watched

_PATIENCE = 5.0  # seconds that the server has to end


@contextmanager
def serving(settings: Settings, sources: Sources, database: Database) -> Iterator[None]:
    """Serve the feeds and the archive meanwhile, at the address that the settings name.

    Raises SettingsError where that is taken.
    """
    listener = _listener(settings)
    watched = [_watched(source, settings) for source in sources.values()]
    site = app(
        public_dir=Path(settings.public_dir),
        channels=channels_of(settings, sources),
        editor=editor_of(settings, database),
        archive=Archive(database),
        watch=Watch(database, watched, lambda: datetime.now(UTC)),
        indexed=settings.indexed,
    )
    server = uvicorn.Server(uvicorn.Config(site, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    gc.collect()
    gc.freeze()  # what is loaded by now stays: to look through it again and again takes longer than to make a page
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()


def _watched(source: type[Source], settings: Settings) -> Watched:
    return Watched(
        name=source.name,
        title=source.title,
        organisation=source.organisation,
        language=source.language,
        every=timedelta(minutes=settings.schedule.get(source.name, source.every)),
    )


def _listener(settings: Settings) -> socket.socket:
    host, port = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named: else each answer would wait for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(f"listen: expected a free address, got {settings.listen}: {error.strerror}") from error
    return listener
