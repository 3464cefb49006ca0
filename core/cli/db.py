"""`entrepot db`: bring the database up to date, see whether it is, and change its keys."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby

import click

from core.access import note_audit
from core.cli.context import CommandLine, json_option, pass_command_line, print_json, show_rows
from core.database.confirming import confirm_database
from core.database.migrating import MigrationState
from core.database.reencrypting import Progress, reencrypt_tables


@click.group()
def db() -> None:
    """Bring the database up to date, see whether it is, and change its keys."""


@db.command()
@json_option
@pass_command_line
def upgrade(command_line: CommandLine, as_json: bool) -> None:
    """Bring all tables to the newest revision; fills a new database with what a shop begins with."""
    _show(command_line.live.upgrade(), as_json)


@db.command()
@json_option
@pass_command_line
def status(command_line: CommandLine, as_json: bool) -> None:
    """Show the revision of each owner's tables."""
    _show(command_line.live.migration_states(), as_json)


@db.command()
@pass_command_line
def confirm(command_line: CommandLine) -> None:
    """Say that this database is no copy: it may write to its accounts from here."""
    with command_line.writing() as ctx:
        if confirm_database(ctx.session, command_line.config):
            note_audit(ctx, "database.confirmed")
            click.echo("This database writes to its accounts from now on.")
        else:
            click.echo("This database was confirmed already.")


@db.command()
@json_option
@pass_command_line
def reencrypt(command_line: CommandLine, as_json: bool) -> None:
    """Write all that is encrypted anew with the newest secret key, while the shop runs.

    Start every process of the shop with the new keys before. This one can be ended at any time: started
    again, it goes on. Afterwards nothing in the database needs the older keys any more.
    """
    portions = reencrypt_tables(command_line.app.engine)
    tables = [_follow(name, progress) for name, progress in groupby(portions, lambda each: each.table)]
    seen, written = sum(each.seen for each in tables), sum(each.written for each in tables)
    with command_line.writing() as ctx:
        note_audit(ctx, "database.reencrypted", rows=written)
    if as_json:
        print_json({"rows": seen, "written": written})
    else:
        click.echo(f"{written} of {seen} rows were under an older key; all are under the newest one now.")


def _follow(table: str, portions: Iterable[Progress]) -> Progress:
    """Show on standard error how far a table is; gives its last word."""
    with click.progressbar(length=1, label=table, file=sys.stderr) as bar:
        for progress in portions:
            bar.length = progress.rows
            bar.update(progress.seen - bar.pos)
    return progress


def _show(states: list[MigrationState], as_json: bool) -> None:
    rows = [
        {
            "owner": state.owner,
            "revision": state.current,
            "newest": state.head,
            "is_pending": state.is_pending,
        }
        for state in states
    ]
    show_rows(rows, list(rows[0]), as_json=as_json, empty="")
