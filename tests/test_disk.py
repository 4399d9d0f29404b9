"""A disk that is full or read-only, a database that is locked, broken or away: a line that says so, nothing lost.

When the cause is gone, all goes on as if nothing had been.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import pytest
from sqlalchemy import create_engine, make_url, text

from cli import cli
from store.archive import Archive
from store.care.doctor import examine
from store.database import Database, DatabaseError
from store.export import line
from store.runs import RunOutcome, Runs
from tests.builders import NOON, an_announcement, an_archived
from tests.conftest import Postgres
from tests.playground import BEGINNING, Playground

SOURCE = "iges-en-news"
MANY = [
    an_archived(url=f"https://www.env.go.jp/press/{number}.html", title=f"お知らせ{number}", text=f"本文{number} " * 50)
    for number in range(200)
]
COMMANDS = (
    ("crawl", SOURCE),
    ("publish",),
    ("search", "環境省"),
    ("show", "https://www.env.go.jp/"),
    ("sources",),
    ("export",),
    ("doctor",),
    ("import", "some.jsonl"),
    ("backup", "copy.db"),
)


class Place:
    """A directory with an archive of some announcements, and its feeds, which commands work in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "zerowire.db"
        self.url = f"sqlite:///{self.path}"
        with closing(Database(self.url)) as database:
            Archive(database).take_in(*MANY[:100])
        lines = "".join(f"{line(each)}\n" for each in MANY)
        (directory / "some.jsonl").write_text(lines, encoding="utf-8")

    def refuse(self, *arguments: str) -> str:
        """Return the line in which a command says that it failed."""
        with pytest.raises(click.ClickException) as refused:
            cli(arguments, standalone_mode=False)
        said = refused.value.format_message()
        assert len(said.splitlines()) == 1
        assert getattr(refused.value, "status", None) == 1
        return said

    def kept(self) -> int:
        """Return how many announcements there are in an archive in which nothing is wrong."""
        with closing(Database(self.url)) as database:
            assert list(examine(database, repair=False)) == []
            return Archive(database).count()

    def feeds(self) -> dict[str, bytes]:
        there = (path for path in (self.directory / "public").rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in there}


def work_in(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(directory)
    monkeypatch.chdir(directory)
    monkeypatch.setenv("ZEROWIRE_DATABASE_URL", place.url)
    return place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return work_in(tmp_path, monkeypatch)


def overwrite(path: Path, start: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


BROKEN: dict[str, Callable[[Path], object]] = {
    "file is not a database": lambda path: overwrite(path, 0, 40),
    "database disk image is malformed": lambda path: os.truncate(path, 100_000),
    "was written by a newer zerowire (schema 9999)": newer,
}


@pytest.mark.parametrize("said", BROKEN)
def test_every_command_refuses_a_broken_archive_by_name_and_leaves_it_as_it_is(place: Place, said: str) -> None:
    BROKEN[said](place.path)
    before = place.path.read_bytes()
    for command in COMMANDS:
        refused = place.refuse(*command)
        assert place.url in refused
        assert said in refused
    assert place.path.read_bytes() == before


def test_pages_that_were_overwritten_are_named_where_they_are_met_and_by_the_doctor(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    size = place.path.stat().st_size
    overwrite(place.path, size // 2, size // 4)
    assert "expected an intact archive" in place.refuse("export")
    with ended(1):
        cli(["doctor"], standalone_mode=False)
    assert "database disk image is malformed" in capsys.readouterr().out


def test_an_empty_file_is_a_new_archive(place: Place) -> None:
    os.truncate(place.path, 0)
    assert place.kept() == 0


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place on a disk of 4 MB, of its own."""
    directory = tmp_path / "small"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(directory)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with monkeypatch.context() as patched:
            yield work_in(directory, patched)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """Leave no room on the disk of *directory*; return what takes it."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (100_000, 1):
            while True:
                try:
                    file.write(b"0" * size)
                except OSError:
                    break
    return filler


def test_every_command_says_that_a_disk_is_full(small_disk: Place) -> None:
    filler = fill(small_disk.directory)
    for command in COMMANDS:
        assert "expected room on its disk" in small_disk.refuse(*command)
    filler.unlink()
    assert small_disk.kept() == 100


def test_a_publish_on_a_full_disk_names_it_leaves_the_last_feeds_and_takes_no_room(
    place: Place, small_disk: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEROWIRE_DATABASE_URL", place.url)
    with ended(0):
        cli(["publish"], standalone_mode=False)
    before = small_disk.feeds()
    cli(["import", "some.jsonl"], standalone_mode=False)
    filler = fill(small_disk.directory)
    with ended(1):
        cli(["publish"], standalone_mode=False)
    filler.unlink()
    assert small_disk.feeds() == before
    with ended(0):
        cli(["publish"], standalone_mode=False)
    assert small_disk.feeds() != before


@contextmanager
def ended(status: int) -> Iterator[None]:
    with pytest.raises(SystemExit) as exited:
        yield
    assert exited.value.code == status


def test_every_command_says_that_a_disk_is_read_only(small_disk: Place) -> None:
    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(small_disk.directory)], check=True)

    remount("ro")
    for command in COMMANDS:
        assert "expected a directory that is there and may be written" in small_disk.refuse(*command)
    remount("rw")
    assert small_disk.kept() == 100


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an account that permissions bind")
def test_an_archive_that_may_not_be_written_is_refused_by_name(place: Place) -> None:
    place.directory.chmod(0o555)
    refused = place.refuse("import", "some.jsonl")
    place.directory.chmod(0o755)
    assert place.url in refused
    assert place.kept() == 100


def limited(size: int, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command which, with its children, can make no file larger than *size* bytes: as if the disk were full."""
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); import cli; cli.main()"
    )
    asked = [sys.executable, "-c", program, *command]
    return subprocess.run(asked, env=os.environ | settings, capture_output=True, text=True, check=False)


def test_an_import_that_finds_no_more_room_keeps_what_it_had_and_is_completed_later(place: Place) -> None:
    done = limited(200_000, "import", "some.jsonl")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert f"zerowire: {place.url}: can't be" in done.stderr
    assert "room on its disk" in done.stderr
    assert place.kept() == 100
    cli(["import", "some.jsonl"], standalone_mode=False)
    assert place.kept() == 200


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let another program write to the archive at *path*, and come to no end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.parametrize("command", [("crawl", SOURCE), ("publish",), ("import", "some.jsonl")])
def test_who_would_write_to_a_locked_archive_says_so_and_who_reads_does_not_mind(
    place: Place, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZEROWIRE_DATABASE_URL", f"{place.url}?timeout=0.1")
    with locked(place.path):
        cli(["search", "環境省"], standalone_mode=False)
        if command[0] == "crawl":
            with ended(1):
                cli(command, standalone_mode=False)
            said = capfd.readouterr().err
        else:
            said = place.refuse(*command)
    assert len(said.splitlines()) == 1
    assert "can't be written: database is locked: expected" in said
    assert place.kept() == 100


def test_a_writer_waits_for_another_so_long_and_no_longer(new_url: str, kind: str) -> None:
    patience = "timeout=0.1" if kind == "sqlite" else "options=-c%20lock_timeout%3D100"
    url = f"{new_url}{'&' if '?' in new_url else '?'}{patience}"
    with closing(Database(new_url)) as another, closing(Database(url)) as database:
        archive = Archive(database)
        with another.writing(), pytest.raises(DatabaseError, match="can't be written"):
            archive.save(an_announcement(), now=NOON)
        assert archive.count() == 0
        archive.save(an_announcement(), now=NOON)
        assert archive.count() == 1


def end_connections(url: str) -> None:
    """Let a PostgreSQL end whoever is connected to the database at *url*, as it does when it is restarted."""
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with engine.connect() as connection:
        connection.execute(text(ends), {"name": make_url(url).database})
    engine.dispose()


def test_a_database_that_was_restarted_is_connected_to_again(postgres: Postgres) -> None:
    url = postgres.create()
    with closing(Database(url)) as database:
        archive = Archive(database)
        archive.save(an_announcement(), now=NOON)
        end_connections(url)
        assert archive.count() == 1


def crawled(url: str) -> int:
    with closing(Database(url)) as database:
        assert list(examine(database, repair=False)) == []
        return Archive(database).count()


@pytest.mark.slow
def test_a_crawl_whose_database_is_restarted_goes_on_or_fails_in_a_line_and_the_next_one_completes_it(
    playground: Playground, postgres: Postgres
) -> None:
    """It fails where that falls into a transaction; between two it connects again."""
    url = postgres.create()
    assert playground.zerowire("crawl", SOURCE, "--since", BEGINNING).returncode == 0
    slowly = {"ZEROWIRE_DATABASE_URL": url, "ZEROWIRE_DELAY": "0.3", "PYTHONWARNINGS": ""}
    process = playground.start("crawler", SOURCE, "--since", BEGINNING, **slowly)
    while crawled(url) < 3:
        time.sleep(0.05)
    assert crawled(url) < crawled(playground.database_url)
    end_connections(url)
    _, said = process.communicate()
    assert "Traceback" not in said
    with closing(Database(url)) as database:
        (run,) = Runs(database).since(0)
    fits = {0: {RunOutcome.OK}, 1: {RunOutcome.FAILED, RunOutcome.RUNNING}}
    assert run.outcome in fits[process.returncode]
    assert playground.zerowire("crawl", SOURCE, "--since", BEGINNING, ZEROWIRE_DATABASE_URL=url).returncode == 0
    assert crawled(url) == crawled(playground.database_url)


@pytest.mark.slow
def test_a_crawl_that_finds_no_more_room_fails_in_a_line_and_the_next_one_completes_it(playground: Playground) -> None:
    assert playground.zerowire("crawl", "moej-en").returncode == 0
    before = playground.announcements()
    size = (playground.directory / "zerowire.db").stat().st_size
    full = limited(size, "crawl", SOURCE, **playground.environment())
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert "room on its disk" in full.stderr
    assert {one.id for one in before} <= {one.id for one in playground.announcements()}
    assert playground.zerowire("crawl", SOURCE).returncode == 0
    assert crawled(playground.database_url) > len(before)
