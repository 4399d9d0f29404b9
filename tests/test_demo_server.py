"""The replica answers as the live sites would, and what happens on it is what was told to happen."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import etree, html

from demo import pages
from demo.newsroom import SOURCES, Newsroom
from demo.replica import START, Request, Unplayable
from demo.server import Replica, serve

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 11, 24, 3, 0, 42, tzinfo=UTC)  # in Tokyo
MOEJ = "https://www.env.go.jp/press/"
IGES = "https://www.iges.or.jp/en/news"
ICLEI = "https://iclei.org/news/rss/"
PAGE = "https://www.env.go.jp/press/press_05241.html"
TEXTS = sorted(name for name in pages.read() if name.endswith((".html", ".xml", ".json")) and "/_" not in name)


class Reader:
    """Asks the replica for live addresses, as the crawler's mirror does."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.ask("GET", url, **headers)

    def ask(self, method: str, url: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, url.removeprefix("https:/"), headers=given)

    def tell(self, change: str, **parameters: str) -> httpx.Response:
        return self.client.post(f"/_replica/{change}", data=parameters)


@pytest.fixture(scope="module")
def playing() -> Iterator[tuple[Replica, Reader]]:
    replica = at(NOON)
    with serve(replica) as server, httpx.Client(base_url=server.url) as client:
        yield replica, Reader(client)


@pytest.fixture
def replica(playing: tuple[Replica, Reader]) -> Replica:
    playing[0].reset()
    return playing[0]


@pytest.fixture
def reader(playing: tuple[Replica, Reader], replica: Replica) -> Reader:
    """Hold the reader of a replica that was reset."""
    return playing[1]


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/press/index.html", "", "press/index.html"),
        ("/press/", "", "press/index.html"),
        ("/en/news", "", "en/news.html"),
        ("/en/news/", "", "en/news.html"),
        ("/robots", "", "robots.txt"),
        ("/robots.txt/", "", None),
        ("/sitemap", "", "sitemap.xml"),
        ("/feed/", "", "feed/index.xml"),
        ("/feed", "", "feed/index.xml"),
        ("/feed/", "paged=2", "feed/index@paged=2.xml"),
        ("/feed/", "paged=3", None),
        ("/en/news", "page=1", "en/news@page=1.html"),
        ("/en/news", "page=2", None),
        ("/en/news", "utm_source=x", "en/news.html"),
        (
            "/api/posts",
            "per_page=100&page=1&_fields=id,link&orderby=date&order=desc&after=2026",
            "api/posts@page=1.json",
        ),
        ("/en/news@page=1.html", "", None),
        ("/_frame/header.html", "", None),
        ("", "", "index.html"),
        ("/", "", "index.html"),
        ("/nowhere", "", None),
    ],
)
def test_an_address_finds_its_file(path: str, query: str, name: str | None) -> None:
    known = "press/index.html en/news.html robots.txt sitemap.xml feed/index.xml feed/index@paged=2.xml index.html "
    known += "en/news@page=1.html api/posts@page=1.json _frame/header.html"
    found = pages.find("host", path, query, {f"host/{one}" for one in known.split()})
    assert found == (name and f"host/{name}")


def test_includes_come_from_the_same_host() -> None:
    page = b"|".join(b'<!--#include virtual="%b" -->' % path for path in (b"/_frame/a.html", b"/_new/x.item", b"/b"))
    files = {"one/p.html": page, "one/_frame/a.html": b"A", "two/b": b"B", "one/p.txt": page}
    assert pages.expand("one/p.html", files) == b"A||[an error occurred while processing this directive]"
    assert pages.expand("one/p.txt", files) == page


@pytest.mark.parametrize("name", TEXTS)
def test_every_page_parses_once_expanded(name: str) -> None:
    body = pages.expand(name, pages.read())
    assert b"[an error occurred" not in body
    assert b"<!--#" not in body
    parses(name, body)


def parses(name: str, body: bytes) -> None:
    if name.endswith(".json"):
        json.loads(body)
    elif name.endswith(".xml"):
        etree.fromstring(body)
    else:
        page = html.document_fromstring(body.decode())
        assert page.get("lang")
        assert page.findtext(".//title")


@pytest.mark.parametrize(
    ("url", "media_type"),
    [
        (PAGE, "text/html; charset=UTF-8"),
        (ICLEI, "application/rss+xml; charset=UTF-8"),
        ("https://iclei.org/post-sitemap.xml", "text/xml; charset=UTF-8"),
        ("https://iclei.org/wp-json/wp/v2/posts?per_page=100&page=1", "application/json; charset=UTF-8"),
        ("https://iclei.org/robots.txt", "text/plain"),
        ("https://www.env.go.jp/content/000400131.pdf", "application/pdf"),
        ("https://www.env.go.jp/content/900020511.png", "image/png"),
    ],
)
def test_a_file_says_what_it_is(reader: Reader, url: str, media_type: str) -> None:
    answer = reader.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


def test_head_is_get_without_the_body(reader: Reader) -> None:
    got, headed = reader.get(PAGE), reader.ask("HEAD", PAGE)
    assert headed.content == b""
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert headed.headers[name] == got.headers[name]


def test_what_is_known_already_is_not_sent_again(reader: Reader) -> None:
    seen = reader.get(PAGE).headers
    assert parsedate_to_datetime(seen["last-modified"]) == START
    for known in (seen["etag"], f'"x", W/{seen["etag"]}', "*"):
        answer = reader.get(PAGE, if_none_match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", seen["etag"])
    assert reader.get(PAGE, if_modified_since=seen["last-modified"]).status_code == 304


def test_what_is_not_known_is_sent(reader: Reader) -> None:
    last = reader.get(PAGE).headers["last-modified"]
    assert reader.get(PAGE, if_none_match='"x"', if_modified_since=last).status_code == 200
    assert reader.get(PAGE, if_modified_since="Thu, 19 Nov 2026 00:00:00 GMT").status_code == 200
    assert reader.get(PAGE, if_modified_since="yesterday").status_code == 200


def test_two_replicas_play_the_same_bytes() -> None:
    one, other = at(NOON), at(NOON)
    for _ in range(4):
        assert one.announce() == other.announce()
    for host, path in [("www.env.go.jp", "/press/"), ("iclei.org", "/news/rss/"), ("iclei.org", "/about/")]:
        assert one.answer(host, path) == other.answer(host, path)


def test_a_directory_without_its_slash_redirects_to_a_live_address(reader: Reader) -> None:
    answer = reader.get("https://iclei.org/zero-carbon-school-kitchens?utm_source=x")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://iclei.org/zero-carbon-school-kitchens/?utm_source=x"
    assert reader.get(answer.headers["location"]).status_code == 200
    assert reader.get("https://iclei.org").headers["location"] == "https://iclei.org/"


def test_an_index_answers_under_both_its_names(reader: Reader) -> None:
    assert reader.get(MOEJ).content == reader.get(f"{MOEJ}index.html").content


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/%2e%2e/server.py",
        "/..%2fserver.py",
        "/%2e%2e%2f%2e%2e%2fserver.py",
        "/press/..%5c..%5cserver.py",
        "/press/%2e%2e/press/press_05241.html",
        "/_frame/header.html",
        "/%5fframe/header.html",
        "//etc/passwd",
        "/press?x=/../../../server.py",
        "/press/press_05241.html%00.txt",
        "/press/press_05241.html%0a",
    ],
)
def test_nothing_leaves_the_site(reader: Reader, path: str) -> None:
    url = urlsplit(str(reader.client.base_url))
    with socket.create_connection((url.hostname, url.port)) as asked:  # httpx would tidy the path up
        asked.sendall(f"GET /www.env.go.jp{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = asked.makefile("rb").read()
    assert answer.split(b" ", 2)[1] in (b"404", b"301")
    assert b"import" not in answer


def test_an_unknown_page_is_a_404_in_the_frame_of_its_host(reader: Reader) -> None:
    english, japanese = reader.get("https://iclei.org/nowhere/"), reader.get("https://www.env.go.jp/press/nowhere.html")
    assert [english.status_code, japanese.status_code] == [404, 404]
    assert "<h1>Page not found</h1>" in english.text
    assert "main-navigation" in english.text
    assert "<h1>ページが見つかりません</h1>" in japanese.text
    assert reader.get("https://unknown.example/").status_code == 404


def test_what_was_asked_is_on_record(replica: Replica, reader: Reader) -> None:
    reader.get("https://iclei.org/feed/?paged=9")
    reader.ask("HEAD", "https://iclei.org/%61bout/")
    assert replica.requests == [
        Request("GET", "iclei.org", "/feed/?paged=9", 404),
        ("HEAD", "iclei.org", "/%61bout/", 200),
    ]


def test_nothing_is_announced_at_the_beginning(reader: Reader) -> None:
    assert "2026年11月24日" not in reader.get(MOEJ).text
    assert "20261124" not in reader.get(IGES).text
    assert " 24 Nov 2026" not in reader.get(ICLEI).text


def test_moej_lists_a_release_under_its_day(replica: Replica, reader: Reader) -> None:
    first, second = announced(replica, 0), announced(replica, 0)
    newest, *rest = html.fromstring(reader.get(MOEJ).content).cssselect("details.p-press-release-list__block")
    assert newest.cssselect(".p-press-release-list__heading")[0].text == "2026年11月24日発表"
    links = [link.get("href") for link in newest.cssselect("a.c-news-link__link")]
    assert links == [urlsplit(second).path, urlsplit(first).path]
    assert newest.cssselect(".p-news-link__tag.c-tag--earth")
    assert rest[0].cssselect(".p-press-release-list__heading")[0].text == "2026年11月20日発表"
    page = html.fromstring(reader.get(first).content)
    assert page.cssselect(".p-press-release-material__date")[0].text == "2026年11月24日"
    assert "令和8年12月25日(金)正午" in page.text_content()


def test_iges_lists_its_news_first(replica: Replica, reader: Reader) -> None:
    url = announced(replica, 1)
    assert url == "https://www.iges.or.jp/en/news/20261124-1"
    assert html.fromstring(reader.get(IGES).content).cssselect(".views-row a")[0].get("href") == "/en/news/20261124-1"
    assert "/20261124-1" in reader.get(url).text


def test_iclei_feeds_its_post_first(replica: Replica, reader: Reader) -> None:
    url = announced(replica, 2)
    item = etree.fromstring(reader.get(ICLEI).content).find("channel/item")
    assert item.findtext("link") == url
    assert item.findtext("pubDate") == "Tue, 24 Nov 2026 03:00:00 +0000"
    assert 'content="2026-11-24T03:00:00+00:00"' in reader.get(url).text


def announced(replica: Replica, source: int) -> str:
    """Announce until it is the turn of that source."""
    return next(url for url in iter(replica.announce, "") if ("env.go.jp", "iges.or.jp", "iclei.org")[source] in url)


def test_every_announcement_is_complete_and_none_ever_lacks(replica: Replica, reader: Reader) -> None:
    urls = [replica.announce() for _ in range(36)]
    assert len(set(urls)) == 36
    titles = set()
    for url in urls:
        page = html.fromstring(reader.get(url).content)
        titles.add(page.cssselect("h1")[0].text_content())
        assert 3 <= len(page.cssselect("main p")) <= 25
        files = [link for link in page.cssselect("main a") if link.get("href").endswith(".pdf")]
        assert all(
            reader.get(f"https://{urlsplit(url).netloc}{urlsplit(a.get('href')).path}").is_success for a in files
        )
    assert len(titles) == 36
    for listing in (MOEJ, IGES, ICLEI):
        parses(listing + (".xml" if listing == ICLEI else ""), reader.get(listing).content)


def test_sources_take_turns_and_start_again_with_a_number(replica: Replica, reader: Reader) -> None:
    urls = [replica.announce() for _ in range(16)]
    assert [urlsplit(url).netloc for url in urls[:4]] == [
        "www.env.go.jp",
        "www.iges.or.jp",
        "iclei.org",
        "www.env.go.jp",
    ]
    assert urls[14] == urls[2].removesuffix("/") + "-2/"
    first, again = (html.fromstring(reader.get(urls[turn]).content).cssselect("h1")[0].text for turn in (2, 14))
    assert again == f"{first} (2)"
    assert urls[15] == "https://www.env.go.jp/press/press_05247.html"


def test_at_least_four_announcements_wait_for_every_source() -> None:
    room, site = Newsroom(), pages.read()
    waiting = [room.announce(past, now=NOON, taken=site) for past in range(4 * len(SOURCES))]
    assert len({one.prepared.lead for one in waiting}) == len(waiting)
    assert not [one for one in waiting if one.serial > 4 or "(2)" in one.title]


def test_an_announcement_never_takes_the_place_of_a_page() -> None:
    assert announced(at(datetime(2026, 10, 2, tzinfo=UTC)), 1) == "https://www.iges.or.jp/en/news/20261002-2"


def at(time: datetime) -> Replica:
    return Replica(now=lambda: time)


def test_a_deadline_lies_ahead_on_a_working_day() -> None:
    for day in range(7):
        replica = at(NOON + timedelta(days=365 + day))
        body = replica.answer("www.env.go.jp", urlsplit(replica.announce()).path).body.decode()
        deadline = body.partition("公募の締切は")[2].partition("正午")[0]
        assert deadline.startswith("令和9年12月")
        assert deadline[-2] in "月火水木金"


def test_an_announcement_changes_what_lists_it_and_nothing_else(replica: Replica, reader: Reader) -> None:
    listing, page = reader.get(MOEJ).headers, reader.get(PAGE).headers
    replica.announce()
    assert reader.get(MOEJ, if_none_match=listing["etag"]).status_code == 200
    assert reader.get(MOEJ, if_modified_since=listing["last-modified"]).status_code == 200
    assert parsedate_to_datetime(reader.get(MOEJ).headers["last-modified"]) == NOON
    assert reader.get(PAGE, if_none_match=page["etag"]).status_code == 304
    assert reader.get(PAGE, if_modified_since=page["last-modified"]).status_code == 304


def test_two_changes_in_one_second_have_two_dates(replica: Replica, reader: Reader) -> None:
    replica.edit(PAGE, "三次公募", "四次公募")
    seen = reader.get(PAGE).headers["last-modified"]
    replica.edit(PAGE, "四次公募", "五次公募")
    assert reader.get(PAGE, if_modified_since=seen).status_code == 200


def test_an_edit_lasts_until_the_page_is_restored(replica: Replica, reader: Reader) -> None:
    etag = reader.get(PAGE).headers["etag"]
    replica.edit(PAGE, "三次公募", "追加公募")
    assert "追加公募" in reader.get(PAGE).text
    assert "三次公募" not in reader.get(PAGE).text
    replica.restore(PAGE)
    assert reader.get(PAGE).headers["etag"] == etag


def test_an_edit_reaches_what_was_announced(replica: Replica, reader: Reader) -> None:
    url = replica.announce()
    for place in (url, MOEJ):
        replica.edit(place, "路線バス", "路面電車")
    replica.announce()
    assert "路面電車" in reader.get(url).text
    assert "路面電車" in reader.get(MOEJ).text


def test_an_edit_of_what_is_not_there_is_refused(replica: Replica) -> None:
    with pytest.raises(Unplayable, match=r"press_05241.html: expected 'no such words' in it"):
        replica.edit(PAGE, "no such words", "x")
    with pytest.raises(Unplayable, match="expected an address"):
        replica.edit("https://iclei.org/nowhere/", "a", "b")


def test_a_removed_page_is_gone_until_it_is_restored(replica: Replica, reader: Reader) -> None:
    replica.remove(PAGE)
    assert reader.get(PAGE).status_code == 404
    assert "press_05241" in reader.get(MOEJ).text
    replica.restore(PAGE)
    assert reader.get(PAGE).status_code == 200


def test_a_redesign_renames_classes_and_ids_and_keeps_links(replica: Replica, reader: Reader) -> None:
    old, feed = html.fromstring(reader.get(MOEJ).content), reader.get("https://iclei.org/feed/").content
    replica.redesign("www.env.go.jp")
    replica.redesign("iclei.org")
    new = html.fromstring(reader.get(MOEJ).content)
    assert set(old.xpath("//@class | //@id")).isdisjoint(new.xpath("//@class | //@id"))
    assert len(old.xpath("//@class")) == len(new.xpath("//@class"))
    assert old.xpath("//@href") == new.xpath("//@href")
    assert old.text_content() == new.text_content()
    assert reader.get("https://iclei.org/feed/").content == feed
    assert "views-row" in reader.get(IGES).text


def test_each_redesign_is_another_one(replica: Replica, reader: Reader) -> None:
    bodies = [reader.get(MOEJ).content]
    for _ in range(2):
        replica.redesign("www.env.go.jp")
        bodies.append(reader.get(MOEJ).content)
    assert len(set(bodies)) == 3
    replica.heal("www.env.go.jp")
    assert reader.get(MOEJ).content == bodies[0]


def test_an_outage_takes_one_host_down_until_it_heals(replica: Replica, reader: Reader) -> None:
    replica.outage("iclei.org")
    replica.outage("www.iges.or.jp", 403)
    asked = ["https://iclei.org/robots.txt", ICLEI, "https://iclei.org/nowhere/", IGES, MOEJ]
    assert [reader.get(url).status_code for url in asked] == [503, 503, 503, 403, 200]
    replica.heal("iclei.org")
    assert reader.get(ICLEI).status_code == 200


def test_a_host_that_is_not_played_cannot_break(replica: Replica) -> None:
    for change in (replica.outage, replica.heal, replica.redesign):
        with pytest.raises(Unplayable, match=r"unknown\.example: expected one of .*www\.env\.go\.jp"):
            change("unknown.example")
    with pytest.raises(Unplayable, match="expected an error status"):
        replica.outage("iclei.org", 200)


def test_a_reset_takes_everything_back(replica: Replica, reader: Reader) -> None:
    before = {url: reader.get(url).headers["etag"] for url in (MOEJ, PAGE, ICLEI)}
    url = replica.announce()
    replica.remove(PAGE)
    replica.outage("iclei.org")
    replica.reset()
    assert replica.requests == []
    assert {url: reader.get(url).headers["etag"] for url in before} == before
    assert reader.get(url).status_code == 404


def test_a_person_can_make_things_happen(replica: Replica, reader: Reader) -> None:
    url = reader.tell("announce").text.strip()
    assert reader.get(url).status_code == 200
    reader.tell("edit", url=PAGE, old="三次公募", new="追加公募")
    assert "追加公募" in reader.get(PAGE).text
    reader.tell("remove", url=url)
    assert reader.get(url).status_code == 404
    reader.tell("restore", url=url)
    reader.tell("redesign", host="www.env.go.jp")
    assert "p-press-release" not in reader.get(url).text
    reader.client.post("/_replica/outage", json={"host": "iclei.org", "status": 500})
    assert reader.get(ICLEI).status_code == 500
    reader.tell("heal", host="iclei.org")
    assert reader.get(ICLEI).status_code == 200
    assert reader.tell("reset").text == "done\n"
    assert reader.get(url).status_code == 404
    assert not [asked for asked in replica.requests if asked.host == "_replica"]


@pytest.mark.parametrize(
    ("change", "parameters", "status", "told"),
    [
        ("explode", {}, 404, "expected one of announce, edit"),
        ("edit", {"url": PAGE}, 400, "expected the parameter 'old'"),
        ("remove", {"url": "https://iclei.org/nowhere/"}, 400, "expected an address that the replica has"),
        ("outage", {"host": "iclei.org", "status": "down"}, 400, "down"),
    ],
)
def test_what_cannot_happen_says_why(
    reader: Reader, change: str, parameters: dict[str, str], status: int, told: str
) -> None:
    answer = reader.tell(change, **parameters)
    assert answer.status_code == status
    assert told in answer.text


def test_the_control_takes_no_get_and_the_sites_no_post(reader: Reader) -> None:
    assert reader.client.get("/_replica/announce").status_code == 404
    assert reader.ask("POST", PAGE).status_code == 405


def test_changes_from_other_threads_are_all_kept() -> None:
    replica = at(NOON)
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.extend(replica.announce() for _ in range(10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(urls)) == 40


def test_a_served_replica_leaves_nothing_behind() -> None:
    before = threading.enumerate()
    with serve(at(NOON)) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/iclei.org/robots.txt").is_success
        port = urlsplit(server.url).port or 0
    assert threading.enumerate() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    with serve(at(NOON), port) as again:
        assert again.url == server.url


def test_a_page_costs_less_than_a_millisecond() -> None:
    replica = at(NOON)
    started = time.process_time()
    for _ in range(20):
        for name in TEXTS:
            replica.answer(*split(name))
    assert (time.process_time() - started) / (20 * len(TEXTS)) < 0.001


def split(name: str) -> tuple[str, str]:
    host, _, path = name.partition("/")
    return host, f"/{path}"


def test_a_page_is_sent_at_once(reader: Reader) -> None:
    took = [reader.get(MOEJ).elapsed for _ in range(21)]
    assert sorted(took)[10] < timedelta(milliseconds=35)  # Nagle's algorithm would hold each back for 40


def test_a_port_that_is_taken_is_an_error_in_one_line(playing: tuple[Replica, Reader]) -> None:
    port = playing[1].client.base_url.port
    with pytest.raises(OSError, match="in use"), serve(at(NOON), port or 0):
        pass
    command = [sys.executable, "-m", "demo.server", "--port", str(port)]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert played.returncode == 1
    assert played.stderr.startswith(f"python -m demo.server: port {port}: ")


def test_the_replica_can_be_played_by_hand() -> None:
    command = [sys.executable, "-W", "error", "-m", "demo.server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as played:
        assert played.stdout
        played.stdout.readline()
        mirror = played.stdout.readline().strip().removeprefix("ZEROWIRE_MIRROR=")
        assert httpx.get(f"{mirror}/iclei.org/robots.txt").is_success
        played.terminate()
        assert played.wait() == 0
