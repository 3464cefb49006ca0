"""`entrepot plugins`: what is installed, and what of it is enabled."""

from __future__ import annotations

from typing import Any

import click

from core.cli.context import (
    ACTOR,
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_rows,
)
from core.extensions import Unconfirmed
from core.managing import list_plugins, switch_off, switch_on


@click.group()
def plugins() -> None:
    """Plugins: list, enable, disable."""


@plugins.command("list")
@limit_option
@json_option
@pass_command_line
def plugins_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every plugin that is installed, or enabled and missing. A disabled one is not imported."""
    rows: list[dict[str, Any]] = [
        {
            "name": row.name,
            "title": row.title,
            "state": row.state,
            "version": row.version,
            "distribution": row.distribution,
            "entry_point": row.entry_point,
            "reason": row.reason,
        }
        for row in list_plugins(command_line.app)
    ]
    columns = ["name", "state", "version", "distribution", "reason"]
    show_rows(rows[:limit], columns, as_json=as_json, empty="No plugin is installed.")


@plugins.command("enable")
@click.argument("name")
@pass_command_line
def plugins_enable(command_line: CommandLine, name: str) -> None:
    """Enable a plugin: its tables are brought up, and every process uses it from now on."""
    if switch_on(command_line.app, name, ACTOR):
        click.echo(f"{name} is enabled.")
    else:
        click.echo(f"{name} was enabled already.")


@plugins.command("disable")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Disable it although accounts stop importing.")
@pass_command_line
def plugins_disable(command_line: CommandLine, name: str, yes: bool) -> None:
    """Disable a plugin. It loses no data. Says first which accounts would stop."""
    try:
        changed = switch_off(command_line.app, name, ACTOR, confirmed=yes)
    except Unconfirmed as error:
        raise Unconfirmed(f"{error} (confirm with --yes)", error.consequences) from error
    click.echo(f"{name} is disabled; its data stays." if changed else f"{name} was not enabled.")
