"""The archive over HTTP: pages that stay whole while news arrives, whole results as a stream, errors in one line."""

import csv
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import text
from starlette.applications import Starlette

from feeds.editor import Editor
from store import export
from store.announcement import Archived, Attachment, Event, From
from store.archive import Archive
from store.database import Database
from store.index import results
from store.query import EVERYTHING, Query
from tests.asking import BASE, Ask, asking
from tests.builders import NOON, an_announcement
from web.app import app
from web.parameters import LONGEST_QUERY_STRING, NARROWING, PAGING
from web.standing import Watch

NOBODY: Any = None  # neither the description nor the API's own answers need more than the archive
DAY = timedelta(days=1)
NOW = NOON + 100 * DAY
PDF = Attachment(url="https://www.env.go.jp/content/1.pdf", type="application/pdf", title="別添", text="水素の供給網")
MEETING = Event(kind="event", starts=NOON, timezone="Asia/Tokyo", title="説明会", place="オンライン")


def served(archive: Archive, base_url: str = BASE) -> Starlette:
    editor, watch = Editor(NOBODY, base_url=base_url), Watch(NOBODY, [], lambda: NOW)
    return app(public_dir=Path("nowhere"), channels=[], editor=editor, archive=archive, watch=watch)


@contextmanager
def serving(archive: Archive) -> Iterator[str]:
    """Serve *archive* on loopback, and yield its address."""
    server = uvicorn.Server(uvicorn.Config(served(archive), port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def ask(archive: Archive) -> Ask:
    return asking(served(archive))


def add(archive: Archive, name: str, **changes: Any) -> str:
    """Save an announcement at an address of its own, and return that."""
    url = f"https://www.env.go.jp/press/{name}.html"
    said = {"url": url, "title": f"水素 {name}", "text": f"水素の公募 {name}"} | changes
    archive.save(an_announcement(**said), now=NOW)
    return url


def urls(answer: httpx.Response) -> list[str]:
    return [one["url"] for one in answer.json()["announcements"]]


def problem(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem that *answer* tells, after a look at its form."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    told: dict[str, Any] = answer.json()
    Draft202012Validator(described("problem")).validate(told)
    assert told["status"] == answer.status_code
    assert "\n" not in told["detail"]
    return told


def described(name: str) -> dict[str, Any]:
    """Return a schema of the API's description, complete."""
    document = asking(served(NOBODY))("/api").json()
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_a_page_holds_records_and_where_they_answer(ask: Ask, archive: Archive) -> None:
    kept = archive.get(add(archive, "1", attachments=(PDF,)))
    answer = ask("/api/announcements?q=供給網").json()
    (found,) = answer["announcements"]
    assert found.pop("match") == {"snippet": "水素の供給網", "hits": [[3, 6]], "found_in": "別添"}
    assert kept is not None
    assert found == export.record(kept)
    assert (answer["next"], answer["cursor"]) == (None, None)


def test_without_a_question_the_newest_come_first(ask: Ask, archive: Archive) -> None:
    old, new = add(archive, "old", published=NOON - DAY), add(archive, "new")
    assert urls(ask("/api/announcements")) == [new, old]


def test_a_question_is_answered_by_relevance_unless_the_newest_are_asked_for(ask: Ask, archive: Archive) -> None:
    best = add(archive, "best", title="鉄鋼の脱炭素", published=NOON - DAY)
    new = add(archive, "new", text="鉄鋼について、" + "水素の公募を行います。" * 100)
    assert urls(ask("/api/announcements?q=鉄鋼")) == [best, new]
    assert urls(ask("/api/announcements?q=鉄鋼&sort=newest")) == [new, best]


@pytest.mark.parametrize(
    "asked",
    [
        "source=iges-en",
        "organisation=iges",
        "language=en",
        "topic=jcm",
        "has=pdf&has=event",
        "since=2026-06-12",
        "q=hydrogen&since=2026-06&until=2026-07&language=en",
        "q=source:iges-en",
    ],
)
def test_each_parameter_narrows_as_on_the_command_line(ask: Ask, archive: Archive, asked: str) -> None:
    add(archive, "other", attachments=(PDF,))
    facts = {"topics": ("jcm",), "attachments": (PDF,), "events": (MEETING,), "published": NOON + DAY}
    wanted = add(archive, "w", source="iges-en", organisation="iges", language="en", text="Hydrogen", **facts)
    assert urls(ask(f"/api/announcements?{asked}")) == [wanted]
    assert [json.loads(line)["url"] for line in ask(f"/api/announcements.jsonl?{asked}").text.splitlines()] == [wanted]


def test_an_empty_parameter_is_none(ask: Ask, archive: Archive) -> None:
    url = add(archive, "1")
    assert urls(ask("/api/announcements?q=&source=&has=&since=&limit=&cursor=")) == [url]


def test_the_next_page_is_linked_with_all_that_was_asked(archive: Archive) -> None:
    first, second = add(archive, "1", published=NOON), add(archive, "2", published=NOON - DAY)
    ask = asking(served(archive, "https://city.example/wire/"))
    page = ask("/api/announcements?q=水素&sort=newest&limit=1&source=", host="evil.example")
    following = page.json()["next"]
    assert following.startswith("/wire/api/announcements?q=%E6%B0%B4%E7%B4%A0&sort=newest&limit=1&cursor=")
    assert page.headers["link"] == f'<{following}>; rel="next"'
    last = ask(following.removeprefix("/wire"))
    assert (urls(page), urls(last)) == ([first], [second])
    assert (last.json()["next"], "link" in last.headers) == (None, False)


def walk(ask: Ask, archive: Archive, asked: str) -> list[str]:
    """Return what all pages show, one after the other; between two of them something arrives."""
    seen, following, page = [], f"/api/announcements?{asked}", 0
    while following:
        answer = ask(following)
        seen += urls(answer)
        following, page = answer.json()["next"], page + 1
        if page < 20:
            for when in (NOON + page * DAY, NOON - 900 * DAY, NOON - timedelta(minutes=page), NOON):
                add(archive, f"arrived-{page}-{when:%Y%m%d%H%M}", published=when, title="水素の公募")
    return seen


@pytest.mark.parametrize("asked", ["q=水素&limit=4", "q=水素&limit=4&sort=newest", "limit=4", "has=pdf&limit=4"])
def test_a_walk_over_the_pages_shows_all_that_was_there_once_while_news_arrives(
    ask: Ask, archive: Archive, asked: str
) -> None:
    there = {
        add(archive, str(each), published=NOON - timedelta(minutes=each // 3), attachments=(PDF,)) for each in range(18)
    }
    seen = walk(ask, archive, asked)
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_a_walk_goes_on_behind_what_is_ranked(ask: Ask, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_RANKED", 10)
    there = {add(archive, str(each), published=NOON - timedelta(minutes=each)) for each in range(16)}
    seen = walk(ask, archive, "q=水素&limit=4")
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_the_whole_result_streams_as_lines_that_import_takes(
    ask: Ask, archive: Archive, elsewhere: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in range(12):
        add(archive, str(each), published=NOON - timedelta(hours=each), attachments=(PDF,), events=(MEETING,))
    monkeypatch.setattr("store.archive._BATCH", 5)
    answer = ask("/api/announcements.jsonl?q=水素")
    assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="zerowire-announcements.jsonl"'
    elsewhere.take_in(*map(export.announcement, answer.text.splitlines()))
    assert [one.url for one in elsewhere.all()] == [one.url for one in archive.all()]
    assert elsewhere.count() == 12


def test_a_spreadsheet_on_a_japanese_machine_takes_the_table(ask: Ask, archive: Archive) -> None:
    for each in range(3):
        add(archive, str(each), title=f"脱炭素、\n{each}")
    answer = ask("/api/announcements.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="zerowire-announcements.csv"'
    assert answer.content.startswith("\ufeffid,".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["url"] for row in rows] == [one.url for one in archive.all()]


def test_a_result_of_nothing_is_an_empty_file(ask: Ask) -> None:
    assert (ask("/api/announcements.jsonl").status_code, ask("/api/announcements.jsonl").content) == (200, b"")
    assert ask("/api/announcements.csv").text.count("\r\n") == 1


def test_an_announcement_is_found_by_its_id_with_or_without_its_scheme(ask: Ask, archive: Archive) -> None:
    kept = archive.get(add(archive, "1"))
    assert kept is not None
    bare = kept.id.removeprefix("urn:uuid:")
    assert [ask(f"/api/announcements/{id_}").json() for id_ in (kept.id, bare)] == [export.record(kept)] * 2


WRONG = {
    "colour=red": "unknown parameter 'colour'; there are q, source, organisation, language, topic, has, since, until",
    "has=video": "has: expected one of pdf, attachment, event, deadline, got 'video'",
    "since=yesterday": "since: expected a day such as 2026-08-01, got 'yesterday'",
    "until=2026-13": "until: expected a day",
    "source=a&source=b": "source: expected once",
    "q=OR": "OR: expected something to look for on both sides",
    "q=" + "a" * 1001: "expected at most 1000 characters, got 1001",
}
WRONG_ON_A_PAGE = {
    "sort=random": "sort: expected one of relevance, newest, got 'random'",
    "limit=0": "limit: expected a number from 1 to 100, got '0'",
    "limit=101": "limit: expected",
    "limit=²": "limit: expected",
    "limit=" + "9" * 5000: "limit: expected",
    "cursor=x": "cursor: expected one that came with an answer, got 'x'",
}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", ["announcements", "announcements.jsonl", "announcements.csv"])
@pytest.mark.parametrize(("asked", "says"), WRONG.items())
def test_a_bad_question_is_answered_with_what_is_wrong_with_it(ask: Ask, name: str, asked: str, says: str) -> None:
    answer = ask(f"/api/{name}?{asked}")
    assert answer.status_code == 400
    assert problem(answer)["detail"].startswith(says)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("asked", "says"), WRONG_ON_A_PAGE.items())
def test_a_bad_page_is_answered_with_what_is_wrong_with_it(ask: Ask, asked: str, says: str) -> None:
    answer = ask(f"/api/announcements?{asked}")
    assert answer.status_code == 400
    assert problem(answer)["detail"].startswith(says)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/nothing", "/api/announcements/", "/api/announcements/0", "/api/announcements/%00/x", "/api/%ff"],
)
def test_what_is_not_there_is_a_problem_and_no_page(ask: Ask, path: str) -> None:
    assert ask(path).status_code == 404
    assert problem(ask(path))["title"] == "Not Found"


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api", "/api/announcements", "/api/announcements.csv", "/api/announcements/0"])
def test_nothing_can_be_written(ask: Ask, path: str, method: str) -> None:
    answer = ask(path, method)
    assert (answer.status_code, problem(answer)["title"]) == (405, "Method Not Allowed")
    assert {each.strip() for each in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


def test_a_query_string_has_a_longest(ask: Ask) -> None:
    asked = "&".join(["has=pdf"] * (LONGEST_QUERY_STRING // 8 + 1))
    assert ask(f"/api/announcements?{asked}").status_code == 414
    assert problem(ask(f"/api/announcements.csv?{asked}"))["detail"].startswith("Expected a query string of at most")


@pytest.mark.parametrize("name", ["announcements", "announcements.jsonl", "announcements.csv", "announcements/0"])
def test_an_archive_that_cannot_be_read_is_said_to_operator_and_client(
    name: str, new_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(new_url)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE announcement RENAME TO lost"))
    with caplog.at_level(logging.WARNING):
        answer = asking(served(Archive(database)))(f"/api/{name}")
    database.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert problem(answer)["detail"] == "The archive can't be read at the moment."
    assert caplog.messages[-1] == "archive unreadable"
    assert "announcement" in caplog.records[-1].__dict__["reason"]
    assert caplog.records[-1].exc_info is None


@pytest.fixture
def much(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> int:
    """Fill the archive with more than a connection holds on its way, and return how many announcements that is."""
    monkeypatch.setattr("store.archive._BATCH", 5)
    for each in range(40):
        add(archive, str(each), html="x" * 1_000_000)
    return 40


@pytest.mark.usefixtures("much")
def test_an_archive_that_breaks_in_the_midst_breaks_the_stream(
    archive: Archive, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(archive) as address, httpx.stream("GET", f"{address}/api/announcements.jsonl") as answer:
        blocks = answer.iter_raw(1000)
        next(blocks)
        with database.writing() as connection:
            connection.execute(text("ALTER TABLE announcement RENAME TO lost"))
        try:
            with pytest.raises(httpx.RemoteProtocolError):
                list(blocks)
        finally:
            with database.writing() as connection:
                connection.execute(text("ALTER TABLE lost RENAME TO announcement"))
    assert "broken off" in caplog.messages


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/api", "/api/announcements?limit=1", "/api/announcements/{id}"])
def test_what_a_client_has_is_not_sent_again(ask: Ask, archive: Archive, path: str) -> None:
    add(archive, "1")
    path = path.format(id=ask("/api/announcements").json()["announcements"][0]["id"])
    answer = ask(path)
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert re.fullmatch(r'"[0-9a-f]+"', answer.headers["etag"])
    again = ask(path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_what_changed_is_sent_again(ask: Ask, archive: Archive) -> None:
    add(archive, "1")
    tag = ask("/api/announcements").headers["etag"]
    add(archive, "2")
    assert ask("/api/announcements", if_none_match=tag).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", ["", "/announcements", "/announcements.jsonl", "/announcements.csv"])
def test_head_answers_as_get_does_without_the_body(archive: Archive, name: str) -> None:
    add(archive, "1")
    with serving(archive) as address:
        got, head = httpx.get(f"{address}/api{name}"), httpx.head(f"{address}/api{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", ["/api", "/api/announcements", "/api/announcements.csv", "/api/none"])
def test_no_answer_lets_a_browser_run_anything(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_description_is_openapi_and_names_the_public_address() -> None:
    document = asking(served(NOBODY, "https://city.example/wire/"))("/api").json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["servers"] == [{"url": "https://city.example/wire"}]


def test_the_description_names_the_parameters_that_are_read() -> None:
    paths = asking(served(NOBODY))("/api").json()["paths"]
    named = [one["name"] for one in paths["/api/announcements"]["get"]["parameters"]]
    assert named == [parameter.name for parameter in (*NARROWING, *PAGING)]


def test_answers_are_what_the_description_says(ask: Ask, archive: Archive) -> None:
    told = {"attachments": (PDF,), "events": (MEETING,), "topics": ("jcm",), "tags": ("報道発表",)}
    url = add(archive, "1", published=None, published_from=From.FIRST_SEEN, **told)
    archive.save(an_announcement(url=url, title="水素 1", text="訂正しました。"), now=NOW + DAY)
    archive.mark_gone(url, now=NOW + 2 * DAY)
    add(archive, "2", **told)
    pages = [ask(f"/api/announcements?{asked}").json() for asked in ("q=水素&limit=1", "")]
    record = ask(f"/api/announcements/{pages[0]['announcements'][0]['id']}").json()
    for told_, name in ((pages[0], "page"), (pages[1], "page"), (record, "announcement")):
        Draft202012Validator(described(name), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(told_)
    assert set(record) == set(described("")["components"]["schemas"]["announcement"]["properties"])


KNOWN = st.sampled_from([parameter.name for parameter in (*NARROWING, *PAGING)] + ["", "x"])
VALUES = (
    st.text(max_size=60)
    | st.sampled_from(
        ["\0", "0001", "9999-12-31", "-1", "r0.0", "r9999999999.9999", "9" * 19, f"-{'9' * 19}", "٣", "NEAR("]
    )
    | st.integers().map(str)
    | st.datetimes().map(str)
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(KNOWN, VALUES), max_size=4), st.sampled_from(["", ".jsonl", ".csv"]))
def test_no_question_makes_the_server_fail(ask: Ask, asked: list[tuple[str, str]], kind_: str) -> None:
    given_ = str(httpx.QueryParams([(name, value.encode(errors="ignore").decode()) for name, value in asked]))
    assert ask(f"/api/announcements{kind_}?{given_}").status_code in (200, 400)


@pytest.mark.parametrize(
    "asked", ["cursor=9999999999999999999", "q=a&cursor=r0.0", "since=0001", "until=9999-12-31", "source=%00"]
)
def test_what_no_archive_can_hold_is_answered_all_the_same(ask: Ask, archive: Archive, asked: str) -> None:
    add(archive, "1")
    assert ask(f"/api/announcements?{asked}").status_code in (200, 400)
    assert ask("/api/announcements/%00").status_code == 404


def test_readers_are_answered_while_a_crawl_writes(archive: Archive) -> None:
    add(archive, "first")
    asked = ["announcements?q=水素&limit=50", "announcements", "announcements.jsonl", "announcements.csv?q=公募"]
    with serving(archive) as address, ThreadPoolExecutor(6) as pool:
        crawl = [pool.submit(add, archive, f"{one}-{each}") for each in range(15) for one in "ab"]
        answers = list(pool.map(lambda name: httpx.get(f"{address}/api/{name}", timeout=60), asked * 5))
        written = {done.result() for done in crawl}
    assert {answer.status_code for answer in answers} == {200}
    assert all(len(set(found)) == len(found) for answer in answers[::4] if (found := urls(answer)))
    assert written < {one.url for one in archive.all()}


class Watched(Archive):
    """An archive that counts what it hands out one by one, and notes when nobody asks for more."""

    given, ended = 0, threading.Event()

    def all(self, query: Query = EVERYTHING) -> Iterator[Archived]:
        self.ended.clear()
        try:
            for one in super().all(query):
                self.given += 1
                yield one
        finally:
            self.ended.set()


def test_a_client_that_goes_away_ends_its_stream(database: Database, much: int) -> None:
    watched = Watched(database)
    with serving(watched) as address:
        with httpx.stream("GET", f"{address}/api/announcements.jsonl") as answer:
            next(answer.iter_raw(1000))
        assert watched.ended.wait(60)
    assert 0 < watched.given < much
