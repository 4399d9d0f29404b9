"""A published feed in, requests that a server answers in a second of CPU out: ours, the least that ASGI can do, nginx.

Ours runs as the scheduler starts it; the bare application beside it, under the same uvicorn, sends the same bytes and
headers from memory, and for a 304 compares one header; nginx serves the same files, compressed beforehand, and is the
ceiling. Each is a process of its own on 127.0.0.1, whose CPU time the system tells; wrk asks, or, where that is not
installed, a client of ours in another process.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn

from crawler.spec import load
from service.serving import serving
from settings import Settings
from store.database import Database

FEED = "/feeds/all.atom"
PLAIN, COMPRESSED = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}
NGINX, WRK = shutil.which("nginx"), shutil.which("wrk")
_CONNECTIONS = 8
_PATIENCE = 30.0  # seconds
_TICKS = os.sysconf("SC_CLK_TCK")
_PROCESSES = get_context("spawn")
_NGINX = """daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
    access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000000;
    types { application/atom+xml atom; }
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server { listen 127.0.0.1:%d; root %s; }
}
"""

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
        fields = Path(f"/proc/{self.process}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def answer(self, headers: Headers) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)) as connection:
            connection.request("GET", FEED, headers=dict(headers))
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


def measure(settings: Settings, directory: Path, *, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return by server and by what is asked for how many requests it answers in a second of CPU, of *rounds* the
    median. The feeds of *settings* are published; *directory* is for passing files. nginx is left out where it is not
    installed.
    """
    with ExitStack() as running:
        first = running.enter_context(ours(settings))
        answers = [first.answer(PLAIN), first.answer(COMPRESSED)]
        servers = [first, running.enter_context(bare(answers))]
        if NGINX:
            servers.append(running.enter_context(nginx(NGINX, Path(settings.public_dir), directory)))
        asked = {server: dict(questions(server)) for server in servers}
        rates: dict[str, dict[str, list[float]]] = {server.name: {} for server in servers}
        for _ in range(rounds):
            for name in asked[first]:
                for server in servers:
                    rates[server.name].setdefault(name, []).append(rate(server, asked[server][name], seconds))
    return {server: {name: median(each) for name, each in found.items()} for server, found in rates.items()}


def questions(server: Server) -> Iterator[tuple[str, Headers]]:
    """Yield what is asked for, and by which headers. Raises RuntimeError where the answer is another."""
    known = {**COMPRESSED, "If-None-Match": server.answer(COMPRESSED).headers["etag"]}
    for name, headers, status, coding in (
        ("200 plain", PLAIN, 200, None),
        ("200 gzip", COMPRESSED, 200, "gzip"),
        ("304", known, 304, None),
    ):
        got = server.answer(headers)
        if got.status != status or got.headers.get("content-encoding") != coding:
            raise RuntimeError(f"{server.name}: {name}: got {got.status} {got.headers}")
        yield name, headers


def rate(server: Server, headers: Headers, seconds: float) -> float:
    before = server.cpu()
    count = (_wrk if WRK else _client)(server.port, headers, seconds)
    return count / max(server.cpu() - before, 1 / _TICKS)


def _wrk(port: int, headers: Headers, seconds: float) -> int:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:.0f}s", *given, f"http://127.0.0.1:{port}{FEED}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  (our own words)
    done = re.search(r"(\d+) requests in", told)
    if done is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    return int(done[1])


def _client(port: int, headers: Headers, seconds: float) -> int:
    with ProcessPoolExecutor(max_workers=1, mp_context=_PROCESSES) as process:
        return process.submit(ask, port, dict(headers), seconds).result()


def ask(port: int, headers: Headers, seconds: float) -> int:
    """Ask on some connections at once for so many *seconds*; return how many answers came."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET {FEED} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()

    async def on_one(until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.monotonic() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length and not head.startswith(b"HTTP/1.1 304") else 0)
            count += 1
        writer.close()
        return count

    async def on_all() -> int:
        until = time.monotonic() + seconds
        return sum(await asyncio.gather(*(on_one(until) for _ in range(_CONNECTIONS))))

    return asyncio.run(on_all())


@contextmanager
def ours(settings: Settings) -> Iterator[Server]:
    port = _free_port()
    with _apart("ours", port, serve, replace(settings, listen=f"127.0.0.1:{port}")) as server:
        yield server


def serve(settings: Settings) -> None:
    """Serve in this process as the scheduler does, until it is ended."""
    with closing(Database(settings.database_url)) as database, serving(settings, load(), database):
        time.sleep(3600)


@contextmanager
def bare(answers: Sequence[Answer]) -> Iterator[Server]:
    port = _free_port()
    with _apart("bare ASGI", port, serve_bare, port, answers) as server:
        yield server


def serve_bare(port: int, answers: Sequence[Answer]) -> None:
    """Serve *answers*, the plain one and the compressed one, as fast as uvicorn can."""
    config = uvicorn.Config(_application(*answers), port=port, log_config=None, access_log=False)
    uvicorn.Server(config).run()


def _application(plain: Answer, compressed: Answer) -> Callable[..., Any]:
    by_coding = {answer.headers.get("content-encoding", "identity").encode(): answer for answer in (plain, compressed)}
    whole = {coding: _messages(answer) for coding, answer in by_coding.items()}
    known: dict[bytes | None, list[dict[str, Any]]] = {
        answer.headers["etag"].encode(): _messages(Answer(304, _without_body(answer.headers), b""))
        for answer in by_coding.values()
    }

    async def application(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope["headers"])
        for message in known.get(given.get(b"if-none-match")) or whole[given[b"accept-encoding"]]:
            await send(message)

    return application


def _without_body(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("content-") or "policy" in name}


def _messages(answer: Answer) -> list[dict[str, Any]]:
    headers = [
        (name.encode(), value.encode()) for name, value in answer.headers.items() if name not in ("date", "server")
    ]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    return [start, {"type": "http.response.body", "body": answer.body}]


@contextmanager
def nginx(program: str, public: Path, directory: Path) -> Iterator[Server]:
    root, port = directory / "nginx" / "public", _free_port()
    (root / FEED.strip("/")).parent.mkdir(parents=True)
    shutil.copy2(public / FEED.strip("/"), root / FEED.strip("/"))
    packed = root / f"{FEED.strip('/')}.gz"
    packed.write_bytes(gzip.compress((root / FEED.strip("/")).read_bytes(), mtime=0))
    configuration = root.parent / "nginx.conf"
    configuration.write_text(_NGINX % (port, root), "utf-8")
    command = [program, "-p", str(root.parent), "-c", str(configuration), "-e", str(root.parent / "error.log")]
    with subprocess.Popen(command) as process:  # noqa: S603  (our own words)
        try:
            _wait(port)
            yield Server("nginx", port, process.pid)
        finally:
            process.terminate()


@contextmanager
def _apart(name: str, port: int, way: Callable[..., None], *given: object) -> Iterator[Server]:
    process = _PROCESSES.Process(target=way, args=given, daemon=True)
    process.start()
    try:
        _wait(port)
        yield Server(name, port, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _wait(port: int) -> None:
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
