"""Those who are told something, on this machine: a webhook's receiver that may misbehave, and a small mail server."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import socketserver
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partialmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from threading import Event, Lock, Semaphore, Thread
from typing import Any

SECRET = b"0123456789abcdef01234567"


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[int]:
    """Let *server* answer in threads of its own; yield its port."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Quiet(BaseHTTPRequestHandler):
    """A handler that logs nothing and says how long its answers are."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _answered(request: Quiet, method: Callable[[Quiet], None]) -> None:
    method(request)


@contextmanager
def serving(**methods: Callable[[Quiet], None]) -> Iterator[int]:
    """Serve HTTP, each method by a function that answers; yield the port."""
    answers = {f"do_{name.upper()}": partialmethod(_answered, method) for name, method in methods.items()}
    handler = type("Handler", (Quiet,), answers)
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        yield port


@dataclass
class Receiver:
    """What takes webhooks: ``took`` is each once by its key, ``tries`` every request; both in their order.

    ``answers`` are what it does instead of taking: a status, one with headers, or ``reset``, ``hang``, ``drip``,
    ``endless``. ``open`` lets it go on where it hangs, ``pause`` is how many seconds it takes to answer.
    """

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    took: dict[str, Any] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    arrivals: Semaphore = field(default_factory=lambda: Semaphore(0))
    open: Event = field(default_factory=Event)
    pause: float = 0
    lock: Lock = field(default_factory=Lock)

    def take(self, request: Quiet) -> None:
        body = request.body()
        key = request.headers["webhook-id"]
        verified = verify(dict(request.headers.items()), body)
        with self.lock:
            self.tries.append(key)
            next_ = self.answers.pop(0) if self.answers else 200
            if verified and next_ == 200:
                self.took.setdefault(key, json.loads(body))
        self.arrivals.release()
        time.sleep(self.pause)
        self._answer(request, next_ if verified else 401)

    def _answer(self, request: Quiet, next_: Any) -> None:
        if next_ == "hang":
            self.open.wait(20)
            request.close_connection = True
        elif next_ == "reset":
            request.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            request.close_connection = True
        elif next_ in ("drip", "endless"):
            self._flow(request, b"HTTP/1.1 200 OK\r\n" if next_ == "drip" else b"HTTP/1.1 200 OK\r\n\r\n", next_)
        elif isinstance(next_, tuple):
            request.answer(next_[0], **next_[1])
        else:
            request.answer(next_)

    def _flow(self, request: Quiet, head: bytes, how: str) -> None:
        """Send without an end: a header's character at a time, or as much as goes."""
        request.close_connection = True
        try:
            request.wfile.write(head)
            while not self.open.wait(0.05 if how == "drip" else 0):
                request.wfile.write(b"x" if how == "drip" else b"x" * 65_536)
        except OSError:
            pass


def verify(headers: dict[str, str], body: bytes) -> bool:
    """Say whether *body* is signed with SECRET, and by every header that is sent with it."""
    given = {name.lower(): value for name, value in headers.items()}
    signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    is_json = given["content-type"] == "application/json"
    return (
        is_json
        and given["webhook-signature"] == f"v1,{expected}"
        and given["idempotency-key"] == f'"{given["webhook-id"]}"'
    )


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Yield a receiver at an address of this machine."""
    receiver = Receiver()
    with serving(post=receiver.take) as port:
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver
        receiver.open.set()


@dataclass
class Postbox:
    """A mail server's: what it took; ``refusals`` is how many messages it refuses first."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refusals: int = 0

    @property
    def address(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=wire@wire.example&to=climate@city.example"


@contextmanager
def taking_mail() -> Iterator[Postbox]:
    """Take mail by SMTP (RFC 5321), as far as a client of ours goes."""
    postbox = Postbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.take()
                else:
                    self.say("221 bye" if verb == b"QUIT" else "250 ok")

        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

        def take(self) -> None:
            self.say("354 go on")
            lines = [line.removeprefix(b".") for line in iter(self.rfile.readline, b".\r\n")]
            if postbox.refusals:
                postbox.refusals -= 1
                self.say("451 not now")
                return
            postbox.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
            self.say("250 taken")

    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as postbox.port:
        yield postbox
