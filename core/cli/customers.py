"""`entrepot customers`: who has an account."""

from __future__ import annotations

import click

from core.cli.context import CommandLine, json_option, limit_option, pass_command_line, show_rows
from core.commerce.customers import list_customers
from core.web.schemas import CustomerSchema


@click.group()
def customers() -> None:
    """Customers."""


@customers.command("list")
@limit_option
@json_option
@pass_command_line
def customers_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every customer."""
    with command_line.reading() as ctx:
        rows = CustomerSchema(many=True).dump(list_customers(ctx.session, limit))
    columns = ["id", "store", "name", "email", "origin", "created_at"]
    show_rows(rows, columns, as_json=as_json, empty="There is no customer yet.")
