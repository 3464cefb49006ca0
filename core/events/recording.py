"""Record what happened, and what a person does with a delivery that is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, joinedload

from core.context import Context
from core.errors import NotFound, WrongState
from core.events.models import Delivery, DeliveryState, Event
from core.jobs import enqueue
from core.jobs.queue import check_scalars, enqueue_each
from core.problems import resolve_problems

DELIVER = "events.deliver"
#: What happened to many at once, such as to all that is in stock, is told when nothing else has to be done.
_MANY, _AFTER_ALL_ELSE = 20, 20


def record_event(ctx: Context, name: str, subject: str, payload: Mapping[str, Any] | None = None) -> Event:
    """Write an event, a delivery for each plugin that listens now, and the jobs that deliver them.

    A plugin that is enabled and set aside may want it as well: its delivery waits until it runs.

    name     the hook that tells it
    subject  what it happened to, for example `order:12`: deliveries keep the order per subject
    payload  identifiers by name, never personal data

    All in the transaction of `ctx`. Raises InvalidValue for a payload that is not of scalars.
    """
    (event,) = record_events(ctx, name, {subject: payload or {}})
    return event


def record_events(ctx: Context, name: str, payloads: Mapping[str, Mapping[str, Any]]) -> list[Event]:
    """Record the same for many subjects at once: payloads by subject, each as `record_event` takes it."""
    listeners = [*ctx.hooks.listeners(name), *ctx.hooks.unheard()]
    # The jobs come first. On PostgreSQL they make two transactions that record for one subject go
    # one after the other before either gets an event's number, so that numbers tell the order.
    jobs = {
        _delivery_key(plugin, subject): {"plugin": plugin, "subject": subject}
        for plugin in listeners
        for subject in payloads
    }
    enqueue_each(ctx, DELIVER, jobs, _AFTER_ALL_ELSE if len(payloads) > _MANY else 0)
    events = [
        Event(
            name=name,
            subject=subject,
            payload=check_scalars(payload),
            created_at=ctx.clock.now(),
            actor=ctx.actor,
        )
        for subject, payload in payloads.items()
    ]
    ctx.session.add_all(events)
    ctx.session.flush()
    waiting = DeliveryState.WAITING.value
    deliveries = [
        {"event_id": event.id, "plugin": plugin, "subject": event.subject, "state": waiting}
        for event in events
        for plugin in listeners
    ]
    if deliveries:
        ctx.session.execute(insert(Delivery), deliveries)
    return events


class DeliveryFilter(TypedDict, total=False):
    """Which deliveries: in a state, to a plugin, about a subject, older than that id; None is any."""

    state: str | None
    plugin: str | None
    subject: str | None
    before_id: int | None


def list_deliveries(ctx: Context, limit: int = 50, **wanted: Unpack[DeliveryFilter]) -> list[Delivery]:
    """Deliveries with their events, newest first; for the next page pass the last one's id."""
    rows = select(Delivery).options(joinedload(Delivery.event)).order_by(Delivery.id.desc())
    for column, value in (
        (Delivery.state, wanted.get("state")),
        (Delivery.plugin, wanted.get("plugin")),
        (Delivery.subject, wanted.get("subject")),
    ):
        if value is not None:
            rows = rows.where(column == value)
    before = wanted.get("before_id")
    if before is not None:
        rows = rows.where(Delivery.id < before)
    return list(ctx.session.scalars(rows.limit(limit)))


def count_open_deliveries(session: Session) -> dict[str, int]:
    """How many deliveries wait and are parked."""
    return {
        state.value: session.scalar(select(func.count(Delivery.id)).where(Delivery.state == state)) or 0
        for state in (DeliveryState.WAITING, DeliveryState.PARKED)
    }


def get_event(session: Session, event_id: int) -> tuple[Event, list[Delivery]]:
    """An event, and who was told of it. Raises NotFound."""
    event = session.get(Event, event_id)
    if event is None:
        raise NotFound("there is no such event; what everybody has heard of is forgotten after a while")
    told = select(Delivery).where(Delivery.event_id == event_id).order_by(Delivery.id)
    return event, list(session.scalars(told))


def replay_delivery(ctx: Context, delivery_id: int) -> None:
    """Try a parked delivery again, with all its attempts. Raises NotFound, WrongState."""
    delivery = _locked(ctx, delivery_id)
    if delivery.state != DeliveryState.PARKED:
        raise WrongState(f"delivery {delivery_id} is {delivery.state}; only a parked one is replayed")
    delivery.state = DeliveryState.WAITING.value
    delivery.attempts = 0
    delivery.not_before = delivery.last_error = delivery.last_place = None
    resolve_problems(ctx, delivery.problem_subject)
    enqueue_delivery(ctx, delivery.plugin, delivery.subject)


def skip_delivery(ctx: Context, delivery_id: int) -> None:
    """Never deliver it, so that those behind it go on. Raises NotFound, WrongState."""
    delivery = _locked(ctx, delivery_id)
    if delivery.state not in (DeliveryState.PARKED, DeliveryState.WAITING):
        raise WrongState(f"delivery {delivery_id} is {delivery.state}, so it cannot be skipped")
    delivery.state = DeliveryState.SKIPPED.value
    resolve_problems(ctx, delivery.problem_subject)
    enqueue_delivery(ctx, delivery.plugin, delivery.subject)


def resume_deliveries(ctx: Context, plugin: str) -> int:
    """Deliver at once what waited while this plugin was disabled; gives for how many subjects.

    Call it when the plugin is enabled. Without it they come too, within a quarter of an hour.
    """
    subjects = ctx.session.scalars(
        select(Delivery.subject)
        .where(Delivery.plugin == plugin, Delivery.state == DeliveryState.WAITING)
        .distinct()
        .order_by(Delivery.subject)
    ).all()
    for subject in subjects:
        enqueue_delivery(ctx, plugin, subject)
    return len(subjects)


def enqueue_delivery(ctx: Context, plugin: str, subject: str) -> None:
    """Have what waits for this plugin and subject delivered."""
    key = _delivery_key(plugin, subject)
    args = {"plugin": plugin, "subject": subject}
    enqueue(ctx, DELIVER, args, lock_key=key, dedup_key=key)


def _delivery_key(plugin: str, subject: str) -> str:
    return f"deliver:{plugin}:{subject}"


def _locked(ctx: Context, delivery_id: int) -> Delivery:
    delivery = ctx.session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if delivery is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return delivery
