"""What the commands stand on: settings read, the archive opened, sources named, failures turned into a line each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import click

from crawler.spec import load
from settings import Settings, SettingsError
from settings import load as load_settings
from store.archive import Archive
from store.database import Database, DatabaseError
from store.days import moment
from store.export import BadRecord
from store.search import BadQuestion

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


class Failure(click.ClickException):
    """One line on stderr, and the exit status: 1 where something failed, 2 for wrong usage."""

    def __init__(self, error: Exception, status: int) -> None:
        super().__init__(str(error))
        self.status = status


class Command(click.Command):
    """A command whose known failures are one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, BadQuestion) as error:
            raise Failure(error, 2) from error
        except BrokenPipeError:
            raise  # nobody reads on: Click's to know
        except (DatabaseError, BadRecord, OSError) as error:
            raise Failure(error, 1) from error


class Day(click.ParamType[datetime]):
    """A day, or a moment with an offset; a bare one begins where most of what is watched prints it: in Japan."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return moment(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def settings() -> Settings:
    return load_settings(os.environ)


@contextmanager
def database(given: Settings, *, new: bool = True) -> Iterator[Database]:
    """Open the database, made if it is not there; where it is not to be *new* that is a failure."""
    with closing(Database(given.database_url, new=new)) as opened, opened.naming_faults():
        yield opened


@contextmanager
def archive(given: Settings, *, new: bool = False) -> Iterator[Archive]:
    with database(given, new=new) as opened:
        yield Archive(opened)


def named(names: Sequence[str]) -> list[str]:
    """Return *names*, all sources if there are none. An unknown one is wrong usage."""
    there_are = load()
    for name in names:
        if name not in there_are:
            raise click.UsageError(f"unknown source {name!r}; there are {', '.join(there_are)}")
    return list(dict.fromkeys(names)) or list(there_are)
