"""What can be done with an order now, and why not: asked before the click and again before the deed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.commerce import statuses
from core.commerce.orders.tables import Order
from core.context import Context
from core.errors import InvalidValue, WrongState

#: Why an order waits while its channel is asked whether it is canceled.
CANCEL_ASKED = "cancel_asked"


@dataclass(frozen=True)
class Reason:
    """Why somebody cancels or refunds: a code to be kept and sent, and its words for people."""

    code: str
    title: str


@dataclass(frozen=True)
class OrderActions:
    """What the channel of an order allows, now.

    not_cancelable   why it cannot be canceled, in one plain sentence; None if it can
    not_refundable   the same for refunds
    cancel_reasons   the codes that the channel accepts
    refund_reasons   the same for refunds
    """

    not_cancelable: str | None
    not_refundable: str | None
    cancel_reasons: tuple[Reason, ...]
    refund_reasons: tuple[Reason, ...]


#: What is offered for an order of our own; any other code is accepted too.
OWN_CANCEL_REASONS = (
    Reason("customer_asked", "The customer asked for it"),
    Reason("no_inventory", "Not in stock"),
    Reason("address_undeliverable", "The address cannot be delivered to"),
    Reason("other", "Another reason"),
)
OWN_REFUND_REASONS = (
    Reason("returned", "The customer returned it"),
    Reason("not_shipped", "It was not shipped"),
    Reason("damaged", "It arrived damaged"),
    Reason("goodwill", "Goodwill"),
    Reason("other", "Another reason"),
)


def actions_of(ctx: Context, order: Order) -> OrderActions:
    """What the order's channel allows; everything for an order of our own."""
    if order.channel is None:
        return OrderActions(None, None, OWN_CANCEL_REASONS, OWN_REFUND_REASONS)
    answer = ctx.hooks.decide("order_actions_describe", ctx=ctx, order=order)
    if answer is not None:
        actions: OrderActions = answer.value
        return actions
    silent = (
        f"order {order.number} belongs to the channel {order.channel}, which no enabled plugin can tell "
        "of it: enable its plugin, or do it at the channel, which is followed"
    )
    return OrderActions(silent, silent, (), ())


def can_cancel(ctx: Context, order: Order) -> str | None:
    """Why the order cannot be canceled now, in one plain sentence; None if it can."""
    like = statuses.like_of(ctx.session, order.status)
    if like not in statuses.OPEN:
        return f"order {order.number} is {order.status}: it cannot be canceled any more"
    if order.has_shipped:
        return f"order {order.number} cannot be canceled: part of it has left; refund it instead"
    if is_being_canceled(order):
        return f"the channel is being asked to cancel order {order.number}: wait for its answer"
    return actions_of(ctx, order).not_cancelable


def is_being_canceled(order: Order) -> bool:
    """Whether the channel is being asked to cancel it: it then stays on hold."""
    return bool(order.history) and order.history[-1].reason == CANCEL_ASKED


def can_hold(ctx: Context, order: Order) -> str | None:
    """Why the order cannot be held back now; None if it can."""
    like = statuses.like_of(ctx.session, order.status)
    if like == statuses.ON_HOLD:
        return f"order {order.number} is on hold already"
    if like not in statuses.OPEN:
        return f"order {order.number} is {order.status}: there is nothing left to hold back"
    return None


def cancel_reasons(ctx: Context, order: Order) -> tuple[Reason, ...]:
    """The reasons to choose from when this order is canceled."""
    return actions_of(ctx, order).cancel_reasons


def refund_reasons(ctx: Context, order: Order) -> tuple[Reason, ...]:
    """The reasons to choose from when this order is refunded."""
    return actions_of(ctx, order).refund_reasons


def refuse(complaint: str | None) -> None:
    """Raise WrongState if there is a reason why not."""
    if complaint is not None:
        raise WrongState(complaint)


def check_reason(order: Order, reason: str, known: tuple[Reason, ...]) -> None:
    """Raise InvalidValue unless the reason is one of those that the order's channel accepts."""
    if not reason or len(reason) > 80 or not reason.isprintable():
        problem = "a reason has 1 to 80 characters"
        raise InvalidValue(problem, {"reason": [problem]})
    codes = [each.code for each in known]
    if order.channel is not None and reason not in codes:
        problem = f"{reason!r} is not a reason that the channel accepts; it accepts: {', '.join(codes)}"
        raise InvalidValue(problem, {"reason": [problem]})


def share(amount: Decimal, weights: list[Decimal], unit: Decimal) -> list[Decimal]:
    """Spread an amount by weights in whole `unit`s; no share is more than its weight while it can be.

    All shares add up to the amount. Without any weight, all of it goes to the first.
    """
    left = sum(weights, Decimal(0))
    shares = []
    for weight in weights:
        part = min(weight, amount)
        if left > amount > 0:
            part = (amount * weight / left / unit).to_integral_value() * unit
            part = min(part, weight, amount)
            part = max(part, amount - (left - weight))
        shares.append(part)
        amount, left = amount - part, left - weight
    shares[0] += amount
    return shares
