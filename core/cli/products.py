"""`entrepot products`: import them from a file, and list them with their stock."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.commerce.catalog import list_products
from core.commerce.inventory import stock_of
from core.commerce.product_import import import_products
from core.errors import InvalidValue
from core.money import Money


@click.group()
def products() -> None:
    """Products and their stock."""


@products.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@pass_command_line
def products_import(command_line: CommandLine, file: Path, as_json: bool) -> None:
    """Create and update products by SKU from a CSV file, all of it or nothing.

    Columns: sku, name, price, currency, quantity (what is on hand afterwards), managed (yes or no).
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text, command_line.writing() as ctx:
            result = import_products(ctx, text)
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{file.name} is not a text file in UTF-8") from error
    counts = {
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
    }
    show_object(counts, as_json=as_json)


@products.command("list")
@limit_option
@json_option
@pass_command_line
def products_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every product with what is on hand, reserved and available."""
    with command_line.reading() as ctx:
        found = list_products(ctx.session, limit)
        stock = stock_of(ctx.session, [product.id for product in found])
        rows = [
            {
                "sku": product.sku,
                "name": product.name,
                "price": Money(product.price, product.currency).as_json()
                if product.price is not None and product.currency
                else None,
                "managed": product.is_managed,
                "enabled": product.is_enabled,
                "on_hand": stock[product.id].on_hand,
                "reserved": stock[product.id].reserved,
                "available": stock[product.id].available,
            }
            for product in found
        ]
    columns = ["sku", "name", "price", "managed", "enabled", "on_hand", "reserved", "available"]
    show_rows(rows, columns, as_json=as_json, empty="There is no product yet.")
