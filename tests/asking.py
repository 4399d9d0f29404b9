"""An application asked over HTTP, without a network: what a test gets back is what a client would."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx
from lxml import html
from starlette.applications import Starlette

from feeds.channels import Channel
from feeds.editor import Editor
from store.archive import Archive
from store.database import Database
from tests.builders import NOON
from web.app import app
from web.standing import Watch, Watched

BASE = "https://wire.example"
WATCHED = (
    Watched(name="moej-ja", title="環境省 報道発表", organisation="moej", language="ja", every=timedelta(hours=1)),
    Watched(name="iges-en-news", title="IGES: news", organisation="iges", language="en", every=timedelta(hours=1)),
)


class Ask(Protocol):
    def __call__(self, path: str, method: str = "GET", /, **headers: str) -> httpx.Response: ...


def asking(application: Starlette) -> Ask:
    """Return what asks *application*, by default for nothing compressed."""
    transport = httpx.ASGITransport(application)

    async def send(path: str, method: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers={"accept-encoding": "identity"} | headers)

    def ask(path: str, method: str = "GET", /, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(send(path, method, named))

    return ask


def asking_site(
    database: Database,
    channels: Sequence[Channel] = (),
    *,
    now: datetime = NOON,
    base_url: str = BASE,
    indexed: bool = False,
) -> Ask:
    """Return what asks the pages over the archive in *database*, of which nothing is published."""
    editor, watch = Editor(database, base_url=base_url), Watch(database, WATCHED, lambda: now)
    archive = Archive(database)
    return asking(
        app(public_dir=Path("nowhere"), channels=channels, editor=editor, archive=archive, watch=watch, indexed=indexed)
    )


def read(answer: httpx.Response) -> html.HtmlElement:
    """Return the page in an answer that is one."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return html.fromstring(answer.content)


def words(*elements: html.HtmlElement) -> list[str]:
    """Return what each of *elements* says, on a line."""
    return [" ".join(element.text_content().split()) for element in elements]
