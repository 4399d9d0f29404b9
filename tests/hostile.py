"""The replica as a site that turns on who asks: one of all that a server can do wrong, on one part of a host at a time.

A mirror on loopback, like ``demo.server``, before which it stands: what no fault befalls is handed on byte by byte. ::

    with hostile(replica) as site:  # site.url is what the setting ``mirror`` wants
        site.break_("iclei.org", "an endless body", Part.PAGES)
        ...
        site.heal()
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from urllib.parse import urlsplit

from crawler.spec import Source, load
from demo.replica import Replica
from demo.server import serve
from tests.faults import FAULTS, Asked, Exchange, Fault, Part

__all__ = ["FAULTS", "Fault", "Part", "Site", "hostile"]


@dataclass(slots=True)
class Site:
    """A mirror that can be broken; ``asked`` is all that was asked of it, whoever answered."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    _broken: dict[tuple[str, Part], Fault] = field(default_factory=dict)

    def break_(self, host: str, name: str, part: Part) -> None:
        """Let *part* of *host* answer as the fault of this *name* has it."""
        self._broken[host, part] = FAULTS[name]

    def heal(self) -> None:
        self._broken.clear()

    def fault(self, asked: Asked) -> Fault | None:
        return self._broken.get((asked.host, part_of(asked)))


_CONDITIONS = re.compile(rb"^If-[\w-]+:.*\r\n", re.IGNORECASE | re.MULTILINE)


def part_of(asked: Asked) -> Part:
    """Return the part of its site that *asked* is for."""
    if asked.path == "/robots.txt":
        return Part.ROBOTS
    is_page = any(source.names(asked.url) or source.names_file(asked.url) for source in _sources())
    return Part.PAGES if is_page or "/uploads/" in asked.path else Part.DOCUMENTS


@cache
def _sources() -> tuple[type[Source], ...]:
    return tuple(load().values())


@contextmanager
def hostile(replica: Replica) -> Iterator[Site]:
    """Play *replica* on 127.0.0.1, in a thread, as a site that can be broken."""
    with serve(replica) as true:
        loop = asyncio.new_event_loop()
        site = Site("")
        server = loop.run_until_complete(asyncio.start_server(partial(_serve, site, true.url), "127.0.0.1", 0))
        site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        thread = threading.Thread(target=loop.run_forever, name="hostile", daemon=True)
        thread.start()
        try:
            yield site
        finally:
            asyncio.run_coroutine_threadsafe(_stop(server), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve(site: Site, true: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request, and hang up."""
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        asked = _asked(await reader.readuntil(b"\r\n\r\n"))
        site.asked.append(asked)
        fault = site.fault(asked)
        exchange = Exchange(asked, *await _true(true, asked, broken=fault is not None), reader, writer)
        await (fault.play(exchange) if fault else exchange.say(exchange.head, exchange.body))
    writer.close()


def _asked(start: bytes) -> Asked:
    _, target, _ = start.decode("latin-1").split("\r\n", 1)[0].split(" ")
    host, slash, path = target.removeprefix("/").partition("/")
    return Asked(host, slash + path, start)


async def _true(url: str, asked: Asked, *, broken: bool) -> tuple[bytes, bytes]:
    """Return what the replica at *url* answers: the head of its answer, and its body; unconditionally, if *broken*."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    sent = _CONDITIONS.sub(b"", asked.head) if broken else asked.head
    writer.write(sent[:-2] + b"Connection: close\r\n\r\n")
    start = await reader.readuntil(b"\r\n\r\n")
    body = await reader.read()
    writer.close()
    return start, body
