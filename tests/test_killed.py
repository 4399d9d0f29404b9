"""Killed at any moment, the program loses nothing that it kept and leaves nothing torn; its next run completes the set.

The moments are drawn over the time that the same work takes undisturbed, counted from where it begins to write.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import store.migrations
from bench.announcements import announcement, seen
from store import export
from store.announcement import Archived
from store.archive import Archive
from store.care.doctor import examine
from store.database import SCHEMA, Database
from tests.builders import NOON, an_archived
from tests.conftest import Tell
from tests.playground import Playground

SOURCES = ("iges-en-news", "moej-en")
BATCH = 100  # that an import keeps together
_OPEN = "import sys, store.migrations; print('begins', flush=True); from store.database import Database; Database({!r})"

Works = Callable[[], subprocess.Popen[str]]
Begun = Callable[[subprocess.Popen[str]], None]


class Killer:
    """Starts works and kills them; what has ended before its moment is none of the ``kills``."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311
        self.starts = self.kills = 0

    def __str__(self) -> str:
        return f"{self.kills} of {self.starts} while it wrote, the others had just ended"

    def measure(self, start: Works, begun: Begun) -> float:
        """Let *start* do its work undisturbed, and return how many seconds that took once it had *begun*."""
        process = start()
        begun(process)
        since = time.monotonic()
        _, said = process.communicate()
        assert process.returncode == 0, said
        return time.monotonic() - since

    def kill(self, start: Works, begun: Begun, longest: float, *, alone: bool = False) -> None:
        """Kill what *start* started at any moment of *longest* seconds after it had *begun*: it *alone*, or its group.

        What it had started itself has ended, too, when this returns.
        """
        process = start()
        begun(process)
        time.sleep(self._dice.uniform(0, longest))
        self.starts += 1
        if process.poll() is None:
            self.kills += 1
            (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        process.communicate()
        while _is_there(process.pid):
            time.sleep(0.05)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _at_once(_process: subprocess.Popen[str]) -> None:
    """Of a work that writes from its beginning."""


def _line(process: subprocess.Popen[str]) -> None:
    """Wait for the first line that the process prints."""
    assert process.stdout is not None
    assert process.stdout.readline()


def findings(url: str) -> list[Any]:
    """Return what the doctor finds wrong with the archive at *url*."""
    with closing(Database(url)) as database:
        return list(examine(database, repair=False))


def kept(url: str) -> dict[str, Archived]:
    """Return what is kept by id, but for when it came and was brought together."""
    with closing(Database(url)) as database:
        every = list(Archive(database).all())
    assert len({one.id for one in every}) == len(every)
    return {one.id: replace(one, first_seen=NOON, updated=NOON, story=None) for one in every}


@cache
def exported(number: int) -> Archived:
    """Return an announcement as an export holds it."""
    made = announcement(number)
    said = {name: getattr(made, name) for name in made.__slots__} | {"published": made.published or NOON}
    return an_archived(**said, first_seen=seen(number), updated=seen(number))


def take_in(url: str, count: int) -> None:
    with closing(Database(url)) as database:
        Archive(database).take_in(*map(exported, range(count)))


def write(path: Path, count: int) -> Path:
    """Write to *path* what `zerowire export` would print."""
    path.write_text("".join(f"{export.line(exported(number))}\n" for number in range(count)), encoding="utf-8")
    return path


def database_of(kind: str, request: pytest.FixtureRequest, path: Path) -> str:
    return f"sqlite:///{path}" if kind == "sqlite" else str(request.getfixturevalue("postgres").create())


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("kind", "times", "anew"),
    [
        pytest.param("sqlite", 64, 4, marks=pytest.mark.slow),
        pytest.param("postgresql", 20, 4, marks=pytest.mark.slow),
    ],
)
def test_a_crawl_killed_at_any_moment_loses_nothing_and_the_next_one_completes_it(
    playground: Playground, request: pytest.FixtureRequest, told: Tell, *, kind: str, times: int, anew: int
) -> None:
    def crawls(module: str, url: str) -> Works:
        asked = ("crawl", *SOURCES) if module == "cli" else SOURCES
        return lambda: playground.start(module, *asked, ZEROWIRE_DATABASE_URL=url)

    def asks(process: subprocess.Popen[str]) -> None:
        while process.poll() is None and not playground.replica.requests:
            time.sleep(0.02)
        playground.replica.requests.clear()

    killer = Killer(20261122)
    control = database_of(kind, request, playground.directory / "control.db")
    longest = killer.measure(crawls("crawler", control), asks)
    url = ""
    for number in range(times):
        if number % anew == 0:
            url = database_of(kind, request, playground.directory / f"{number}.db")
        before = kept(url)
        module = "cli" if number % 2 else "crawler"
        killer.kill(crawls(module, url), asks, longest, alone=number % 3 == 1)
        assert before.keys() <= kept(url).keys()
        assert findings(url) == []
        if number % anew == anew - 1:
            playground.replica.requests.clear()
            assert playground.zerowire("crawl", *SOURCES, ZEROWIRE_DATABASE_URL=url).returncode == 0
            playground.replica.requests.clear()
            assert kept(url) == kept(control)
            assert findings(url) == []
    told(f"kill -9 of a crawl, {kind}", killer)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("count", "times"), [(20, 2), pytest.param(200, 45, marks=pytest.mark.slow)])
def test_a_publish_killed_at_any_moment_tears_no_feed_and_the_next_one_writes_them_all(
    playground: Playground, told: Tell, count: int, times: int
) -> None:
    def publishes() -> subprocess.Popen[str]:
        return playground.start("cli", "publish")

    def opens(process: subprocess.Popen[str]) -> None:
        while process.poll() is None and not wal.exists():
            time.sleep(0.005)

    here = playground.directory
    archive, wal, public = here / "zerowire.db", here / "zerowire.db-wal", here / "public"
    for part in (count // 2, count):
        take_in(playground.database_url, part)
        shutil.copy(archive, here / "unpublished.db")
        if part < count:
            playground.zerowire("publish")
            old, _ = files(public), shutil.copytree(public, here / "old")
    killer = Killer(27)
    longest = killer.measure(publishes, opens)
    new = files(public)
    assert old.keys() <= new.keys()
    for number in range(times):
        if number % 4 == 0:
            renewed(archive, here / "unpublished.db", public, here / "old")
        killer.kill(publishes, opens, longest)
        found = files(public)
        assert old.keys() <= found.keys()
        assert all(found[path] in (old.get(path), new.get(path)) for path in found)
    assert playground.zerowire("publish").returncode == 0
    assert files(public) == new
    assert list(public.rglob(".*")) == []
    assert findings(playground.database_url) == []
    told("kill -9 of a publish", killer)


def files(public: Path) -> dict[str, bytes]:
    """Return what readers may ask for: what begins with a dot is nobody's."""
    there = (path for path in public.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(public)): path.read_bytes() for path in there}


def renewed(archive: Path, as_it_was: Path, public: Path, old: Path) -> None:
    for left in archive.parent.glob(f"{archive.name}*"):
        left.unlink()
    shutil.copy(as_it_was, archive)
    shutil.rmtree(public)
    shutil.copytree(old, public)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("schema", "count", "times"),
    [
        ("0002", 100, 2),
        pytest.param("0002", 3_000, 20, marks=pytest.mark.slow),
        pytest.param("0003", 3_000, 20, marks=pytest.mark.slow),
    ],
)
def test_a_migration_killed_at_any_moment_has_happened_or_has_not(
    tmp_path: Path, told: Tell, schema: str, count: int, times: int
) -> None:
    def migrates() -> subprocess.Popen[str]:
        return python(_OPEN.format(f"sqlite:///{path}"))

    archive, path = old_archive(tmp_path, schema, count), tmp_path / "migrated.db"
    shutil.copy(archive, path)
    killer = Killer(4)
    longest = killer.measure(migrates, _line)
    control = kept(f"sqlite:///{path}")
    assert len(control) == count
    for number in range(times):
        if number % 2 == 0:
            for left in tmp_path.glob("migrated.db*"):
                left.unlink()
            shutil.copy(archive, path)
        killer.kill(migrates, _line, longest)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() in ((schema,), (SCHEMA,))
        if number % 2:
            assert kept(f"sqlite:///{path}") == control
    assert findings(f"sqlite:///{path}") == []
    told(f"kill -9 of a migration from {schema}", killer)


def python(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def old_archive(directory: Path, schema: str, count: int) -> Path:
    """Make an archive as a zerowire of *schema* left it: what later schemas brought is taken away."""
    path, model = directory / "old.db", directory / "model.db"
    take_in(f"sqlite:///{path}", count)
    config = Config()
    config.set_main_option("script_location", str(Path(store.migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{model}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS model", (str(model),))
        for statement in _differences(connection):
            connection.execute(statement)
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
        connection.commit()
        connection.execute("DETACH model")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _differences(connection: sqlite3.Connection) -> list[str]:
    """Return what takes away the indexes, tables and columns that ``model`` doesn't have."""
    more = "SELECT name FROM main.sqlite_master WHERE type = ? AND sql IS NOT NULL AND name NOT IN"
    more += " (SELECT name FROM model.sqlite_master)"
    dropped = [f'DROP {kind} "{name}"' for kind in ("index", "table") for (name,) in connection.execute(more, (kind,))]
    tables = [name for (name,) in connection.execute("SELECT name FROM model.sqlite_master WHERE type = 'table'")]
    columns = "SELECT name FROM pragma_table_info(?, 'main') EXCEPT SELECT name FROM pragma_table_info(?, 'model')"
    return dropped + [
        f'ALTER TABLE "{table}" DROP COLUMN "{column}"'
        for table in tables
        for (column,) in connection.execute(columns, (table, table))
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kind", "count", "times"),
    [
        ("sqlite", 200, 2),
        pytest.param("sqlite", 1_000, 20, marks=pytest.mark.slow),
        pytest.param("postgresql", 1_000, 10, marks=pytest.mark.slow),
    ],
)
def test_an_import_killed_at_any_moment_keeps_whole_batches_and_the_next_one_completes_it(
    playground: Playground,
    request: pytest.FixtureRequest,
    told: Tell,
    *,
    kind: str,
    count: int,
    times: int,
) -> None:
    def imports(url: str) -> Works:
        return lambda: playground.start("cli", "import", str(some), ZEROWIRE_DATABASE_URL=url)

    def opened(url: str) -> Begun:
        return lambda process: has_tables(url, process)

    some = write(playground.directory / "some.jsonl", count)
    ids = [exported(number).id for number in range(count)]
    control = database_of(kind, request, playground.directory / "control.db")
    killer, url = Killer(9), ""
    longest = killer.measure(imports(control), opened(control))
    for number in range(times):
        if number % 2 == 0:
            url = database_of(kind, request, playground.directory / f"{number}.db")
        killer.kill(imports(url), opened(url), longest / (1 + number % 2))
        found = kept(url).keys()
        assert found == set(ids[: len(found)])
        assert len(found) % BATCH == 0
        assert findings(url) == []
        if number % 2:
            assert playground.zerowire("import", str(some), ZEROWIRE_DATABASE_URL=url).returncode == 0
            assert kept(url) == kept(control)
            assert findings(url) == []
    told(f"kill -9 of an import, {kind}", killer)


def has_tables(url: str, process: subprocess.Popen[str]) -> None:
    """Wait until the archive at *url* is made."""
    path = Path(url.removeprefix("sqlite:///"))
    while process.poll() is None and not (url.startswith("postgresql") or path.exists()):
        time.sleep(0.01)


@pytest.mark.slow
def test_a_backup_killed_at_any_moment_leaves_the_last_one_and_no_other_file(
    playground: Playground, told: Tell
) -> None:
    def backs_up() -> subprocess.Popen[str]:
        return playground.start("cli", "backup", "--overwrite", str(file))

    file = playground.directory / "backups" / "archive.db"
    file.parent.mkdir()
    take_in(playground.database_url, 1_000)
    killer = Killer(11)
    longest = killer.measure(backs_up, _at_once)
    whole = kept(playground.database_url)
    for _ in range(10):
        killer.kill(backs_up, _at_once, longest)
        assert kept(f"sqlite:///{file}") == whole
    assert playground.zerowire("backup", "--overwrite", str(file)).returncode == 0
    assert list(file.parent.iterdir()) == [file]
    told("kill -9 of a backup", killer)


def kept_yet(playground: Playground) -> dict[str, Archived]:
    """Return what is kept already, nothing before there is an archive."""
    return kept(playground.database_url) if (playground.directory / "zerowire.db").exists() else {}


def stopped(process: subprocess.Popen[str]) -> str:
    """Ask *process* to end, and return what it said of it in the ten seconds that it has."""
    process.terminate()
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    return said.splitlines()[-1]


def test_a_crawl_ends_when_it_is_asked_to_and_keeps_what_it_had(playground: Playground) -> None:
    process = playground.start("cli", "crawl", *SOURCES)
    while len(kept_yet(playground)) < 2:
        time.sleep(0.02)
    assert stopped(process) == "zerowire: stopped"
    assert kept(playground.database_url)
    assert findings(playground.database_url) == []


def test_an_import_ends_when_it_is_asked_to_and_keeps_what_it_had(playground: Playground) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "import"],
        env=playground.environment(),
        cwd=playground.directory,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    process.stdin.write(write(playground.directory / "some.jsonl", BATCH).read_text("utf-8"))
    process.stdin.flush()
    while len(kept_yet(playground)) < BATCH:
        time.sleep(0.02)
    assert stopped(process) == "zerowire: stopped"
    assert len(kept(playground.database_url)) == BATCH


def test_an_export_ends_when_it_is_asked_to(playground: Playground) -> None:
    take_in(playground.database_url, 100)
    process = playground.start("cli", "export")
    assert process.stdout is not None
    select.select([process.stdout], [], [])  # it waits for a reader of the rest
    assert stopped(process) == "zerowire: stopped"


def test_a_publish_ends_when_it_is_asked_to_and_leaves_no_unfinished_file(
    playground: Playground,
) -> None:
    take_in(playground.database_url, 30)
    process = playground.start("cli", "publish")
    while not (playground.directory / "public" / "feeds").is_dir():
        time.sleep(0.01)
    assert stopped(process) == "zerowire: stopped"
    assert list((playground.directory / "public").rglob(".*")) == []
