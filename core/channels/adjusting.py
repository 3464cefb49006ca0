"""What a refund gives back of which charge of which line, in a channel's terms. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.channels.listing import ListedCharge
from core.channels.wishes import RequestLine
from core.commerce.orders import Order, OrderLine
from core.commerce.orders.abilities import share
from core.commerce.refunds import Refund
from core.money import minor_unit

#: A discount lessens what was charged of this kind; any other discount that of the goods.
_LESSENED = {"shipping_discount": "shipping"}
_GOODS = "item"


def refunded_lines(order: Order, refunds: Sequence[Refund], refund: Refund) -> tuple[RequestLine, ...]:
    """The refund's lines, each with its part of every charge that is left after the earlier refunds.

    `refunds` are those of the order, the oldest first. The parts of a line add up to its amount.
    """
    left = {line.id: _charged(line) for line in order.lines}
    for each in refunds:
        parts = {line.order_line_id: line.amount for line in each.lines}
        taken = {line_id: _take(left[line_id], amount, order.currency) for line_id, amount in parts.items()}
        if each.id == refund.id:
            return tuple(
                RequestLine(line.external_id or "", taken[line.id])
                for line in order.lines
                if line.id in taken
            )
    return ()


def _charged(line: OrderLine) -> dict[str, Decimal]:
    """What was charged for a line, by kind, discounts taken off; nothing is below zero."""
    charged: dict[str, Decimal] = {_GOODS: Decimal(0)}
    for charge in line.charges:
        kind = charge.kind if charge.amount >= 0 else _LESSENED.get(charge.kind, _GOODS)
        charged[kind] = charged.get(kind, Decimal(0)) + charge.amount
    for kind, amount in charged.items():
        if amount < 0 and kind != _GOODS:
            charged[_GOODS] += amount
            charged[kind] = Decimal(0)
    charged[_GOODS] = max(charged[_GOODS], Decimal(0))
    return charged


def _take(left: dict[str, Decimal], amount: Decimal, currency: str) -> tuple[ListedCharge, ...]:
    """Take an amount off what is left, in proportion."""
    shares = share(amount, list(left.values()), minor_unit(currency))
    taken = dict(zip(left, shares, strict=True))
    for kind, part in taken.items():
        left[kind] = max(left[kind] - part, Decimal(0))
    return tuple(ListedCharge(kind, part) for kind, part in taken.items() if part)
