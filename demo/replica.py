"""What happens on the watched sites while they are played: an address comes in, its answer of that moment goes out.

This module alone holds state: what was announced, edited, removed, redesigned, what is down, and what was asked.
Nothing here depends on when or where the files were checked out: what never changed has the date ``START``,
and each change is dated by the given clock, a second apart at least, since Last-Modified knows no fractions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from threading import RLock
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from demo import pages
from demo.newsroom import Announced, Newsroom

START = datetime(2026, 11, 20, tzinfo=UTC)


class Unplayable(ValueError):
    """The replica was told to change what it does not have."""


class Request(NamedTuple):
    """What was asked, and how it was answered. ``target`` is the path with its query, as it was sent."""

    method: str
    host: str
    target: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a live address answers. A page has an ``etag`` and a date, a redirect a live address as its ``location``."""

    status: int
    body: bytes = b""
    media_type: str = "text/html; charset=UTF-8"
    etag: str = ""
    modified: datetime = START
    location: str = ""


@dataclass(slots=True)
class Happened:
    """What has changed since the start. ``changed`` dates it, by the name of a file or by host.

    ``files`` are those there were and those that were announced.
    """

    files: dict[str, bytes]
    announced: list[Announced] = field(default_factory=list)
    edits: defaultdict[str, list[tuple[bytes, bytes]]] = field(default_factory=lambda: defaultdict(list))
    removed: set[str] = field(default_factory=set)
    redesigns: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    outages: dict[str, int] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)
    latest: datetime = START


class Replica:
    """The watched sites, and what happens on them. Any thread may ask and change it.

    ``requests`` lists what was asked over HTTP, oldest first.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.requests: list[Request] = []
        self._now = now
        self._hosts = frozenset(name.partition("/")[0] for name in pages.read())
        self._newsroom = Newsroom()
        self._lock = RLock()
        self._happened = Happened(dict(pages.read()))
        self._played: dict[str, Answer] = {}

    def announce(self) -> str:
        """Let the next prepared announcement go live: its page, its PDF, its entry in the listing or feed.

        Return its address.
        """
        with self._lock:
            happened = self._happened
            announced = self._newsroom.announce(len(happened.announced), now=self._now(), taken=happened.files)
            earlier = [one for one in happened.announced if one.source is announced.source]
            files = self._newsroom.files(announced, earlier)
            happened.announced.insert(0, announced)
            happened.files |= files
            self._change(*files)
            return announced.url

    def edit(self, url: str, old: str, new: str) -> None:
        """Put *new* for *old* wherever it stands in the page, feed or other text at *url*."""
        with self._lock:
            name = self._name(url)
            if old.encode() not in self._body(name):
                raise Unplayable(f"{url}: expected {old!r} in it")
            self._happened.edits[name].append((old.encode(), new.encode()))
            self._change(name)

    def remove(self, url: str) -> None:
        """Let *url* answer 404. What links to it stays as it is."""
        with self._lock:
            name = self._name(url)
            self._happened.removed.add(name)
            self._change(name)

    def restore(self, url: str) -> None:
        """Let *url* answer what it did before it was edited or removed."""
        with self._lock:
            name = self._name(url)
            self._happened.removed.discard(name)
            self._happened.edits.pop(name, None)
            self._change(name)

    def redesign(self, host: str) -> None:
        """Give every class and id in the HTML of *host* another name; yet another the next time."""
        with self._lock:
            self._happened.redesigns[self._host(host)] += 1
            self._change(host)

    def outage(self, host: str, status: int = 503) -> None:
        """Let everything on *host*, robots.txt too, answer *status*."""
        if not 400 <= status <= 599:
            raise Unplayable(f"{host}: expected an error status, 400 to 599, not {status}")
        with self._lock:
            self._happened.outages[self._host(host)] = status

    def heal(self, host: str) -> None:
        """Let *host* answer again, in its first design."""
        with self._lock:
            self._happened.outages.pop(self._host(host), None)
            if self._happened.redesigns.pop(host, 0):
                self._change(host)

    def reset(self) -> None:
        """Be as at the start: nothing announced, nothing changed, nothing asked."""
        with self._lock:
            self._happened = Happened(dict(pages.read()))
            self._played.clear()
            self.requests.clear()

    def answer(self, host: str, path: str, query: str = "") -> Answer:
        """Return what ``https://host/path?query`` answers now; *path* is decoded, *query* as it was sent."""
        with self._lock:
            if status := self._happened.outages.get(host):
                return Answer(status=status, body=pages.out_of_order(status))
            name = pages.find(host, path, query, self._happened.files)
            if name is None or name in self._happened.removed:
                return Answer(status=404, body=pages.not_found(host, path, self._happened.files))
            if pages.is_directory(host, path, name):
                return Answer(status=301, location=f"https://{host}{quote(path)}/" + (query and f"?{query}"))
            if name not in self._played:
                self._played[name] = self._page(name)
            return self._played[name]

    def _page(self, name: str) -> Answer:
        body = self._body(name)
        if name.endswith(".html"):
            body = pages.redesign(body, self._happened.redesigns[name.partition("/")[0]])
        etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        return Answer(
            status=200, body=body, media_type=pages.media_type(name, body), etag=etag, modified=self._modified(name)
        )

    def _body(self, name: str) -> bytes:
        body = pages.expand(name, self._happened.files)
        for old, new in self._happened.edits.get(name, ()):
            body = body.replace(old, new)
        return body

    def _modified(self, name: str) -> datetime:
        parts = [name, name.partition("/")[0], *pages.includes(name, self._happened.files[name])]
        return max(self._happened.changed.get(part, START) for part in parts)

    def _change(self, *names: str) -> None:
        """Date a change of *names*, and forget the pages as they were played until now."""
        happened = self._happened
        happened.latest = max(self._now().replace(microsecond=0), happened.latest + timedelta(seconds=1))
        happened.changed |= dict.fromkeys(names, happened.latest)
        self._played.clear()

    def _name(self, url: str) -> str:
        parts = urlsplit(url)
        name = pages.find(parts.netloc, parts.path, parts.query, self._happened.files)
        if name is None:
            raise Unplayable(f"{url}: expected an address that the replica has")
        return name

    def _host(self, host: str) -> str:
        if host not in self._hosts:
            raise Unplayable(f"{host}: expected one of {', '.join(sorted(self._hosts))}")
        return host
