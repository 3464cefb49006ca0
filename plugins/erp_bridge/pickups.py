"""Handing orders out and taking answers: leased for a while, then acknowledged, rejected or given back.

Handing out costs the same whatever waits: one statement takes the rows that are due by an index that holds
nothing else. An order whose status does not fit, such as one on hold, is put aside by that same statement,
and looked at again a minute later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, literal, null, select, update

from core.commerce.orders import Order
from core.commerce.shipments import with_all_parts
from core.context import Context
from core.errors import InvalidValue
from plugins.erp_bridge.consumers import check_active, note_seen, send_soon
from plugins.erp_bridge.filters import StatusCodes, Wanted, status_codes
from plugins.erp_bridge.models import Consumer, Pickup, PickupState, Told
from plugins.erp_bridge.offering import settle_cancellations
from plugins.erp_bridge.states import TABLE, Happening, Step, stage_of
from plugins.erp_bridge.troubles import note_rejected, note_settled

#: So many are handed out at once, at most; and looked at to find them: in rounds, each up to that many.
MOST = 100
_ROUNDS = 20
LOOK_AGAIN = timedelta(minutes=1)
REFERENCE_LENGTH, REASON_LENGTH = 120, 500
NOT_FOUND, WRONG_STATE = "not_found", "wrong_state"


@dataclass(frozen=True)
class Leased:
    """One thing that was handed out, until `lease_until`."""

    id: int
    event: str
    idempotency_key: str
    order_id: int
    lease_until: datetime
    occurred_at: datetime


@dataclass(frozen=True)
class Answered:
    """What came of one answer. `error` says why it was refused, with a code for machines; else None."""

    id: int
    state: str | None
    reference: str | None
    code: str | None = None
    error: str | None = None


def lease(ctx: Context, consumer: Consumer, limit: int = MOST) -> list[Leased]:
    """Hand out what is due, the oldest first: nobody else gets it until the lease has run out.

    Raises WrongState for a consumer that is paused, InvalidValue for a limit that is none.
    """
    check_active(consumer)
    if not 1 <= limit <= MOST:
        raise InvalidValue(f"1 to {MOST} are handed out at once, not {limit}", {"limit": ["out of range"]})
    codes = status_codes(ctx.session, Wanted.of(consumer.wanted))
    _wake(ctx, consumer, codes)
    taken: list[Leased] = []
    for _ in range(_ROUNDS):
        asked = limit - len(taken)
        seen, got = _take(ctx, consumer, codes, asked)
        taken += got
        if seen < asked or len(taken) == limit:
            break
    note_seen(ctx, consumer.id)
    return sorted(taken, key=lambda one: one.id)


def orders_of(ctx: Context, leased: Sequence[Leased]) -> Mapping[int, Order]:
    """Their orders, whole, by id. Read them in a transaction of their own, which holds nobody up."""
    wanted = select(Order).where(Order.id.in_({one.order_id for one in leased})).options(*with_all_parts())
    return {order.id: order for order in ctx.session.scalars(wanted)}


def acknowledge(
    ctx: Context, consumer: Consumer, answers: Sequence[tuple[int, str | None]]
) -> list[Answered]:
    """It has them, under these references: one result for each, in that order.

    Late ones count too, and the same one again is a success. Refused for what was never handed out, and for
    what is acknowledged under another reference.
    """
    return _settle(ctx, consumer, Happening.ACKNOWLEDGE, answers)


def reject(ctx: Context, consumer: Consumer, answers: Sequence[tuple[int, str | None]]) -> list[Answered]:
    """It will not take them, for these reasons; an operator has to look, and may have them replayed."""
    return _settle(ctx, consumer, Happening.REJECT, answers)


def release(ctx: Context, consumer: Consumer, ids: Sequence[int]) -> list[Answered]:
    """It gives them back before their time is up: they are due at once."""
    return _settle(ctx, consumer, Happening.RELEASE, [(one, None) for one in ids])


def replay(ctx: Context, consumer: Consumer, ids: Sequence[int]) -> list[Answered]:
    """Tell them again, under the same idempotency keys, whatever became of them."""
    results = _settle(ctx, consumer, Happening.REPLAY, [(one, None) for one in ids])
    send_soon(ctx, consumer)
    return results


def _take(ctx: Context, consumer: Consumer, codes: StatusCodes, limit: int) -> tuple[int, list[Leased]]:
    """Lease up to so many; gives how many were looked at, too."""
    now = ctx.clock.now()
    due = _first(Pickup.due_at, consumer, now, limit)
    is_leased = (Pickup.event != Told.CREATED) | Order.status.in_(codes.fitting)
    until = now + timedelta(seconds=consumer.lease_seconds)
    rows = ctx.session.execute(
        update(Pickup)
        .where(Pickup.id == due.c.id, Order.id == Pickup.order_id)
        .values(
            state=_becomes(is_leased, PickupState.LEASED, codes),
            due_at=case((is_leased, _at(until)), else_=null()),
            look_again_at=_look_again(is_leased, codes, now),
            offered=Pickup.offered + case((is_leased, 1), else_=0),
            changed_at=now,
        )
        .returning(
            Pickup.id, Pickup.event, Pickup.idempotency_key, Pickup.order_id, Pickup.state,
            Pickup.created_at,
        )
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return len(rows), [
        Leased(row.id, row.event, row.idempotency_key, row.order_id, until, row.created_at)
        for row in rows
        if row.state == PickupState.LEASED
    ]


def _wake(ctx: Context, consumer: Consumer, codes: StatusCodes) -> None:
    """Let those wait again that were put aside and fit by now; so many at a time, whatever is held."""
    now = ctx.clock.now()
    held = _first(Pickup.look_again_at, consumer, now, MOST)
    fits = Order.status.in_(codes.fitting)
    ctx.session.execute(
        update(Pickup)
        .where(Pickup.id == held.c.id, Order.id == Pickup.order_id)
        .values(
            state=_becomes(fits, PickupState.WAITING, codes),
            due_at=case((fits, _at(now)), else_=null()),
            look_again_at=_look_again(fits, codes, now),
        )
        .execution_options(synchronize_session=False)
    )


def _first(column: Any, consumer: Consumer, now: datetime, limit: int) -> CTE:
    """The ids of the first for whom it is time, locked; what others have locked is passed over."""
    return (
        select(Pickup.id)
        .where(Pickup.consumer_id == consumer.id, column <= now)
        .order_by(column, Pickup.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )


def _becomes(fits: ColumnElement[bool], state: PickupState, codes: StatusCodes) -> ColumnElement[str]:
    canceled = Order.status.in_(codes.canceled)
    return case((fits, state.value), (canceled, PickupState.WITHDRAWN.value), else_=PickupState.HELD.value)


def _look_again(fits: ColumnElement[bool], codes: StatusCodes, now: datetime) -> ColumnElement[datetime]:
    is_held = and_(~fits, Order.status.not_in(codes.canceled))
    return case((is_held, _at(now + LOOK_AGAIN)), else_=null())


def _at(moment: datetime) -> ColumnElement[datetime]:
    return literal(moment, Pickup.due_at.type)


def _settle(
    ctx: Context, consumer: Consumer, happening: Happening, answers: Sequence[tuple[int, str | None]]
) -> list[Answered]:
    """Let it happen to each, as the table says."""
    wanted = (
        select(Pickup)
        .where(Pickup.consumer_id == consumer.id, Pickup.id.in_({one for one, _text in answers}))
        .order_by(Pickup.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {pickup.id: pickup for pickup in ctx.session.scalars(wanted)}
    now = ctx.clock.now()
    results, settled = [], set()
    for one, text in answers:
        pickup = found.get(one)
        if pickup is None:
            error = f"nothing was handed out to the consumer {consumer.name} under this id"
            results.append(Answered(one, None, None, NOT_FOUND, error))
            continue
        was_rejected = pickup.state == PickupState.REJECTED
        step = _carry_out(pickup, happening, text, now)
        if step.to is PickupState.REJECTED:
            note_rejected(ctx, consumer, pickup)
        elif step.to is not None and was_rejected:
            note_settled(ctx, consumer, pickup)
        if step.to is not None and pickup.event == Told.CREATED:
            settled.add(pickup.order_id)
        code = WRONG_STATE if step.refused else None
        results.append(Answered(one, pickup.state, pickup.reference, code, step.refused))
    ctx.session.flush()
    if happening in (Happening.ACKNOWLEDGE, Happening.REJECT):
        settle_cancellations(ctx, consumer, settled, books=happening is Happening.ACKNOWLEDGE)
        note_seen(ctx, consumer.id)
    return results


def _carry_out(pickup: Pickup, happening: Happening, text: str | None, now: datetime) -> Step:
    """Let it happen; what became of it."""
    if happening is Happening.ACKNOWLEDGE and text not in (None, pickup.reference) and pickup.reference:
        happening = Happening.ACKNOWLEDGE_OTHERWISE
    step = TABLE[stage_of(pickup, now), happening]
    if step.refused is not None:
        return step
    if step.to is not None:
        is_waiting = step.to is PickupState.WAITING
        pickup.state, pickup.look_again_at = step.to.value, None
        pickup.due_at = now if is_waiting else None
        pickup.changed_at = now
        if happening is Happening.REPLAY:
            pickup.waits_since = now
    if happening in (Happening.ACKNOWLEDGE, Happening.ACKNOWLEDGE_OTHERWISE):
        pickup.reference, pickup.reason = text or pickup.reference, None
    elif happening is Happening.REJECT:
        pickup.reason = text
    return step
