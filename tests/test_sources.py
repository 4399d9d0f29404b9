"""Every source against the replica: what its golden file lists, all of it, and nothing else.

``make golden`` writes the files anew; their diff is what is to be reviewed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest

from crawler.spec import load
from store.announcement import Archived, From
from store.export import record
from tests.playground import Playground

GOLDEN = Path(__file__).parent / "golden"
SITE = Path(__file__).parent.parent / "demo" / "site"
SOURCES = load()


@pytest.fixture(scope="module")
def announcements(everything: Playground) -> list[Archived]:
    return everything.announcements()


def _lasting(announcement: Archived) -> dict[str, Any]:
    """What is the same whenever the replica is crawled."""
    given = record(announcement)
    changing = {"first_seen", "updated"} | ({"published"} if given["published_from"] == From.FIRST_SEEN else set())
    return {name: value for name, value in given.items() if name not in changing}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_yields_what_its_golden_file_lists(
    source: str, announcements: list[Archived], request: pytest.FixtureRequest
) -> None:
    found = [_lasting(each) for each in sorted(announcements, key=lambda each: each.url) if each.source == source]
    file = GOLDEN / f"{source}.json"
    if request.config.getoption("--rewrite-golden"):
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert found == json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_has_pages_in_the_replica_and_eight_announcements(source: Any) -> None:
    assert (SITE / source.host()).is_dir()
    assert len(json.loads((GOLDEN / f"{source.name}.json").read_text("utf-8"))) >= 8


def test_every_golden_file_is_a_sources() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SOURCES)


def test_no_decoy_becomes_an_announcement(announcements: list[Archived]) -> None:
    leaked = [each.url for each in announcements if "DECOY" in each.title + each.text + each.html]
    assert leaked == []


def test_boilerplate_of_the_sites_is_in_no_text(announcements: list[Archived]) -> None:
    boilerplate = (
        "連絡先", "Get Adobe Reader", "PDF形式のファイルをご覧いただくためには", "Leave A Reply", "Add to Calendar",
        "Sed ut perspiciatis", "appeared first on", "Share on Facebook", "Rates and Dues", "email protected",
    )  # fmt: skip
    found = [(each.url, words) for each in announcements for words in boilerplate if words in each.text]
    assert found == []


def test_every_html_is_clean_and_its_addresses_are_absolute(announcements: list[Archived]) -> None:
    for each in announcements:
        assert not any(evil in each.html.lower() for evil in ("<script", "<iframe", "onclick", "javascript:", "<form"))
        assert not any(relative in each.html for relative in ('href="/', 'src="/', 'src="data:'))


def test_at_least_four_pairs_of_pages_are_translations(announcements: list[Archived]) -> None:
    paths = {each.url.split("/", 3)[3] for each in announcements}
    twins = [path for path in paths if path.startswith("en/") and path.replace("en/", "jp/", 1) in paths]
    assert len(twins) >= 4


def test_every_feed_reads_back_as_stored(everything: Playground, announcements: list[Archived]) -> None:
    stored = {each.id: each for each in announcements}
    documents = {name: document for name, document in everything.feeds().items() if name.endswith((".atom", ".rss"))}
    for name, document in documents.items():
        feed = feedparser.parse(document)
        assert not feed.bozo, name
        assert feed.entries or name.startswith(("updates", "gone", "health")), name
        for entry in feed.entries:
            _assert_reads_back(entry, stored[entry.id], atom=name.endswith(".atom"))


def _assert_reads_back(entry: Any, announcement: Archived, *, atom: bool) -> None:
    assert (entry.title, entry.link) == (announcement.title, announcement.url)
    assert entry.published_parsed[:6] == announcement.published.utctimetuple()[:6]
    files = [file.url for file in announcement.attachments]
    assert [enclosure.href for enclosure in entry.get("enclosures", [])] == (files if atom else files[:1])


def test_the_demo_archive_finds_calls_and_zero_carbon(everything: Playground, announcements: list[Archived]) -> None:
    for words, written in (("公募", ("公募",)), ('"zero carbon"', ("zero carbon", "zero-carbon"))):
        done = everything.zerowire("search", words, "--limit", "200", "--json")
        found = {json.loads(line)["id"] for line in done.stdout.splitlines()}
        text = {each.id: _all_words(each) for each in announcements}
        assert found == {each for each, words_of in text.items() if any(form in words_of for form in written)}
        assert len(found) >= 5


def _all_words(announcement: Archived) -> str:
    files = (f"{file.title} {file.text}" for file in announcement.attachments)
    return " ".join(" ".join((announcement.title, announcement.text, *files)).lower().split())


def test_every_pdf_of_the_replica_is_read_and_has_its_true_length(announcements: list[Archived]) -> None:
    files = [(SITE / file.url.split("//")[1], file) for each in announcements for file in each.attachments]
    assert len(files) > 40
    assert [file.url for path, file in files if path.is_file() and file.length != path.stat().st_size] == []
    assert [file.url for path, file in files if not file.text and not file.problem and path.stem != "000400123"] == []


def test_a_pdf_that_a_day_lists_is_an_announcement(announcements: list[Archived]) -> None:
    [found] = [each for each in announcements if each.url.endswith("/content/000400123.pdf")]
    assert (found.source, found.published_from, found.language) == ("moej-ja", From.LISTING, "ja")
    assert "PDF" not in found.title
    assert len(found.text) > 100
