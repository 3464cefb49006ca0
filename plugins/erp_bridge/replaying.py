"""Telling again what was told: chosen orders, what came since, or what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.commerce.orders import Order
from core.context import Context
from core.errors import InvalidValue, NotFound
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
