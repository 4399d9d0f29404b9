"""A server on loopback that sends the very bytes it is told to, plain or over TLS, and keeps what it was asked."""

from __future__ import annotations

import socket
import socketserver
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Bytes = bytes | Callable[[], Iterator[bytes]]


class Site(socketserver.ThreadingTCPServer):
    """A server that sends the bytes it was given for a path; ``paths`` are those that it was asked for."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def __init__(self, answers: Mapping[str, Bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.answers = dict(answers)
        self.heads: list[str] = []
        self.accepted = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]


class _Connection(socketserver.BaseRequestHandler):
    server: Site
    request: socket.socket

    def handle(self) -> None:
        self.server.accepted += 1
        with suppress(ConnectionError):
            head = self._head()
            if not head:
                return
            self.server.heads.append(head)
            answer = self.server.answers.get(head.split(" ")[1], NOT_FOUND)
            for part in [answer] if isinstance(answer, bytes) else answer():
                self.request.sendall(part)

    def _head(self) -> str:
        head = b""
        while b"\r\n\r\n" not in head and (data := self.request.recv(65536)):
            head += data
        return head.decode("latin-1")


@contextmanager
def playing(answers: Mapping[str, Bytes]) -> Iterator[Site]:
    with Site(answers) as site:
        thread = Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def certificate(directory: Path) -> Path:
    """Write a certificate of localhost that signs itself, and its key, into a file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "certificate.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return file


@contextmanager
def encrypted(file: Path) -> Iterator[Site]:
    """Play a site that knows no page, over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with playing({}) as site:
        site.socket = context.wrap_socket(site.socket, server_side=True)
        yield site


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer as it is sent: its length is said, unless another framing is."""
    lengthy = any(header.lower().startswith(("content-length", "transfer-encoding")) for header in headers)
    lines = (*headers, *(() if lengthy else (f"Content-Length: {len(body)}",)), "Connection: close")
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines))
    return f"{head}\r\n".encode() + body


def redirect(to: str) -> bytes:
    return answer(b"", f"Location: {to}", status="302 Found")


NOT_FOUND = answer(status="404 Not Found")
