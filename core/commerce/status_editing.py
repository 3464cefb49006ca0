"""Changing a status of the merchant's own: its label at any time, what it is like never unnoticed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import note_audit
from core.commerce.orders import Order
from core.commerce.statuses import STANDARD, OrderStatus, check_label, check_like
from core.context import Context
from core.errors import InvalidValue, WrongState

#: Orders in a status are counted so far.
COUNTED = 1000


def edit_status(
    ctx: Context, status: OrderStatus, label: str, like: str, *, although_in_use: bool = False
) -> bool:
    """Give a status another label, or have it behave as another; False if it is like that already.

    Raises InvalidValue, and WrongState with what would happen if orders are in it, unless that is wanted
    (`although_in_use`).
    """
    label = check_label(label)
    if (label, like) == (status.label, status.like):
        return False
    if like != status.like:
        if status.code in STANDARD:
            raise InvalidValue(f"{status.code} is a standard status: only its label can be changed")
        check_like(like)
        used = count_orders_in(ctx.session, status.code)
        if used and not although_in_use:
            raise WrongState(effect_of_like(status, like, used))
    changed = {"label": [status.label, label], "like": [status.like, like]}
    status.label, status.like = label, like
    note_audit(ctx, "status.edited", f"status:{status.code}", **changed)
    ctx.session.flush()
    return True


def count_orders_in(session: Session, code: str) -> int:
    """How many orders have this status, at most `COUNTED`."""
    some = select(Order.id).where(Order.status == code).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def effect_of_like(status: OrderStatus, like: str, orders: int) -> str:
    """What would happen if a status that orders have were like another, in one sentence."""
    old, new = STANDARD[status.like], STANDARD[like]
    if orders == 1:
        return (
            f"1 order has the status {status.label}: from now on it would behave as {new} instead of "
            f"{old}; confirm it to change it all the same"
        )
    if orders >= COUNTED:
        return (
            f"{orders} or more orders have the status {status.label}: from now on they would behave as "
            f"{new} instead of {old}; confirm it to change it all the same"
        )
    return (
        f"{orders} orders have the status {status.label}: from now on they would behave as {new} instead "
        f"of {old}; confirm it to change it all the same"
    )
