"""Refunds: money back, on an order as a whole or by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.commerce import statuses
from core.commerce.orders import Order, change_status, lock_order
from core.context import Context
from core.database.base import Base
from core.database.types import Scaled
from core.errors import InvalidValue
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

    lines: Mapped[list[RefundLine]] = relationship(order_by="RefundLine.id")


class RefundLine(Base):
    """The part of a refund that belongs to one order line."""

    __tablename__ = "refund_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Scaled)


def refund_order(ctx: Context, order: Order, by_line: Mapping[int, Decimal] | None, reason: str) -> Refund:
    """Record money given back: by order line id, or None for all that has not been given back yet.

    Raises InvalidValue for an amount that is not positive or more than the order's total allows. An
    order that is complete and fully refunded becomes closed.
    """
    order = lock_order(ctx.session, order.id)
    if not reason or len(reason) > 80 or not reason.isprintable():
        raise InvalidValue("a refund has a reason of 1 to 80 characters")
    left = order.total - refunded(ctx.session, order.id)
    amount = left if by_line is None else total(by_line.values())
    if amount <= 0 or amount > left or any(part <= 0 for part in (by_line or {}).values()):
        raise InvalidValue(
            f"a refund on order {order.number} is more than 0 and at most "
            f"{Money(left, order.currency)}, not {Money(amount, order.currency)}"
        )
    if any(part % minor_unit(order.currency) for part in (by_line or {}).values()):
        raise InvalidValue(f"a refund is a whole number of {minor_unit(order.currency)} {order.currency}")
    unknown = set(by_line or {}) - {line.id for line in order.lines}
    if unknown:
        raise InvalidValue(f"a line to refund does not belong to order {order.number}")
    refund = Refund(
        order_id=order.id,
        amount=amount,
        reason=reason,
        actor=ctx.actor,
        created_at=ctx.clock.now(),
        lines=[RefundLine(order_line_id=line, amount=part) for line, part in (by_line or {}).items()],
    )
    ctx.session.add(refund)
    ctx.session.flush()
    if amount == left and order.status == statuses.COMPLETE:
        change_status(ctx, order, statuses.CLOSED, "refunded")
    return refund


def refunded(session: Session, order_id: int) -> Decimal:
    """What has been given back so far."""
    amounts = session.scalar(select(func.sum(Refund.amount)).where(Refund.order_id == order_id))
    return Decimal(amounts or 0)


def list_refunds(session: Session, order_id: int) -> Sequence[Refund]:
    """An order's refunds, the oldest first."""
    return session.scalars(select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)).all()
