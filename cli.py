"""The ``zerowire`` command: which commands there are, each loaded when it is asked for.

Records go to stdout, one a line (or a JSON object a line), everything else to stderr. The exit status is 0 when all
went well, 1 when something failed and was named, 2 for wrong usage.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import NamedTuple

import click

from logs import to_stderr
from settings import Settings, SettingsError, load


class Place(NamedTuple):
    """Where a command is, and its line in the list of commands: reading that must not cost the imports of them all."""

    module: str
    help: str


COMMANDS = {
    "backup": Place("commands.keeping", "Copy the archive to a file, while it is in use."),
    "check": Place("commands.crawling", "Probe every route of the sources, store nothing."),
    "crawl": Place("commands.crawling", "Fetch what is new."),
    "demo": Place("commands.running", "Play a replica of the watched sites on this machine."),
    "doctor": Place("commands.keeping", "Find what is wrong with the archive, and mend it."),
    "export": Place("commands.moving", "Print every announcement as a JSON object a line."),
    "import": Place("commands.moving", "Take in what `zerowire export` printed."),
    "publish": Place("commands.crawling", "Write the feeds from what is in the archive."),
    "recrawl": Place("commands.recrawling", "Read again what was kept of the pages, without asking for any."),
    "release": Place("commands.crawling", "Take what a source names although it is many times the usual."),
    "run": Place("commands.running", "Crawl, publish and serve on the clock, until stopped."),
    "search": Place("commands.querying", "Find announcements by their words."),
    "show": Place("commands.showing", "Print one announcement."),
    "sources": Place("commands.querying", "List what is watched, and how its last run went."),
}


class Commands(click.Group):
    """A group that imports a command when it is used, as Click's documentation on lazy loading has it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(COMMANDS[cmd_name].module), f"{cmd_name}_", None)
        if not isinstance(found, click.Command):
            raise TypeError(f"expected the command {cmd_name} in {COMMANDS[cmd_name].module}")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = click.utils.make_str(args[0])
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"unknown command {name!r}; there are {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zerowire")
def cli() -> None:
    """The news wire for zero-carbon policy: what ICLEI, IGES and Japan's Ministry of the Environment publish."""


def main() -> None:
    """Run the command line. What is wrong with it, or with what it meets, is one line on stderr."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("zerowire: stopped"))  # so that what was begun is left in order
    to_stderr(_settings())
    try:
        cli(prog_name="zerowire", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.UsageError as error:
        _exit(f"{error.format_message().rstrip('.')}{_there_are(error)}", 2)
    except click.ClickException as error:
        _exit(error.format_message(), getattr(error, "status", 1))
    except click.Abort:
        _exit("stopped", 1)


def _settings() -> Settings:
    """Return the settings, the defaults where they are wrong: a command that needs them says so."""
    try:
        return load(os.environ)
    except SettingsError:
        return Settings()


def _there_are(error: click.UsageError) -> str:
    """Return the options that there are, where an unknown one was given."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return ""
    options = (name for parameter in error.ctx.command.get_params(error.ctx) for name in parameter.opts)
    return f"; there are {', '.join(name for name in options if name.startswith('--'))}"


def _exit(line: str, status: int) -> None:
    click.echo(f"zerowire: {line}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
