"""Refunds: money back, on an order as a whole or by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from core.commerce import statuses
from core.commerce.orders import Order, OrderLine, change_status, lock_order, refund_reasons
from core.commerce.orders.abilities import actions_of, check_reason, refuse, share
from core.context import Context
from core.database.base import Base
from core.database.types import Scaled
from core.errors import InvalidValue, shorten
from core.events import record_event
from core.money import Money, minor_unit, total


class Refund(Base):
    """Money given back, in the order's currency. `amount` is positive."""

    __tablename__ = "refunds"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Scaled)
    reason: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]

    order: Mapped[Order] = relationship()
    lines: Mapped[list[RefundLine]] = relationship(order_by="RefundLine.id")

    @property
    def currency(self) -> str:
        """That of the order."""
        return self.order.currency


class RefundLine(Base):
    """The part of a refund that belongs to one order line."""

    __tablename__ = "refund_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Scaled)

    order_line: Mapped[OrderLine] = relationship()

    @property
    def sku(self) -> str:
        """That of the order line."""
        return self.order_line.sku

    @property
    def currency(self) -> str:
        """That of the order."""
        return self.order_line.order.currency


#: How much: all that has not been given back yet, an amount of the order, or amounts by order line id.
Wanted = Money | Mapping[int, Money] | None


def refund_order(ctx: Context, order: Order, wanted: Wanted, reason: str) -> Refund:
    """Give money back and record `order_refunded`; a channel that was paid is told.

    wanted   None for all that has not been given back yet, an amount of the whole order, or amounts by
             order line id; never more than what was charged, of the order and of each line

    Raises InvalidValue for such an amount or a reason that the order's channel does not accept (see
    `refund_reasons`), WrongState where nothing can be refunded (see `can_refund`). An order that is
    complete and fully refunded becomes closed.
    """
    order = lock_order(ctx.session, order.id)
    refuse(can_refund(ctx, order))
    check_reason(order, reason, refund_reasons(ctx, order))
    left = refundable(ctx.session, order)
    amount = _amount(order, wanted, left)
    if isinstance(wanted, Mapping):
        _check_lines(ctx.session, order, wanted)
        parts = {line: part.amount for line, part in wanted.items()}
    else:
        parts = _spread(ctx.session, order, amount)
    refund = Refund(
        order_id=order.id,
        amount=amount,
        reason=reason,
        actor=ctx.actor,
        created_at=ctx.clock.now(),
        lines=[RefundLine(order_line_id=line, amount=part) for line, part in parts.items() if part],
    )
    ctx.session.add(refund)
    ctx.session.flush()
    if amount == left.amount and order.status == statuses.COMPLETE:
        change_status(ctx, order, statuses.CLOSED, "refunded")
    payload = {"order_id": order.id, "refund_id": refund.id}
    record_event(ctx, "order_refunded", f"order:{order.id}", payload)
    return refund


def can_refund(ctx: Context, order: Order) -> str | None:
    """Why nothing of the order can be refunded now, in one plain sentence; None if it can."""
    if refundable(ctx.session, order).amount <= 0:
        return f"everything that was charged for order {order.number} has been refunded"
    return actions_of(ctx, order).not_refundable


def refundable(session: Session, order: Order) -> Money:
    """What can still be given back of the order."""
    return Money(order.total - refunded(session, order.id), order.currency)


def refundable_by_line(session: Session, order: Order) -> dict[int, Money]:
    """What can still be given back of each line, by its id; never less than zero."""
    rows = session.execute(
        select(RefundLine.order_line_id, func.sum(RefundLine.amount))
        .join(Refund)
        .where(Refund.order_id == order.id)
        .group_by(RefundLine.order_line_id)
    )
    given = {line_id: Decimal(amount) for line_id, amount in rows}
    return {
        line.id: Money(max(line.total - given.get(line.id, Decimal(0)), Decimal(0)), order.currency)
        for line in order.lines
    }


def refund_of_units(session: Session, order: Order, units: Sequence[tuple[str, int]]) -> dict[int, Money]:
    """What so many units by SKU come to, by order line id, as far as it has not been given back.

    Raises InvalidValue for a SKU that the order does not have, or more units than were charged of it.
    """
    left = refundable_by_line(session, order)
    amounts: dict[int, Money] = {}
    for sku, quantity in units:
        lines = [line for line in order.lines if line.sku == sku and line.id not in amounts]
        if not lines or quantity < 1 or quantity > sum(_charged_units(line) for line in lines):
            raise InvalidValue(
                f"order {order.number} has no {quantity} units of {shorten(sku)!r} to refund"
            )
        missing = quantity
        for line in lines:
            charged = _charged_units(line)
            taken = min(missing, charged)
            if taken:
                part = _whole(line.total * taken / charged, order.currency)
                amounts[line.id] = Money(min(part, left[line.id].amount), order.currency)
            missing -= taken
    return {line_id: amount for line_id, amount in amounts.items() if amount.amount > 0}


def _charged_units(line: OrderLine) -> int:
    """Units that the line's charges are for: without those canceled, once the goods cost less for them."""
    goods = total(charge.amount for charge in line.charges if charge.kind == "item")
    if line.unit_price is None or goods >= line.unit_price * line.quantity:
        return line.quantity
    return line.quantity - line.quantity_canceled


def _amount(order: Order, wanted: Wanted, left: Money) -> Decimal:
    if wanted is None:
        return left.amount
    parts = list(wanted.values()) if isinstance(wanted, Mapping) else [wanted]
    if any(part.currency != order.currency for part in parts):
        raise InvalidValue(f"a refund on order {order.number} is in {order.currency}")
    amount = total(part.amount for part in parts)
    if amount > left.amount or not parts or any(part.amount <= 0 for part in parts):
        raise InvalidValue(
            f"a refund on order {order.number} is more than 0 and at most {left}, not "
            f"{Money(amount, order.currency)}"
        )
    if any(part.amount % minor_unit(order.currency) for part in parts):
        raise InvalidValue(f"a refund is a whole number of {minor_unit(order.currency)} {order.currency}")
    return amount


def _check_lines(session: Session, order: Order, wanted: Mapping[int, Money]) -> None:
    left = refundable_by_line(session, order)
    if set(wanted) - set(left):
        raise InvalidValue(f"a line to refund does not belong to order {order.number}")
    for line in order.lines:
        part = wanted.get(line.id)
        if part is not None and part.amount > left[line.id].amount:
            raise InvalidValue(
                f"a refund of {line.sku} in order {order.number} is at most {left[line.id]}, not {part}"
            )


def _spread(session: Session, order: Order, amount: Decimal) -> dict[int, Decimal]:
    """An amount of the whole order by line, in proportion to what is left of each."""
    left = refundable_by_line(session, order)
    if not left:
        return {}
    parts = share(amount, [each.amount for each in left.values()], minor_unit(order.currency))
    return dict(zip(left, parts, strict=True))


def _whole(amount: Decimal, currency: str) -> Decimal:
    unit = minor_unit(currency)
    return (amount / unit).to_integral_value(ROUND_HALF_EVEN) * unit


def refunded(session: Session, order_id: int) -> Decimal:
    """What has been given back so far."""
    amounts = session.scalar(select(func.sum(Refund.amount)).where(Refund.order_id == order_id))
    return Decimal(amounts or 0)


def list_refunds(session: Session, order_id: int) -> Sequence[Refund]:
    """An order's refunds with their parts, the oldest first."""
    lines = selectinload(Refund.lines).joinedload(RefundLine.order_line).joinedload(OrderLine.order)
    rows = select(Refund).where(Refund.order_id == order_id).options(joinedload(Refund.order), lines)
    return session.scalars(rows.order_by(Refund.id)).all()
