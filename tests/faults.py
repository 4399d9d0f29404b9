"""What a server can do wrong, by name: a fault is a function that answers in place of a site, and where it may do so.

HTTP is spoken by hand here, since it must be broken. ``tests.hostile`` plays the site that has one of ``FAULTS``.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from functools import cache, partial
from types import MappingProxyType
from typing import NamedTuple

MEBIBYTE = 1024 * 1024
HTML = "text/html; charset=utf-8"
XML = "application/xml"


class Part(StrEnum):
    """What of a site a fault befalls; ``DOCUMENTS`` are those of routes, ``PAGES`` announcements and files."""

    ROBOTS = "robots.txt"
    DOCUMENTS = "documents"
    PAGES = "pages"


class Asked(NamedTuple):
    """A request as it came: ``path`` is that of the live address, with its query."""

    host: str
    path: str
    head: bytes

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@dataclass(slots=True)
class Exchange:
    """One request, the head and the body of its true answer, and the connection on which something is said, or not."""

    asked: Asked
    head: bytes
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def kind(self) -> str:
        """The media type of the true answer."""
        fields = (line.partition(":") for line in self.head.decode("latin-1").splitlines())
        return next((value.strip() for name, _, value in fields if name.lower() == "content-type"), HTML)

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def say_forever(self, piece: bytes, *, every: float = 0) -> None:
        """Say *piece* until nobody listens any more."""
        while True:
            await self.say(piece)
            await asyncio.sleep(every)

    async def wait(self) -> None:
        """Say nothing until whoever asked gives up."""
        await self.reader.read()

    def reset(self) -> None:
        """End the connection with RST, as a crashed host or a firewall does."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Play = Callable[[Exchange], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to answer wrongly, the *parts* of a site that can do so, and what a run must say of it, as a pattern.

    A fault of which nothing is *said* is none to a crawler that goes by the standards.
    """

    play: Play
    said: str
    parts: tuple[Part, ...] = (Part.DOCUMENTS,)


def head(status: str = "200 OK", **headers: str | int) -> bytes:
    """Return the head of an answer; underscores in the names of headers are hyphens."""
    fields = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{''.join(fields)}Connection: close\r\n\r\n".encode()


def answer(body: str | bytes | Callable[[], bytes], status: str = "200 OK", **headers: str | int) -> Play:
    """Answer *body*, whole and with its true length; one that is a function is made when it is first asked for."""

    async def play(exchange: Exchange) -> None:
        made = body() if callable(body) else body
        made = made.encode() if isinstance(made, str) else made
        described = {"Content_Type": HTML} | headers
        await exchange.say(head(status, **described, Content_Length=len(made)), made)

    return play


def raw(*pieces: bytes) -> Play:
    """Say *pieces*, whatever they are, and hang up."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(*pieces)

    return play


def endless(first: bytes, piece: bytes, *, every: float = 0) -> Play:
    """Say *first*, then *piece* for as long as anybody listens."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(first)
        await exchange.say_forever(piece, every=every)

    return play


def redirect(location: str) -> Play:
    return answer("", "302 Found", Location=location)


# Connections


async def _hang(exchange: Exchange, *, after: bytes = b"") -> None:
    await exchange.say(after)
    await exchange.wait()


async def _drip(exchange: Exchange) -> None:
    await exchange.say(exchange.head)
    for byte in exchange.body:
        await exchange.say(bytes([byte]))
        await asyncio.sleep(1)


async def _reset(exchange: Exchange, *, at: int) -> None:
    await exchange.say((exchange.head + exchange.body)[:at])
    await asyncio.sleep(0.05)  # what was said arrives before the reset
    exchange.reset()


async def _close(exchange: Exchange) -> None:
    """Hang up without a word."""


# Lengths


async def _cut(exchange: Exchange, *, length: int | None) -> None:
    """Say half of the body, having promised *length* percent of it, or nothing about its length."""
    start = partial(head, Content_Type=exchange.kind)
    promised = start() if length is None else start(Content_Length=len(exchange.body) * length // 100)
    await exchange.say(promised, _half(exchange.body))


# Encodings


async def _miscoded(exchange: Exchange, *, encoding: str, encode: Callable[[bytes], bytes]) -> None:
    """Say the body as *encode* makes it, and that this is *encoding*."""
    coded = encode(exchange.body)
    await exchange.say(head(Content_Type=exchange.kind, Content_Encoding=encoding, Content_Length=len(coded)), coded)


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


# Bombs: 64 MiB, twice what anything may have


@cache
def _gzip_bomb() -> bytes:
    return gzip.compress(bytes(64 * MEBIBYTE), mtime=0)


@cache
def _gzip_bomb_in_gzip() -> bytes:
    return gzip.compress(_gzip_bomb(), mtime=0)


@cache
def _deflate_bomb() -> bytes:
    return zlib.compress(bytes(64 * MEBIBYTE))


def _brotli_bomb() -> bytes:
    return bytes.fromhex(  # as Google's brotli 1.2 compresses so many zeros
        "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f0110870500baf77ffcffff"
        "837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0bdffe3ffff1ffc1300715800a07bff37"
    )


def _zstd_bomb() -> bytes:
    """Return blocks of one byte repeated (RFC 8878, 3.1.1.2), in a frame with a window of 2 MiB."""
    size = 128 * 1024
    block = (0b010 | size << 3).to_bytes(3, "little") + b"\0"
    last = (0b011 | size << 3).to_bytes(3, "little") + b"\0"
    return bytes.fromhex("28b52ffd0058") + block * (64 * MEBIBYTE // size - 1) + last


def bomb(encoding: str, body: Callable[[], bytes]) -> Play:
    return answer(body, Content_Encoding=encoding)


# Pages that stand in for others

CHALLENGE = """<!DOCTYPE html><html lang="en"><head><title>Just a moment...</title>
<meta name="robots" content="noindex,nofollow"><meta http-equiv="refresh" content="390"></head>
<body><h1>Checking your browser</h1><p>Please enable JavaScript and cookies to continue.</p>
<form id="challenge-form" action="/?__cf_chl_f_tk=0" method="post"></form>
<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>"""
CHALLENGE_JA = """<!DOCTYPE html><html lang="ja"><head><title>アクセスが拒否されました</title></head>
<body><h1>アクセスが拒否されました</h1><p>お使いの環境からのアクセスは、セキュリティ上の理由により遮断されました。</p>
<p>Reference #18.4f2e1502.1780000000.1a2b3c4d</p></body></html>"""
CONSENT = """<!DOCTYPE html><html lang="en"><head><title>Before you continue</title>
<meta name="robots" content="noindex"></head><body><h1>Before you continue</h1>
<p>We use cookies and data to deliver and maintain our services.</p>
<form action="/consent" method="post"><button>Reject all</button><button>Accept all</button></form></body></html>"""
CONSENT_JA = """<!DOCTYPE html><html lang="ja"><head><title>Cookieの使用に同意してください</title>
<meta name="robots" content="noindex"></head><body><h1>Cookieの使用に同意してください</h1>
<p>当サイトを続けてご覧いただくには、Cookieの使用への同意が必要です。</p>
<form action="/consent" method="post"><button>同意する</button><button>同意しない</button></form></body></html>"""
MAINTENANCE = """<!DOCTYPE html><html lang="en"><head><title>Site under maintenance</title></head>
<body><h1>Site under maintenance</h1><p>We are performing scheduled maintenance. We will be back shortly.</p>
</body></html>"""
MAINTENANCE_JA = """<!DOCTYPE html><html lang="ja"><head><title>メンテナンス中のお知らせ</title></head>
<body><h1>ただいまメンテナンス中です</h1><p>現在、システムメンテナンスのためサービスを停止しております。
ご不便をおかけいたしますが、しばらくお待ちください。</p></body></html>"""


# Documents too large, too deep, too many


@cache
def _paragraphs() -> bytes:
    return b"<html><body><h1>News</h1>" + b"<p>a</p>" * 200_000 + b"</body></html>"


@cache
def _nested() -> bytes:
    return b"<html><body>" + b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000 + b"</body></html>"


@cache
def _links() -> bytes:
    """100,000 addresses of announcements, as no site has them."""
    links = (f'<h2><a href="/made-up-{number}/">Made up {number}</a></h2>' for number in range(100_000))
    return f"<html><body><article>{''.join(links)}</article></body></html>".encode()


@cache
def _items() -> bytes:
    items = (
        f"<item><title>Made up {number}</title><link>https://iclei.org/made-up-{number}/</link></item>"
        for number in range(100_000)
    )
    return f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'.encode()


# XML that reads files, or grows

_LAUGHS = "".join(
    f'<!ENTITY {name} "{"&" + inner + ";" if inner else "ha"}{("&" + inner + ";") * 9 if inner else ""}">'
    for inner, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
)


def feed(definitions: str, said: str, *, encoding: str = "UTF-8", before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{before}<!DOCTYPE rss [{definitions}]><rss version="2.0"><channel>'
        f"<title>{said}</title><item><title>{said}</title><link>https://iclei.org/made-up/</link></item></channel></rss>"
    )


def _in_utf_7(text: str) -> bytes:
    return text.encode("utf-7").replace(b"<", b"+ADw-")  # as it may be written: Python leaves it as it is


def sitemap(definitions: str, said: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE urlset [{definitions}]><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<url><loc>https://iclei.org/made-up/{said}</loc></url></urlset>"
    )


_FILE = '<!ENTITY file SYSTEM "file:///etc/passwd">'
_ELSEWHERE = '<!ENTITY % dtd SYSTEM "http://127.0.0.1:9/evil.dtd"> %dtd;'
_BLOWN_UP = f'<!ENTITY long "{"a" * 100_000}">'


async def _index_of_itself(exchange: Exchange) -> None:
    """A sitemap that names itself, and others that do, each under addresses nobody saw before."""
    number = len(exchange.asked.path)
    parts = "".join(
        f"<sitemap><loc>https://{exchange.asked.host}/post-sitemap{'1' * (number % 40)}{each}.xml</loc></sitemap>"
        for each in range(9)
    )
    itself = f"<sitemap><loc>{exchange.asked.url}</loc></sitemap>"
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{itself}{parts}</sitemapindex>'
    await answer(body, Content_Type=XML)(exchange)


# Robots files


def _rules(*lines: str) -> Play:
    return answer("\n".join(lines), Content_Type="text/plain")


def _huge_robots() -> bytes:
    return b"User-agent: *\n" + b"Disallow: /not-here\n" * 200_000


# Hosts that ask for time


def busy(status: str, retry_after: str) -> Play:
    return answer(MAINTENANCE, status, Retry_After=retry_after)


def _in(**time: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**time), usegmt=True)


_BOTH, _PAGES, _ROBOTS = (Part.DOCUMENTS, Part.PAGES), (Part.PAGES,), (Part.ROBOTS,)
_SILENT = r"[Tt]imeout|alone"
_BROKEN = r"DownloadFailed|DataLoss|alone"
_CUT = r"DataLoss|truncated|beginning to end|a part of it|alone"
_MISCODED = r"expected gzip"
_TOO_LARGE = r"expected at most \d+ bytes"
_ROUND = r"max redirections"
_INSIDE = r"no public address"
_DEFINES = r"defines no entities"

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "hangs before the headers": Fault(_hang, _SILENT, _BOTH),
        "hangs after the headers": Fault(partial(_hang, after=head(Content_Length=9)), _SILENT),
        "drips": Fault(_drip, _SILENT),
        "resets at once": Fault(partial(_reset, at=0), _BROKEN),
        "resets in the headers": Fault(partial(_reset, at=30), _BROKEN),
        "resets in the body": Fault(partial(_reset, at=400), _BROKEN),
        "closes without a word": Fault(_close, _BROKEN),
        "cut, with its length": Fault(partial(_cut, length=100), _CUT, _BOTH),
        "cut, without a length": Fault(partial(_cut, length=None), _CUT, _BOTH),
        "says that it is shorter": Fault(partial(_cut, length=30), _CUT, _BOTH),
        "says that it is longer": Fault(partial(_cut, length=900), _CUT, _BOTH),
        "plain, said to be gzip": Fault(partial(_miscoded, encoding="gzip", encode=bytes), _MISCODED),
        "plain, said to be brotli": Fault(partial(_miscoded, encoding="br", encode=bytes), _MISCODED),
        "plain, said to be zstd": Fault(partial(_miscoded, encoding="zstd", encode=bytes), _MISCODED),
        "plain, said to be something": Fault(partial(_miscoded, encoding="x-odd", encode=bytes), _MISCODED),
        "gzip, cut": Fault(
            partial(_miscoded, encoding="gzip", encode=lambda true: _half(gzip.compress(true))), _CUT, _BOTH
        ),
        "deflate, cut": Fault(
            partial(_miscoded, encoding="deflate", encode=lambda true: _half(zlib.compress(true))), _CUT
        ),
        "gzip, not said": Fault(partial(_miscoded, encoding="identity", encode=gzip.compress), r"."),
        "gzip bomb": Fault(bomb("gzip", _gzip_bomb), _TOO_LARGE, _BOTH),
        "gzip bomb in gzip": Fault(bomb("gzip, gzip", _gzip_bomb_in_gzip), _TOO_LARGE),
        "deflate bomb": Fault(bomb("deflate", _deflate_bomb), _TOO_LARGE),
        "brotli bomb": Fault(bomb("br", _brotli_bomb), _MISCODED),
        "zstd bomb": Fault(bomb("zstd", _zstd_bomb), _MISCODED),
        "redirects in a loop": Fault(lambda exchange: redirect(exchange.asked.url)(exchange), _ROUND, _BOTH),
        "redirects on and on": Fault(lambda exchange: redirect(exchange.asked.url + "1")(exchange), _ROUND),
        "redirects to this machine": Fault(redirect("http://127.0.0.1:9/"), _INSIDE, _BOTH),
        "redirects to this machine, disguised": Fault(redirect("http://[::ffff:7f00:1]/"), _INSIDE),
        "redirects to a private network": Fault(redirect("https://169.254.169.254/latest/meta-data/"), _INSIDE),
        "redirects to another site": Fault(redirect("https://elsewhere.example.org/"), r"where the source is", _BOTH),
        "redirects to a file": Fault(redirect("file:///etc/passwd"), r"got 302"),
        "redirects to nowhere": Fault(answer("", "302 Found"), r"got 302"),
        "429, again and again": Fault(busy("429 Too Many Requests", "1"), r"429|alone", _BOTH),
        "429 for an hour": Fault(busy("429 Too Many Requests", "3600"), r"429|alone"),
        "429 for ever": Fault(busy("429 Too Many Requests", "9" * 40), r"429|alone"),
        "503 until a date": Fault(busy("503 Service Unavailable", _in(hours=12)), r"503|alone"),
        "503 until long ago": Fault(busy("503 Service Unavailable", _in(days=-9)), r"503|alone"),
        "503 until nonsense": Fault(busy("503 Service Unavailable", "soon, 午後"), r"503|alone"),
        "403": Fault(answer(CHALLENGE, "403 Forbidden"), r"403", _BOTH),
        "404": Fault(answer(_paragraphs, "404 Not Found"), r"404", _BOTH),
        "500": Fault(answer("", "500 Internal Server Error"), r"500|alone"),
        "a challenge": Fault(answer(CHALLENGE), r"beginning to end|challenge", _BOTH),
        "a challenge in Japanese": Fault(answer(CHALLENGE_JA), r"beginning to end|challenge", _BOTH),
        "a consent wall": Fault(answer(CONSENT), r"beginning to end|consent", _BOTH),
        "a consent wall in Japanese": Fault(answer(CONSENT_JA), r"beginning to end|consent", _BOTH),
        "maintenance": Fault(answer(MAINTENANCE), r"beginning to end|maintenance", _BOTH),
        "maintenance in Japanese": Fault(answer(MAINTENANCE_JA), r"beginning to end|maintenance", _BOTH),
        "nothing": Fault(answer(""), r"beginning to end|shrunken|no text", _BOTH),
        "NUL bytes": Fault(answer(bytes(100_000)), r".", _BOTH),
        "a 304 that nobody asked for": Fault(
            raw(b'HTTP/1.1 304 Not Modified\r\nETag: W/"else"\r\n\r\n'), r"304", _PAGES
        ),
        "a part that nobody asked for": Fault(
            answer("<html>", "206 Partial Content", Content_Range="bytes 0-5/9"), r"206|truncated|whole", _BOTH
        ),
        "no content": Fault(raw(head("204 No Content")), r"204", _BOTH),
        "200 MB": Fault(
            endless(head(Content_Type=HTML, Content_Length=200 * 1_000_000), b"<p>more</p>" * 6_000), _TOO_LARGE, _BOTH
        ),
        "an endless body": Fault(endless(head(Content_Type=HTML), b"<p>more</p>" * 6_000), _TOO_LARGE, _BOTH),
        "an endless body in chunks": Fault(
            endless(head(Content_Type=HTML, Transfer_Encoding="chunked"), b"10000\r\n" + b"a" * 65_536 + b"\r\n"),
            _TOO_LARGE,
        ),
        "endless headers": Fault(
            endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"a" * 8_000 + b"\r\n"), r"expected the headers to end"
        ),
        "an endless header": Fault(endless(b"HTTP/1.1 200 OK\r\nX-More: ", b"a" * 8_000), _BROKEN),
        "an endless status line": Fault(endless(b"HTTP/1.1 200 ", b"a" * 8_000), _BROKEN),
        "endless patience": Fault(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.01), _SILENT),
        "another protocol": Fault(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), _BROKEN),
        "a body without a head": Fault(raw(b"<html><body>Hello</body></html>"), _BROKEN),
        "a status that is no number": Fault(raw(b"HTTP/1.1 fine\r\n\r\nHello"), _BROKEN),
        "a status that there is not": Fault(raw(b"HTTP/1.1 99999 Odd\r\nContent-Length: 2\r\n\r\nOK"), r"got 99999"),
        "a negative length": Fault(raw(head(Content_Length=-9), b"Hello"), _BROKEN),
        "two lengths": Fault(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nHello"), _BROKEN),
        "wrong chunks": Fault(raw(head(Transfer_Encoding="chunked"), b"what\r\nHello\r\n0\r\n\r\n"), _BROKEN),
        "NUL bytes in a header": Fault(raw(b"HTTP/1.1 200 OK\r\nX-\0: \0\r\nContent-Length: 2\r\n\r\nOK"), _BROKEN),
        "200,000 paragraphs": Fault(answer(_paragraphs), r".", _BOTH),
        "200,000 levels": Fault(answer(_nested), r".", _BOTH),
        "100,000 links": Fault(answer(_links), r"."),
        "100,000 items": Fault(answer(_items, Content_Type=XML), r"."),
        "a feed that reads a file": Fault(answer(feed(_FILE, "&file;"), Content_Type=XML), _DEFINES),
        "a feed that fetches": Fault(answer(feed(_ELSEWHERE, "a"), Content_Type=XML), _DEFINES),
        "a feed of a billion laughs": Fault(answer(feed(_LAUGHS, "&i;"), Content_Type=XML), _DEFINES),
        "a feed that is blown up": Fault(answer(feed(_BLOWN_UP, "&long;" * 10_000), Content_Type=XML), _DEFINES),
        "laughs in UTF-16": Fault(
            answer(feed(_LAUGHS, "&i;", encoding="UTF-16").encode("utf-16"), Content_Type=XML), _DEFINES
        ),
        "laughs in UTF-7": Fault(
            answer(_in_utf_7(feed(_LAUGHS, "&i;", encoding="UTF-7")), Content_Type=f"{XML}; charset=utf-7"),
            r"RSS or Atom",
        ),
        "laughs in EBCDIC": Fault(
            answer(feed(_LAUGHS, "&i;", encoding="cp037").encode("cp037"), Content_Type=XML), r"RSS or Atom"
        ),
        "laughs behind a long comment": Fault(
            answer(feed(_LAUGHS, "&i;", before=f"<!--{' ' * 99_999}-->"), Content_Type=XML), _DEFINES
        ),
        "a sitemap that reads a file": Fault(answer(sitemap(_FILE, "&file;"), Content_Type=XML), _DEFINES),
        "a sitemap of a billion laughs": Fault(answer(sitemap(_LAUGHS, "&i;"), Content_Type=XML), _DEFINES),
        "a sitemap of itself": Fault(_index_of_itself, r"."),
        "the name of a file": Fault(answer("/etc/passwd", Content_Type=XML), r"RSS or Atom"),
        "robots.txt hangs": Fault(_hang, r"robots\.txt", _ROBOTS),
        "robots.txt is a page": Fault(answer(MAINTENANCE), r"robots\.txt", _ROBOTS),
        "robots.txt fails": Fault(answer("", "500 Internal Server Error"), r"robots\.txt", _ROBOTS),
        "robots.txt is busy": Fault(busy("503 Service Unavailable", "3600"), r"robots\.txt|alone", _ROBOTS),
        "robots.txt forbids": Fault(_rules("User-agent: *", "Disallow: /"), r"robots\.txt", _ROBOTS),
        "robots.txt leads here": Fault(redirect("http://127.0.0.1:9/"), r"robots\.txt", _ROBOTS),
        "robots.txt is an endless stream": Fault(endless(head(), b"Disallow: /\n" * 6_000), r"robots\.txt", _ROBOTS),
        "robots.txt is a bomb": Fault(bomb("gzip", _gzip_bomb), r"robots\.txt", _ROBOTS),
        "robots.txt is huge": Fault(answer(_huge_robots, Content_Type="text/plain"), "", _ROBOTS),
        "robots.txt is not there": Fault(answer(MAINTENANCE, "404 Not Found"), "", _ROBOTS),
        "robots.txt is binary": Fault(answer(bytes(range(256)) * 40, Content_Type="text/plain"), "", _ROBOTS),
        "robots.txt wants a day between": Fault(_rules("User-agent: *", "Crawl-delay: 86400"), "", _ROBOTS),
        "robots.txt wants nonsense": Fault(
            _rules("User-agent", ":", "Crawl-delay: 昨日", "Disallow: [*$*$*$*", "Allow" * 999), "", _ROBOTS
        ),
    }
)
