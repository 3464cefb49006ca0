"""`entrepot orders cancel|refund|hold|release`: what is decided about an order."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click

from core.channels.channel_requests import list_requests, retry_request
from core.cli.context import CommandLine, json_option, pass_command_line, show_object
from core.commerce.orders import (
    Order,
    cancel_order,
    get_order,
    hold_order,
    lock_order,
    release_order,
)
from core.commerce.refunds import Wanted, refund_of_units, refund_order
from core.context import Context
from core.errors import NotFound, shorten
from core.money import Money, parse_amount


@click.command("cancel")
@click.argument("number")
@click.option("--reason", required=True, metavar="CODE", help="Why; a channel takes only its own codes.")
@json_option
@pass_command_line
def orders_cancel(command_line: CommandLine, number: str, reason: str, as_json: bool) -> None:
    """Cancel an order; one of a channel is held until the channel has answered."""
    with command_line.writing() as ctx:
        order = get_order(ctx.session, number)
        is_done = cancel_order(ctx, order, reason)
        shown = _shown(order) | {"canceled": is_done, "waits_for_channel": not is_done}
    show_object(shown, as_json=as_json)


class _Refunding(TypedDict):
    number: str
    reason: str
    lines: tuple[str, ...]
    amount: str | None


@click.command("refund")
@click.argument("number")
@click.option("--reason", required=True, metavar="CODE", help="Why; a channel takes only its own codes.")
@click.option("--line", "lines", multiple=True, metavar="SKU=QTY", help="Only what these units cost.")
@click.option("--amount", metavar="AMOUNT", help="Only so much, in the order's currency.")
@json_option
@pass_command_line
def orders_refund(command_line: CommandLine, /, *, as_json: bool, **asked: Unpack[_Refunding]) -> None:
    """Give money back: all that is left, the units of --line, or --amount."""
    reason, lines, amount = asked["reason"], asked["lines"], asked["amount"]
    if lines and amount is not None:
        raise click.UsageError("give either --line or --amount, not both")
    with command_line.writing() as ctx:
        order = lock_order(ctx.session, get_order(ctx.session, asked["number"]).id)
        refund = refund_order(ctx, order, _wanted(ctx, order, lines, amount), reason)
        shown = _shown(order) | {"refunded": str(Money(refund.amount, order.currency)), "reason": reason}
    show_object(shown, as_json=as_json)


@click.command("hold")
@click.argument("number")
@click.option("--reason", default="held by hand", show_default=True, help="Why, in a few words.")
@json_option
@pass_command_line
def orders_hold(command_line: CommandLine, number: str, reason: str, as_json: bool) -> None:
    """Hold an order back, so that nobody packs it."""
    with command_line.writing() as ctx:
        order = get_order(ctx.session, number)
        hold_order(ctx, order, reason)
        shown = _shown(order)
    show_object(shown, as_json=as_json)


@click.command("release")
@click.argument("number")
@json_option
@pass_command_line
def orders_release(command_line: CommandLine, number: str, as_json: bool) -> None:
    """Let an order that is on hold go on where it was."""
    with command_line.writing() as ctx:
        order = get_order(ctx.session, number)
        release_order(ctx, order)
        shown = _shown(order)
    show_object(shown, as_json=as_json)


@click.command("ask-again")
@click.argument("number")
@json_option
@pass_command_line
def orders_ask_again(command_line: CommandLine, number: str, as_json: bool) -> None:
    """Send the newest cancellation or refund again that the channel refused."""
    with command_line.writing() as ctx:
        order = get_order(ctx.session, number)
        requests = list_requests(ctx.session, order.id)
        if not requests:
            raise NotFound(f"nothing was asked of a channel about order {number}")
        retry_request(ctx, requests[-1])
        shown = _shown(order) | {"asked": requests[-1].kind}
    show_object(shown, as_json=as_json)


def add_order_actions(group: click.Group) -> None:
    """Add these commands to `entrepot orders`."""
    for command in (orders_cancel, orders_refund, orders_hold, orders_release, orders_ask_again):
        group.add_command(command)


def _shown(order: Order) -> dict[str, object]:
    return {"order": order.number, "status": order.status}


def _wanted(ctx: Context, order: Order, lines: tuple[str, ...], amount: str | None) -> Wanted:
    if amount is not None:
        try:
            return Money(parse_amount(amount), order.currency)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    if lines:
        return refund_of_units(ctx.session, order, [parse_units(line) for line in lines])
    return None


def parse_units(text: str) -> tuple[str, int]:
    """`AB-1=2` as a SKU and its units."""
    sku, separator, units = text.rpartition("=")
    if not separator or not sku or not (units.isascii() and units.isdigit()) or int(units) < 1:
        raise click.BadParameter(f"expected SKU=QTY such as AB-1=2, not {shorten(text)!r}")
    return sku, int(units)
