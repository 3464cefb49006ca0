"""Reconciling: an order's charges against what the channel says it comes to."""

from __future__ import annotations

from collections.abc import Iterable

from core.channels.channel_orders import ChannelOrder
from core.channels.listing import ListedCharge, ListedOrder
from core.channels.trace import add_trace
from core.commerce.orders import DraftCharge, Order, replace_charges
from core.context import Context
from core.money import Money, total
from core.problems import raise_problem, resolve_problems

UNRECONCILED = "order_not_reconciled"


def draft_charges(charges: Iterable[ListedCharge]) -> tuple[DraftCharge, ...]:
    """The channel's amounts as those of an order, unchanged."""
    return tuple(DraftCharge(charge.kind[:80], charge.amount) for charge in charges)


def stated_total(listed: ListedOrder) -> Money | None:
    """What the channel says it comes to: its grand total, else its totals of the lines."""
    if listed.grand_total is not None or listed.currency is None:
        return listed.grand_total
    totals = [line.stated_total for line in listed.lines if line.stated_total is not None]
    if not totals or len(totals) < len(listed.lines):
        return None
    return Money(total([*totals, *(charge.amount for charge in listed.charges)]), listed.currency)


def check_reconciled(ctx: Context, row: ChannelOrder, order: Order) -> None:
    """Flag the order if its charges miss the channel's total by even one minor unit."""
    charges = str(Money(order.charges_total, order.currency))
    if order.is_reconciled:
        resolve_problems(ctx, f"order:{order.id}", [UNRECONCILED])
        if order.stated_total is not None:
            add_trace(ctx, row.trace_key, "reconciled", charges=charges)
        return
    stated = str(Money(order.stated_total or order.total, order.currency))
    add_trace(ctx, row.trace_key, "not_reconciled", charges=charges, stated=stated)
    raise_problem(
        ctx,
        UNRECONCILED,
        order.number,
        f"order:{order.id}",
        f"The charges of order {order.number} come to {charges}, the channel says {stated}.",
        number=order.number,
        charges=charges,
        stated=stated,
    )


def update_charges(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    """Take over amounts that the channel has changed since; whether any had."""
    stated = stated_total(listed)
    if listed.currency != order.currency or (stated is None and order.stated_total is not None):
        return False  # a reading that tells less than an earlier one says nothing new
    by_external = {line.external_id: line.id for line in order.lines}
    of_lines = {
        by_external[line.external_id]: draft_charges(line.charges)
        for line in listed.lines
        if line.external_id in by_external
    }
    changed = replace_charges(ctx, order, of_lines, draft_charges(listed.charges), stated)
    if changed:
        comes_to = str(Money(order.total, order.currency))
        add_trace(ctx, row.trace_key, "amounts_changed", total=comes_to)
        check_reconciled(ctx, row, order)
    return changed
