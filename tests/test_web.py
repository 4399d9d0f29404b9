"""Feeds and their list over HTTP: what a client has is not sent again, and no request makes the server fail."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from starlette.applications import Starlette

from feeds.channels import MEDIA_TYPES, Channel, Group
from feeds.editor import Editor
from feeds.publish import publish
from store.archive import Archive
from store.database import Database
from store.query import Query
from tests.asking import BASE, Ask, asking
from tests.builders import NOON, an_announcement
from tests.conftest import OpenDatabase
from web.app import app
from web.standing import Watch

CHANNELS = [
    Channel("all", "All <script>alert(1)</script>", Query(gone=False)),
    Channel(
        "moej", "Ministry of the Environment, Japan", Query(organisation="moej", gone=False), None, Group.ORGANISATION
    ),
    Channel("ja", "日本語", Query(language="ja", gone=False), "ja", Group.LANGUAGE, formerly=("japanese",)),
    Channel("moej-ja", "環境省 報道発表", Query(source="moej-ja", gone=False), "ja", Group.SOURCE),
]
UNPUBLISHED = Channel("en", "English", Query(language="en", gone=False), "en")
MODIFIED = datetime(2026, 6, 11, 3, 0, 30, tzinfo=UTC)


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    opened = open_database("sqlite")
    Archive(opened).save(an_announcement(), now=NOON)  # as published
    return opened


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a publish wrote, for every test to copy."""
    directory = tmp_path_factory.mktemp("published")
    with closing(Database(f"sqlite:///{directory / 'archive.db'}")) as database:
        Archive(database).save(an_announcement(), now=NOON)
        publish(Editor(database, base_url=BASE), CHANNELS, public_dir=directory / "public")
    return directory / "public"


@pytest.fixture
def feeds(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "public")) / "feeds"


@pytest.fixture
def ask(feeds: Path, database: Database) -> Ask:
    return asking(served(feeds.parent, database))


@pytest.fixture
def dated(feeds: Path) -> str:
    """Date a feed's file half a second after MODIFIED, and return how HTTP tells it, which knows full seconds only."""
    nanoseconds = int(MODIFIED.timestamp()) * 10**9 + 500_000_000
    os.utime(feeds / "all.atom", ns=(nanoseconds, nanoseconds))
    return format_datetime(MODIFIED, usegmt=True)


def served(public: Path, database: Database, base_url: str = BASE, hub: str = "") -> Starlette:
    editor = Editor(database, base_url=base_url, hub=hub)
    channels, watch = [*CHANNELS, UNPUBLISHED], Watch(database, [], lambda: NOON)
    return app(public_dir=public, channels=channels, editor=editor, archive=Archive(database), watch=watch)


def test_a_feed_is_served_as_it_stands_on_disk(ask: Ask, feeds: Path) -> None:
    answer = ask("/feeds/all.atom")
    assert (answer.status_code, answer.content) == (200, (feeds / "all.atom").read_bytes())
    assert feedparser.parse(answer.content).entries[0].title == an_announcement().title


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("feeds/ja.atom", "application/atom+xml"),
        ("feeds/ja.rss", "application/rss+xml"),
        ("feeds/ja.json", "application/feed+json"),
        ("feeds/ja.ics", "text/calendar"),
        ("calendar.ics", "text/calendar"),
        ("feeds.opml", "text/x-opml"),
    ],
)
def test_a_feed_says_what_it_is_and_who_may_use_it(ask: Ask, path: str, kind: str) -> None:
    headers = ask(f"/{path}").headers
    assert headers["content-type"] == f"{kind}; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=300"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "application/xml"),
        ("application/atom+xml,text/html;q=0.1", "application/atom+xml"),
        ("*/*", "application/atom+xml"),
        ("", "application/atom+xml"),
    ],
)
def test_a_browser_gets_what_it_shows_in_style(ask: Ask, accept: str, kind: str) -> None:
    assert ask("/feeds/all.atom", accept=accept).headers["content-type"] == f"{kind}; charset=utf-8"


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
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("given", ['"other"', "nonsense", "", '"', "W/", ","])
def test_a_client_that_has_another_feed_gets_this_one(ask: Ask, given: str) -> None:
    assert ask("/feeds/all.atom", if_none_match=given).status_code == 200


def test_a_client_that_has_not_seen_the_change_gets_the_feed(ask: Ask, database: Database, feeds: Path) -> None:
    tag = ask("/feeds/all.atom").headers["etag"]
    Archive(database).save(an_announcement(title="訂正"), now=NOON)
    publish(Editor(database, base_url=BASE), CHANNELS, public_dir=feeds.parent)
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
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert int(answer.headers["content-length"]) < len(answer.content)
    assert answer.content == (feeds / "all.atom").read_bytes()


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "br", "gzip;q=x", "xgzip"])
def test_who_does_not_take_gzip_gets_it_plain(ask: Ask, accepted: str) -> None:
    answer = ask("/feeds/all.atom", accept_encoding=accepted)
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


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
        "/feeds/all.html",
        "/feeds/all/0.atom",
        "/feeds/all/1.rss",
        "/feeds/all/7.atom",
        "/feeds/none/1.atom",
        "/feeds/search.html",
        "/feeds/..%2fall.atom",
        "/feeds/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/feeds/all.atom%00",
        "/feeds/.unfinished-1",
        "/feeds/",
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


def test_a_feed_that_cannot_be_read_any_more_is_served_as_it_was(ask: Ask, feeds: Path) -> None:
    before = ask("/feeds/all.atom")
    (feeds / "all.atom").unlink()
    assert ask("/feeds/all.atom").content == before.content


def test_without_any_feed_there_is_the_start_page_all_the_same(tmp_path: Path, database: Database) -> None:
    ask = asking(served(tmp_path / "nothing", database))
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


def test_a_page_links_every_feed_of_every_channel(ask: Ask) -> None:
    page = html.fromstring(ask("/feeds").content)
    linked = {urljoin(BASE, address) for address in page.xpath("//ul[@class='forms']//a/@href")}
    names = [channel.name for channel in (*CHANNELS, UNPUBLISHED)]
    feeds = {f"{BASE}/feeds/{name}.{each}" for name in names for each in ("atom", "rss", "json", "ics")}
    assert linked == feeds - {f"{BASE}/feeds/all.ics"} | {f"{BASE}/calendar.ics"}


@pytest.mark.parametrize("path", ["/", "/feeds"])
def test_readers_find_the_feeds_of_everything_and_of_each_language_by_themselves(ask: Ask, path: str) -> None:
    page = html.fromstring(ask(path).content)
    found = {(link.get("type"), link.get("href")) for link in page.xpath("//link[@rel='alternate'][@title]")}
    assert found == {
        (kind, f"/feeds/{name}.{each}") for name in ("all", "ja", "en") for each, kind in MEDIA_TYPES.items()
    }


def test_under_a_path_the_links_are_under_it_too(feeds: Path, database: Database) -> None:
    ask = asking(served(feeds.parent, database, "https://city.example/wire/"))
    page = html.fromstring(ask("/feeds").content)
    assert "/wire/feeds/all.atom" in page.xpath("//main//a/@href")
    assert page.xpath("//link[@rel='stylesheet']/@href")[0].startswith("/wire/static/style-")
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://city.example/wire/feeds"]
    assert ask("/feed").headers["location"] == "/wire/feeds/all.atom"


def test_a_title_in_another_language_says_so(ask: Ask) -> None:
    page = html.fromstring(ask("/feeds").content)
    assert page.get("lang") == "en"
    assert page.xpath("//div[.//a[contains(@href, 'moej-ja.atom')]]/h3//@lang") == ["ja"]


def test_a_hostile_title_is_escaped(ask: Ask) -> None:
    page = html.fromstring(ask("/feeds").content)
    assert not page.xpath("//script[not(@src)]")
    assert "<script>alert(1)</script>" in page.text_content()


@pytest.mark.parametrize("path", ["/", "/static/none.css", "/feeds/all.atom", "/feeds/none.atom", "/feeds/en.atom"])
def test_no_answer_lets_a_browser_run_anything(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_needs_nothing_but_its_style_its_script_and_its_icon(ask: Ask) -> None:
    page = html.fromstring(ask("/").content)
    needed = page.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href")
    kinds = {ask(address).headers["content-type"].partition(";")[0] for address in needed}
    assert kinds == {"text/css", "text/javascript", "image/svg+xml"}


def test_the_start_page_is_not_sent_again_either(ask: Ask) -> None:
    answer = ask("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert ask("/", if_none_match=answer.headers["etag"]).status_code == 304


def test_a_feed_over_http_is_never_torn_beside_a_publishing_loop(ask: Ask, database: Database, feeds: Path) -> None:
    renamed = [[Channel("all", title, Query())] for title in ("A", "B")] * 20
    seen, reads = set(), 0
    editor = Editor(database, base_url=BASE)
    with ThreadPoolExecutor(1) as pool:
        loop = [pool.submit(publish, editor, each, public_dir=feeds.parent) for each in renamed]
        while reads < 100 or not loop[-1].done():
            answer = ask("/feeds/all.atom", accept_encoding=("gzip", "identity")[reads % 2])
            seen.add((answer.headers["etag"].removesuffix('-gzip"').strip('"'), answer.content))
            reads += 1
    assert all(content.endswith(b"</feed>\n") for _, content in seen)
    assert 2 <= len(seen) <= 3  # a tag for each content, and no other


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/feed", "/feeds/all.atom"),
        ("/rss.xml", "/feeds/all.rss"),
        ("/feed.json", "/feeds/all.json"),
        ("/feeds/all", "/feeds/all.atom"),
        ("/feeds/ja/", "/feeds/ja.atom"),
        ("/feeds/ja.xml", "/feeds/ja.atom"),
        ("/feeds/all.ics", "/calendar.ics"),
        ("/feeds/japanese.rss", "/feeds/ja.rss"),
        ("/feeds/japanese.ics", "/feeds/ja.ics"),
    ],
)
def test_an_old_address_leads_to_the_present_one(ask: Ask, path: str, there: str) -> None:
    answer = ask(path, host="evil.example")
    assert (answer.status_code, answer.headers["location"]) == (301, there)


def test_a_page_of_another_site_may_ask_whether_it_may_ask(ask: Ask) -> None:
    answer = ask("/feeds/all.atom", "OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]


def test_a_hub_is_named_in_the_header_of_what_it_is_told_of(feeds: Path, database: Database) -> None:
    answer = asking(served(feeds.parent, database, hub="https://hub.example/"))("/feeds/ja.rss")
    assert (
        answer.headers["link"] == '<https://hub.example/>; rel="hub", <https://wire.example/feeds/ja.rss>; rel="self"'
    )


def test_a_volume_is_kept_for_long_and_what_will_follow_it_is_in_the_feed_till_then(
    ask: Ask, archive: Archive, feeds: Path, database: Database
) -> None:
    for number in range(50):
        archive.save(an_announcement(url=f"https://www.env.go.jp/{number}", title=str(number)), now=NOON)
    publish(Editor(database, base_url=BASE), CHANNELS, public_dir=feeds.parent)
    answer = ask("/feeds/all/1.atom")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=604800, immutable")
    following = ask("/feeds/all/2.atom")
    assert (following.status_code, following.headers["location"]) == (307, "/feeds/all.atom")
    assert ask("/feeds/all/3.atom").status_code == 404


def test_a_question_is_a_feed(ask: Ask, archive: Archive) -> None:
    archive.save(an_announcement(url="https://www.env.go.jp/2", title="水素の公募", text="水素"), now=NOON)
    found = feedparser.parse(ask("/feeds/search.atom?language=ja&q=水素").content)
    assert [entry.title for entry in found.entries] == ["水素の公募"]
    everywhere = {entry.id for entry in feedparser.parse(ask("/feeds/search.rss").content).entries}
    assert found.entries[0].id in everywhere
    (own,) = [link.href for link in found.feed.links if link.rel == "self"]
    assert own == f"{BASE}/feeds/search.atom?q=%E6%B0%B4%E7%B4%A0&language=ja"


def test_a_question_has_one_address_and_one_tag_however_it_is_asked(ask: Ask) -> None:
    one, other = ask("/feeds/search.json?q=公募&source=moej-ja"), ask("/feeds/search.json?source=moej-ja&since=&q=公募")
    assert one.content == other.content
    assert ask("/feeds/search.json?q=公募&source=moej-ja", if_none_match=other.headers["etag"]).status_code == 304


def test_an_edit_is_told_to_whoever_asks_next(ask: Ask, archive: Archive) -> None:
    assert len(feedparser.parse(ask("/feeds/search.atom?language=ja").content).entries) == 1
    archive.save(an_announcement(title="訂正版"), now=NOON + timedelta(days=1))
    assert feedparser.parse(ask("/feeds/search.rss?language=ja").content).entries[0].title == "訂正版"


def test_a_question_that_finds_nothing_does_not_answer_another(ask: Ask) -> None:
    assert feedparser.parse(ask("/feeds/search.atom?source=%20moej-ja").content).entries == []
    assert len(feedparser.parse(ask("/feeds/search.atom?source=moej-ja").content).entries) == 1


def test_a_questions_feed_has_no_date_by_which_something_gone_would_be_missed(ask: Ask) -> None:
    assert "last-modified" not in ask("/feeds/search.atom?q=公募").headers


def test_a_volume_of_a_channel_that_was_renamed_is_found(ask: Ask) -> None:
    answer = ask("/feeds/japanese/1.atom")
    assert (answer.status_code, answer.headers["location"]) == (301, "/feeds/ja/1.atom")


def test_a_question_has_a_calendar(ask: Ask) -> None:
    answer = ask("/feeds/search.ics?q=公募")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("q=%22", 400),
        ("words=1", 400),
        ("since=never", 400),
        ("has=nothing", 400),
        ("language=%01", 400),
        ('language=en"><x', 400),
        ("q=1&q=2", 400),
        ("q=" + "a" * 20_000, 414),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_a_line_of_text(ask: Ask, asked: str, status: int) -> None:
    answer = ask(f"/feeds/search.atom?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert len(answer.text.splitlines()) == 1


def test_a_questions_feed_is_served_as_it_was_while_the_archive_cannot_be_read(
    feeds: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.feeds._FRESH", -1)
    ask = asking(served(feeds.parent, database))
    before = ask("/feeds/search.atom?q=脱炭素")
    database.close()
    (tmp_path / "archive.db").write_bytes(b"no database")
    assert ask("/feeds/search.atom?q=脱炭素").content == before.content
    assert ask("/feeds/search.atom?q=水素").status_code == 503


def test_a_feed_brings_its_style_with_it(ask: Ask) -> None:
    for path in ("/feeds/all.atom", "/feeds/all.rss"):
        instruction = etree.fromstring(ask(path).content).getprevious()
        sheet = urljoin(path, instruction.get("href"))
        assert ask(sheet).headers["content-type"] == "text/css; charset=utf-8"
