"""Amazon's hook implementations: a switchboard, each body hands on to where the work is done."""

from __future__ import annotations

import click

from core import Context, CustomerDecision, CustomerPolicy, hookimpl
from core.channels.confirmations import queue_confirmations
from core.channels.noting import note_order_canceled, note_order_created
from core.channels.numbers import channel_number
from core.channels.policies import BUILD_NEW, build_customer
from core.channels.registration import Channel
from core.channels.requesting import ask_cancellation, describe_actions, queue_refund
from core.commerce.customers import CustomerRequest
from core.commerce.orders import Order, OrderActions, OrderNumberRequest
from core.commerce.refunds import Refund
from core.commerce.shipments import Shipment
from plugins.amazon_channel.channel import amazon
from plugins.amazon_channel.cli import commands


@hookimpl
def channel_register() -> Channel:
    """Amazon is a place to sell."""
    return amazon()


@hookimpl
def customer_policy_register() -> CustomerPolicy:
    """Offer *Build New Customer Account*."""
    return BUILD_NEW


@hookimpl
def cli_register() -> list[click.Command]:
    """Add `entrepot amazon` and `entrepot demo`."""
    return commands()


@hookimpl
def customer_resolve(ctx: Context, request: CustomerRequest) -> CustomerDecision | None:
    """Build a new customer account for an Amazon buyer whom none matches."""
    return build_customer(ctx, amazon(), request)


@hookimpl
def order_number_assign(request: OrderNumberRequest) -> str | None:
    """Use Amazon's order number where the settings ask for it."""
    return channel_number(amazon(), request)


@hookimpl
def order_actions_describe(ctx: Context, order: Order) -> OrderActions | None:
    """Say what Amazon allows, and with which of its reason codes."""
    return describe_actions(ctx, amazon(), order)


@hookimpl
def order_cancellation_ask(ctx: Context, order: Order, reason: str) -> bool | None:
    """Ask Amazon first: the report of its feed decides."""
    return ask_cancellation(ctx, amazon(), order, reason)


@hookimpl
def order_created(ctx: Context, order: Order) -> None:
    """Note it on the Amazon order."""
    note_order_created(ctx, amazon(), order)


@hookimpl
def order_canceled(ctx: Context, order: Order, reason: str) -> None:
    """Note it on the Amazon order."""
    note_order_canceled(ctx, amazon(), order, reason)


@hookimpl
def order_refunded(ctx: Context, order: Order, refund: Refund) -> None:
    """Give the money back at Amazon."""
    queue_refund(ctx, amazon(), order, refund)


@hookimpl
def shipment_completed(ctx: Context, shipment: Shipment) -> None:
    """Confirm its packages to Amazon."""
    queue_confirmations(ctx, amazon(), shipment)
