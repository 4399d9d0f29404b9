"""Connections to the archive's database: SQLite by default, PostgreSQL as its equal.

This module alone knows how a transaction begins on either, and opens connections at all; what stands in the tables is
its neighbours' business.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from store.index.fulltext import index_for
from store.search import BadQuestion

SCHEMA = "0004"  # the newest migration that this program knows
_PATIENCE = 30  # seconds that a writer waits for another, unless the address says otherwise
_LONGEST_ANSWER = 1.0  # seconds; within a step of its own the search may go on a while
_CACHE_KILOBYTES = 32_000  # a connection: the upper pages of the indexes of a large archive
_CHECKPOINT_PAGES = 4_000
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
_WRITER_LOCK = 0x7A65726F  # any number that others don't lock


_WANTED = {
    "disk I/O error": "room on its disk, and a disk that works",
    "database or disk is full": "room on its disk",
    "attempt to write a readonly database": "a file that may be written, in a directory that may be",
    "unable to open database file": "a directory that is there and may be written",
    "database is locked": "other processes to write for a moment only",
    "canceling statement due to lock timeout": "other processes to write for a moment only",
    "file is not a database": "an archive, such as `zerowire backup` copies",
    "database disk image is malformed": "an intact archive, such as `zerowire backup` copies",
}


class DatabaseError(SQLAlchemyError):
    """The database can't be used as it is: which one, and why, in one line. What was kept before is kept."""


class Database:
    """One database, its schema up to date. Raises DatabaseError where it can't be opened, is too new, or is not there
    and not to be made *new*.
    """

    def __init__(self, url: str, *, new: bool = True) -> None:
        self._engine = _engine(url)
        if not new:
            _expect_there(self._engine)
        self._writer = self._engine.execution_options(zerowire_writes=True)
        self.name = self._engine.url.render_as_string(hide_password=True)
        self.index = index_for(self._engine.dialect.name)
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            self._bring_up_to_date()
            on_failure.pop_all()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the archive."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection whose changes are kept together or not at all; one at a time has it.

        Raises DatabaseError where another has it for too long.
        """
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Yield a connection for a question of somebody's. Raises BadQuestion where it takes too long."""
        with self._engine.begin() as connection:
            limit = _limit_sqlite if self.dialect == "sqlite" else _limit_postgres
            try:
                with limit(connection):
                    yield connection
            except DBAPIError as error:
                if not _gave_up(error):
                    raise
                raise BadQuestion(f"took over {_LONGEST_ANSWER} s: more words, or since:, make it quicker") from error

    @contextmanager
    def naming_faults(self, what: str = "can't be used") -> Iterator[None]:
        """Raise what the engine can't do meanwhile as a DatabaseError, which says so of this database in a line."""
        try:
            yield
        except DBAPIError as error:
            raise DatabaseError(f"{self.name}: {what}: {reason(error)}") from error

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def close(self) -> None:
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self.naming_faults("can't be opened"):
            with self.reading() as connection:
                if _schema(connection) == SCHEMA:
                    return
            with self.writing() as connection:
                self._migrate(connection)

    def _migrate(self, connection: Connection) -> None:
        # Alembic is needed once in the life of a schema: every other start does without its import.
        from store.migrations import UnknownSchema, upgrade  # noqa: PLC0415

        try:
            upgrade(connection)
        except UnknownSchema as error:
            raise DatabaseError(f"{self.name}: was written by a newer zerowire (schema {error})") from error


def reason(error: BaseException) -> str:
    """Return what *error* says in one line; of a database's, what the engine says, without the statement, and what it
    would need.
    """
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"{said}: expected {_WANTED[said]}" if said in _WANTED else said


def is_unusable(error: BaseException) -> bool:
    """Say whether *error* means that nothing can be read or written now, not only one record."""
    if isinstance(error, DatabaseError):
        return True
    return isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError | ProgrammingError)


def _expect_there(engine: Engine) -> None:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
        raise DatabaseError(f"{engine.url}: is not there: expected an archive, which `zerowire crawl` begins")


def _schema(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _engine(url: str) -> Engine:
    try:
        given = make_url(url)
        engine = create_engine(given, connect_args=_patience(given), pool_pre_ping=not _is_sqlite(given))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        shown = re.sub(r"//.*@", "//***@", url)  # no password in a log
        raise DatabaseError(f"{shown}: expected an address such as sqlite:///zerowire.db: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgres)
    return engine


def _patience(url: URL) -> dict[str, Any]:
    """Return how long a writer waits, where *url* does not say it: ``?timeout=`` in seconds, ``?options=-c …``."""
    name, value = ("timeout", _PATIENCE) if _is_sqlite(url) else ("options", f"-c lock_timeout={_PATIENCE}s")
    return {} if name in url.query else {name: value}


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin no transaction for a SELECT, and a deferred one else
    _turn_to_wal(connection)
    for pragma in (
        "foreign_keys=ON",
        "synchronous=NORMAL",
        f"cache_size=-{_CACHE_KILOBYTES}",
        f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _turn_to_wal(connection: Any) -> None:
    """Let readers and a writer work beside each other. Of several who open a new file one turns it; SQLite tells the
    others at once that it is locked, however long they are ready to wait.
    """
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    end = monotonic() + patience / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    with _within_patience(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    """Let PostgreSQL do as SQLite does: one writer at a time, and a reader sees the same throughout."""
    if _writes(connection):
        with _within_patience(connection):
            connection.execute(select(func.pg_advisory_xact_lock(_WRITER_LOCK)))
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@contextmanager
def _within_patience(connection: Connection) -> Iterator[None]:
    """Raise DatabaseError where another writes for too long: it is the database's fault, no record's."""
    try:
        yield
    except OperationalError as error:
        name = connection.engine.url.render_as_string(hide_password=True)
        raise DatabaseError(f"{name}: can't be written: {reason(error)}") from error


@contextmanager
def _limit_sqlite(connection: Connection) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    end = monotonic() + _LONGEST_ANSWER
    driver.set_progress_handler(lambda: monotonic() > end, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


@contextmanager
def _limit_postgres(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(_LONGEST_ANSWER * 1000)}")
    yield


def _gave_up(error: DBAPIError) -> bool:
    """Say whether the engine stopped because of its limit: SQLite is interrupted, PostgreSQL cancels (57014)."""
    return str(error.orig) == "interrupted" or getattr(error.orig, "sqlstate", None) == "57014"


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("zerowire_writes", False))
