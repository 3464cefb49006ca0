"""What happens to an order after it was placed: found, moved on, cut down, canceled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from core.commerce import statuses
from core.commerce.inventory import release_reservation, release_units
from core.commerce.orders.abilities import (
    CANCEL_ASKED,
    can_cancel,
    cancel_reasons,
    check_reason,
    is_being_canceled,
    refuse,
)
from core.commerce.orders.placing import DraftCharge
from core.commerce.orders.tables import Charge, Order, OrderLine, StatusChange
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.events import record_event
from core.money import Money, total
from core.problems import resolve_problems

#: Why it goes on: the channel did not cancel it.
CANCEL_REFUSED = "cancel_refused"
#: Why an order waits whose buyer has asked to cancel: a person decides. Also the kind of its problem.
CANCEL_REQUESTED = "cancel_requested"


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
    write_step(ctx, order, status, reason)
    order.status = status
    ctx.session.flush()
    if status in (statuses.CANCELED, statuses.CLOSED):
        resolve_problems(ctx, order.subject)  # it has ended: nothing is left to decide about it


def write_step(ctx: Context, order: Order, status: str, reason: str) -> None:
    """Write a step in the order's history; the status itself is for the caller to change."""
    order.history.append(
        StatusChange(
            old_status=order.status,
            new_status=status,
            reason=reason,
            actor=ctx.actor,
            changed_at=ctx.clock.now(),
        )
    )
    ctx.session.flush()


def cancel_order(ctx: Context, order: Order, reason: str) -> bool:
    """Somebody wants all of an order canceled; whether it is canceled now.

    An order of our own is canceled at once. One of a channel is held while the channel is asked, and the
    channel's answer decides. Raises WrongState for one that cannot be canceled (see `can_cancel`), and
    InvalidValue for a reason that its channel does not accept (see `cancel_reasons`). Again while it is
    canceled already, or asked for already, changes nothing.
    """
    if is_being_canceled(order) or order.status == statuses.CANCELED:
        return order.status == statuses.CANCELED
    refuse(can_cancel(ctx, order))
    check_reason(order, reason, cancel_reasons(ctx, order))
    if not _is_asked(ctx, order, reason):
        record_cancellation(ctx, order, reason)
        return True
    order = lock_order(ctx.session, order.id)
    if is_being_canceled(order):
        return False
    refuse(can_cancel(ctx, order))
    if statuses.like_of(ctx.session, order.status) == statuses.ON_HOLD:
        write_step(ctx, order, order.status, CANCEL_ASKED)
    else:
        change_status(ctx, order, statuses.ON_HOLD, CANCEL_ASKED)
    return False


def _is_asked(ctx: Context, order: Order, reason: str) -> bool:
    """Whether the channel is asked first.

    The plugin locks its own record, as whatever comes from the channel does; only then the order is locked.
    """
    if order.channel is None:
        return False
    answer = ctx.hooks.decide("order_cancellation_ask", ctx=ctx, order=order, reason=reason)
    return bool(answer is not None and answer.value)


def keep_uncanceled(ctx: Context, order: Order) -> None:
    """The channel has not canceled it: the order goes on as it was before the channel was asked."""
    order = lock_order(ctx.session, order.id)
    if not is_being_canceled(order):
        return
    before = order.history[-1].old_status or statuses.PROCESSING
    if before == order.status:
        write_step(ctx, order, before, CANCEL_REFUSED)
        return
    change_status(ctx, order, before, CANCEL_REFUSED)


def record_cancellation(ctx: Context, order: Order, reason: str) -> None:
    """An order is canceled, that is a fact: let go of its stock and record `order_canceled`.

    Nobody is asked any more. Raises WrongState if anything of it has left already, or it has ended
    otherwise.
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
        record_cancellation(ctx, order, reason)
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
