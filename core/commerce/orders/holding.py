"""Holding an order back from being packed, and letting it go on where it was."""

from __future__ import annotations

from core.commerce import statuses
from core.commerce.orders.abilities import can_hold, is_being_canceled, refuse
from core.commerce.orders.changing import (
    CANCEL_REQUESTED,
    change_status,
    lock_order,
    write_step,
)
from core.commerce.orders.tables import Order
from core.context import Context
from core.problems import resolve_problems

HELD_BY_HAND = "held by hand"


def hold_order(ctx: Context, order: Order, reason: str = HELD_BY_HAND) -> None:
    """Hold an order back: nobody packs it until it is released. Raises WrongState.

    The reason is 1 to 80 characters, kept in the order's history, without personal data.
    """
    order = lock_order(ctx.session, order.id)
    refuse(can_hold(ctx, order))
    change_status(ctx, order, statuses.ON_HOLD, reason)


def release_order(ctx: Context, order: Order, reason: str = "released by hand") -> None:
    """Let an order that is on hold go on with the status that it had before. Raises WrongState.

    What the buyer asked for is then decided; while the channel is asked to cancel it, it stays held.
    """
    order = lock_order(ctx.session, order.id)
    refuse(can_release(ctx, order))
    change_status(ctx, order, status_before_hold(ctx, order), reason)
    resolve_problems(ctx, order.subject, [CANCEL_REQUESTED])


def can_release(ctx: Context, order: Order) -> str | None:
    """Why the order cannot be released now; None if it can."""
    if statuses.like_of(ctx.session, order.status) != statuses.ON_HOLD:
        return f"order {order.number} is {order.status}, not on hold"
    if is_being_canceled(order):
        return f"order {order.number} waits for the channel's answer to its cancellation"
    return None


def hold_for_buyer(ctx: Context, order: Order) -> bool:
    """The buyer asks to cancel: hold the order, once, whatever a person then decides; whether it was.

    An order of which all has left, or that was asked about before, stays as it is.
    """
    order = lock_order(ctx.session, order.id)
    if is_being_canceled(order) or any(step.reason == CANCEL_REQUESTED for step in order.history):
        return False
    like = statuses.like_of(ctx.session, order.status)
    if like not in statuses.OPEN:
        return False
    if like == statuses.ON_HOLD:
        write_step(ctx, order, order.status, CANCEL_REQUESTED)
    else:
        change_status(ctx, order, statuses.ON_HOLD, CANCEL_REQUESTED)
    return True


def status_before_hold(ctx: Context, order: Order) -> str:
    """The status that the order had when it was last put on hold; `processing` if it began on hold."""
    for step in reversed(order.history):
        if statuses.like_of(ctx.session, step.new_status) != statuses.ON_HOLD:
            return step.new_status
    return statuses.PROCESSING
