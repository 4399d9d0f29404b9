"""What keeps an archive safe and sound: backup, doctor."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from commands.ground import Command, Failure, as_json, database, settings
from commands.printing import harmless, print_table
from store.care.backup import BackupFailed, BadTarget, backup
from store.care.doctor import Finding, examine


@click.command("backup", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@as_json
def backup_(file: Path, *, overwrite: bool, as_json: bool) -> None:
    """Copy the archive to FILE, while it is in use.

    FILE is an archive itself, and an SQLite file whatever the database is: ZEROWIRE_DATABASE_URL=sqlite:///FILE opens
    it.
    """
    with database(settings(), new=False) as opened:
        try:
            copied = backup(opened, file, overwrite=overwrite)
        except BadTarget as error:
            raise Failure(error, 2) from error
        except BackupFailed as error:
            raise Failure(error, 1) from error
    done = {"file": str(file), "announcements": copied, "bytes": file.stat().st_size}
    if as_json:
        print_table([done], as_json=True)
    else:
        click.echo(f"{harmless(str(file))}: {copied} announcements, {done['bytes']} bytes")


@click.command("doctor", cls=Command)
@click.option("--dry-run", is_flag=True, help="Say what is wrong, and leave it as it is.")
@as_json
def doctor_(*, dry_run: bool, as_json: bool) -> None:
    """Find what is wrong with the archive, mend what can be made anew, and say the rest.

    The exit status is 0 when all is well, or is now; 1 when something is left.
    """
    left = 0
    with database(settings(), new=False) as opened:
        for finding in examine(opened, repair=not dry_run):
            left += not finding.repaired
            click.echo(json.dumps(finding._asdict(), ensure_ascii=False) if as_json else _line(finding))
    if left:
        sys.exit(1)


def _line(finding: Finding) -> str:
    state = "repaired" if finding.repaired else "left"
    return harmless(f"{state}: {finding.check}: {finding.where}: expected {finding.expected}")
