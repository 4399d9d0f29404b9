"""Bytes that were fetched: appended to a month's WARC file, found again by announcement and wording, never spoilt."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from warcio.archiveiterator import ArchiveIterator

from store.announcement import Attachment
from store.archive import Archive
from store.database import Database
from store.kept_pages import KeptPages, Kind, Wording
from store.warc import Kept, TornFile, append, places, read
from tests.builders import NOON, an_announcement
from tests.conftest import LATER

PAGE = Kept(
    record="urn:uuid:8f6a1c52-5d0e-5a54-9d4a-0a4f5f0c3b11",
    url="https://www.env.go.jp/press/press_05099.html",
    fetched=NOON,
    headers=(("Content-Type", "text/html; charset=Shift_JIS"), ("Content-Encoding", "gzip"), ("Content-Length", "5")),
    body="<h1>脱炭素先行地域の選定結果について</h1>\r\n\r\n".encode("shift_jis"),
    about={"kind": "page", "title": "選定結果"},
)
CORRECTED = replace(PAGE, record="urn:uuid:0b1f7c0e-55c4-5c26-8a27-3f3f5d0b7a22", fetched=LATER, body=b"corrected")
FILE = replace(PAGE, record="urn:uuid:5b7d5f0a-8a0c-5b57-93bb-64d4f3c6f133", url="https://www.env.go.jp/a.pdf")
MONTH = "zerowire-2026-06.warc.gz"

APPENDING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from store.warc import Kept, append
path, name, number, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
sys.stdin.readline()
for each in range(number):
    body = f"{name} {each} ".encode() + bytes((7 * i * i + each) % 251 for i in range(size))
    kept = Kept(record=f"urn:uuid:{name}-{each}", url="https://a.example/", fetched=datetime(2026, 6, 1, tzinfo=UTC),
                body=body)
    append(path, kept)
    print(each, flush=True)
"""


@pytest.fixture
def pages(database: Database, tmp_path: Path) -> KeptPages:
    return KeptPages(database, tmp_path / "pages")


@pytest.fixture
def wording(archive: Archive) -> Wording:
    """The one wording of the one announcement that there is."""
    archive.save(an_announcement(attachments=(Attachment(url=FILE.url, type="application/pdf"),)), now=NOON)
    return wording_of(archive)


def wording_of(archive: Archive) -> Wording:
    [known] = archive.known([an_announcement().url]).values()
    return Wording(known.id, known.updated)


def appending(path: Path, name: str, number: int, size: int) -> subprocess.Popen[str]:
    """Start a process that, once told to, appends so many records, and prints the number of each that is there."""
    asked = [sys.executable, "-c", APPENDING, str(path), name, str(number), str(size)]
    return subprocess.Popen(
        asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )


def bodies(path: Path) -> list[bytes]:
    return [read(place.path, place.offset).body for place in places(path)]


def test_a_page_is_given_back_byte_by_byte_with_what_was_said_and_known_of_it(
    pages: KeptPages, wording: Wording
) -> None:
    assert pages.keep(PAGE, Kind.PAGE, wording)
    told = (("Content-Type", "text/html; charset=Shift_JIS"), ("Content-Length", str(len(PAGE.body))))
    assert pages.page(wording.announcement) == replace(PAGE, headers=told)


def test_nothing_is_given_back_where_nothing_was_kept(pages: KeptPages, wording: Wording) -> None:
    assert pages.page(wording.announcement) is None
    assert not pages.has_page(wording)


def test_a_record_is_kept_once(pages: KeptPages, wording: Wording, tmp_path: Path) -> None:
    assert pages.keep(PAGE, Kind.PAGE, wording)
    size = (tmp_path / "pages" / MONTH).stat().st_size
    assert not pages.keep(PAGE, Kind.PAGE, wording)
    assert (tmp_path / "pages" / MONTH).stat().st_size == size


def test_each_wording_has_its_page_and_the_newest_is_given_unless_another_is_asked_for(
    pages: KeptPages, wording: Wording, archive: Archive
) -> None:
    pages.keep(PAGE, Kind.PAGE, wording)
    archive.save(an_announcement(text="訂正しました。"), now=LATER)
    pages.keep(CORRECTED, Kind.PAGE, wording_of(archive))
    [revision] = next(archive.all()).revisions
    given = [pages.page(wording.announcement, seen) for seen in (None, LATER, revision.seen)]
    assert [page and page.body for page in given] == [b"corrected", b"corrected", PAGE.body]


def test_an_attachment_is_no_page(pages: KeptPages, wording: Wording) -> None:
    assert pages.attaching(FILE.url) == wording
    pages.keep(FILE, Kind.FILE, wording)
    assert (pages.page(wording.announcement), pages.wording(FILE.record)) == (None, wording)
    assert pages.attaching("https://www.env.go.jp/b.pdf") is None


def test_there_is_a_file_for_each_month_of_utc(pages: KeptPages, wording: Wording) -> None:
    for at in ("2026-06-30T23:59:59+00:00", "2026-07-01T08:00:00+09:00", "2026-07-01T00:00:00+00:00"):
        pages.keep(replace(PAGE, record=f"urn:uuid:{at}", fetched=datetime.fromisoformat(at)), Kind.PAGE, wording)
    kept = [(path.name, len(list(places(path)))) for path in pages.files()]
    assert kept == [(MONTH, 2), ("zerowire-2026-07.warc.gz", 1)]


def test_what_lies_somewhere_already_is_only_noted(pages: KeptPages, wording: Wording, tmp_path: Path) -> None:
    append(tmp_path / "elsewhere.warc.gz", PAGE)
    [place] = places(tmp_path / "elsewhere.warc.gz")
    pages.keep(PAGE, Kind.PAGE, wording, at=place)
    page = pages.page(wording.announcement)
    assert (page and page.body, pages.files()) == (PAGE.body, [])


def test_nothing_is_noted_of_an_announcement_that_is_not_here(pages: KeptPages, wording: Wording) -> None:
    with pytest.raises(IntegrityError):
        pages.keep(PAGE, Kind.PAGE, Wording("urn:uuid:none", NOON))
    assert pages.wording(PAGE.record) is None
    pages.keep(CORRECTED, Kind.PAGE, wording)
    page = pages.page(wording.announcement)
    assert page is not None
    assert page.body == b"corrected"


def test_the_file_is_what_the_standard_says(tmp_path: Path) -> None:
    path = tmp_path / MONTH
    append(path, CORRECTED, after=append(path, PAGE))
    with path.open("rb") as file:
        records = [
            (record.rec_type, record.rec_headers.protocol, record.rec_headers.get_header("WARC-Date"))
            for record in ArchiveIterator(file, check_digests="raise")
            if record.content_stream().read()
        ]
    noon, later = "2026-06-11T03:00:00Z", "2026-06-11T04:00:00Z"
    assert records == [
        ("warcinfo", "WARC/1.1", noon),
        ("response", "WARC/1.1", noon),
        ("metadata", "WARC/1.1", noon),
        ("response", "WARC/1.1", later),
        ("metadata", "WARC/1.1", later),
    ]


@pytest.mark.parametrize("is_known", [True, False], ids=["where the last whole one is known", "or not"])
def test_a_torn_tail_spoils_nothing_wherever_it_is_torn(tmp_path: Path, *, is_known: bool) -> None:
    path = tmp_path / MONTH
    first = append(path, PAGE)
    whole = path.stat().st_size
    append(path, replace(CORRECTED, body=b"torn" * 99))
    whole_and_torn = path.read_bytes()
    for length in range(whole, len(whole_and_torn), 5):
        path.write_bytes(whole_and_torn[:length])
        assert append(path, CORRECTED, after=first if is_known else 0) == whole
        assert bodies(path) == [PAGE.body, b"corrected"]


def test_the_very_first_record_may_be_torn(tmp_path: Path) -> None:
    append(tmp_path / "whole", PAGE)
    whole = (tmp_path / "whole").read_bytes()
    for length in range(0, len(whole), 5):
        (tmp_path / MONTH).write_bytes(whole[:length])
        append(tmp_path / MONTH, PAGE)
        assert bodies(tmp_path / MONTH) == [PAGE.body]


def test_what_no_torn_append_leaves_is_not_cut_off_but_named(tmp_path: Path) -> None:
    path = tmp_path / MONTH
    first = append(path, PAGE)
    append(path, CORRECTED)
    spoilt = bytearray(path.read_bytes())
    spoilt[first + 20 : first + 30] = bytes(10)
    path.write_bytes(spoilt)
    with pytest.raises(TornFile, match=rf"{MONTH}: expected a record at byte {first} or soon after: .*invalid"):
        append(path, PAGE)
    assert path.read_bytes() == spoilt


@pytest.mark.parametrize(
    ("left", "why"),
    [(None, "No such file"), (500, "the file ends in the middle of it"), (0, "the file ends before it")],
)
def test_a_file_that_lacks_what_was_noted_is_named_in_one_line(
    pages: KeptPages, wording: Wording, left: int | None, why: str
) -> None:
    pages.keep(PAGE, Kind.PAGE, wording)
    [path] = pages.files()
    if left is None:
        path.unlink()
    else:
        os.truncate(path, left)
    with pytest.raises(TornFile) as raised:
        pages.page(wording.announcement)
    assert str(raised.value).startswith(f"{path}: expected {PAGE.record} and what is known of it at byte ")
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


def test_another_record_in_the_place_of_the_one_that_was_noted_is_named(pages: KeptPages, wording: Wording) -> None:
    pages.keep(PAGE, Kind.PAGE, wording)
    [path] = pages.files()
    path.unlink()
    append(path, replace(CORRECTED, fetched=NOON))
    expected = rf"{MONTH}: expected {PAGE.record} and what is known of it at byte \d+: got response {CORRECTED.record}"
    with pytest.raises(TornFile, match=expected):
        pages.page(wording.announcement)


def test_two_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / MONTH
    both = [appending(path, name, 60, 500) for name in ("a", "b")]
    with ThreadPoolExecutor() as threads:
        told = [said for said, _ in threads.map(lambda process: process.communicate("go\n"), both)]
    assert [len(said.split()) for said in told] == [60, 60]
    kept = [body.split(b" ")[:2] for body in bodies(path)]
    assert sorted(kept) == sorted([name, b"%d" % each] for name in (b"a", b"b") for each in range(60))


def test_a_process_that_is_killed_while_it_appends_costs_its_record_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / MONTH
    told = 0
    for delay in (0.0, 0.01, 0.02, 0.03, 0.05, 0.08):
        process = appending(path, "a", 10_000, 300_000)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        told += 1 + len(process.communicate()[0].split())
    append(path, PAGE)
    kept = bodies(path)
    assert kept[-1] == PAGE.body
    assert told < len(kept) <= told + 7  # one of each process may be there without having been told of
