"""What the benchmarks measure: an archive that is the same at any size and on any day, and peers that do what we do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from bench import feeds, pages, readers, serving, watched, web
from bench.announcements import VOCABULARIES, announcement, rare, seen
from bench.pages import Cost, Questions
from bench.publishing import Publish, publish
from bench.rendering import BARE, Took, bare_atom, bare_rss, contents, feedgen_atom, feedgen_rss, records
from bench.servers import COMPRESSED, PLAIN, ours
from feeds.atom_rss import atom, rss
from feeds.contents import Contents
from settings import Settings
from store.archive import Archive, Outcome
from store.database import Database

SAMPLE = range(1000, 1300)
HELD = contents(records(30))  # files and translations among them
Render = Callable[[Contents], bytes]


def test_an_announcement_follows_from_the_seed_and_its_number_alone() -> None:
    assert [announcement(number) for number in SAMPLE] == [announcement(number) for number in reversed(SAMPLE)][::-1]
    assert announcement(7, seed=1) != announcement(7, seed=2)


@pytest.mark.parametrize("language", sorted(VOCABULARIES))
def test_a_rare_word_stands_in_about_ten_announcements_of_ten_thousand(language: str) -> None:
    every = (announcement(number) for number in range(17, 10_000, 500))
    assert 5 <= sum(rare(language, 17) in made.text for made in every) <= 15
    assert not any(rare(language, 17) in announcement(number).text for number in SAMPLE if number % 500 != 17)


def test_every_announcement_is_new_once_and_unchanged_afterwards(archive: Archive) -> None:
    saved = [archive.save(announcement(number), now=seen(number)) for number in (*range(280, 320), *range(280, 320))]
    assert saved == [Outcome.NEW] * 40 + [Outcome.SAME] * 40


@pytest.mark.parametrize(("ours", "bare"), [(atom, bare_atom), (rss, bare_rss)])
def test_bare_lxml_writes_our_very_document(ours: Render, bare: Render) -> None:
    assert bare(HELD) == ours(HELD)


@pytest.mark.parametrize(("ours", "bare"), [(atom, feedgen_atom), (rss, feedgen_rss)])
def test_bare_feedgen_writes_the_same_entries(ours: Render, bare: Render) -> None:
    read = [feedparser.parse(write(HELD)).entries for write in (ours, bare)]
    one, two = ([(each.id, each.title, each.content[0].value, each.published) for each in entries] for entries in read)
    assert one == two


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of five announcements that are published."""
    given = Settings(database_url=f"sqlite:///{tmp_path / 'archive.db'}", public_dir=str(tmp_path / "public"))
    with closing(Database(given.database_url)) as database:
        for number in range(5):
            Archive(database).save(announcement(number), now=seen(number))
    publish(given)
    return given


def test_a_second_publish_changes_nothing(settings: Settings) -> None:
    assert publish(settings).changed == 0


def test_the_bare_application_answers_as_ours_does(settings: Settings) -> None:
    with (
        ours(settings) as first,
        serving.bare([first.answer(serving.FEED, each) for each in (PLAIN, COMPRESSED)]) as bare,
    ):
        for asked in dict(serving.questions(first)).values():
            one, two = first.answer(serving.FEED, asked), bare.answer(serving.FEED, asked)
            assert (one.status, one.body, one.headers | two.headers) == (two.status, two.body, two.headers)
            assert one.headers.keys() == two.headers.keys()
        told = readers.ask(bare.port, [serving.FEED], COMPRESSED, 2, 0.1)
        assert told.took
        assert not told.errors


def test_a_report_names_what_falls_short() -> None:
    took = {name: Took(1.0, 1.0) for way in BARE.items() for name in way} | {"Atom, ours": Took(1.6, 1.0)}
    rates = {"ours": dict.fromkeys(feeds.LEAST_OF_BARE, 50.0), "bare ASGI": dict.fromkeys(feeds.LEAST_OF_BARE, 100.0)}
    publishes = {"first": Publish(60.0, 100.0, 9), "again": Publish(6.0, 100.0, 0)}
    assert list(feeds.shortfalls({50: took}, rates, publishes)) == [
        "Atom of 50: 1.60 times bare lxml, expected at most 1.5",
        "200 plain: 0.50 of bare ASGI, expected 0.7",
        "200 gzip: 0.50 of bare ASGI, expected 0.7",
        "publish, again: 6.0 s, expected at most 5 s",
    ]


@pytest.mark.slow
def test_the_feeds_are_measured_in_one_run(tmp_path: Path) -> None:
    told = "\n".join(feeds.run([2], 3, 1, 5, tmp_path))
    assert all(each in told for each in ("Atom, bare lxml", "in a new process, nothing new", "200 gzip"))
    assert ("nginx is not installed" in told) == (serving.NGINX is None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of forty announcements, two of them edited, and the runs of three months."""
    directory = tmp_path_factory.mktemp("site")
    given = Settings(database_url=f"sqlite:///{directory / 'archive.db'}", public_dir=str(directory / "public"))
    with closing(Database(given.database_url)) as database:
        watched.fill(database, 0, lately=40, now=datetime.now(UTC))
    return given


@pytest.fixture(scope="module")
def asked(site: Settings) -> Questions:
    with closing(Database(site.database_url)) as database:
        return Questions(database, 0, 40)


def test_filling_an_archive_again_changes_nothing(site: Settings) -> None:
    with closing(Database(site.database_url)) as database:
        before = list(Archive(database).all())
        watched.fill(database, 0, lately=40, now=datetime.now(UTC))
        assert list(Archive(database).all()) == before
    assert [len(one.revisions) for one in before].count(1) == 2


def test_every_page_is_made_and_read_without_an_error(site: Settings, asked: Questions) -> None:
    with ours(site) as server:
        costs = pages.measure(server, asked, 1)
        told = readers.ask(server.port, web.turns(asked), COMPRESSED, 10, 0.5)
    assert all(cost.median > 0 and cost.size > 1 for by_language in costs.values() for cost in by_language.values())
    assert len(told.took) >= 10
    assert not told.errors


def test_a_bare_starlette_answers_as_our_pages_do(site: Settings, asked: Questions) -> None:
    page = f"/ja{asked.month()}"
    with ours(site) as first, web.bare({page: first.answer(page, COMPRESSED)}) as bare:
        for headers in dict(web.ways(first.answer(page, COMPRESSED))).values():
            one, two = first.answer(page, headers), bare.answer(page, headers)
            assert (one.status, one.body, one.headers | two.headers) == (two.status, two.body, two.headers)
            assert one.headers.keys() == two.headers.keys()


def test_a_reader_who_gets_no_page_is_an_error(site: Settings) -> None:
    with ours(site) as server:
        assert set(readers.ask(server.port, ["/nowhere"], COMPRESSED, 2, 0.1).errors) == {"404"}
    assert readers.ask(server.port, ["/"], COMPRESSED, 2, 0.1).errors == ["ConnectionRefusedError"] * 2


def test_a_report_names_the_pages_that_cost_too_much() -> None:
    found = web.Found(
        {"latest": {"en": Cost(51.0, 60.0, 10.0), "ja": Cost(10.0, 60.0, 61.0)}, pages.PLOTS: {"en": Cost(99, 99, 9)}},
        {"latest, 304": {"ours": 50.0, "bare Starlette": 100.0}},
        {"ours": readers.Reading(1.0, [0.1], ["503", "503"]), "bare": readers.Reading(1.0, [0.1], [])},
    )
    assert list(web.shortfalls(found)) == [
        "latest, en: 51.0 ms of CPU, expected at most 50",
        "latest, ja: 61.0 kB, expected at most 60",
        "latest, 304: 0.50 of bare Starlette, expected 0.6",
        "ours: 2 errors (503), expected none",
    ]


@pytest.mark.slow
def test_the_pages_are_measured_in_one_run(site: Settings) -> None:
    found = web.measure(site, 0, lately=40, repeat=1, readers=20, seconds=1)
    told = "\n".join(web.report(found, 0, 20))
    assert all(each in told for each in ("calendar, a month", "latest, 304", "everybody another page"))
    assert not any(reading.errors for reading in found.readings.values())
