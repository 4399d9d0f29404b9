"""The command, as a person and as a script use it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from store.export import line
from tests.builders import an_archived
from tests.playground import Playground, playing


def slow(*values: object) -> ParameterSet:
    """Leave a case to the long part of the suite: it is one of several alike, and each starts a process."""
    return pytest.param(*values, marks=pytest.mark.slow)


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
        (("crwal",), "crwal", "crawl"),
        (("search", "公募", "OR"), "OR", "on both sides"),
        slow(("check", "nobody"), "nobody", "citytalk"),
        slow(("crawl", "--sinse", "2026-01-01"), "--sinse", "--since"),
        slow(("crawl", "--since", "yesterday"), "yesterday", "2026-08-01"),
        slow(("search", "!!!"), "!!!", "expected a word"),
        slow(("search", "has:video"), "video", "pdf"),
        slow(("search", "公募", "--has", "video"), "video", "pdf"),
        slow(("search", "公募", "--csv", "--json"), "--csv and --json", "expected one of them"),
        slow(("search",), "expected words", "option"),
        slow(("show", "x", "--html", "--diff"), "--html and --diff", "expected one of them"),
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


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", slow("nonsense"), slow("mysql://x/y")])
def test_a_database_that_cannot_be_opened_is_one_line_and_status_1(played: Playground, url: str) -> None:
    done = played.zerowire("sources", ZEROWIRE_DATABASE_URL=url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert url in done.stderr


def test_search_prints_day_source_title_address_and_where_it_answers(played: Playground) -> None:
    lines = played.zerowire("search", "公募", "--source", "moej-ja", "--sort", "newest").stdout.splitlines()
    day, source, title, url, answer = lines[0].split("\t")
    assert (day, source, url) == ("2026-11-20", "moej-ja", "https://www.env.go.jp/press/press_05241.html")
    assert "公募" in title
    assert "[公募]" in answer


def test_records_go_to_stdout_as_json_objects(played: Playground) -> None:
    found = [json.loads(line) for line in played.zerowire("search", "公募", "--json").stdout.splitlines()]
    assert all({"id", "url", "title", "published", "published_from", "text"} <= each.keys() for each in found)
    start, end = found[0]["match"]["hits"][0]
    assert found[0]["match"]["snippet"][start:end] == "公募"


def test_a_question_is_read_as_it_is_however_the_shell_parts_it(played: Playground) -> None:
    parted, whole = (
        played.zerowire("search", *words).stdout for words in (("公募", "OR", "脱炭素"), ("公募 OR 脱炭素",))
    )
    assert parted == whole != ""
    assert "Usage" in played.zerowire("search", "-h").stdout
    assert "-3" in played.zerowire("search", "公募", "--limit", "-3").stderr


@pytest.mark.parametrize(
    "command", [("search", "公募"), slow(("show", "x")), slow(("export",)), slow(("doctor",)), ("backup", "x.db")]
)
def test_an_archive_that_is_not_there_is_named_and_not_made(empty: Playground, command: tuple[str, ...]) -> None:
    done = empty.zerowire(*command, ZEROWIRE_DATABASE_URL="sqlite:///missing.db")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "missing.db: is not there" in done.stderr
    assert not (empty.directory / "missing.db").exists()


def test_a_damaged_archive_is_one_line_and_status_1(empty: Playground) -> None:
    empty.zerowire("import", given="".join(f"{line(an_archived(url=f'https://x.jp/{n}'))}\n" for n in range(300)))
    path = empty.directory / "zerowire.db"
    torn = bytearray(path.read_bytes())
    torn[8192:-8192] = b"\x5a" * (len(torn) - 16384)
    path.write_bytes(torn)
    done = empty.zerowire("search", "脱炭素")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "Traceback" not in done.stderr


def test_an_id_is_found_in_any_case(played: Playground) -> None:
    (first, *_) = map(json.loads, played.zerowire("search", "公募", "--json").stdout.splitlines())
    assert played.zerowire("show", first["id"].upper()).returncode == 0


def test_a_minus_before_a_word_leaves_out_what_has_it(played: Playground) -> None:
    found, left = (
        {json.loads(each)["id"] for each in played.zerowire("search", *words, "--all", "--json").stdout.splitlines()}
        for words in (("環境",), ("環境", "-公募"))
    )
    assert found > left > set()


def test_the_whole_of_a_result_is_printed_newest_first(played: Playground) -> None:
    days = [line[:10] for line in played.zerowire("search", "--language", "ja", "--all").stdout.splitlines()]
    assert len(days) > 4
    assert days == sorted(days, reverse=True)


def test_comma_separated_values_have_a_heading_and_no_formula(played: Playground, empty: Playground) -> None:
    rows = list(csv.DictReader(played.zerowire("search", "--source", "moej-ja", "--all", "--csv").stdout.splitlines()))
    assert {row["source"] for row in rows} == {"moej-ja"}
    empty.zerowire("import", given=line(an_archived(title="=HYPERLINK(1)", summary="@x")))
    (row,) = csv.DictReader(empty.zerowire("search", "脱炭素", "--csv").stdout.splitlines())
    assert (row["title"], row["summary"]) == ("'=HYPERLINK(1)", "'@x")


def test_a_terminal_is_told_nothing_that_it_would_obey(empty: Playground) -> None:
    empty.zerowire("import", given=line(an_archived(title="\x1b[2J\u202e公募\x07", text="\x1b]0;x\x07 公募")))
    shown = [empty.zerowire(*command).stdout for command in (("search", "公募"), ("show", an_archived().url))]
    assert all(not set("\x1b\x07\u202e") & set(text) and "公募" in text for text in shown)


def test_a_line_that_is_no_announcement_is_named_and_those_before_it_are_taken_in(empty: Playground) -> None:
    done = empty.zerowire("import", given=f"{line(an_archived())}\n\n{{}}\n")
    assert (done.returncode, "line 3: expected an exported announcement" in done.stderr) == (1, True)
    assert empty.zerowire("import", given=line(an_archived())).stdout.split() == ["new=0", "same=1"]


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
    assert {"all", "moej-ja", "ja", "updates"} <= {row["channel"] for row in rows}


@pytest.mark.slow
def test_the_demo_does_one_round_and_prints_what_came_of_it(empty: Playground) -> None:
    done = empty.zerowire("demo", "--once", ZEROWIRE_MIRROR="")
    assert done.returncode == 0, done.stderr
    assert "public/feeds/all.atom" in done.stdout
    assert "156" not in done.stderr
    assert len(empty.announcements()) >= 14 * 8


def test_the_demo_goes_on_with_the_archive_that_it_had(empty: Playground, everything: Playground) -> None:
    everything.copy(empty.directory)
    done = empty.zerowire("demo", "--once", ZEROWIRE_MIRROR="")
    assert done.returncode == 0, done.stderr
    assert "public/feeds/all.atom" in done.stdout
    assert empty.announcements() == everything.announcements()


def test_the_demo_keeps_out_of_an_archive_with_live_news(empty: Playground) -> None:
    empty.zerowire("crawl", "citytalk", ZEROWIRE_MIRROR="", ZEROWIRE_DELAY="0", http_proxy="", https_proxy="")
    done = empty.zerowire("demo", "--once")
    assert done.returncode == 1
    assert "live news" in done.stderr
