"""The command, as a person and as a script use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground, playing


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground with the press releases of November; not to be changed."""
    with playing(tmp_path_factory.mktemp("played")) as playground:
        assert playground.zerowire("crawl", "moej-ja", "moej-en", "--since", "2026-11-01").returncode == 0
        yield playground


@pytest.fixture
def empty(tmp_path: Path, played: Playground) -> Playground:
    return Playground(played.replica, played.mirror, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "named", "there_is"),
    [
        (("crawl", "moej-jp"), "moej-jp", "moej-ja"),
        (("check", "nobody"), "nobody", "citytalk"),
        (("crawl", "--sinse", "2026-01-01"), "--sinse", "--since"),
        (("crawl", "--since", "yesterday"), "yesterday", "2026-08-01"),
        (("crwal",), "crwal", "crawl"),
        (("search", "!!!"), "!!!", "expected a word"),
    ],
)
def test_wrong_usage_is_named_with_what_there_is_and_status_2(
    played: Playground, arguments: tuple[str, ...], named: str, there_is: str
) -> None:
    done = played.zerowire(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert there_is in done.stderr


def test_an_unknown_setting_is_named_with_what_there_is_and_status_2(played: Playground) -> None:
    done = played.zerowire("sources", ZEROWIRE_DATABSE_URL="sqlite:///x.db")
    assert done.returncode == 2
    assert "databse_url" in done.stderr
    assert "database_url" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "nonsense", "mysql://x/y"])
def test_a_database_that_cannot_be_opened_is_one_line_and_status_1(played: Playground, url: str) -> None:
    done = played.zerowire("sources", ZEROWIRE_DATABASE_URL=url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert url in done.stderr


def test_search_prints_the_day_in_the_sources_zone_the_source_the_title_and_the_address(played: Playground) -> None:
    lines = played.zerowire("search", "公募", "--source", "moej-ja").stdout.splitlines()
    day, source, title, url = lines[0].split("\t")
    assert (day, source, url) == ("2026-11-20", "moej-ja", "https://www.env.go.jp/press/press_05241.html")
    assert "公募" in title


def test_records_go_to_stdout_as_json_objects(played: Playground) -> None:
    found = [json.loads(line) for line in played.zerowire("search", "公募", "--json").stdout.splitlines()]
    assert all({"id", "url", "title", "published", "published_from", "text"} <= each.keys() for each in found)


def test_show_takes_an_id_or_an_address_in_any_spelling(played: Playground) -> None:
    known = json.loads(played.zerowire("search", "公募", "--json", "--limit", "1").stdout)
    spellings = (known["id"], known["id"].removeprefix("urn:uuid:"), known["url"].replace("https", "http"))
    shown = [json.loads(played.zerowire("show", spelling, "--json").stdout) for spelling in spellings]
    assert shown == [known] * 3


def test_show_says_what_it_does_not_find(played: Playground) -> None:
    done = played.zerowire("show", "https://example.org/")
    assert done.returncode == 1
    assert "https://example.org/" in done.stderr


def test_sources_lists_every_source_with_its_count_and_last_run(played: Playground) -> None:
    rows = {row["source"]: row for row in map(json.loads, played.zerowire("sources", "--json").stdout.splitlines())}
    assert len(rows) == 14
    assert rows["moej-ja"]["announcements"] >= 4
    assert (rows["moej-ja"]["outcome"], rows["citytalk"]["last_run"]) == ("ok", None)


def test_an_export_imported_elsewhere_is_the_same_archive(played: Playground, empty: Playground) -> None:
    exported = played.zerowire("export").stdout
    taken = empty.zerowire("import", "-", given=exported)
    assert taken.stdout.split() == [f"new={len(exported.splitlines())}", "same=0"]
    assert empty.zerowire("export").stdout == exported
    assert empty.zerowire("import", "-", given=exported).stdout.split()[0] == "new=0"


def test_a_line_that_is_no_record_stops_the_import_and_is_named(empty: Playground) -> None:
    done = empty.zerowire("import", "-", given='{"id": 1}\n')
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_check_asks_every_route_and_stores_nothing(empty: Playground) -> None:
    done = empty.zerowire("check", "iclei", "--json")
    reports = {report["route"]: report for report in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert reports["https://iclei.org/news/rss/"]["candidates"] == 10
    assert len(reports) == 5
    assert not (empty.directory / "zerowire.db").exists()


def test_publish_says_which_feeds_it_wrote(played: Playground) -> None:
    played.zerowire("publish")
    rows = [json.loads(line) for line in played.zerowire("publish", "--json").stdout.splitlines()]
    assert {row["status"] for row in rows} == {"same"}
    assert {"all.atom", "moej-ja.rss", "ja.atom"} <= {Path(row["feed"]).name for row in rows}


def test_the_demo_does_one_round_and_prints_what_came_of_it(empty: Playground) -> None:
    done = empty.zerowire("demo", "--once", ZEROWIRE_MIRROR="")
    assert done.returncode == 0, done.stderr
    assert "public/feeds/all.atom" in done.stdout
    assert "156" not in done.stderr
    assert len(empty.announcements()) >= 14 * 8


def test_the_demo_keeps_out_of_an_archive_with_live_news(empty: Playground) -> None:
    empty.zerowire("crawl", "citytalk", ZEROWIRE_MIRROR="", ZEROWIRE_DELAY="0", http_proxy="", https_proxy="")
    done = empty.zerowire("demo", "--once")
    assert done.returncode == 1
    assert "live news" in done.stderr
