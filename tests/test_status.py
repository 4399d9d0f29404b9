"""How the sources stand, on a page, as data, for monitors and for Prometheus: said once, right, and never a 500."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text

from feeds.editor import Editor
from store.archive import Archive
from store.database import Database
from store.hosts import Hosts
from store.outbox import Item, Kind, Outbox
from store.tables import runs
from tests.asking import BASE, Ask, asking
from tests.builders import NOON, an_announcement
from web.app import app
from web.standing import Standing, Watch, Watched

ROOT = Path(__file__).parents[1]
HOUR = timedelta(hours=1)
MOEJ = Watched(name="moej-ja", title="環境省 <報道発表>", organisation="moej", language="ja", every=HOUR)
IGES = Watched(name="iges-en-news", title="IGES news", organisation="iges", language="en", every=HOUR)
HOSTILE = "lost\n\x1b[2Jmoej-en: ok\r\x9b31m <script>alert(1)</script> " + "x" * 10_000

Ran = Callable[..., None]


@pytest.fixture
def kind() -> str:
    """One kind of database will do: how runs are read is tested on both where they are kept."""
    return "sqlite"


@pytest.fixture
def ran(database: Database) -> Ran:
    """Put a run into the archive that ended *ago*, and well."""

    def put(source: str = "moej-ja", ago: timedelta = timedelta(minutes=10), **changes: Any) -> None:
        row = {
            "source": source,
            "started": NOON - ago - timedelta(minutes=5),
            "finished": NOON - ago,
            "outcome": "ok",
            "every_route": 0,
            "mirror": "",
            "route": "https://www.env.go.jp/press/",
            "health": "ok",
            "since": NOON - 30 * HOUR,
            "counts": {"new": 3, "changed": 1, "same": 44, "gone": 0, "failed": 0, "requests": 9, "bytes": 12345},
            "problems": [],
        }
        with database.writing() as connection:
            connection.execute(insert(runs).values(**row | changes))

    return put


def watching(database: Database, now: datetime = NOON) -> Watch:
    return Watch(database, [MOEJ, IGES], lambda: now)


def asked_at(database: Database, now: datetime = NOON) -> Ask:
    watch, editor = watching(database, now), Editor(database, base_url=f"{BASE}/wire")
    return asking(app(public_dir=Path("nowhere"), channels=[], editor=editor, archive=Archive(database), watch=watch))


@pytest.fixture
def ask(database: Database) -> Ask:
    return asked_at(database)


def told(ask: Ask) -> dict[str, Any]:
    """What is told of the first source."""
    first: dict[str, Any] = ask("/status.json").json()["sources"][0]
    return first


def first(database: Database) -> Standing:
    return watching(database).standings()[0]


def figures(ask: Ask) -> dict[str, dict[str, float]]:
    """The figures by name, and by the values of their labels in the order of the labels' names."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(ask("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[" ".join(value for _, value in sorted(sample.labels.items()))] = (
                sample.value
            )
    return found


def test_each_source_is_told_of_with_its_state_its_last_run_and_its_next(ask: Ask, ran: Ran) -> None:
    ran(ago=2 * HOUR, health="degraded", since=NOON - 5 * HOUR, reason="the first route names nothing", outcome="ok")
    source = told(ask)
    assert (source["name"], source["health"], source["reason"]) == (
        "moej-ja",
        "degraded",
        "the first route names nothing",
    )
    assert source["since"] == "2026-06-10T22:00:00+00:00"
    assert (source["last_run"]["outcome"], source["last_run"]["counts"]["new"]) == ("ok", 3)
    assert (source["last_success"], source["next_run"]) == ("2026-06-11T01:00:00+00:00", "2026-06-11T01:55:00+00:00")


def test_the_page_says_in_words_what_the_data_says(ask: Ask, ran: Ran) -> None:
    ran(health="broken", reason="no list", outcome="failed", route="", problems=["moej-ja: no list", "and more"])
    page = html.fromstring(ask("/status").text)
    rows = [" ".join(row.text_content().split()) for row in page.xpath("//table[@id='standings']/tbody/tr")]
    (section,) = (" ".join(each.text_content().split()) for each in page.xpath("//section[@id='moej-ja']"))
    assert rows == [
        "環境省 <報道発表> broken 11 June 2026, 02:50 UTC 12 June 2026, 02:45 UTC",
        "IGES news not known yet none yet at once",
    ]
    assert section.startswith("環境省 <報道発表> moej-ja State broken since 9 June 2026, 21:00 UTC: no list")
    assert "3 new, 1 changed, 44 as they were" in section
    assert "Route in use none worked" in section
    assert section.endswith("moej-ja: no list and more")
    (problem,) = page.find_class("problem")
    assert " ".join(problem.text_content().split()) == "1 of 2 sources needs a look: 環境省 <報道発表>"


def test_nothing_on_the_page_needs_what_the_policy_forbids(ask: Ask, ran: Ran) -> None:
    ran(reason=HOSTILE, problems=[HOSTILE] * 100, health="broken", route=HOSTILE)
    answer = ask("/status")
    page = html.fromstring(answer.text)
    assert page.xpath("//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]") == []
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_page_speaks_japanese(ask: Ask, ran: Ran) -> None:
    ran(health="silent")
    text = " ".join(html.fromstring(ask("/ja/status").text).text_content().split())
    assert "環境省 <報道発表> 更新なし 2026年6月11日11:50（日本時間）" in text


@pytest.mark.parametrize("path", ["/status", "/status.json"])
def test_what_a_client_has_is_not_sent_again(ask: Ask, ran: Ran, path: str) -> None:
    ran()
    tag = ask(path).headers["etag"]
    assert ask(path, if_none_match=tag).status_code == 304
    ran(ago=timedelta())
    assert ask(path, if_none_match=tag).status_code == 200


@pytest.mark.parametrize("path", ["/status", "/status.json", "/healthz", "/metrics"])
def test_head_says_the_same_and_no_other_method_is_known(ask: Ask, path: str) -> None:
    head, whole = ask(path, "HEAD"), ask(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert ask(path, "POST").status_code == 405


def test_an_archive_without_a_run_is_no_fault(ask: Ask) -> None:
    answer = ask("/healthz")
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"status": "ok"}, "no-store")


@pytest.mark.parametrize("state", ["", "ok", "degraded"])
def test_what_works_is_well(ask: Ask, ran: Ran, state: str) -> None:
    ran(health=state)
    assert ask("/healthz").status_code == 200


@pytest.mark.parametrize("state", ["silent", "broken", "quarantined"])
def test_a_monitor_hears_which_source_is_unwell_since_when_and_why(ask: Ask, ran: Ran, state: str) -> None:
    ran(health=state, reason="expected a list, got none")
    ran("iges-en-news")
    answer = ask("/healthz")
    assert answer.status_code == 503
    reason = f"moej-ja: {state} since 2026-06-09T21:00Z: expected a list, got none"
    assert answer.json() == {"status": "unhealthy", "reasons": [reason]}


def test_while_it_runs_a_source_is_what_its_last_run_left(ask: Ask, ran: Ran) -> None:
    ran(health="broken", reason="no list")
    ran(ago=timedelta(), finished=None, outcome="running", health="", since=None, counts={})
    assert ask("/healthz").status_code == 503
    assert (told(ask)["health"], told(ask)["running"], told(ask)["last_run"]["counts"]["new"]) == ("broken", True, 3)


def test_a_source_is_overdue_after_three_intervals_and_an_hour(database: Database, ran: Ran) -> None:
    ran(ago=timedelta(), started=NOON)
    assert asked_at(database, NOON + 4 * HOUR)("/healthz").status_code == 200
    late = asked_at(database, NOON + 4 * HOUR + timedelta(seconds=1))("/healthz")
    assert late.json()["reasons"] == ["moej-ja: overdue: expected a run to end by 2026-06-11T07:00Z"]


def test_a_run_that_never_ends_makes_its_source_overdue(database: Database, ran: Ran) -> None:
    ran(ago=timedelta(), started=NOON, finished=None, outcome="running", health="", since=None)
    assert asked_at(database, NOON + 4 * HOUR)("/healthz").status_code == 200
    assert asked_at(database, NOON + 5 * HOUR)("/healthz").status_code == 503


def test_a_broken_source_that_is_asked_more_rarely_is_not_overdue_for_that(database: Database, ran: Ran) -> None:
    ran(ago=timedelta(), health="broken", since=NOON - 10 * HOUR)
    assert not watching(database, NOON + 12 * HOUR).standings()[0].is_overdue
    assert watching(database, NOON + 14 * HOUR).standings()[0].is_overdue


def test_words_of_a_site_are_one_line_of_some_length_without_controls(database: Database, ask: Ask, ran: Ran) -> None:
    ran(health="broken", reason=HOSTILE, problems=[HOSTILE])
    for line in (first(database).complaint, *first(database).problems, ask("/healthz").json()["reasons"][0]):
        assert line.isprintable()
        assert len(line) < 400


def test_the_figures_say_how_each_source_stands(ask: Ask, ran: Ran) -> None:
    ran(ago=HOUR)
    ran(health="broken", outcome="failed")
    found = figures(ask)
    states = {labels: figure for labels, figure in found["zerowire_source_health"].items() if figure}
    assert states == {"moej-ja broken": 1, "iges-en-news unknown": 1}
    assert len(found["zerowire_source_health"]) == 12
    assert found["zerowire_source_last_run_timestamp_seconds"] == {"moej-ja": NOON.timestamp() - 600}
    assert found["zerowire_source_last_success_timestamp_seconds"] == {"moej-ja": NOON.timestamp() - 3600}
    assert found["zerowire_run_announcements"]["new moej-ja"] == 3
    assert (found["zerowire_run_requests"], found["zerowire_run_bytes"]) == ({"moej-ja": 9}, {"moej-ja": 12345})
    assert found["zerowire_source_overdue"] == {"moej-ja": 0, "iges-en-news": 0}
    assert list(found["zerowire_build_info"].values()) == [1]


def test_the_figures_count_the_archive_and_what_waits(ask: Ask, database: Database) -> None:
    Archive(database).save(an_announcement(), now=NOON)
    Outbox(database).queue("desk", [Item("urn:uuid:1", Kind.ANNOUNCEMENT)], turn=1, now=NOON)
    Hosts(database, "me").leave_alone("www.env.go.jp", until=NOON + HOUR, now=NOON)
    found = figures(ask)
    assert found["zerowire_announcements_total"] == {"moej-ja": 1}
    assert found["zerowire_deliveries_waiting"] == {"desk": 1}
    assert found["zerowire_host_away_until_timestamp_seconds"] == {"www.env.go.jp": (NOON + HOUR).timestamp()}
    assert ask("/status.json").json()["hosts_left_alone"] == {"www.env.go.jp": "2026-06-11T04:00:00+00:00"}
    assert "www.env.go.jp" in ask("/status").text


def test_every_figure_that_the_documentation_names_is_there(ask: Ask, ran: Ran) -> None:
    ran()
    documented = set(re.findall(r"\bzerowire_\w+", (ROOT / "docs" / "operations.md").read_text("utf-8")))
    there_are = {name for line in ask("/metrics").text.splitlines() for name in re.findall(r"^# TYPE (\w+) ", line)}
    assert documented == there_are


def test_the_figures_say_what_they_are(ask: Ask, ran: Ran) -> None:
    ran()
    answer = ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.name.startswith("zerowire_") and family.documentation and family.type for family in families)
    assert len({family.name for family in families}) == len(families)


@pytest.mark.parametrize("path", ["/status.json", "/healthz", "/metrics"])
def test_an_archive_that_cannot_be_read_is_a_503_of_one_line(new_url: str, path: str) -> None:
    with closing(Database(new_url)) as database:
        with database.writing() as connection:
            connection.execute(text("ALTER TABLE run RENAME TO lost"))
        answer = asked_at(database)(path)
    assert (answer.status_code, len(answer.text.splitlines())) == (503, 1)
    assert "The archive can't be read at the moment." in answer.text


def test_a_locked_archive_is_a_503(tmp_path: Path) -> None:
    file = tmp_path / "archive.db"
    with closing(Database(f"sqlite:///{file}?timeout=0.1")) as database, closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.close()
        other.execute("BEGIN EXCLUSIVE")
        assert asked_at(database)("/healthz").status_code == 503
        other.rollback()


def test_no_question_writes(database: Database, ask: Ask, ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    ran()
    monkeypatch.delattr(Database, "writing")
    assert [ask(path).status_code for path in ("/status", "/status.json", "/healthz", "/metrics")] == [200] * 4
