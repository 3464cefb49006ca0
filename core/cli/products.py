"""`entrepot products`: import and export them, list, edit and count them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO, TypedDict, Unpack

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
from core.commerce.catalog import (
    Product,
    ProductChanges,
    edit_product,
    get_product,
    list_products,
    search_products,
)
from core.commerce.importers import PRODUCTS
from core.commerce.inventory import Stock, count_product, stock_of
from core.commerce.product_import import export_products
from core.context import Context
from core.errors import InvalidValue
from core.money import Money, parse_amount

_COLUMNS = ["sku", "name", "price", "managed", "enabled", "on_hand", "reserved", "available"]
_ALL = 1_000_000_000


@click.group()
def products() -> None:
    """Products and their stock."""


@products.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@json_option
@pass_command_line
def products_import(command_line: CommandLine, file: Path, dry_run: bool, as_json: bool) -> None:
    """Create and update products by SKU from a CSV file, all of it or nothing.

    Columns: sku, name, price, currency, quantity (what is on hand afterwards), managed and enabled (yes or
    no).
    """
    import_file(command_line, PRODUCTS, file, dry_run=dry_run, as_json=as_json)


@products.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=False), default="-")
@pass_command_line
def products_export(command_line: CommandLine, file: TextIO) -> None:
    """Write every product as CSV, to a file or to standard output; it imports again unchanged."""
    with command_line.reading() as ctx:
        write_lines(file, export_products(ctx.session))


@products.command("list")
@click.option("--search", metavar="WORDS", help="Only those with these words in SKU or name.")
@limit_option
@json_option
@pass_command_line
def products_list(command_line: CommandLine, search: str | None, limit: int | None, as_json: bool) -> None:
    """List every product with what is on hand, reserved and available."""
    with command_line.reading() as ctx:
        if search is None:
            found = list_products(ctx.session, limit)
        else:
            found = search_products(ctx.session, search, None, limit or _ALL)
        stock = stock_of(ctx.session, [product.id for product in found])
        rows = [_row(product, stock[product.id]) for product in found]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="There is no such product." if search else _NONE)


@products.command("show")
@click.argument("sku")
@json_option
@pass_command_line
def products_show(command_line: CommandLine, sku: str, as_json: bool) -> None:
    """Show one product with its stock."""
    with command_line.reading() as ctx:
        row = _shown(ctx, get_product(ctx.session, sku))
    show_object(row, as_json=as_json)


class _Named(TypedDict):
    name: str | None
    price: str | None
    currency: str | None
    managed: bool | None
    enabled: bool | None


@products.command("set")
@click.argument("sku")
@click.option("--name", help="What people read.")
@click.option("--price", help="Such as 12.50; empty takes the price away.")
@click.option("--currency", help="ISO 4217; default: the one that the price has.")
@click.option("--managed/--unmanaged", default=None, help="Whether its stock is counted.")
@click.option("--enabled/--disabled", default=None, help="Whether it is offered.")
@json_option
@pass_command_line
def products_set(command_line: CommandLine, /, *, sku: str, as_json: bool, **named: Unpack[_Named]) -> None:
    """Change a product; what is not named stays."""
    with command_line.writing() as ctx:
        product = get_product(ctx.session, sku)
        edit_product(ctx, product, _changes(product, named))
        row = _shown(ctx, product)
    show_object(row, as_json=as_json)


@products.command("count")
@click.argument("sku")
@click.argument("units", type=click.IntRange(0))
@click.option("--note", default="", help="Why it is so many now.")
@json_option
@pass_command_line
def products_count(command_line: CommandLine, sku: str, units: int, note: str, as_json: bool) -> None:
    """Write down how many units are on hand, as they were counted."""
    with command_line.writing() as ctx:
        product = get_product(ctx.session, sku)
        count_product(ctx, product, units, note)
        row = _shown(ctx, product)
    show_object(row, as_json=as_json)


_NONE = "There is no product yet."


def _changes(product: Product, named: _Named) -> ProductChanges:
    name, price, managed, enabled = named["name"], named["price"], named["managed"], named["enabled"]
    amount = product.price if price is None else _amount(price)
    wanted = named["currency"] or product.currency
    if amount is not None and wanted is None:
        raise InvalidValue("a price needs a currency: say which with --currency")
    try:
        money = None if amount is None or wanted is None else Money(amount, wanted)
    except ValueError as error:
        raise InvalidValue(str(error)) from error
    return ProductChanges(
        name=product.name if name is None else name,
        price=money,
        is_managed=product.is_managed if managed is None else managed,
        is_enabled=product.is_enabled if enabled is None else enabled,
    )


def _amount(text: str) -> Decimal | None:
    try:
        return parse_amount(text) if text.strip() else None
    except ValueError as error:
        raise InvalidValue(str(error)) from error


def _shown(ctx: Context, product: Product) -> dict[str, Any]:
    return _row(product, stock_of(ctx.session, [product.id])[product.id])


def _row(product: Product, stock: Stock) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "price": Money(product.price, product.currency).as_json()
        if product.price is not None and product.currency
        else None,
        "managed": product.is_managed,
        "enabled": product.is_enabled,
        "on_hand": stock.on_hand,
        "reserved": stock.reserved,
        "available": stock.available,
    }
