"""The demo's archive after something has happened to it, served by the program: what tests of pages look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update

from crawler.spec import load
from service.announcing import publish_all
from service.serving import serving
from settings import Settings
from store.announcement import Archived
from store.archive import GRACE, Archive
from store.database import Database
from store.tables import announcements
from tests.playground import Playground, free_port, playing

EDITED = "https://www.env.go.jp/press/press_05241.html"
REMOVED = "https://www.env.go.jp/press/press_05238.html"
DOWN, BROKEN = "iclei.org", "iclei"  # a host that answers no more, and the source that is on it

_EXAMPLES: Mapping[str, Callable[[Archived], bool]] = {
    "revised": lambda one: bool(one.revisions),
    "gone": lambda one: one.gone is not None,
    "translated": lambda one: bool(one.translations),
    "event": lambda one: any(event.kind == "event" for event in one.events),
    "deadline": lambda one: any(event.kind == "deadline" for event in one.events),
    "pdf": lambda one: any(file.text for file in one.attachments),
    "english": lambda one: one.language == "en",
    "japanese": lambda one: one.language == "ja",
}


@dataclass(frozen=True)
class Served:
    """A site at *origin*; ``examples`` are announcements that have something to show."""

    origin: str
    examples: Mapping[str, Archived]

    def path(self, pattern: str) -> str:
        """Return *pattern* with the UUID of an example for each name of one: ``/announcements/{revised}``."""
        return pattern.format_map({name: one.id.removeprefix("urn:uuid:") for name, one in self.examples.items()})


@contextmanager
def serving_the_demo(everything: Playground, directory: Path) -> Iterator[Served]:
    """Serve a copy of *everything* in *directory* to which something has happened since."""
    everything.copy(directory)
    with playing(directory) as playground, playground.database() as database:
        _happen(playground, database)
        here = f"127.0.0.1:{free_port()}"
        settings = Settings(
            database_url=playground.database_url,
            public_dir=str(directory / "public"),
            mirror=playground.mirror,
            listen=here,
            base_url=f"http://{here}",
        )
        publish_all(settings, load(), database)
        every = list(Archive(database).all())
        examples = {name: next(one for one in every if shows(one)) for name, shows in _EXAMPLES.items()}
        with serving(settings, load(), database):
            yield Served(f"http://{here}", examples)


def _happen(playground: Playground, database: Database) -> None:
    """Let an announcement be edited that has stood for a while, one be removed, and a site be down."""
    with database.writing() as connection:
        connection.execute(update(announcements).values(grace_from=datetime.now(UTC) - GRACE))
    for old, new in (("12件程度", "18件程度"), ("令和8年12月25日(金)17時", "令和9年1月15日(金)17時")):
        playground.replica.edit(EDITED, old, new)
    playground.replica.outage(DOWN)
    done = playground.zerowire("crawl", "moej-ja", BROKEN, "--recheck")
    assert done.returncode == 1, done.stderr
    assert Archive(database).mark_gone(REMOVED, now=datetime.now(UTC))
