"""Forgetting: events that everybody has heard of long ago."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, select

from core.context import Context
from core.events.models import Delivery, DeliveryState, Event

#: A quarter: a question such as "was the warehouse told of that order?" is asked within weeks, and at a
#: thousand orders a day it still is a table of some 100,000 rows.
KEPT_FOR = timedelta(days=90)
_PRUNED_AT_ONCE = 1000


def prune_events(ctx: Context, older_than: timedelta = KEPT_FOR) -> int:
    """Delete events older than this with their deliveries, at most 1000; gives how many.

    An event of which a delivery waits or is parked stays, whole.
    """
    open_ones = exists().where(
        Delivery.event_id == Event.id,
        Delivery.state.in_([DeliveryState.WAITING, DeliveryState.PARKED]),
    )
    old = (
        select(Event.id)
        .where(Event.created_at < ctx.clock.now() - older_than, ~open_ones)
        .order_by(Event.created_at)
        .limit(_PRUNED_AT_ONCE)
    )
    doomed = list(ctx.session.scalars(old))
    if doomed:
        ctx.session.execute(delete(Delivery).where(Delivery.event_id.in_(doomed)))
        ctx.session.execute(delete(Event).where(Event.id.in_(doomed)))
    return len(doomed)
