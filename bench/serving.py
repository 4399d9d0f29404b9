"""A published feed in, requests that a server answers in a second of CPU out: ours, the least that ASGI can do, nginx.

The bare application beside ours, under the same uvicorn, sends the same bytes and headers from memory, and for a 304
compares one header; nginx serves the same files, compressed beforehand, and is the ceiling. wrk asks, or, where that is
not installed, a client of ours in another process.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn

from bench.readers import read
from bench.servers import COMPRESSED, PLAIN, Answer, Headers, Server, apart, free_port, ours, sent, wait, without_body
from settings import Settings

FEED = "/feeds/all.atom"
NGINX, WRK = shutil.which("nginx"), shutil.which("wrk")
_CONNECTIONS = 8
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


def measure(settings: Settings, directory: Path, *, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return by server and by what is asked for how many requests it answers in a second of CPU, of *rounds* the
    median. The feeds of *settings* are published; *directory* is for passing files. nginx is left out where it is not
    installed.
    """
    with ExitStack() as running:
        first = running.enter_context(ours(settings))
        answers = [first.answer(FEED, each) for each in (PLAIN, COMPRESSED)]
        servers = [first, running.enter_context(bare(answers))]
        if NGINX:
            servers.append(running.enter_context(nginx(NGINX, Path(settings.public_dir), directory)))
        asked = {server: dict(questions(server)) for server in servers}
        rates: dict[str, dict[str, list[float]]] = {server.name: {} for server in servers}
        for _ in range(rounds):
            for name in asked[first]:
                for server in servers:
                    rates[server.name].setdefault(name, []).append(rate(server, FEED, asked[server][name], seconds))
    return {server: {name: median(each) for name, each in found.items()} for server, found in rates.items()}


def questions(server: Server) -> Iterator[tuple[str, Headers]]:
    """Yield how the feed is asked for, and by which headers. Raises RuntimeError where the answer is another."""
    known = {**COMPRESSED, "If-None-Match": server.answer(FEED, COMPRESSED).headers["etag"]}
    for name, headers, status, coding in (
        ("200 plain", PLAIN, 200, None),
        ("200 gzip", COMPRESSED, 200, "gzip"),
        ("304", known, 304, None),
    ):
        got = server.answer(FEED, headers)
        if got.status != status or got.headers.get("content-encoding") != coding:
            raise RuntimeError(f"{server.name}: {name}: got {got.status} {got.headers}")
        yield name, headers


def rate(server: Server, target: str, headers: Headers, seconds: float) -> float:
    """Return how many answers *server* gives in a second of its CPU, asked for *target* for so many *seconds*."""
    before = server.cpu()
    count = (_wrk if WRK else _client)(server.port, target, headers, seconds)
    return count / (server.cpu() - before)


def _wrk(port: int, target: str, headers: Headers, seconds: float) -> int:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    whole = f"{max(seconds, 1):.0f}s"  # wrk knows no others
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{whole}", *given, f"http://127.0.0.1:{port}{target}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  (our own words)
    done = re.search(r"(\d+) requests in", told)
    if done is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    return int(done[1])


def _client(port: int, target: str, headers: Headers, seconds: float) -> int:
    told = read(port, [target], headers, readers=_CONNECTIONS, seconds=seconds)
    if told.errors:
        raise RuntimeError(told.errors[0])
    return len(told.took)


@contextmanager
def bare(answers: Sequence[Answer]) -> Iterator[Server]:
    port = free_port()
    with apart("bare ASGI", port, serve_bare, port, answers) as server:
        yield server


def serve_bare(port: int, answers: Sequence[Answer]) -> None:
    """Serve *answers*, the plain one and the compressed one, as fast as uvicorn can."""
    config = uvicorn.Config(_application(*answers), port=port, log_config=None, access_log=False)
    uvicorn.Server(config).run()


def _application(plain: Answer, compressed: Answer) -> Callable[..., Any]:
    by_coding = {answer.headers.get("content-encoding", "identity").encode(): answer for answer in (plain, compressed)}
    whole = {coding: _messages(answer) for coding, answer in by_coding.items()}
    known: dict[bytes | None, list[dict[str, Any]]] = {
        answer.headers["etag"].encode(): _messages(Answer(304, without_body(answer.headers), b""))
        for answer in by_coding.values()
    }

    async def application(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope["headers"])
        for message in known.get(given.get(b"if-none-match")) or whole[given[b"accept-encoding"]]:
            await send(message)

    return application


def _messages(answer: Answer) -> list[dict[str, Any]]:
    headers = [(name.encode(), value.encode()) for name, value in sent(answer.headers).items()]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    return [start, {"type": "http.response.body", "body": answer.body}]


@contextmanager
def nginx(program: str, public: Path, directory: Path) -> Iterator[Server]:
    root, port = directory / "nginx" / "public", free_port()
    (root / FEED.strip("/")).parent.mkdir(parents=True)
    shutil.copy2(public / FEED.strip("/"), root / FEED.strip("/"))
    packed = root / f"{FEED.strip('/')}.gz"
    packed.write_bytes(gzip.compress((root / FEED.strip("/")).read_bytes(), mtime=0))
    configuration = root.parent / "nginx.conf"
    configuration.write_text(_NGINX % (port, root), "utf-8")
    command = [program, "-p", str(root.parent), "-c", str(configuration), "-e", str(root.parent / "error.log")]
    with subprocess.Popen(command) as process:  # noqa: S603  (our own words)
        try:
            wait(port)
            yield Server("nginx", port, process.pid)
        finally:
            process.terminate()
