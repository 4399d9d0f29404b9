"""Pages made anew: each time another question is asked, so that none is found in the memory of pages.

What has no question to it, such as the page of feeds, is kept for each locale, and asked for in as many as there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from random import Random
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import select

from bench.announcements import COMMON, END, STREAMS, TOPICS, announcement, rare
from bench.servers import COMPRESSED, Headers, Server
from bench.watched import edited
from store.database import Database
from store.identity import first_id
from store.places import earliest
from store.tables import announcements, translations

LOCALES = {"en": ("en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-SG", "en-US", "en-ZA"), "ja": ("ja",)}
"""By language what a browser asks for; Babel has one locale of Japanese."""
PLOTS = "status, plots anew"
"""The one page that is not held to what the others are: the server draws its plots once in ten minutes."""
_YEARS = 10

Target = tuple[str, Headers]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of CPU that a page takes, and kilobytes of the largest, compressed."""

    median: float
    worst: float
    size: float


class Questions:
    """What the pages of an archive of bench.watched can be asked, without end."""

    def __init__(self, database: Database, size: int, lately: int) -> None:
        self._random = Random(size)  # noqa: S311  (no secret)
        self._size = size + lately
        self._edited = edited(size, lately)
        with database.reading() as connection:
            paired = select(announcements.c.id).join(translations).order_by(announcements.c.number).distinct()
            self._paired = connection.execute(paired).scalars().all()

    def latest(self) -> str:
        return _asked("/", cursor=earliest(END - timedelta(minutes=self._random.randrange(_YEARS * 365 * 1440))))

    def common_word(self) -> str:
        return _asked("/search", q=self._common(1))

    def two_common_words(self) -> str:
        return _asked("/search", q=self._common(2))

    def rare_word(self) -> str:
        number = self._random.randrange(self._size)
        return _asked("/search", q=rare(announcement(number).language, number))

    def word_of_a_source(self) -> str:
        stream = self._random.choice(STREAMS)
        word = self._random.choice(COMMON[stream.language])
        return _asked("/search", q=word, source=stream.name, sort="newest")

    def topic_of_a_year(self) -> str:
        year = END.year - self._random.randrange(_YEARS)
        return _asked("/search", topic=self._random.choice(TOPICS), since=year, until=year + 1)

    def announcement(self) -> str:
        return _page(first_id(announcement(self._random.randrange(self._size)).url))

    def translated(self) -> str:
        return _page(self._random.choice(self._paired))

    def revised(self) -> str:
        return f"{_page(first_id(announcement(self._random.choice(self._edited)).url))}/revisions"

    def month(self) -> str:
        year, month = END.year - 1 - self._random.randrange(_YEARS - 1), self._random.randrange(1, 13)
        return _asked("/calendar", month=f"{year}-{month:02}")

    def month_of_an_organisation(self) -> str:
        return f"{self.month()}&organisation={self._random.choice(STREAMS).organisation}"

    def kinds(self) -> Mapping[str, Callable[[], str]]:
        """Return how each kind of page is asked for."""
        paired = {"announcement in two languages": self.translated} if self._paired else {}
        return {
            "latest, further back": self.latest,
            "search, a common word": self.common_word,
            "search, two common words": self.two_common_words,
            "search, a rare word": self.rare_word,
            "search, a word of a source, newest first": self.word_of_a_source,
            "search, a topic of a year": self.topic_of_a_year,
            "announcement": self.announcement,
            **paired,
            "what changed in it": self.revised,
            "calendar, a month": self.month,
            "calendar, a month of an organisation": self.month_of_an_organisation,
        }

    def _common(self, count: int) -> str:
        return " ".join(self._random.sample(COMMON[self._random.choice(("ja", "en"))], count))


_UNASKED = {"latest": "/", "search, everything": "/search", "subscribe": "/feeds", "about": "/about", PLOTS: "/status"}


def measure(server: Server, questions: Questions, repeat: int) -> dict[str, dict[str, Cost]]:
    """Return by page and language what pages cost *server*, so many of a kind; before those, one that isn't counted."""
    costs: dict[str, dict[str, Cost]] = {}
    for language, locales in LOCALES.items():
        for name, path in _UNASKED.items():
            others: list[Target] = [(path, {**COMPRESSED, "Accept-Language": locale}) for locale in locales]
            costs.setdefault(name, {})[language] = _cost(server, _named(language, path), others)
        for name, make in questions.kinds().items():
            first, *others = (_named(language, path) for path in _different(make, repeat + 1))
            costs.setdefault(name, {})[language] = _cost(server, first, others)
        status = _named(language, "/status")
        costs.setdefault("status, plots kept", {})[language] = _cost(server, status, [status] * repeat)
    del costs[PLOTS]["ja"]  # its one locale's plots were kept by then
    return costs


def _cost(server: Server, first: Target, others: Sequence[Target]) -> Cost:
    _made(server, first)
    made = [_made(server, each) for each in others]
    took = [cpu for cpu, _ in made]
    return Cost(median(took), max(took), max(size for _, size in made))


def _made(server: Server, target: Target) -> tuple[float, float]:
    before = server.cpu()
    got = server.answer(*target)
    if got.status != HTTPStatus.OK:
        raise RuntimeError(f"{target[0]}: expected a page, got {got.status}")
    return (server.cpu() - before) * 1000, len(got.body) / 1000


def _named(language: str, path: str) -> Target:
    return f"/{language}{path}", COMPRESSED


def _different(make: Callable[[], str], count: int) -> Iterator[str]:
    """Yield so many different questions that *make* makes; fewer where it hardly has any more."""
    return islice(dict.fromkeys(make() for _ in range(4 * count)), count)


def _asked(path: str, **asked: object) -> str:
    return f"{path}?{urlencode(asked)}"


def _page(identity: str) -> str:
    return f"/announcements/{identity.removeprefix('urn:uuid:')}"
