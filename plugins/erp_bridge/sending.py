"""Drives outlets: hands over what waits, has booked what comes back, and backs off from whoever is away.

One job per consumer, under a lock of its own, so that nobody waits for anybody else. Outlets are called
outside of any transaction; each outcome is recorded as it comes, in a transaction of its own. A process
that dies in between leaves leases behind, which run out: what they held is told again under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, select

from core.context import Context
from core.errors import AccessDenied, InvalidValue, NotConfigured, NotFound, TemporarilyUnavailable
from core.jobs import Defer, JobRun, backoff, safe_error
from core.settings.fields import load_values
from core.web.schemas import OrderSchema
from plugins.erp_bridge.collecting import TURN, collect
from plugins.erp_bridge.consumers import (
    catch_up_soon,
    list_consumers,
    note_seen,
    pause_consumer,
    send_soon,
)
from plugins.erp_bridge.models import ACTIVE, PULL, Consumer, Pickup, Told
from plugins.erp_bridge.outlets import Outcome, Outlet, OutletKind, Parcel, Taken, get_kind
from plugins.erp_bridge.pickups import acknowledge, lease, orders_of, reject, release
from plugins.erp_bridge.troubles import FAILS_FOR_PEOPLE, note_failing, note_reached

#: A consumer that cannot be reached so often in a row is paused: that takes a good day.
MOST_FAILURES = 100
#: Orders of which nobody told this plugin are looked for so often.
_STEADILY = timedelta(minutes=15)
#: What only a person can mend.
_FOR_PEOPLE = (NotConfigured, AccessDenied, InvalidValue, NotFound)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Reached:
    """A consumer with the outlet that reaches it, for one run of a job."""

    consumer_id: int
    kind: OutletKind
    outlet: Outlet


def send(run: JobRun) -> None:
    """Hand over what waits for one consumer, then book what has come back from it."""
    consumer_id = int(run.args["consumer_id"])
    with run.reading() as ctx:
        consumer = ctx.session.get(Consumer, consumer_id)
        now = ctx.clock.now()
    if consumer is None or consumer.kind == PULL or consumer.state != ACTIVE:
        return
    if consumer.next_attempt_at is not None and consumer.next_attempt_at > now:
        raise Defer(consumer.next_attempt_at, f"{consumer.name} could not be reached, and is tried again")
    try:
        is_done = _serve(run, consumer, now + TURN)
    except _FOR_PEOPLE as error:
        _give_up(run, consumer_id, str(error))
    except Exception as error:  # whatever an outlet does wrong is one failed attempt at its consumer
        _log.warning("a consumer cannot be reached", consumer=consumer.name, error=safe_error(error))
        _back_off(run, consumer_id, error)
    else:
        if not is_done:
            with run.transaction() as ctx:
                still_there = ctx.session.get(Consumer, consumer_id)
                if still_there is not None:
                    send_soon(ctx, still_there)


def tend(run: JobRun) -> None:
    """Every minute: whoever is behind catches up, and outlets are served for which there is anything."""
    with run.transaction() as ctx:
        now = ctx.clock.now()
        for consumer in list_consumers(ctx.session):
            if consumer.state == ACTIVE and consumer.kind != PULL and _has_work(ctx, consumer, now):
                send_soon(ctx, consumer)
            if now - consumer.offered_to >= _STEADILY:
                catch_up_soon(ctx, consumer)


def _has_work(ctx: Context, consumer: Consumer, now: datetime) -> bool:
    """Whether anything is due, or may have come back."""
    try:
        if get_kind(consumer.kind).collects:
            return True
    except NotFound:
        return True  # the job says what is wrong with it
    mine = Pickup.consumer_id == consumer.id
    due = exists().where(mine, Pickup.due_at <= now)
    held = exists().where(mine, Pickup.look_again_at <= now)
    return bool(ctx.session.scalar(select(due | held)))


def _reach(consumer: Consumer) -> _Reached:
    """The outlet of a consumer. Raises NotFound for a kind that is not there, InvalidValue for settings."""
    kind = get_kind(consumer.kind)
    settings = load_values(kind.schema(), consumer.settings)
    return _Reached(consumer.id, kind, kind.make(settings, consumer.name))


def _serve(run: JobRun, consumer: Consumer, until: datetime) -> bool:
    """One turn at a consumer; whether all is done that there was to do."""
    reached = _reach(consumer)
    with closing(reached.outlet):
        is_done = _hand_over(run, reached, until)
        if reached.kind.collects:
            is_done &= collect(run, consumer.id, reached.outlet)
            with run.transaction() as ctx:
                _note_reached(ctx, ctx.session.get_one(Consumer, consumer.id))
                note_seen(ctx, consumer.id)
    return is_done


def _hand_over(run: JobRun, reached: _Reached, until: datetime) -> bool:
    """Hand over until nothing waits, or the time is up; whether nothing waits."""
    while True:
        with run.transaction() as ctx:
            consumer = ctx.session.get_one(Consumer, reached.consumer_id)
            if consumer.state != ACTIVE:
                return True
            leased = lease(ctx, consumer, reached.kind.batch)
        if not leased:
            return True
        with run.reading() as ctx:
            orders, form = orders_of(ctx, leased), OrderSchema()
            parcels = [
                Parcel(
                    one.id,
                    one.event,
                    one.idempotency_key,
                    form.dump(orders[one.order_id]),
                    one.occurred_at if one.event == Told.CANCELED else orders[one.order_id].created_at,
                )
                for one in leased
            ]
        _deliver(run, reached, parcels)
        if run.transactions.clock.now() >= until:
            return False


def _deliver(run: JobRun, reached: _Reached, parcels: Sequence[Parcel]) -> None:
    """Hand these over, and record each outcome as it comes.

    What nobody answers for stays leased, and is told again when the lease has run out. If the outlet fails
    it is given back at once, behind whatever waits: one that cannot be handed over holds up no other.
    """
    open_ids = {parcel.id for parcel in parcels}
    try:
        for outcome in reached.outlet.deliver(parcels):
            _record(run, reached, outcome)
            open_ids.discard(outcome.parcel_id)
    except BaseException:
        with run.transaction() as ctx:
            release(ctx, ctx.session.get_one(Consumer, reached.consumer_id), sorted(open_ids))
        raise


def _record(run: JobRun, reached: _Reached, outcome: Outcome) -> None:
    with run.transaction() as ctx:
        consumer = ctx.session.get_one(Consumer, reached.consumer_id)
        if isinstance(outcome, Taken):
            acknowledge(ctx, consumer, [(outcome.parcel_id, outcome.reference)])
        else:
            reject(ctx, consumer, [(outcome.parcel_id, outcome.reason)])
        if not reached.kind.collects:
            _note_reached(ctx, consumer)
        else:  # it takes orders, but whether anything comes back is not known before all was collected
            consumer.failures = min(consumer.failures, FAILS_FOR_PEOPLE)


def _note_reached(ctx: Context, consumer: Consumer) -> None:
    if consumer.failures:
        note_reached(ctx, consumer)
    consumer.failures, consumer.next_attempt_at, consumer.last_error = 0, None, None


def _back_off(run: JobRun, consumer_id: int, error: Exception) -> None:
    """Try again later, each time after a longer while; and in the end not before a person says so."""
    with run.transaction() as ctx:
        consumer = ctx.session.get(Consumer, consumer_id, with_for_update=True)
        if consumer is None:
            return  # it was removed meanwhile, which is what failed
        consumer.failures += 1
        wait = backoff(consumer.failures, error)
        consumer.next_attempt_at = ctx.clock.now() + wait
        is_ours = isinstance(error, TemporarilyUnavailable)
        consumer.last_error = str(error)[:500] if is_ours else safe_error(error)
        if consumer.failures >= MOST_FAILURES:
            pause_consumer(ctx, consumer, consumer.last_error)
        else:
            note_failing(ctx, consumer)
            send_soon(ctx, consumer)


def _give_up(run: JobRun, consumer_id: int, because: str) -> None:
    """Pause it at once: trying again would come to the same."""
    with run.transaction() as ctx:
        consumer = ctx.session.get(Consumer, consumer_id, with_for_update=True)
        if consumer is not None:
            pause_consumer(ctx, consumer, because)
