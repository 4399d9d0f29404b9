"""Feeds and their list over HTTP: what a client has is not sent again, and no request makes the server fail."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from starlette.applications import Starlette

from feeds.channels import Channel
from feeds.publish import publish
from store.archive import Archive
from store.database import Database
from store.query import Query
from tests.asking import BASE, Ask, asking
from tests.builders import NOON, an_announcement
from web.app import app

CHANNELS = [
    Channel("all", "All <script>alert(1)</script>", Query(gone=False)),
    Channel("moej", "Ministry of the Environment, Japan", Query(organisation="moej", gone=False)),
    Channel("ja", "日本語", Query(language="ja", gone=False), "ja"),
    Channel("moej-ja", "環境省 報道発表", Query(source="moej-ja", gone=False), "ja"),
]
UNPUBLISHED = Channel("en", "English", Query(language="en", gone=False), "en")
MODIFIED = datetime(2026, 6, 11, 3, 0, 30, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    database = Database(f"sqlite:///{tmp_path / 'archive.db'}")
    archive = Archive(database)
    archive.save(an_announcement(), now=NOON)  # as published
    yield archive
    database.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a publish wrote, for every test to copy."""
    directory = tmp_path_factory.mktemp("published")
    database = Database(f"sqlite:///{directory / 'archive.db'}")
    archive = Archive(database)
    archive.save(an_announcement(), now=NOON)
    publish(archive, CHANNELS, public_dir=directory / "public", base_url=BASE)
    database.close()
    return directory / "public"


@pytest.fixture
def feeds(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "public")) / "feeds"


@pytest.fixture
def ask(feeds: Path, archive: Archive) -> Ask:
    return asking(served(feeds.parent, archive))


@pytest.fixture
def dated(feeds: Path) -> str:
    """Date a feed's file half a second after MODIFIED, and return how HTTP tells it, which knows full seconds only."""
    nanoseconds = int(MODIFIED.timestamp()) * 10**9 + 500_000_000
    os.utime(feeds / "all.atom", ns=(nanoseconds, nanoseconds))
    return format_datetime(MODIFIED, usegmt=True)


def served(public: Path, archive: Archive, base_url: str = BASE) -> Starlette:
    return app(public_dir=public, channels=[*CHANNELS, UNPUBLISHED], base_url=base_url, archive=archive)


def test_a_feed_is_served_as_it_stands_on_disk(ask: Ask, feeds: Path) -> None:
    answer = ask("/feeds/all.atom")
    assert (answer.status_code, answer.content) == (200, (feeds / "all.atom").read_bytes())
    assert feedparser.parse(answer.content).entries[0].title == an_announcement().title


@pytest.mark.parametrize("extension", ["atom", "rss"])
def test_a_feed_says_what_it_is_and_who_may_use_it(ask: Ask, extension: str) -> None:
    headers = ask(f"/feeds/ja.{extension}").headers
    assert headers["content-type"] == f"application/{extension}+xml; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=300"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_tag_follows_from_the_content(ask: Ask, feeds: Path) -> None:
    before = ask("/feeds/all.atom").headers["etag"]
    content = (feeds / "all.atom").read_bytes()
    (feeds / "all.atom").write_bytes(content + b"<!-- -->")
    assert ask("/feeds/all.atom").headers["etag"] != before
    (feeds / "all.atom").write_bytes(content)
    assert ask("/feeds/all.atom").headers["etag"] == before
    assert not before.startswith("W/")


@pytest.mark.parametrize("given", ["{}", "W/{}", '"other", {}', '"a,b",W/{} , "c"', "*"])
def test_a_client_that_has_the_feed_gets_304(ask: Ask, given: str) -> None:
    tag = ask("/feeds/all.atom").headers["etag"]
    answer = ask("/feeds/all.atom", if_none_match=given.format(tag))
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("given", ['"other"', "nonsense", "", '"', "W/", ","])
def test_a_client_that_has_another_feed_gets_this_one(ask: Ask, given: str) -> None:
    assert ask("/feeds/all.atom", if_none_match=given).status_code == 200


def test_a_client_that_has_not_seen_the_change_gets_the_feed(ask: Ask, archive: Archive, feeds: Path) -> None:
    tag = ask("/feeds/all.atom").headers["etag"]
    archive.save(an_announcement(title="訂正"), now=NOON)
    publish(archive, CHANNELS, public_dir=feeds.parent, base_url=BASE)
    answer = ask("/feeds/all.atom", if_none_match=tag)
    assert answer.status_code == 200
    assert "訂正" in answer.text


def test_a_feed_was_modified_when_its_file_was(ask: Ask, dated: str) -> None:
    assert ask("/feeds/all.atom").headers["last-modified"] == dated


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 304), (60, 304)])
def test_a_client_with_a_date_only_gets_what_is_newer(ask: Ask, dated: str, seconds: int, status: int) -> None:
    since = format_datetime(MODIFIED + timedelta(seconds=seconds), usegmt=True)
    assert ask("/feeds/all.atom", if_modified_since=since).status_code == status


@pytest.mark.parametrize("since", ["Thursday, 11-Jun-26 03:00:30 GMT", "Thu Jun 11 03:00:30 2026"])
def test_old_spellings_of_dates_are_read(ask: Ask, dated: str, since: str) -> None:
    assert ask("/feeds/all.atom", if_modified_since=since).status_code == 304


def test_the_tag_outranks_the_date(ask: Ask, dated: str) -> None:
    assert ask("/feeds/all.atom", if_none_match='"other"', if_modified_since=dated).status_code == 200


@pytest.mark.parametrize("path", ["/feeds/all.atom", "/", "/static/style.css"])
def test_head_answers_as_get_does_without_the_body(ask: Ask, path: str) -> None:
    got, asked = ask(path), ask(path, "HEAD")
    assert asked.content == b""
    assert asked.headers == got.headers
    assert int(asked.headers["content-length"]) == len(got.content)


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5, br", "*", "GZIP;Q=1.0"])
def test_who_takes_gzip_gets_it(ask: Ask, feeds: Path, accepted: str) -> None:
    answer = ask("/feeds/all.atom", accept_encoding=accepted)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) < len(answer.content)
    assert answer.content == (feeds / "all.atom").read_bytes()


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "br", "gzip;q=x", "xgzip"])
def test_who_does_not_take_gzip_gets_it_plain(ask: Ask, accepted: str) -> None:
    answer = ask("/feeds/all.atom", accept_encoding=accepted)
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


def test_each_coding_has_a_tag_of_its_own(ask: Ask) -> None:
    plain, compressed = (ask("/feeds/all.atom", accept_encoding=coding) for coding in ("identity", "gzip"))
    assert plain.headers["etag"] != compressed.headers["etag"]
    assert ask("/feeds/all.atom", if_none_match=compressed.headers["etag"]).status_code == 200


def test_who_takes_gzip_need_not_load_again_what_it_has_plain(ask: Ask) -> None:
    tag = ask("/feeds/all.atom").headers["etag"]
    answer = ask("/feeds/all.atom", if_none_match=tag, accept_encoding="gzip")
    assert (answer.status_code, answer.headers["etag"]) == (304, tag)


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/none.atom",
        "/feeds/all",
        "/feeds/all.json",
        "/feeds/all.atom/",
        "/feeds/..%2fall.atom",
        "/feeds/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/feeds/all.atom%00",
        "/feeds/.unfinished-1",
        "/feeds/",
        "/feeds",
        "/static/../app.py",
        "/%ff",
    ],
)
def test_what_is_no_feed_is_404_as_plain_text(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_a_channel_not_published_yet_is_503_as_plain_text(ask: Ask) -> None:
    answer = ask("/feeds/en.atom")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert answer.headers["retry-after"] == "60"


def test_a_feed_that_cannot_be_read_is_503(ask: Ask, feeds: Path) -> None:
    (feeds / "en.rss").mkdir()
    assert ask("/feeds/en.rss").status_code == 503


def test_without_any_feed_there_is_the_start_page_all_the_same(tmp_path: Path, archive: Archive) -> None:
    ask = asking(served(tmp_path / "nothing", archive))
    assert (ask("/").status_code, ask("/feeds/all.atom").status_code) == (200, 503)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(ask: Ask, method: str) -> None:
    assert ask("/feeds/all.atom", method).status_code == 405


LINES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "if_none_match": LINES | LINES.map('"{}"'.format),
        "if_modified_since": LINES
        | st.datetimes().map("{:%a, %d %b %Y %H:%M:%S} -9999".format)
        | st.integers().map("Mon, 01 Jan {} 00:00:00 GMT".format),
        "accept_encoding": LINES | LINES.map("gzip;q={}".format),
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
def test_no_header_makes_the_server_fail(ask: Ask, headers: dict[str, str]) -> None:
    assert ask("/feeds/all.atom", **headers).status_code in (200, 304)


def test_the_start_page_links_both_formats_of_every_channel(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    linked = {urljoin(BASE, address) for address in page.xpath("//table//a/@href")}
    channels = [*CHANNELS, UNPUBLISHED]
    assert linked == {f"{BASE}/feeds/{channel.name}.{each}" for channel in channels for each in ("atom", "rss")}


def test_readers_find_the_feeds_of_everything_and_of_each_language_by_themselves(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    found = {(link.get("type"), link.get("href")) for link in page.xpath("//link[@rel='alternate'][@title]")}
    assert found == {
        (f"application/{each}+xml", f"/feeds/{name}.{each}") for name in ("all", "ja", "en") for each in ("atom", "rss")
    }


def test_under_a_path_the_links_are_under_it_too(feeds: Path, archive: Archive) -> None:
    page = html.fromstring(asking(served(feeds.parent, archive, "https://city.example/wire/"))("/").content)
    assert "/wire/feeds/all.atom" in page.xpath("//table//a/@href")
    assert page.xpath("//link[@rel='stylesheet']/@href") == ["/wire/static/style.css"]
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://city.example/wire/"]


def test_a_title_in_another_language_says_so(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    assert page.get("lang") == "en"
    assert page.xpath("//tr[.//a[contains(@href, 'moej-ja.atom')]]/th/@lang") == ["ja"]


def test_a_hostile_title_is_escaped(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    assert not page.xpath("//script")
    assert "<script>alert(1)</script>" in page.text_content()


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/feeds/all.atom", "/feeds/none.atom", "/feeds/en.atom"])
def test_no_answer_lets_a_browser_run_anything(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_start_page_needs_nothing_but_its_style(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    assert page.xpath("//@src") == []
    assert [ask(address).headers["content-type"] for address in page.xpath("//link[@rel='stylesheet']/@href")] == [
        "text/css; charset=utf-8"
    ]


def test_the_start_page_is_not_sent_again_either(ask: Ask) -> None:
    answer = ask("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert ask("/", if_none_match=answer.headers["etag"]).status_code == 304


def test_a_feed_over_http_is_never_torn_beside_a_publishing_loop(ask: Ask, archive: Archive, feeds: Path) -> None:
    renamed = [[Channel("all", title, Query())] for title in ("A", "B")] * 20
    seen, reads = set(), 0
    with ThreadPoolExecutor(1) as pool:
        loop = [pool.submit(publish, archive, each, public_dir=feeds.parent, base_url=BASE) for each in renamed]
        while reads < 100 or not loop[-1].done():
            answer = ask("/feeds/all.atom", accept_encoding=("gzip", "identity")[reads % 2])
            seen.add((answer.headers["etag"].removesuffix('-gzip"').strip('"'), answer.content))
            reads += 1
    assert all(content.endswith(b"</feed>\n") for _, content in seen)
    assert 2 <= len(seen) <= 3  # a tag for each content, and no other
