"""What consumers are going to be told: each order that fits, once; and that it was canceled after that."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from core.commerce.orders import Order
from core.context import Context
from core.jobs import JobRun
from plugins.erp_bridge.consumers import list_consumers, send_soon
from plugins.erp_bridge.filters import EVERYTHING, Wanted, status_codes
from plugins.erp_bridge.models import Consumer, Pickup, PickupState, Told
from plugins.erp_bridge.states import TABLE, Happening, Stage, stage_of

#: So many orders are offered in one transaction when one catches up.
BATCH = 500
#: Whatever was written so long before a look can have been committed after it.
_MARGIN = timedelta(minutes=15)


def offer_created(ctx: Context, order: Order) -> None:
    """Have every consumer that wants this order told of it."""
    for consumer in list_consumers(ctx.session):
        if order.created_at >= consumer.since and Wanted.of(consumer.wanted).fits(order):
            _offer(ctx, consumer, [order.id], Told.CREATED)
            send_soon(ctx, consumer)


def offer_canceled(ctx: Context, order: Order) -> None:
    """Withdraw it from those who do not have it yet; those who have, or may have, are told."""
    now = ctx.clock.now()
    told = (
        select(Pickup)
        .where(Pickup.order_id == order.id, Pickup.event == Told.CREATED)
        .order_by(Pickup.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for pickup in ctx.session.scalars(told).all():
        stage = stage_of(pickup, now)
        # One that is being booked at this moment is told after that, or when its time is up.
        due_at = pickup.due_at if stage is Stage.LEASED else now
        step = TABLE[stage, Happening.CANCEL]
        if step.to is not None:
            pickup.state, pickup.due_at, pickup.look_again_at = step.to.value, None, None
            pickup.changed_at = now
        ctx.session.flush()
        if step.tells:
            _offer(ctx, pickup.consumer, [order.id], Told.CANCELED, due_at)
            send_soon(ctx, pickup.consumer)


def settle_cancellations(
    ctx: Context, consumer: Consumer, order_ids: Collection[int], *, books: bool
) -> None:
    """An order is settled: tell now that it was canceled, if it was; or never, if it was refused.

    A consumer that books an order late may have thrown its cancellation away: it is told again.
    """
    canceled = status_codes(ctx.session, EVERYTHING).canceled
    wanted = select(Order.id).where(Order.id.in_(sorted(order_ids)), Order.status.in_(canceled))
    ids = ctx.session.scalars(wanted).all() if order_ids else ()
    if not ids:
        return
    now = ctx.clock.now()
    told = (
        update(Pickup)
        .where(Pickup.consumer_id == consumer.id, Pickup.order_id.in_(ids), Pickup.event == Told.CANCELED)
        .where(Pickup.state != PickupState.LEASED)
        .execution_options(synchronize_session=False)
    )
    if books:
        _offer(ctx, consumer, ids, Told.CANCELED)
        values = {"state": PickupState.WAITING.value, "due_at": now, "waits_since": now, "changed_at": now}
        ctx.session.execute(told.values(values))
    else:
        values = {"state": PickupState.WITHDRAWN.value, "due_at": None, "changed_at": now}
        ctx.session.execute(told.where(Pickup.offered == 0).values(values))


def catch_up(run: JobRun) -> None:
    """Offer one consumer every order that it was not offered: those from before it was there, if it wants
    them, and those that were created while nobody told this plugin.

    In batches, and safe to run again: nothing is offered twice.
    """
    consumer_id = int(run.args["consumer_id"])
    with run.reading() as ctx:
        consumer = ctx.session.get(Consumer, consumer_id)
        if consumer is None:
            return  # it was removed
        started, after = ctx.clock.now(), (max(consumer.since, consumer.offered_to - _MARGIN), 0)
    while True:
        with run.transaction() as ctx:
            consumer = ctx.session.get(Consumer, consumer_id)
            if consumer is None:
                return
            found = _missing(ctx, consumer, after)
            _offer(ctx, consumer, [order_id for order_id, _at in found], Told.CREATED)
            if found:
                send_soon(ctx, consumer)
            if len(found) < BATCH:
                consumer.offered_to = max(consumer.offered_to, started)
                return
            after = (found[-1][1], found[-1][0])


def _missing(ctx: Context, consumer: Consumer, after: tuple[datetime, int]) -> list[tuple[int, datetime]]:
    """The next orders that it may get, with when they were created."""
    wanted = Wanted.of(consumer.wanted)
    canceled = status_codes(ctx.session, wanted).canceled
    rows = (
        select(Order.id, Order.created_at)
        .where(Order.created_at >= after[0], tuple_(Order.created_at, Order.id) > after)
        .where(Order.status.not_in(canceled), *wanted.conditions())
        .order_by(Order.created_at, Order.id)
        .limit(BATCH)
    )
    return [(row.id, row.created_at) for row in ctx.session.execute(rows)]


def _offer(
    ctx: Context,
    consumer: Consumer,
    order_ids: Iterable[int],
    event: Told,
    due_at: datetime | None = None,
) -> None:
    """Have it told of these orders; what it is told already stays as it is."""
    now = ctx.clock.now()
    rows: list[dict[str, Any]] = [
        {
            "consumer_id": consumer.id,
            "order_id": order_id,
            "event": event.value,
            "state": PickupState.WAITING.value,
            "idempotency_key": uuid.uuid4().hex,
            "offered": 0,
            "due_at": due_at or now,
            "waits_since": now,
            "created_at": now,
            "changed_at": now,
        }
        for order_id in order_ids
    ]
    if rows:
        dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
        statement = dialect.insert(Pickup).on_conflict_do_nothing(
            index_elements=["consumer_id", "order_id", "event"]
        )
        ctx.session.flush()
        ctx.session.connection().execute(statement, rows)
