"""A database is brought up to date once, by one of those that open it; one that can't be used is left as it is."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from store.archive import Archive
from store.database import SCHEMA, Database, DatabaseError
from store.tables import addresses, announcements, metadata, runs
from tests.builders import NOON, an_announcement

ROOT = Path(__file__).parent.parent


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return sorted(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def run(url: str, *statements: str) -> None:
    """What another program does to the database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def refusal(url: str) -> str:
    with pytest.raises(DatabaseError) as refused:
        Database(url)
    assert len(str(refused.value).splitlines()) == 1
    return str(refused.value)


def test_a_new_database_is_brought_up_to_date(new_url: str) -> None:
    Database(new_url).close()
    assert {*metadata.tables, "search", "alembic_version"} <= set(tables(new_url))


def test_a_database_opened_again_holds_what_it_held(new_url: str) -> None:
    for new in (True, False):
        with closing(Database(new_url)) as database:
            archive = Archive(database)
            assert (archive.get(an_announcement().url) is None) is new
            archive.save(an_announcement(), now=NOON)


def test_a_database_opened_by_several_threads_at_once_is_migrated_once(new_url: str) -> None:
    barrier = Barrier(6)

    def open_and_save(number: int) -> None:
        barrier.wait()
        with closing(Database(new_url)) as database:
            Archive(database).save(an_announcement(url=f"https://www.env.go.jp/{number}"), now=NOON)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(open_and_save, range(6)))
    with closing(Database(new_url)) as database:
        assert len(list(Archive(database).all())) == 6


def test_a_database_opened_by_several_processes_at_once_is_migrated_once(new_url: str) -> None:
    opens = [sys.executable, "-c", "import sys; from store.database import Database; Database(sys.argv[1]).close()"]
    started = [subprocess.Popen([*opens, new_url], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in started] == [(b"", 0)] * 2


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index ix_announcement_published")
def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    def ours(_object: object, name: str | None, *_rest: object) -> bool:
        return "search" not in str(name) and name != "ix_announcement_published"  # of store.views

    with database.reading() as connection:
        options = {"include_object": ours, "compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_the_newest_migration_is_the_one_that_the_program_knows(database: Database) -> None:
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [SCHEMA]


def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(new_url: str) -> None:
    run(
        new_url, "CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('9999')"
    )
    assert "was written by a newer zerowire (schema 9999)" in refusal(new_url)
    assert tables(new_url) == ["alembic_version"]


def test_a_migration_that_fails_leaves_nothing_behind(new_url: str) -> None:
    """As where the database is another program's."""
    run(new_url, "CREATE TABLE run (number INTEGER)")
    assert "can't be opened" in refusal(new_url)
    assert tables(new_url) == ["run"]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("環境省 " * 1000, encoding="utf-8")
    before = path.read_bytes()
    assert "file is not a database" in refusal(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_torn_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.db"
    Database(f"sqlite:///{path}").close()
    path.write_bytes(path.read_bytes()[:2048])
    assert "can't be opened" in refusal(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////nowhere/at/all/zerowire.db", "unable to open database file"),
        ("sqlite:////tmp", "unable to open database file"),
        ("postgresql+psycopg://127.0.0.1:1/zerowire", "can't be opened"),
        ("postgresql+psycopg:///zerowire?host=/nowhere", "can't be opened"),
        ("postgres://zerowire:secret@db.example/zerowire", "expected an address such as sqlite:///zerowire.db"),
        ("postgresql+nodriver://zerowire:secret@db.example/zerowire", "expected an address such as"),
        ("mysql://zerowire:secret@db.example/zerowire", "expected an address such as"),
        ("postgresql+psycopg://zerowire:secret@db.example:port/zerowire", "expected an address such as"),
        ("zerowire.db", "expected an address such as"),
        ("", "expected an address such as"),
    ],
)
def test_an_address_that_leads_to_no_database_is_refused_without_its_password(url: str, expected: str) -> None:
    assert expected in refusal(url)
    assert "secret" not in refusal(url)


def test_a_password_is_not_in_the_name_of_a_database(postgres: Any) -> None:
    url = postgres.create().replace("postgres@", "postgres:secret@")
    with closing(Database(url)) as database:
        assert "secret" not in database.name


def test_a_part_without_its_announcement_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(addresses).values(key="x", address="https://x", announcement=7))


def test_an_announcement_takes_its_parts_along(database: Database) -> None:
    Archive(database).save(an_announcement(), now=NOON)
    with database.writing() as connection:
        connection.execute(announcements.delete())
        assert connection.execute(select(func.count()).select_from(addresses)).scalar() == 0


def test_a_naive_time_is_refused_on_the_way_in(database: Database) -> None:
    naive = datetime(2026, 6, 11, 12, 0)  # noqa: DTZ001
    with pytest.raises(Exception, match="expected an aware datetime"), database.reading() as connection:
        connection.execute(select(runs).where(runs.c.started == naive))


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(announcements)).scalar_one()

    with database.reading() as connection:
        assert count(connection) == 0
        Archive(database).save(an_announcement(), now=NOON)
        assert count(connection) == 0
    with database.reading() as connection:
        assert count(connection) == 1
