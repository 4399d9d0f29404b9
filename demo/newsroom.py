"""What gets announced while the replica plays: a number and a time come in, pages and listing entries go out.

This module alone knows the texts in `demo/news/` (one TOML file a source, with the shape of its addresses) and the
templates beside them: `SOURCE.html` is the page, `SOURCE.item` or `SOURCE.rss` what its listing or feed shows of all
that was announced, newest first. A text may speak of days to come, `{{ ahead(30) | ja }}`, so that a deadline lies
ahead of its announcement whenever the replica is played.
"""

from __future__ import annotations

import tomllib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

NEWS = Path(__file__).parent / "news"
SOURCES = ("moej-ja", "iges-en-news", "iclei")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An announcement that waits for its turn. ``lead`` is its first paragraph; ``body`` the rest, in HTML.

    ``pdf`` is a file beside the texts; ``contact`` the lines of a contact block.
    """

    title: str
    lead: str
    body: str
    tags: Sequence[str]
    slug: str = ""
    contact: Sequence[str] = ()
    pdf: str = ""
    pdf_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source's prepared announcements and the shape of its addresses.

    ``path`` and ``attachment`` are filled with ``number`` (the first free one from ``first``), ``slug`` and ``day``,
    the day of the announcement in ``zone``.
    """

    name: str
    host: str
    zone: ZoneInfo
    listing: str
    path: str
    attachment: str
    first: int
    prepared: Sequence[Prepared]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A prepared announcement that went live; what the templates speak of. ``serial`` counts from 1 in its source."""

    source: Source
    prepared: Prepared
    serial: int
    title: str
    path: str
    time: datetime
    pdf: str

    @property
    def url(self) -> str:
        """The live address."""
        return f"https://{self.source.host}{self.path}"

    @property
    def name(self) -> str:
        """The name of its page's file in the replica."""
        tail = "index.html" if self.path.endswith("/") else "" if self.path.endswith(".html") else ".html"
        return f"{self.source.host}{self.path}{tail}"

    @property
    def day(self) -> date:
        """The day on which it appeared, where its source is."""
        return self.time.astimezone(self.source.zone).date()

    @property
    def attached(self) -> bytes:
        """The bytes of its PDF; none if it has none."""
        return (NEWS / self.prepared.pdf).read_bytes() if self.pdf else b""


class Newsroom:
    """The prepared announcements of all sources, in rotation and without end."""

    def __init__(self) -> None:
        self._sources = [_source(name) for name in SOURCES]
        self._templates = Environment(
            loader=FileSystemLoader(NEWS),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters |= {"ja": _japanese, "en": _english}

    def announce(self, past: int, *, now: datetime, taken: Container[str]) -> Announced:
        """Return the announcement that follows *past* others, at an address whose file is not among *taken*."""
        source = self._sources[past % len(self._sources)]
        before = past // len(self._sources)
        lap, turn = divmod(before, len(source.prepared))
        prepared = source.prepared[turn]
        slug, mark = (f"{prepared.slug}-{lap + 1}", f" ({lap + 1})") if lap else (prepared.slug, "")
        shape = partial(str.format, slug=slug, day=now.astimezone(source.zone))
        choice = (
            Announced(
                source=source,
                prepared=prepared,
                serial=before + 1,
                title=prepared.title + mark,
                path=shape(source.path, number=number),
                time=now.astimezone(UTC).replace(second=0, microsecond=0),
                pdf=shape(source.attachment, number=number) if prepared.pdf else "",
            )
            for number in count(source.first)
        )
        return next(announced for announced in choice if announced.name not in taken)

    def files(self, announced: Announced, earlier: Sequence[Announced]) -> dict[str, bytes]:
        """Return the files that *announced* brings or changes: its page, its PDF and what the listing shows.

        *earlier* are those of the same source that went live before it, newest first.
        """
        source = announced.source
        files = {
            announced.name: self._page(announced),
            f"{source.host}/_new/{source.listing}": self._fill(source.listing, announced=[announced, *earlier]),
        }
        if announced.pdf:
            files[source.host + announced.pdf] = announced.attached
        return files

    def _page(self, announced: Announced) -> bytes:
        body = self._templates.from_string(announced.prepared.body).render(
            ahead=partial(_ahead, announced.day), pdf=announced.pdf
        )
        return self._fill(f"{announced.source.name}.html", a=announced, body=body)

    def _fill(self, template: str, **given: object) -> bytes:
        return self._templates.get_template(template).render(given).encode()


def _source(name: str) -> Source:
    told = tomllib.loads((NEWS / f"{name}.toml").read_text(encoding="utf-8"))
    prepared = tuple(Prepared(**one) for one in told.pop("announcement"))
    return Source(name=name, zone=ZoneInfo(told.pop("zone")), prepared=prepared, **told)


def _ahead(day: date, days: int) -> date:
    """Return the first working day that is *days* or more after *day*."""
    then = day + timedelta(days=days)
    return then + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[then.weekday()])


def _japanese(day: date) -> str:
    return f"令和{day.year - 2018}年{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})"


def _english(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
