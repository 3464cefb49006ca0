"""`entrepot locations`: the places that keep stock."""

from __future__ import annotations

import click

from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.commerce.locations import add_location, list_locations


@click.group()
def locations() -> None:
    """Places that keep stock: whoever tells of stock can say at which it is."""


@locations.command("list")
@limit_option
@json_option
@pass_command_line
def locations_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every location."""
    with command_line.reading() as ctx:
        rows = [{"code": one.code, "name": one.name} for one in list_locations(ctx.session)[:limit]]
    show_rows(rows, ["code", "name"], as_json=as_json, empty="There is no location.")


@locations.command("add")
@click.argument("code")
@click.option("--name", default="", help="What people read; default: the code.")
@json_option
@pass_command_line
def locations_add(command_line: CommandLine, code: str, name: str, as_json: bool) -> None:
    """Add a location. Units leave from the default one first, then from the others that have some."""
    with command_line.writing() as ctx:
        location = add_location(ctx, code, name)
        row = {"code": location.code, "name": location.name}
    show_object(row, as_json=as_json)
