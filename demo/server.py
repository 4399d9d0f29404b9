"""The replica over HTTP, as a mirror: ``GET /HOST/PATH?QUERY`` answers what ``https://HOST/PATH?QUERY`` would.

Requests come in, answers go out; this module alone knows HTTP (conditional requests are RFC 9110, section 13), and the
thread and the socket on 127.0.0.1 that carry it.
By hand::

    python -m demo.server --port 8801          # until Ctrl-C
    export ZEROWIRE_MIRROR=http://127.0.0.1:8801

and from another terminal, with parameters as a form or as JSON, make something happen::

    curl -X POST http://127.0.0.1:8801/_replica/announce
    curl http://127.0.0.1:8801/_replica/edit -d url=https://iclei.org/about/ -d 'old=About us' -d 'new=Who we are'
    curl http://127.0.0.1:8801/_replica/remove -d url=https://www.env.go.jp/press/press_05241.html
    curl http://127.0.0.1:8801/_replica/restore -d url=https://www.env.go.jp/press/press_05241.html
    curl http://127.0.0.1:8801/_replica/redesign -d host=www.iges.or.jp
    curl http://127.0.0.1:8801/_replica/outage -d host=iclei.org -d status=502
    curl http://127.0.0.1:8801/_replica/heal -d host=iclei.org
    curl -X POST http://127.0.0.1:8801/_replica/reset
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, mktime_tz, parsedate_tz
from threading import Event, Thread
from types import MappingProxyType
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo.replica import Answer, Replica
from demo.replica import Request as Asked

__all__ = ["Playing", "Replica", "application", "main", "serve"]

PORT = 8801
_PATIENCE = 10  # seconds

_CHANGES: Mapping[str, Callable[[Replica, Mapping[str, str]], str | None]] = MappingProxyType(
    {
        "announce": lambda replica, _: replica.announce(),
        "edit": lambda replica, given: replica.edit(given["url"], given["old"], given["new"]),
        "remove": lambda replica, given: replica.remove(given["url"]),
        "restore": lambda replica, given: replica.restore(given["url"]),
        "redesign": lambda replica, given: replica.redesign(given["host"]),
        "outage": lambda replica, given: replica.outage(given["host"], int(given.get("status", "503"))),
        "heal": lambda replica, given: replica.heal(given["host"]),
        "reset": lambda replica, _: replica.reset(),
    }
)


@dataclass(frozen=True, slots=True)
class Playing:
    """A replica that is being played. ``url`` is what the setting ``mirror`` wants."""

    url: str


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def serve(replica: Replica, port: int = 0) -> Iterator[Playing]:
    """Play *replica* on 127.0.0.1 in a thread; port 0 takes a free one. Raises OSError where the port is taken."""
    listener = _listener(port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = _Server(_config(replica))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="replica", daemon=True)
    thread.start()
    try:
        if not server.listening.wait(_PATIENCE):
            raise TimeoutError(f"{url}: expected the replica to listen within {_PATIENCE} seconds")
        yield Playing(url)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def application(replica: Replica) -> Starlette:
    """Return *replica* as an ASGI application."""

    async def page(request: Request) -> Response:
        host, slash, path = request.scope["path"].removeprefix("/").partition("/")
        answer = replica.answer(host, slash + path, _query(request))
        response = _response(answer, request.headers)
        replica.requests.append(Asked(request.method, host, _target(request), response.status_code))
        return response

    async def change(request: Request) -> Response:
        verb = request.path_params["verb"]
        if verb not in _CHANGES:
            return PlainTextResponse(f"{verb}: expected one of {', '.join(_CHANGES)}\n", 404)
        try:
            told = _CHANGES[verb](replica, _given(await request.body()))
        except KeyError as missing:
            return PlainTextResponse(f"{verb}: expected the parameter {missing}\n", 400)
        except ValueError as wrong:
            return PlainTextResponse(f"{verb}: {wrong}\n", 400)
        return PlainTextResponse(f"{told or 'done'}\n")

    return Starlette(routes=[Route("/_replica/{verb}", change, methods=["POST"]), Route("/{address:path}", page)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Play the replica until stopped."""
    parser = argparse.ArgumentParser(prog="python -m demo.server", description="Play the replica of the watched sites.")
    parser.add_argument("--port", type=int, default=PORT, help="on 127.0.0.1; 0 for a free one (default: %(default)s)")
    port = parser.parse_args(arguments).port
    try:
        _play(Replica(now=lambda: datetime.now(UTC)), port)
    except OSError as taken:
        parser.exit(1, f"{parser.prog}: port {port}: {taken.strerror}\n")


def _play(replica: Replica, port: int) -> None:
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(replica, port) as playing:
        sys.stdout.write(f"The replica plays at {playing.url} until Ctrl-C. To watch it, not the live sites, set\n")
        sys.stdout.write(f"ZEROWIRE_MIRROR={playing.url}\n")
        sys.stdout.flush()
        stopped.wait()


def _listener(port: int) -> socket.socket:
    """Return a socket that says it is TCP: else asyncio leaves Nagle's algorithm on, which costs 40 ms a page."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def _config(replica: Replica) -> uvicorn.Config:
    return uvicorn.Config(
        application(replica),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _response(answer: Answer, headers: Headers) -> Response:
    if answer.location:
        return Response(status_code=answer.status, headers={"location": answer.location})
    if answer.status != 200:
        return Response(answer.body, answer.status, {"content-type": answer.media_type})
    validators = {"etag": answer.etag, "last-modified": format_datetime(answer.modified, usegmt=True)}
    if _known(answer, headers):
        return Response(status_code=304, headers=validators)
    return Response(answer.body, headers=validators | {"content-type": answer.media_type})


def _known(answer: Answer, headers: Headers) -> bool:
    """Say whether who asks has this page already; If-None-Match outranks If-Modified-Since (section 13.2.2)."""
    if tags := headers.get("if-none-match"):
        return tags == "*" or answer.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
    since = parsedate_tz(headers.get("if-modified-since"))
    return since is not None and mktime_tz(since) >= answer.modified.timestamp()


def _query(request: Request) -> str:
    return bytes(request.scope["query_string"]).decode("latin-1")


def _target(request: Request) -> str:
    path = request.scope["raw_path"].decode("latin-1").lstrip("/").partition("/")
    return "".join(path[1:]) + (_query(request) and f"?{_query(request)}")


def _given(body: bytes) -> dict[str, str]:
    """Return the parameters in *body*: a JSON object or a form, whatever its Content-Type says."""
    text = body.decode()
    if text.lstrip().startswith("{"):
        return {name: str(value) for name, value in json.loads(text).items()}
    return dict(parse_qsl(text, keep_blank_values=True))


if __name__ == "__main__":
    main()
