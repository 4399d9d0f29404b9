"""Kept pages read again: into the archive that they came from, and into an empty one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import IntegrityError

from crawler.answer import Answer
from crawler.attachments import read as read_file
from crawler.candidate import Candidate
from crawler.crawl import Crawl, Wanted
from crawler.files import File
from crawler.plan import Plan
from crawler.recrawl import Recrawl
from crawler.spec import Page, Source
from crawler.tally import Tally
from store.announcement import Announcement, Archived
from store.database import Database
from store.kept_pages import KeptPages, Wording
from store.runs import Run
from store.stores import Stores
from store.warc import Kept, append, places, read
from tests.builders import NOON
from tests.conftest import OpenDatabase
from tests.declared import SITE, a_source, an_answer
from tests.playground import Playground, playing

DECLARED = Page(title="h1", date=".date", body=".body")
BETTER = Page(title="h1", date=".date", body=".article")
LEAD, TEXT = "The city council has adopted a plan.", "It wants to be free of carbon by 2040."
FILE = f"{SITE}/plan.csv"
LINK = f'<p><a href="{FILE}">The plan</a></p>'
CONTACT = "</p><p>Press office of the city: press@example.org, at all hours of the day."
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Wire:
    """A source whose pages are kept, and the archive that they fill."""

    database: Database
    directory: Path
    source: type[Source]
    keeps: bool = True

    @property
    def stores(self) -> Stores:
        return Stores.of(self.database, pages=self.directory if self.keeps else None)

    @property
    def kept(self) -> KeptPages:
        return KeptPages(self.database, self.directory)

    def crawl(self, *, now: datetime, **pages: str) -> None:
        """Crawl pages, each with its name as the promised title, and their attachments."""
        crawl = Crawl(
            self.source, Plan(now=now), Tally(Run(number=1, source=self.source.name, started=now)), self.stores
        )
        for name, html in pages.items():
            url = f"{SITE}/news/{name}"
            candidate = Candidate(url=url, address=f"{url}?from=list", title=name, tags=("listed",))
            known = self.stores.archive.known([url]).get(url)
            answer = answered(html, url, "text/html; charset=utf-8")
            if reading := crawl.on_page(Wanted(candidate, known), answer):
                crawl.keep(reading)
                for file in crawl.files.of(reading.announcement):
                    self._fetch(crawl, file)
        crawl.end()

    def recrawl(self, *files: Path) -> Recrawl:
        """Read again what was kept in *files*, or in all there are."""
        sources = {self.source.name: self.source}
        recrawl = Recrawl(sources=sources, stores=Stores.of(self.database), kept=self.kept)
        asyncio.run(recrawl.replay(files or self.kept.files()))
        return recrawl

    def all(self) -> list[Archived]:
        return list(self.stores.archive.all())

    def _fetch(self, crawl: Crawl, file: File) -> None:
        answer = answered(b"a;b", file.url, "text/csv")
        crawl.files.on_answer(file, answer, read_file(answer.body, answer.content_type))


def answered(body: str | bytes, url: str, content_type: str) -> Answer:
    return an_answer(body, url=url, content_type=content_type, headers=(("Content-Type", content_type),))


def a_page(text: str = TEXT, *, link: str = "") -> str:
    body = f'<div class="article"><p>{LEAD}</p><div class="body"><p>{text}</p>{link}</div></div>'
    return f'<html><body><main><h1>A plan</h1><p class="date">2026-06-01</p>{body}</main></body></html>'


@pytest.fixture
def wire(database: Database, tmp_path: Path) -> Wire:
    return Wire(database, tmp_path / "pages", a_source(page=DECLARED))


@pytest.fixture
def empty(wire: Wire, kind: str, open_database: OpenDatabase) -> Wire:
    """An empty archive of the other kind, over the same pages."""
    return replace(wire, database=open_database("postgresql" if kind == "sqlite" else "sqlite"))


def test_the_page_behind_each_wording_is_kept_and_none_that_says_the_same_again(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + HOUR, a=a_page())
    wire.crawl(now=NOON + 2 * HOUR, a=a_page("By 2050."))
    [path] = wire.kept.files()
    assert [place.fetched for place in places(path)] == [NOON, NOON + 2 * HOUR]
    [found] = wire.all()
    given = [wire.kept.page(found.id, seen) for seen in (found.revisions[0].seen, found.updated)]
    assert [page and page.body for page in given] == [a_page().encode(), a_page("By 2050.").encode()]


def test_a_page_whose_bytes_were_lost_before_they_were_kept_is_kept_when_it_comes_again(wire: Wire) -> None:
    replace(wire, keeps=False).crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + HOUR, a=a_page())
    [found] = wire.all()
    assert wire.kept.has_page(Wording(found.id, NOON))


def test_without_the_setting_nothing_is_kept(wire: Wire) -> None:
    replace(wire, keeps=False).crawl(now=NOON, a=a_page())
    assert (len(wire.all()), wire.directory.exists()) == (1, False)


def test_nothing_is_kept_of_what_the_archive_refuses(wire: Wire) -> None:
    def unfit(_: type[Source], made: Announcement) -> Announcement:
        return replace(made, summary=None)  # type: ignore[arg-type]

    with pytest.raises(IntegrityError):
        replace(wire, source=a_source(page=DECLARED, finish=classmethod(unfit))).crawl(now=NOON, a=a_page())
    assert (wire.all(), wire.kept.files()) == ([], [])


def test_read_again_as_it_was_read_nothing_changes(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page(link=LINK), b=a_page("Another."))
    wire.crawl(now=NOON + HOUR, a=a_page("By 2050.", link=LINK))
    before = wire.all()
    assert wire.recrawl().counts == {"same": 3, "files": 1}
    assert wire.all() == before


def test_a_better_reading_changes_texts_and_no_id_no_date_and_no_revision(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + HOUR, a=a_page("By 2050."))
    [before] = wire.all()
    assert replace(wire, source=a_source(page=BETTER)).recrawl().counts == {"changed": 2}
    [after] = wire.all()
    assert (before.text, after.text) == ("By 2050.", f"{LEAD}\nBy 2050.")
    assert [revision.text for revision in after.revisions] == [f"{LEAD}\n{TEXT}"]
    kept = ("id", "url", "aliases", "published", "published_from", "first_seen", "updated", "gone", "title")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert [revision.seen for revision in after.revisions] == [revision.seen for revision in before.revisions]


def test_an_empty_archive_becomes_what_the_crawls_made(wire: Wire, empty: Wire) -> None:
    wire.crawl(now=NOON, a=a_page(link=LINK), b=a_page("Another."))
    wire.crawl(now=NOON + MINUTE, b=a_page("Another, corrected at once."))
    wire.crawl(now=NOON + HOUR, a=a_page("By 2050.", link=LINK))
    assert empty.recrawl().counts == {"new": 2, "changed": 2, "files": 1}
    assert empty.all() == wire.all()


def test_what_was_rebuilt_gives_its_pages_back_and_is_read_again_without_a_change(wire: Wire, empty: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + HOUR, a=a_page("By 2050."))
    empty.recrawl()
    [found] = empty.all()
    page = empty.kept.page(found.id, NOON)
    assert page is not None
    assert page.body == a_page().encode()
    assert empty.recrawl().counts == {"same": 2}
    assert empty.all() == [found]


def test_an_archive_that_was_taken_in_is_read_again_as_the_one_it_came_from(wire: Wire, empty: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + MINUTE, a=a_page("Corrected at once."))
    wire.crawl(now=NOON + HOUR, a=a_page("By 2050."))
    [found] = wire.all()
    empty.stores.archive.take_in(found)
    assert replace(empty, source=a_source(page=BETTER)).recrawl().counts == {"changed": 2, "same": 1}
    [after] = empty.all()
    assert [after.text, after.revisions[0].text] == [f"{LEAD}\nBy 2050.", f"{LEAD}\nCorrected at once."]
    assert (after.updated, after.first_seen, len(after.revisions)) == (found.updated, NOON, 1)


def test_what_a_source_repeats_is_dropped_in_a_rebuilt_archive_as_it_was_by_the_crawls(wire: Wire, empty: Wire) -> None:
    for day, names in enumerate((("a", "b", "c"), ("d", "e"), ("f",))):
        pages = {name: a_page(f"Number {name} is about something else.{CONTACT}") for name in names}
        wire.crawl(now=NOON + day * HOUR, **pages)
    empty.recrawl()
    assert empty.all() == wire.all()
    assert not any("Press office" in found.text for found in empty.all())
    assert wire.recrawl().counts == {"same": 6}


def test_what_was_read_in_a_file_is_read_again(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page(link=LINK))
    [before] = wire.all()
    wire.stores.archive.read_file(FILE, length=None, kind="", text="", problem="a fault")
    wire.recrawl()
    assert wire.all() == [before]


def test_a_page_that_is_no_announcement_by_todays_reading_is_named_and_left(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page(), b=a_page("Another."))
    before = wire.all()
    recrawl = replace(wire, source=a_source(page=Page(title="h1", body=".none"))).recrawl()
    assert recrawl.counts == {"left": 2}
    assert recrawl.problems == [f"a-source: {SITE}/news/{name}: expected the text at '.none'" for name in "ab"]
    assert wire.all() == before


def test_a_page_that_was_read_without_its_selector_is_read_again_without_it(wire: Wire) -> None:
    without = replace(wire, source=a_source(page=Page(title="h1", body=".none")))
    without.crawl(now=NOON, a=a_page())
    assert without.recrawl().counts == {"same": 1}


def test_a_source_that_is_no_more_is_named_and_costs_no_other(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    replace(wire, source=a_source(name="b-source")).crawl(now=NOON, b=a_page("Another."))
    recrawl = wire.recrawl()
    assert recrawl.counts == {"same": 1, "failed": 1}
    assert recrawl.problems == [f"b-source: {SITE}/news/b: expected one of the sources a-source"]


def test_a_file_that_is_torn_is_named_and_read_as_far_as_it_goes(wire: Wire) -> None:
    wire.crawl(now=NOON, a=a_page(), b=a_page("Another."))
    [path] = wire.kept.files()
    os.truncate(path, path.stat().st_size - 10)
    recrawl = wire.recrawl()
    assert recrawl.counts == {"same": 1, "failed": 2}
    assert [problem.split(": ")[0] for problem in recrawl.problems] == [str(path), str(path)]


def test_a_record_that_no_crawl_kept_is_named(wire: Wire, tmp_path: Path) -> None:
    append(tmp_path / "other.warc.gz", Kept(record="urn:uuid:1", url=f"{SITE}/news/a", fetched=NOON))
    recrawl = wire.recrawl(tmp_path / "other.warc.gz")
    assert recrawl.problems == [f"{SITE}/news/a: expected what a crawl knew of it: KeyError: 'kind'"]


def test_files_are_read_in_the_order_of_fetching_in_whatever_order_they_are_named(wire: Wire, empty: Wire) -> None:
    wire.crawl(now=NOON, a=a_page())
    wire.crawl(now=NOON + timedelta(days=30), a=a_page("By 2050."))
    assert empty.recrawl(*reversed(wire.kept.files())).counts == {"new": 1, "changed": 1}
    assert empty.all() == wire.all()


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground after a crawl of two sources whose pages were kept; not to be changed."""
    with playing(tmp_path_factory.mktemp("kept")) as one:
        done = one.zerowire("crawl", "moej-ja", "iges-en-news", "--since", "2026-10-01", ZEROWIRE_KEEP_PAGES="true")
        assert done.returncode == 0, done.stderr
        yield one


def served(playground: Playground, url: str) -> bytes:
    parts = urlsplit(url)
    return playground.replica.answer(parts.netloc, parts.path, parts.query).body


def test_what_a_real_crawl_keeps_is_what_the_sites_served(playground: Playground) -> None:
    with closing(Database(playground.database_url)) as database:
        kept = KeptPages(database, playground.directory / "pages")
        pages = {found.url: kept.page(found.id) for found in playground.announcements()}
        [path] = kept.files()
    assert len(pages) >= 15
    assert {url: page and page.body for url, page in pages.items()} == {url: served(playground, url) for url in pages}
    files = [one for one in (read(place.path, place.offset) for place in places(path)) if one.about["kind"] == "file"]
    assert len(files) >= 5
    assert [file.body for file in files] == [served(playground, file.url) for file in files]


def test_an_archive_rebuilt_from_the_files_is_exported_as_the_one_that_was_crawled(
    playground: Playground, tmp_path: Path
) -> None:
    rebuilt = replace(playground, directory=tmp_path)
    [path] = (playground.directory / "pages").iterdir()
    done = rebuilt.zerowire("recrawl", "--from-warc", "--json", str(path))
    counts = json.loads(done.stdout)
    assert (done.returncode, counts["failed"], counts["left"], counts["changed"]) == (0, 0, 0, 0), done.stderr
    exported = [set(each.zerowire("export").stdout.splitlines()) for each in (playground, rebuilt)]
    assert exported[0] == exported[1]
    assert len(exported[0]) == counts["new"]


def test_show_gives_the_bytes_of_a_page_back(playground: Playground) -> None:
    found = next(each for each in playground.announcements() if each.source == "moej-ja")
    asked = [sys.executable, "-m", "cli", "show", found.id, "--source-page"]
    done = subprocess.run(
        asked, cwd=playground.directory, env=playground.environment(), capture_output=True, check=True
    )
    assert done.stdout == served(playground, found.url)


def test_show_says_in_one_line_which_record_of_which_file_is_torn(playground: Playground, tmp_path: Path) -> None:
    [found, *_] = playground.announcements()
    [path] = (playground.directory / "pages").iterdir()
    (tmp_path / path.name).write_bytes(path.read_bytes()[:100])
    done = playground.zerowire("show", found.id, "--source-page", ZEROWIRE_PAGES_DIR=str(tmp_path))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith(f"zerowire: {tmp_path / path.name}: expected urn:uuid:")


def test_a_recrawl_says_from_what(playground: Playground) -> None:
    done = playground.zerowire("recrawl")
    assert (done.returncode, done.stderr) == (2, "zerowire: Missing option '--from-warc'\n")
