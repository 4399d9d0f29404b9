"""A copy of the archive in a file, made while others write: one state of it, and an SQLite archive that opens at once.

This module alone knows how an archive is copied from either engine, and how a file comes to be whole or not at all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import URL, Connection, Row, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.index.entries import entry
from store.records import read
from store.tables import announcements, metadata

_PAGES = 1_000  # of SQLite's file in one step
_BATCH = 200
_UNFINISHED = ".zerowire-backup-"
_SQLITE = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside an archive that is open, or was not closed


class BadTarget(ValueError):
    """The file can't be written to as it is asked: which one, and why. Nothing was touched."""


class BackupFailed(Exception):
    """The backup didn't come about: which file, and why. What was there before is there still."""


def backup(database: Database, file: Path, *, overwrite: bool = False) -> int:
    """Write the archive as it is now to *file*, and return how many announcements it holds.

    The file is an SQLite archive, whatever *database* is. It is there when it is whole, and not before. Raises
    BadTarget, BackupFailed.
    """
    _check(database, file, overwrite=overwrite)
    try:
        with _directory_in(file.parent) as beside:
            copy = beside / "copy.db"
            counted = _copy(database, copy)
            _sync(copy)
            _check(database, file, overwrite=overwrite)  # it took a while
            copy.replace(file)
            _sync(file.parent)
            return counted
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{file}: not written: {_reason(error)}") from error
    except DBAPIError as error:
        raise BackupFailed(f"{file}: not written: {_reason(error.orig)}") from error


@contextmanager
def _directory_in(parent: Path) -> Iterator[Path]:
    """Yield a directory of our own in *parent*; those of backups that were killed, which nobody holds, are removed."""
    with ExitStack() as held:
        with _locked(parent):
            for left in parent.glob(f"{_UNFINISHED}*"):
                with suppress(BlockingIOError), _locked(left, fcntl.LOCK_NB):
                    shutil.rmtree(left)
            beside = Path(held.enter_context(TemporaryDirectory(prefix=_UNFINISHED, dir=parent)))
            held.enter_context(_locked(beside))
        yield beside


@contextmanager
def _locked(directory: Path, how: int = 0) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)


def _check(database: Database, file: Path, *, overwrite: bool) -> None:
    if not file.parent.is_dir():
        raise BadTarget(f"{file}: expected a directory that is there, {file.parent} is not")
    if file.is_dir():
        raise BadTarget(f"{file}: expected a file, it is a directory")
    own = _file_of(database)
    if own and file.resolve() in (own, *_beside(own)):
        raise BadTarget(f"{file}: is the archive itself: expected another file")
    if file.exists() and not overwrite:
        raise BadTarget(f"{file}: is there already: --overwrite replaces it")
    if (file.exists() or file.is_symlink()) and not _is_archive(file):
        raise BadTarget(f"{file}: is no archive: expected a file that --overwrite may replace")
    for left in _beside(file):
        if left.exists():  # SQLite would take what it holds for changes to the new file
            raise BadTarget(f"{file}: is open, or was not closed: {left.name} lies beside it")


def _is_archive(file: Path) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + end) for end in _BESIDE]


def _file_of(database: Database) -> Path | None:
    if database.dialect != "sqlite":
        return None
    with database.reading() as connection:
        files = {row.name: row.file for row in connection.exec_driver_sql("PRAGMA database_list")}
        return Path(files["main"]).resolve()


def _copy(database: Database, copy: Path) -> int:
    with database.reading() as connection:
        counted = connection.execute(select(func.count()).select_from(announcements)).scalar_one()
        if database.dialect == "sqlite":
            _copy_pages(connection, copy)
        else:
            _copy_rows(connection, copy)
    _fold(copy)
    return counted


def _copy_pages(connection: Connection, copy: Path) -> None:
    """Copy the file in steps, in the state that the transaction of *connection* sees: no writer starts it over."""
    driver: Any = connection.connection.driver_connection
    with closing(sqlite3.connect(copy)) as target:
        driver.backup(target, pages=_PAGES, sleep=0)


def _copy_rows(connection: Connection, copy: Path) -> None:
    with closing(Database(URL.create("sqlite", database=str(copy)).render_as_string())) as target:
        for table in metadata.sorted_tables:
            for rows in _batches(connection, table):
                with target.writing() as writing:
                    writing.execute(insert(table), [dict(row._mapping) for row in rows])
        _index(target)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    yield from connection.execute(select(table), execution_options={"yield_per": _BATCH}).partitions()


def _index(target: Database) -> None:
    """Make the search index of what is in *target* anew."""
    last = 0
    while True:
        with target.writing() as connection:
            found = select(announcements).where(announcements.c.number > last).order_by(announcements.c.number)
            rows = connection.execute(found.limit(_BATCH)).all()
            for row, announcement in zip(rows, read(connection, rows), strict=True):
                target.index.put(connection, row.place, entry(announcement, gone=row.gone is not None))
        if len(rows) < _BATCH:
            return
        last = rows[-1].number


def _fold(copy: Path) -> None:
    """Let the archive be one file, with no log beside it."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: object) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
