"""A whole wire on loopback: an archive, its published feeds, and the server that readers ask, which can be away."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.channels import NOTES, Channel
from feeds.editor import Editor
from feeds.publish import publish
from store.archive import GRACE, Archive
from store.database import Database
from store.query import Query
from tests.builders import NOON, an_announcement
from web.app import app
from web.standing import Watch

ALL = Channel("all", "Zero-carbon policy news", Query(gone=False))
CHANNELS = (ALL, *NOTES)
EDITED = NOON + 2 * GRACE  # late enough for a correction to be an edit


class Wire:
    """One address on loopback; what is asked of it while it serves is counted by path and status."""

    def __init__(self, directory: Path, database: Database, held: socket.socket) -> None:
        self.database = database
        self.archive = Archive(database)
        self.public = directory / "public"
        self.port: int = held.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.answers: Counter[tuple[str, int]] = Counter()
        self._running: tuple[uvicorn.Server, threading.Thread] | None = None

    def save(self, name: str, now: datetime = NOON, **changes: Any) -> str:
        """Keep an announcement at an address of its own, and return that."""
        url = f"https://www.env.go.jp/press/{name}.html"
        said = {"url": url, "title": f"お知らせ {name}", "text": f"本文 {name}", "html": f"<p>本文 {name}</p>"}
        self.archive.save(an_announcement(**said | changes), now=now)
        return url

    def edit(self, name: str, now: datetime = EDITED, **changes: Any) -> None:
        (stored,) = (each for each in self.archive.all() if each.url.endswith(f"/{name}.html"))
        self.save(name, now, published=stored.published, **changes)

    def save_many(self, count: int, **changes: Any) -> None:
        for number in range(count):
            self.save(f"{number}", published=NOON - timedelta(days=count - number), **changes)

    def id_of(self, url: str) -> str:
        found = self.archive.get(url)
        assert found is not None
        return found.id

    def publish(self) -> None:
        publish(Editor(self.database, base_url=self.base_url), CHANNELS, public_dir=self.public)

    def start(self) -> None:
        editor = Editor(self.database, base_url=self.base_url)
        watch = Watch(self.database, [], lambda: NOON)
        application = app(public_dir=self.public, channels=CHANNELS, editor=editor, archive=self.archive, watch=watch)
        server = uvicorn.Server(uvicorn.Config(self._counting(application), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([_bound(self.port)],), daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        self._running = server, thread

    def stop(self) -> None:
        if self._running:
            server, thread = self._running
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()
            self._running = None

    def _counting(self, application: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            async def counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.answers[scope["path"], message["status"]] += 1
                await send(message)

            await application(scope, receive, counted)

        return counting


@contextmanager
def serving(directory: Path, database: Database) -> Iterator[Wire]:
    """Serve the archive in *database*, of which nothing is published yet; feeds go into *directory*."""
    with closing(_bound()) as held:  # it listens to nobody, but nobody else gets the address while the server is away
        wire = Wire(directory, database, held)
        wire.start()
        try:
            yield wire
        finally:
            wire.stop()


def _bound(port: int = 0) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound
