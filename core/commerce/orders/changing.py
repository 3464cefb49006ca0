"""What happens to an order after it was placed: found, moved on, cut down, canceled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from core.commerce import statuses
from core.commerce.inventory import release_reservation, release_units
from core.commerce.orders.placing import DraftCharge
from core.commerce.orders.tables import Charge, Order, OrderLine, StatusChange
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.events import record_event
from core.money import Money, total
from core.problems import resolve_problems


def get_order(session: Session, number: str) -> Order:
    """The order with this number. Raises NotFound."""
    order = session.scalar(select(Order).where(Order.number == number))
    if order is None:
        raise NotFound(f"there is no order {number!r}")
    return order


def lock_order(session: Session, order_id: int) -> Order:
    """The order and its lines as they are now, held until the end of the transaction."""
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    lines = select(OrderLine).where(OrderLine.order_id == order_id)
    session.scalars(lines.execution_options(populate_existing=True)).all()
    return order


def list_orders(
    session: Session, limit: int | None = None, options: Sequence[ExecutableOption] = ()
) -> Sequence[Order]:
    """Every order, the newest first; `options` say what of them is loaded along."""
    return session.scalars(select(Order).options(*options).order_by(Order.id.desc()).limit(limit)).all()


def change_status(ctx: Context, order: Order, status: str, reason: str) -> None:
    """Move an order to another status and write it in its history. Raises WrongState.

    Moving to where it is already does nothing.
    """
    if not reason or len(reason) > 80 or not reason.isprintable():
        raise InvalidValue("a change of an order has a reason of 1 to 80 characters")
    if order.status == status:
        return
    statuses.check_transition(ctx.session, order.status, status)
    order.history.append(
        StatusChange(
            old_status=order.status,
            new_status=status,
            reason=reason,
            actor=ctx.actor,
            changed_at=ctx.clock.now(),
        )
    )
    order.status = status
    ctx.session.flush()
    if status in (statuses.CANCELED, statuses.CLOSED):
        resolve_problems(ctx, order.subject)  # it has ended: nothing is left to decide about it


def cancel_order(ctx: Context, order: Order, reason: str) -> None:
    """Cancel all of an order, let go of its stock and record `order_canceled`.

    Raises WrongState if anything of it has left already, or it has ended otherwise.
    """
    order = lock_order(ctx.session, order.id)
    if order.status == statuses.CANCELED:
        return
    if order.has_shipped:
        raise WrongState(f"order {order.number} cannot be canceled: part of it has left; refund it instead")
    change_status(ctx, order, statuses.CANCELED, reason)
    for line in order.lines:
        line.quantity_canceled = line.quantity
    release_reservation(ctx, order.holder, "order canceled")
    payload = {"order_id": order.id, "reason": reason}
    record_event(ctx, "order_canceled", f"order:{order.id}", payload)


def cancel_units(ctx: Context, line: OrderLine, units: int, reason: str) -> None:
    """Cancel some units of a line that have not left. Raises InvalidValue if there are fewer.

    An order of which nothing is left to ship becomes complete, or canceled if nothing has left.
    """
    order = lock_order(ctx.session, line.order_id)
    if not 0 < units <= line.left_to_ship:
        raise InvalidValue(
            f"{units} units of {line.sku} cannot be canceled: {line.left_to_ship} are left to ship"
        )
    if units == order.left_to_ship and not order.has_shipped:
        cancel_order(ctx, order, reason)
        return
    line.quantity_canceled += units
    if line.product_id is not None:
        release_units(ctx, order.holder, {line.product_id: units}, "units canceled")
    if order.left_to_ship == 0:
        change_status(ctx, order, statuses.COMPLETE, reason)
        release_reservation(ctx, order.holder, "complete")
    ctx.session.flush()


def replace_charges(
    ctx: Context,
    order: Order,
    of_lines: Mapping[int, Sequence[DraftCharge]],
    of_order: Sequence[DraftCharge],
    stated_total: Money | None,
) -> bool:
    """Take over new amounts from the channel, by line id; False if they are what is there already."""
    current = sorted((charge.line_id or 0, charge.kind, charge.amount) for charge in order.charges)
    rows = [(0, charge) for charge in of_order]
    rows += [(line, charge) for line, charges in of_lines.items() for charge in charges]
    wanted = sorted((line, charge.kind, charge.amount) for line, charge in rows)
    stated = stated_total.amount if stated_total else None
    if current == wanted and order.stated_total == stated:
        return False
    order.charges = [
        Charge(line_id=line or None, kind=charge.kind, amount=charge.amount) for line, charge in rows
    ]
    order.stated_total = stated
    order.charges_total = total(charge.amount for _, charge in rows)
    order.total = order.charges_total if stated is None else stated
    ctx.session.flush()
    return True
