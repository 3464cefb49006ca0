"""`entrepot db`: bring the database up to date, and see whether it is."""

from __future__ import annotations

import click

from core.access import note_audit
from core.cli.context import CommandLine, json_option, pass_command_line, show_rows
from core.database.confirming import confirm_database
from core.database.migrating import MigrationState


@click.group()
def db() -> None:
    """Bring the database up to date, and see whether it is."""


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
