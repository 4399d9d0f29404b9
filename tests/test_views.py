"""What a reader of the database sees: four views on either engine, and the SQLite file in Datasette."""

import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from store.announcement import Attachment, Event
from store.archive import Archive
from store.database import Database
from store.runs import Run, RunOutcome, Runs
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import LATER

VIEWS = ("announcements", "attachments", "events", "health")
METADATA = Path(__file__).parent.parent / "deploy" / "datasette.yaml"
FILE = Attachment(url="https://www.env.go.jp/1.pdf", type="application/pdf", title="要領", length=9)
DAY = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)  # midnight in Japan
MEETING = Event(kind="event", starts=DAY, ends=DAY, all_day=True, timezone="Asia/Tokyo", title="説明会", place="横浜市")
TOPICS = ("jcm", "city-to-city")


def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(text(sql)).mappings()]


def instant(shown: Any) -> datetime:
    return datetime.fromisoformat(shown) if isinstance(shown, str) else shown


@pytest.fixture
def told(database: Database, archive: Archive) -> Database:
    archive.save(
        an_announcement(attachments=(FILE,), events=(MEETING,), topics=TOPICS, timezone="Asia/Tokyo"), now=NOON
    )
    archive.save(an_announcement(url="https://www.env.go.jp/2", title="二", text="二", published=LATER), now=LATER)
    return database


def test_announcements_come_newest_first_with_their_parts_counted(told: Database) -> None:
    later, first = rows(told, "SELECT * FROM announcements")
    assert (later["title"], later["attachments"], later["topics"]) == ("二", 0, None)
    counted = (first["attachments"], first["events"], first["revisions"], first["translations"])
    assert (first["topics"], counted) == ("city-to-city, jcm", (1, 1, 0, 0))
    assert (instant(first["published"]), str(first["day"])) == (NOON, "2026-06-11")


def test_an_event_tells_its_days_and_its_announcement(told: Database) -> None:
    [event] = rows(told, "SELECT * FROM events")
    assert (str(event["day"]), str(event["last_day"]), instant(event["starts"])) == ("2026-06-11", "2026-06-11", DAY)
    assert (event["kind"], event["place"], event["zone"]) == ("event", "横浜市", "Asia/Tokyo")
    assert event["announcement_url"] == an_announcement().url


def test_an_attachment_tells_its_announcement(told: Database) -> None:
    [file] = rows(told, "SELECT * FROM attachments")
    assert (file["url"], file["length"], file["announcement_title"]) == (FILE.url, 9, an_announcement().title)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "UTC"])
def test_a_day_is_that_of_the_source(database: Database, archive: Archive, zone: str) -> None:
    turns = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
    times = [turn + timedelta(hours=hour, minutes=30) for turn in turns for hour in range(-3, 30)]
    archive.take_in(
        *(an_archived(url=f"https://x/{at.timestamp()}", published=at, timezone=zone, first_seen=NOON) for at in times)
    )
    for row in rows(database, "SELECT published, day FROM announcements"):
        assert str(row["day"]) == str(instant(row["published"]).astimezone(ZoneInfo(zone)).date())


def test_the_health_of_a_source_is_told_by_its_runs(told: Database) -> None:
    runs = Runs(told)
    outcomes = (RunOutcome.FAILED, RunOutcome.OK, RunOutcome.FAILED, RunOutcome.FAILED)
    for hours, outcome in enumerate(outcomes):
        _run(runs, "moej-ja", NOON + timedelta(hours=hours), outcome)
    _run(runs, "iclei", NOON, RunOutcome.FAILED)
    iclei, moej = rows(told, "SELECT * FROM health")
    assert (moej["source"], moej["outcome"], moej["failures_in_a_row"], moej["announcements"]) == (
        "moej-ja",
        "failed",
        2,
        2,
    )
    assert (instant(moej["last_run"]), instant(moej["last_well"])) == (NOON + timedelta(hours=3), LATER)
    assert (iclei["last_well"], iclei["failures_in_a_row"], iclei["newest_announcement"]) == (None, 1, None)


def _run(runs: Runs, source: str, now: datetime, outcome: RunOutcome) -> None:
    begun = runs.start(source, now=now, every_route=False)
    runs.finish(Run(number=begun.number, source=source, started=now, finished=now, outcome=outcome, route="https://x"))


QUICK = (
    "SELECT * FROM announcements ORDER BY published DESC LIMIT 50",
    "SELECT * FROM announcements LIMIT 50",
    "SELECT * FROM announcements WHERE published >= '2026-06-01' ORDER BY published DESC LIMIT 50",
    "SELECT * FROM events LIMIT 50",
    "SELECT * FROM attachments LIMIT 50",
)


@pytest.mark.parametrize("asked", QUICK)
def test_the_newest_are_read_off_an_index(told: Database, asked: str) -> None:
    if told.dialect == "sqlite":
        plan = [row["detail"] for row in rows(told, f"EXPLAIN QUERY PLAN {asked}")]
        scans = [step for step in plan if step.startswith("SCAN") and "USING" not in step and step != "SCAN own"]
        assert (scans, [step for step in plan if "TEMP B-TREE" in step]) == ([], [])
        assert any("USING INDEX" in step for step in plan)
    else:
        with told.reading() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_sort = off"))  # so few rows are sorted quicker
            plan = list(connection.execute(text(f"EXPLAIN {asked}")).scalars())
        assert not [step for step in plan if "Seq Scan" in step]
        assert "Sort" not in plan[1]


# Datasette in a process of its own, as its warnings are its own affair.
ASK = """
import asyncio, json, sys
from datasette.app import Datasette
from datasette.utils import parse_metadata

async def ask(file, metadata, *paths):
    described = parse_metadata(open(metadata, encoding="utf-8").read())
    served = Datasette([file], metadata=described, settings={"num_sql_threads": 1})
    await served.invoke_startup()
    answers = [await served.client.get(path) for path in paths]
    print(json.dumps([[answer.status_code, answer.text] for answer in answers]))

asyncio.run(ask(*sys.argv[1:]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "zerowire.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        archive = Archive(database)
        archive.save(an_announcement(attachments=(FILE,), events=(MEETING,), topics=TOPICS), now=NOON)
        _run(Runs(database), "moej-ja", NOON, RunOutcome.OK)
    return path


def ask(file: Path, *paths: str) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, file, METADATA, *paths],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(status, body) for status, body in json.loads(done.stdout)]


def test_datasette_shows_the_views_and_the_tables(file: Path) -> None:
    tables = ("announcement", "attachment", "event", "revision", "run", "topic")
    answers = ask(file, *(f"/zerowire/{name}.json?_shape=array" for name in (*VIEWS, *tables)))
    assert [status for status, _ in answers] == [200] * len(answers)
    assert [len(json.loads(body)) for _, body in answers] == [1, 1, 1, 1, 1, 1, 1, 0, 1, 2]
    assert json.loads(answers[0][1])[0]["published"] == "2026-06-11T03:00:00Z"


def test_datasette_links_a_part_with_its_announcement_by_title(file: Path) -> None:
    [(status, page)] = ask(file, "/zerowire/attachment")
    assert status == 200
    assert f'<a href="/zerowire/announcement/1">{an_announcement().title}</a>' in page


def test_datasette_hides_what_is_not_for_readers(file: Path) -> None:
    [(_, body)] = ask(file, "/zerowire.json")
    there = json.loads(body)
    shown = {table["name"] for table in there["tables"] if not table["hidden"]}
    assert shown == {
        "address",
        "alternate",
        "announcement",
        "attachment",
        "event",
        "kept",
        "revision",
        "run",
        "topic",
        "translation",
    }
    assert {view["name"] for view in there["views"]} == set(VIEWS)


def test_datasette_sorts_and_facets_the_announcements(file: Path) -> None:
    paths = ("/zerowire/announcements?_sort_desc=published", "/zerowire/announcements.json?_facet=source")
    (sorted_, _), (faceted, body) = ask(file, *paths)
    assert (sorted_, faceted) == (200, 200)
    assert json.loads(body)["facet_results"]["source"]["results"][0]["value"] == "moej-ja"
