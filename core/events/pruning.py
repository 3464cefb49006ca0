"""Forgetting: events that everybody has heard of long ago."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, or_, select

from core.context import Context
from core.events.models import Delivery, DeliveryState, Event

_PRUNED_AT_ONCE = 1000


def prune_events(ctx: Context, older_than: timedelta) -> int:
    """Delete events older than this with their deliveries, at most 1000; gives how many.

    An event stays, whole, while one of its deliveries waits or is parked, and as long again after any
    plugin was told of it last.
    """
    limit = ctx.clock.now() - older_than
    still_of_use = exists().where(
        Delivery.event_id == Event.id,
        or_(
            Delivery.state.in_([DeliveryState.WAITING, DeliveryState.PARKED]),
            Delivery.last_told_at >= limit,
        ),
    )
    old = (
        select(Event.id)
        .where(Event.created_at < limit, ~still_of_use)
        .order_by(Event.created_at)
        .limit(_PRUNED_AT_ONCE)
    )
    doomed = list(ctx.session.scalars(old))
    if doomed:
        ctx.session.execute(delete(Delivery).where(Delivery.event_id.in_(doomed)))
        ctx.session.execute(delete(Event).where(Event.id.in_(doomed)))
    return len(doomed)
