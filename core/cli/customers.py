"""`entrepot customers`: who has an account."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.cli.files import import_file, write_lines
from core.commerce.customer_editing import (
    CustomerQuery,
    edit_customer,
    get_customer,
    search_customers,
)
from core.commerce.customer_import import export_customers
from core.commerce.customers import list_customers
from core.commerce.importers import CUSTOMERS
from core.commerce.stores import get_store
from core.web.schemas import CustomerSchema

_ALL = 1_000_000_000


@click.group()
def customers() -> None:
    """Customers."""


@customers.command("list")
@click.option("--search", metavar="TEXT", help="Whole email address or whole words of the name.")
@click.option("--store", metavar="CODE", help="Only those of this store.")
@limit_option
@json_option
@pass_command_line
def customers_list(
    command_line: CommandLine, search: str | None, store: str | None, limit: int | None, as_json: bool
) -> None:
    """List every customer, or those that are searched for, the newest first."""
    with command_line.reading() as ctx:
        if search is None and store is None:
            found = list_customers(ctx.session, limit)
        else:
            store_id = get_store(ctx.session, store).id if store else None
            query = CustomerQuery(search or "", store_id, limit=limit or _ALL)
            found = search_customers(ctx.session, query)
        rows = CustomerSchema(many=True).dump(found)
    columns = ["id", "store", "name", "email", "origin", "created_at"]
    empty = "There is no such customer." if search or store else "There is no customer yet."
    show_rows(rows, columns, as_json=as_json, empty=empty)


@customers.command("show")
@click.argument("number", type=int)
@json_option
@pass_command_line
def customers_show(command_line: CommandLine, number: int, as_json: bool) -> None:
    """Show one customer with the address book."""
    with command_line.reading() as ctx:
        row = CustomerSchema().dump(get_customer(ctx.session, number))
    show_object(row, as_json=as_json)


@customers.command("set")
@click.argument("number", type=int)
@click.option("--name", help="The customer's name.")
@click.option("--email", help="The customer's email address: later orders are matched by it.")
@json_option
@pass_command_line
def customers_set(
    command_line: CommandLine, number: int, name: str | None, email: str | None, as_json: bool
) -> None:
    """Change a customer; what is not named stays, and so do orders."""
    with command_line.writing() as ctx:
        customer = get_customer(ctx.session, number)
        edit_customer(ctx, customer, customer.name if name is None else name, email or customer.email)
        row = CustomerSchema().dump(customer)
    show_object(row, as_json=as_json)


@customers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@json_option
@pass_command_line
def customers_import(command_line: CommandLine, file: Path, dry_run: bool, as_json: bool) -> None:
    """Create and update customers by email address from a CSV file, all of it or nothing.

    Columns: id, store, email, name, address_name, company, line1, line2, line3, city, district, state,
    postal_code, country, phone. A customer with several addresses has a line for each.
    """
    import_file(command_line, CUSTOMERS, file, dry_run=dry_run, as_json=as_json)


@customers.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=False), default="-")
@pass_command_line
def customers_export(command_line: CommandLine, file: TextIO) -> None:
    """Write every customer as CSV, to a file or to standard output; it imports again unchanged."""
    with command_line.reading() as ctx:
        write_lines(file, export_customers(ctx.session))
