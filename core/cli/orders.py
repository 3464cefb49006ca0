"""`entrepot orders`: list them, show one, move one on, ship one, and what `order_actions` adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypedDict, Unpack

import click

from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.cli.order_actions import add_order_actions, parse_units
from core.commerce.orders import Order, change_status, get_order, list_orders, lock_order
from core.commerce.shipments import PackageContents, ship_order, units_by_sku, with_all_parts
from core.commerce.statuses import get_status
from core.errors import WrongState
from core.web.schemas import OrderSchema, ShipmentSchema


@click.group()
def orders() -> None:
    """Orders."""


@orders.command("list")
@limit_option
@json_option
@pass_command_line
def orders_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every order, the newest first."""
    with command_line.reading() as ctx:
        rows = OrderSchema(many=True).dump(list_orders(ctx.session, limit, with_all_parts()))
    columns = ["number", "status", "channel", "external_id", "total", "created_at"]
    show_rows(rows, columns, as_json=as_json, empty="There is no order yet.")


@orders.command("show")
@click.argument("number")
@json_option
@pass_command_line
def orders_show(command_line: CommandLine, number: str, as_json: bool) -> None:
    """Show one order with everything that belongs to it."""
    with command_line.reading() as ctx:
        order = OrderSchema().dump(get_order(ctx.session, number))
    show_object(order, as_json=as_json)


class _Shipping(TypedDict):
    number: str
    carrier: str
    tracking: str
    method: str | None
    lines: tuple[str, ...]


@orders.command("ship")
@click.argument("number")
@click.option("--carrier", required=True, help="Who carries it, for example DHL.")
@click.option("--tracking", required=True, help="The tracking number.")
@click.option("--method", help="The carrier's service, for example Paket.")
@click.option("--line", "lines", multiple=True, metavar="SKU=QTY", help="Only these units.")
@json_option
@pass_command_line
def orders_ship(command_line: CommandLine, /, *, as_json: bool, **asked: Unpack[_Shipping]) -> None:
    """Ship an order in one package: the units of --line, or all that is left."""
    carrier, tracking = asked["carrier"], asked["tracking"]
    wanted = [parse_units(line) for line in asked["lines"]]
    with command_line.writing() as ctx:
        order = lock_order(ctx.session, get_order(ctx.session, asked["number"]).id)
        _refuse_repetition(order, carrier, tracking, wanted)
        units = units_by_sku(order, wanted) if wanted else None
        shipment = ship_order(ctx, order, [PackageContents(carrier, tracking, units, asked["method"])])
        shown = {"order": order.number, "status": order.status} | dict(ShipmentSchema().dump(shipment))
    show_object(shown, as_json=as_json)


@orders.command("status")
@click.argument("number")
@click.argument("status")
@json_option
@pass_command_line
def orders_status(command_line: CommandLine, number: str, status: str, as_json: bool) -> None:
    """Move an order to another status that is not final, for example off on_hold."""
    with command_line.writing() as ctx:
        order = lock_order(ctx.session, get_order(ctx.session, number).id)
        if get_status(ctx.session, status).is_final:
            raise WrongState(f"an order becomes {status} by what happens to it, not by hand")
        change_status(ctx, order, status, "moved by hand")
        shown = {"order": order.number, "status": order.status}
    show_object(shown, as_json=as_json)


def _refuse_repetition(
    order: Order, carrier: str, tracking: str, wanted: Sequence[tuple[str, int]]
) -> None:
    """The very same package again is a command that was sent twice, not a second parcel."""
    units = _add_up(wanted)
    for shipment in order.shipments:
        for package in shipment.packages:
            packed = _add_up([(line.order_line.sku, line.quantity) for line in package.lines])
            same = (package.carrier, package.tracking_number, packed) == (carrier, tracking, units)
            if wanted and same:
                raise WrongState(f"order {order.number} has this very package {tracking} already")


def _add_up(units: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for sku, quantity in units:
        found[sku] += quantity
    return found


add_order_actions(orders)
