"""Servers, each in a process of its own on 127.0.0.1: what they answer, and how much CPU they have taken.

Ours runs as the scheduler starts it. Beside it stands whatever else can be called in a process.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from multiprocessing import get_context

from crawler.spec import load
from service.serving import serving
from settings import Settings
from store.database import Database

PLAIN, COMPRESSED = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}
PROCESSES = get_context("spawn")
_PATIENCE = 30.0  # seconds
_CPU_OF_A_PROCESS = 2  # as clock_getcpuclockid(3) has it, behind the process

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, where, and as which process."""

    name: str
    port: int
    process: int

    def cpu(self) -> float:
        """Return the seconds of CPU that it has taken."""
        return time.clock_gettime(~self.process << 3 | _CPU_OF_A_PROCESS)

    def answer(self, target: str, headers: Headers) -> Answer:
        """Return what it answers to a GET of *target*, a path and what is asked there, over a new connection."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)) as connection:
            connection.request("GET", target, headers=dict(headers))
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


@contextmanager
def ours(settings: Settings) -> Iterator[Server]:
    port = free_port()
    with apart("ours", port, serve, replace(settings, listen=f"127.0.0.1:{port}")) as server:
        yield server


def serve(settings: Settings) -> None:
    """Serve in this process as the scheduler does, until it is ended."""
    with closing(Database(settings.database_url)) as database, serving(settings, load(), database):
        time.sleep(3600)


@contextmanager
def apart(name: str, port: int, way: Callable[..., None], *given: object) -> Iterator[Server]:
    """Run *way* with what is *given*, which is to serve at *port*, in another process meanwhile."""
    process = PROCESSES.Process(target=way, args=given, daemon=True)
    process.start()
    try:
        wait(port)
        yield Server(name, port, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def wait(port: int) -> None:
    """Return when somebody listens at *port*. Raises OSError where nobody does for half a minute."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def without_body(headers: Headers) -> dict[str, str]:
    """Return those of *headers*, an answer's, that its 304 has, too."""
    return {name: value for name, value in headers.items() if not name.startswith("content-") or "policy" in name}


def sent(headers: Headers) -> dict[str, str]:
    """Return those of *headers* that an application gives, not the server around it."""
    return {name: value for name, value in headers.items() if name not in ("date", "server")}
