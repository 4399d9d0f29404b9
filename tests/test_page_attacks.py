"""Whatever an archive holds and whoever asks: a page runs nothing, stays small, is told to nobody else, and answers."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.announcement import Archived, Attachment, Event, Revision, storable
from store.archive import Archive
from store.database import Database
from tests.asking import BASE, WATCHED, Ask, asking_site, read
from tests.builders import NOON, an_announcement, an_archived

NUMBERS = count()
FEW = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BREAKERS = (
    "</script><script>alert(1)</script>",
    "--><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "' onfocus=alert(1) autofocus='",
    "{{ 7 * 7 }}{% print 1 %}%(x)s%s%",
    "]]><![CDATA[<!--",
    "\u202e\u2028\x00\x1b[0m\r\nSet-Cookie: a=b",
    "}}\\end{}@online{",
    "a\ud800b",
)
HOSTILE = st.one_of(st.sampled_from(BREAKERS), st.tuples(st.sampled_from(BREAKERS), st.text()).map("".join))


@pytest.fixture
def ask(database: Database) -> Ask:
    Archive(database).save(an_announcement(source=WATCHED[0].name), now=NOON)
    return asking_site(database, indexed=True)


ADDRESSES = (
    "https://www.env.go.jp/a",
    "https://[::1",
    "http://",
    "https://a b/\"><script>alert(1)</script>?'#",
    "http://\n",
)


def told_by(words: str, address: str) -> Archived:
    """Return an announcement, of which everything is hostile that an import would let in."""
    event = Event(kind="event", starts=NOON, timezone="Asia/Tokyo", title=f"1{words}", place=words)
    said = dict.fromkeys(("source", "organisation", "language", "title_language", "title", "text", "summary"), words)
    return an_archived(
        **said,
        url=storable(f"https://a.example/{next(NUMBERS)}?{words}"),
        html=f"<p>{words}</p><a href='javascript:alert(1)'>{words}</a><p style='x' onclick='x'>{words}",
        tags=(words,),
        topics=(words,),
        attachments=(Attachment(url=address, type=words, title=words, text=words, length=1, problem=words),),
        events=(event, Event(kind="deadline", starts=NOON, title=words)),
        revisions=(Revision(seen=NOON, title=f"1{words}", text=f"2{words}"),),
    )


def path_of(announcement: Archived) -> str:
    return f"/announcements/{announcement.id.removeprefix('urn:uuid:')}"


@pytest.mark.parametrize("kind", ["sqlite"])
@FEW
@given(words=HOSTILE, address=st.sampled_from(ADDRESSES))
@example(words="</script>", address="https://a.example/")
def test_nothing_in_an_archive_becomes_markup(database: Database, ask: Ask, words: str, address: str) -> None:
    told = told_by(words, address)
    Archive(database).take_in(told)
    for each in (path_of(told), f"{path_of(told)}/revisions", f"/search?since=2026&x={next(NUMBERS)}"):
        page = read(ask(each))
        assert page.xpath("//img | //main//svg | //style | //@style | //@*[starts-with(name(), 'on')]") == []
        assert {script.get("type", "ours") for script in page.xpath("//script")} <= {"ours", "application/ld+json"}
        links = page.xpath("//@href | //@src | //@action")
        assert all(re.match(r"/(?!/)|#|https?://", link) for link in links)
        assert all(json.loads(data.text)["@graph"] for data in page.xpath("//script[@type='application/ld+json']"))


@pytest.mark.parametrize("kind", ["sqlite"])
@FEW
@given(words=HOSTILE)
def test_no_download_says_more_in_its_head_than_a_name(database: Database, ask: Ask, words: str) -> None:
    told = told_by(words, "https://a.example/")
    Archive(database).take_in(told)
    for form in ("ics", "bib", "ris"):
        answer = ask(f"{path_of(told)}.{form}")
        assert answer.status_code == 200
        assert re.fullmatch(rf'attachment; filename="[A-Za-z0-9-]+\.{form}"', answer.headers["content-disposition"])
        assert "set-cookie" not in answer.headers


PATHS = (
    *("/", "/search", "/calendar", "/feeds", "/status", "/about", "/calendar.csv", "/calendar.json", "/search.atom"),
    *("/latest.csv", "/sitemap.xml", f"/sitemap-{'9' * 6000}.xml", "/sitemap-%D9%A1.xml", "/static/%00", "/%ED%A0%80"),
    *("//evil.example", "/ja//evil.example/..", "/%0d%0aX:%20y", "/announcements/%00", f"/ja/{'x' * 9000}"),
)
NAMES = ("q", "month", "cursor", "source", "language", "topic", "organisation", "since", "until", "has", "sort")
VALUES = st.one_of(
    st.text(max_size=30).map(lambda text: quote(text, errors="ignore")),
    st.integers().map(str),
    st.sampled_from(
        (
            *("%00", "%ED%A0%80", "%FF", "9223372036854775808", "-9223372036854775809", "r1.1", "r9999999999.9999"),
            *("0000-00", "0999-12", "1000-01", "9997-12", "9999-12", "0001", "9999", "令和99年", "２０２６-０１"),
            *("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "newest", "pdf", "a*", "x" * 3000, "%250a"),
        )
    ),
)
LENGTHY = "a" * 60_000
FIELDS = st.sampled_from(
    (
        *({"accept_language": given} for given in ("ja;q=0,en;q=9", "en-ZZ,ja-XX", "*", f"en-{LENGTHY}", ",;=" * 999)),
        *({"accept_encoding": given} for given in ("gzip;q=9", ";;;", "*;q=1.,", f"{LENGTHY} b", f"a{' ' * 60_000}b")),
        *({"if_modified_since": given} for given in ("Wed, 99 Jun 2026 99:99:99 +9999999", "1 2 3 4 5", ", ,", "\x00")),
        {"if_none_match": '"' * 9_999},
        {"host": 'evil.example"><script>'},
        {"x_forwarded_host": "evil.example", "x_forwarded_prefix": "//evil.example"},
    )
)


@settings(FEW, max_examples=40)
@given(
    path=st.sampled_from(PATHS),
    asked=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=3),
    fields=FIELDS,
    method=st.sampled_from(("GET", "GET", "GET", "HEAD", "OPTIONS", "POST")),
)
@example(path=PATHS[11], asked=[], fields={}, method="GET")
@example(path="/about", asked=[], fields={"accept_encoding": f"{LENGTHY} b"}, method="GET")
def test_no_request_fails_or_leads_elsewhere(
    ask: Ask, path: str, asked: list[tuple[str, str]], fields: dict[str, str], method: str
) -> None:
    query = "&".join(f"{name}={value}" for name, value in asked)
    answer = ask(f"{BASE}{path}?{query}", method, **fields)
    assert answer.status_code < 500
    assert answer.headers.get("location", "/").startswith(("/feeds/", "/api/")) or "location" not in answer.headers
    assert "content-security-policy" in answer.headers
    assert "evil.example" not in answer.text or "evil.example" in path


READERS = (("", "en-GB"), ("", "ja"), ("/en", "en-GB"), ("/en", "ja"), ("/ja", "en-GB"))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_no_reader_is_handed_the_page_of_another(database: Database, ask: Ask) -> None:
    for path in ("/calendar?month=2026-06", "/calendar?month=2026-07", "/search?source=b"):
        for prefix, accepted in READERS:
            alone = asking_site(database, indexed=True)(f"{prefix}{path}", accept_language=accepted)
            assert ask(f"{prefix}{path}", accept_language=accepted).content == alone.content


def many(number: int, text: str = "") -> dict[str, Any]:
    """Return so many parts of an announcement, each of its own wording."""
    pdf = "application/pdf"
    files = (Attachment(url=f"https://a.example/{n}.pdf", type=pdf, title=f"資料{n}", text=text) for n in range(number))
    kinds = ("event", "deadline")
    return {
        "attachments": tuple(files),
        "events": tuple(
            Event(kind=kinds[n % 2], starts=NOON + timedelta(minutes=n), title=f"会合{n}", place=f"会場{n}")
            for n in range(number)
        ),
        "tags": tuple(f"分類{n}" for n in range(number)),
        "topics": tuple(f"topic-{n}" for n in range(number)),
    }


def in_all(number: int) -> Archived:
    """Return an announcement of each of so many organisations, sources and languages, in one story."""
    named = {"organisation": f"o{number}", "source": f"s{number}", "language": f"x{number}"}
    return an_archived(url=f"https://a.example/{number}", story="s", **named)


LONG = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(60_000))
WORDINGS = tuple(Revision(seen=NOON + timedelta(days=n), title=LONG[n:], text=LONG[n * 99 :]) for n in range(20))
TOLD = tuple(map(in_all, range(300)))
ENDLESS = {
    "parts": many(1_000, text=LONG[:5_000]),
    "words": {
        "title": LONG,
        "summary": LONG,
        "tags": (LONG,),
        "events": (Event(kind="event", starts=NOON, title=LONG),),
    },
    "tellings": {"story": "s", "translations": tuple(one.id for one in TOLD)},
    "revisions": {"title": LONG, "text": LONG, "revisions": WORDINGS, "updated": NOON + timedelta(days=30)},
}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("parts", ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_takes_no_more_than_a_page(database: Database, ask: Ask, parts: dict[str, Any]) -> None:
    endless = an_archived(**{"published": NOON + timedelta(days=1)} | parts)
    Archive(database).take_in(endless, *TOLD)
    for path in (path_of(endless), f"{path_of(endless)}/revisions", "/", "/search", "/calendar"):
        assert len(gzip.compress(ask(path).content)) < 60_000, path


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_parameter_that_comes_again_and_again_is_one(ask: Ask) -> None:
    assert ask(f"/search?{'has=pdf&' * 2_000}").content == ask("/search?has=pdf").content
