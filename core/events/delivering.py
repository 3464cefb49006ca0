"""The job that tells plugins what happened: in order per plugin and subject, each exactly once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select

from core.context import Context
from core.errors import NotConfigured
from core.events.models import Delivery, DeliveryState
from core.events.recording import DELIVER
from core.jobs import Defer, JobRun, JobType, backoff, safe_error
from core.jobs.retrying import place_of

#: Loads a hook's arguments (without `ctx`) from an event's payload, inside the delivery's session.
Loader = Callable[[Context, Mapping[str, Any]], dict[str, Any]]
#: Called in the transaction that parks a delivery, so that a problem can be raised.
OnParked = Callable[[Context, Delivery], None]

MAX_ATTEMPTS = 8
PLACE_LENGTH = 200
DISABLED_WAIT = timedelta(minutes=15)
_log = structlog.get_logger(__name__)


def delivery_job(loaders: Mapping[str, Loader], on_parked: OnParked | None = None) -> JobType:
    """The job `events.deliver`, which delivers all that waits for one plugin and subject.

    A plugin that does not run keeps its deliveries waiting: the job looks again every quarter of an hour,
    and `resume_deliveries` makes it look at once. One that runs and does not listen (any more) skips them.
    """
    courier = _Courier(loaders, on_parked)
    return JobType(
        DELIVER,
        courier.deliver,
        max_attempts=MAX_ATTEMPTS,
        title="Tell a plugin what happened",
        on_failed=courier.give_up,
    )


class _Courier:
    """Carries out `events.deliver`."""

    def __init__(self, loaders: Mapping[str, Loader], on_parked: OnParked | None) -> None:
        self._loaders = loaders
        self._on_parked = on_parked

    def deliver(self, run: JobRun) -> None:
        """Deliver from the oldest on, until none is left or one holds the others back."""
        while True:
            delivery_id = self._find_next(run)
            if delivery_id is None:
                return
            try:
                with run.transaction() as ctx:
                    self._tell(ctx, delivery_id)
            except Exception as error:
                self._record_failure(run, delivery_id, error)

    def give_up(self, run: JobRun, error: str) -> None:
        """The job itself came to an end, say by killing its process each time: park its head."""
        with run.transaction() as ctx:
            delivery = _find_head(ctx, run)
            if delivery is not None and delivery.state == DeliveryState.WAITING:
                delivery.last_error = error
                self._park(ctx, delivery)

    def _find_next(self, run: JobRun) -> int | None:
        """The delivery whose turn it is; None if there is none or a parked one holds it back.

        Raises Defer if its time has not come or its plugin does not run.
        """
        with run.reading() as ctx:
            head = _find_head(ctx, run)
            if head is None or head.state == DeliveryState.PARKED:
                return None
            now = ctx.clock.now()
            if head.not_before is not None and head.not_before > now:
                raise Defer(head.not_before, f"delivery {head.id} failed and is tried again then")
            if not ctx.hooks.is_running(head.plugin):
                raise Defer(DISABLED_WAIT, f"the plugin {head.plugin!r} does not run now")
            return head.id

    def _tell(self, ctx: Context, delivery_id: int) -> None:
        """Tell the plugin, and mark it delivered in the same transaction."""
        delivery = _lock_waiting(ctx, delivery_id)
        if delivery is None:
            return
        event = delivery.event
        if delivery.plugin not in ctx.hooks.listeners(event.name):
            delivery.state = DeliveryState.SKIPPED.value  # it runs, and does not want to know
            return
        delivery.state = DeliveryState.DELIVERED.value
        delivery.delivered_at = ctx.clock.now()
        delivery.last_error = delivery.last_place = delivery.not_before = None
        _count(ctx, delivery)
        ctx.session.flush()
        loader = self._loaders.get(event.name)
        if loader is None:
            raise NotConfigured(f"nothing loads the arguments of {event.name}")
        arguments = loader(ctx, event.payload)
        ctx.hooks.tell(delivery.plugin, event.name, ctx=ctx, **arguments)

    def _record_failure(self, run: JobRun, delivery_id: int, error: Exception) -> None:
        """Count it; then it waits, or is parked after the last attempt."""
        _log.warning(
            "delivery failed",
            delivery=delivery_id,
            plugin=run.args["plugin"],
            error=safe_error(error),
            place=place_of(error),
        )
        with run.transaction() as ctx:
            delivery = _lock_waiting(ctx, delivery_id)
            if delivery is None:
                return
            delivery.attempts += 1
            delivery.last_error, delivery.last_place = safe_error(error), short_place(place_of(error))
            _count(ctx, delivery)
            if delivery.attempts >= MAX_ATTEMPTS:
                self._park(ctx, delivery)
                return
            delivery.not_before = ctx.clock.now() + backoff(delivery.attempts, error)

    def _park(self, ctx: Context, delivery: Delivery) -> None:
        delivery.state = DeliveryState.PARKED.value
        delivery.not_before = None
        if self._on_parked is not None:
            self._on_parked(ctx, delivery)


def short_place(place: str) -> str:
    """The end of the path is what tells; where it is installed is nobody's business."""
    path, _, line = place.rpartition(":")
    return f"{'/'.join(path.split('/')[-3:])}:{line}"[-PLACE_LENGTH:] if path else place[-PLACE_LENGTH:]


def _count(ctx: Context, delivery: Delivery) -> None:
    delivery.times_told += 1
    delivery.last_told_at = ctx.clock.now()


def _find_head(ctx: Context, run: JobRun) -> Delivery | None:
    """The oldest that is neither delivered nor skipped."""
    return ctx.session.scalars(
        select(Delivery)
        .where(
            Delivery.plugin == run.args["plugin"],
            Delivery.subject == run.args["subject"],
            Delivery.state.in_([DeliveryState.WAITING, DeliveryState.PARKED]),
        )
        .order_by(Delivery.id)
        .limit(1)
    ).first()


def _lock_waiting(ctx: Context, delivery_id: int) -> Delivery | None:
    """The delivery, if it still waits; a second courier stands here until the first has ended."""
    delivery = ctx.session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state != DeliveryState.WAITING:
        return None
    return delivery
