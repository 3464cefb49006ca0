"""Telling again what was told, and saying what would be told, without telling it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.commerce.orders import Order
from core.context import Context
from core.errors import InvalidValue, NotFound
from plugins.erp_bridge.filters import Wanted, status_codes
from plugins.erp_bridge.models import Consumer, Pickup, PickupState
from plugins.erp_bridge.pickups import Answered, replay

#: So many are told again at once.
MOST_REPLAYED = 1000
_TOLD = (PickupState.ACKNOWLEDGED, PickupState.REJECTED, PickupState.LEASED)


@dataclass(frozen=True)
class Selection:
    """What is to be told again; all that is given has to fit.

    numbers        orders, by number
    since          whatever came to be told at that time or later
    rejected_only  only what the consumer has rejected
    """

    numbers: Sequence[str] = ()
    since: datetime | None = None
    rejected_only: bool = False


class Verdict(StrEnum):
    """What a consumer would have of an order."""

    RECEIVES = "receives"
    WAITS = "waits"
    NEVER = "never"


@dataclass(frozen=True)
class Rehearsed:
    """What a consumer would have of one order, and why."""

    order: Order
    verdict: Verdict
    why: str | None = None


def replay_selection(ctx: Context, consumer: Consumer, selection: Selection) -> list[Answered]:
    """Have it told again; at most the first 1000, so ask again while there are more.

    Raises NotFound for an order that it was never offered, InvalidValue if nothing was selected.
    """
    if not (selection.numbers or selection.since or selection.rejected_only):
        raise InvalidValue("say what is to be told again: orders, since when, or what was rejected")
    rows = select(Pickup.id, Order.number).join(Pickup.order).where(Pickup.consumer_id == consumer.id)
    if selection.numbers:
        rows = rows.where(Order.number.in_(selection.numbers))
    if selection.since is not None:
        rows = rows.where(Pickup.created_at >= selection.since)
    if selection.rejected_only:
        rows = rows.where(Pickup.state == PickupState.REJECTED)
    elif not selection.numbers:
        rows = rows.where(Pickup.state.in_(_TOLD))
    found = ctx.session.execute(rows.order_by(Pickup.id).limit(MOST_REPLAYED)).all()
    missing = set(selection.numbers) - {row.number for row in found}
    if missing:
        raise NotFound(f"the consumer {consumer.name} was never offered the order {min(missing)}")
    return replay(ctx, consumer, [row.id for row in found])


def rehearse(ctx: Context, wanted: Wanted, last: int) -> list[Rehearsed]:
    """What a consumer with this filter would have received of the last so many orders. Nothing is told."""
    codes = status_codes(ctx.session, wanted)
    orders = select(Order).options(joinedload(Order.store)).order_by(Order.id.desc()).limit(last)
    return [
        _rehearse(wanted, codes.fitting, codes.canceled, order) for order in ctx.session.scalars(orders)
    ]


def _rehearse(wanted: Wanted, fitting: Sequence[str], canceled: Sequence[str], order: Order) -> Rehearsed:
    if not wanted.fits(order):
        return Rehearsed(order, Verdict.NEVER, "the filter leaves it out")
    if order.status in fitting:
        return Rehearsed(order, Verdict.RECEIVES)
    if order.status in canceled:
        return Rehearsed(order, Verdict.NEVER, "it is canceled")
    return Rehearsed(order, Verdict.WAITS, f"it is {order.status}")
