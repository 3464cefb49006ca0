"""Consumers: added, changed, paused, resumed, found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import note_audit
from core.context import Context
from core.database.holding import hold
from core.errors import AlreadyExists, InvalidValue, NotFound, WrongState
from core.jobs import enqueue, ensure_schedule
from core.settings.fields import check_known, fields_of, is_secret, load_values
from plugins.erp_bridge.filters import EVERYTHING, Wanted, check_wanted
from plugins.erp_bridge.models import ACTIVE, PAUSED, PULL, Consumer
from plugins.erp_bridge.outlets import get_kind
from plugins.erp_bridge.troubles import note_paused, note_resumed

CATCH_UP_JOB = "erp_bridge.catch_up"
SEND_JOB = "erp_bridge.send"
TEND_JOB = "erp_bridge.tend"
#: One look at whom something is due for.
TENDED_EVERY = timedelta(minutes=1)
LEASE_SECONDS = 300
#: Jobs of channels, at 0 and before, go first: whoever takes its time here holds none of them up.
_AFTER_THE_CHANNELS = 10
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LEASES = range(5, 86_401)
#: What was seen of a consumer is written down once in so long: a row that everybody writes holds them up.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewConsumer:
    """What a consumer is made of.

    kind      `pull`, or the key of an outlet
    since     orders that were created earlier are not offered, in the past; None: from now on
    settings  what the outlet needs, as its schema takes it
    """

    name: str
    kind: str = PULL
    wanted: Wanted = EVERYTHING
    since: datetime | None = None
    lease_seconds: int = LEASE_SECONDS
    settings: Mapping[str, Any] = field(default_factory=dict)


def add_consumer(ctx: Context, new: NewConsumer) -> Consumer:
    """Add one; what exists since `since` is offered by a job. Raises InvalidValue, AlreadyExists."""
    if not _NAME.fullmatch(new.name):
        problem = "a name is 1 to 40 lower-case letters, digits, - and _, and begins with a letter"
        raise InvalidValue(f"{problem}: not {new.name[:60]!r}", {"name": [problem]})
    if find_consumer(ctx.session, new.name):
        problem = f"there is a consumer {new.name!r} already"
        raise AlreadyExists(problem)
    now = ctx.clock.now()
    since = new.since or now
    if since > now:
        problem = "this time is still to come: give one that has passed, or none for orders from now on"
        raise InvalidValue(problem, {"since": [problem]})
    consumer = Consumer(
        name=new.name,
        kind=new.kind,
        wanted=check_wanted(ctx.session, new.wanted).as_json(),
        since=since,
        offered_to=since,
        lease_seconds=_check_lease(new.lease_seconds),
        settings=_check_settings(new.kind, new.settings),
        state=ACTIVE,
        created_at=now,
    )
    ctx.session.add(consumer)
    ctx.session.flush()
    note_audit(ctx, "erp_consumer.added", f"erp_consumer:{consumer.name}")
    ensure_schedule(ctx, TEND_JOB, TEND_JOB, every=TENDED_EVERY)
    catch_up_soon(ctx, consumer)
    return consumer


def change_consumer(
    ctx: Context,
    consumer: Consumer,
    *,
    wanted: Wanted | None = None,
    lease_seconds: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Change what is given. Raises InvalidValue.

    Another filter holds for orders from now on; what waits already and does not fit any more is told still,
    unless it is for its status. Secrets that are not given, or empty, stay as they are, and go for None;
    anything else that is empty goes back to its default.
    """
    hold(ctx.session, consumer)  # all its settings are one value: who changes another one waits
    if wanted is not None:
        consumer.wanted = check_wanted(ctx.session, wanted).as_json()
    if lease_seconds is not None:
        consumer.lease_seconds = _check_lease(lease_seconds)
    if settings is not None:
        consumer.settings = _check_settings(consumer.kind, _merged(consumer, settings))
        try_again(ctx, consumer)
    ctx.session.flush()
    note_audit(ctx, "erp_consumer.changed", f"erp_consumer:{consumer.name}")


def pause_consumer(ctx: Context, consumer: Consumer, because: str) -> None:
    """Hand nothing out until it is resumed; what comes meanwhile waits. Does nothing if it is paused."""
    if consumer.state == PAUSED:
        return
    consumer.state, consumer.paused_because = PAUSED, because[:500]
    ctx.session.flush()
    note_audit(ctx, "erp_consumer.paused", f"erp_consumer:{consumer.name}")
    note_paused(ctx, consumer)


def resume_consumer(ctx: Context, consumer: Consumer) -> None:
    """Hand out again, beginning with what was missed. Does nothing if it is not paused."""
    if consumer.state == ACTIVE:
        return
    consumer.state, consumer.paused_because = ACTIVE, None
    consumer.failures, consumer.next_attempt_at, consumer.last_error = 0, None, None
    ctx.session.flush()
    note_audit(ctx, "erp_consumer.resumed", f"erp_consumer:{consumer.name}")
    note_resumed(ctx, consumer)
    catch_up_soon(ctx, consumer)
    send_soon(ctx, consumer)


def try_again(ctx: Context, consumer: Consumer) -> None:
    """Try one that could not be reached now, and not when its time has come."""
    consumer.next_attempt_at = None
    ctx.session.flush()
    send_soon(ctx, consumer)


def check_active(consumer: Consumer) -> None:
    """Raise WrongState, with the reason, for a consumer that is paused."""
    if consumer.state == PAUSED:
        why = f": {consumer.paused_because}" if consumer.paused_because else ""
        raise WrongState(f"the consumer {consumer.name} is paused{why}")


def find_consumer(session: Session, name: str) -> Consumer | None:
    """The consumer with this name, if there is one."""
    return session.scalar(select(Consumer).where(Consumer.name == name))


def get_consumer(session: Session, name: str) -> Consumer:
    """The consumer with this name. Raises NotFound."""
    consumer = find_consumer(session, name)
    if consumer is None:
        raise NotFound(f"there is no consumer {name[:60]!r}: `entrepot erp consumers add` makes one")
    return consumer


def list_consumers(session: Session) -> Sequence[Consumer]:
    """Every consumer, by name."""
    return session.scalars(select(Consumer).order_by(Consumer.name)).all()


def names_of_consumers(session: Session) -> Sequence[str]:
    """What each is called; a token may be for one of them."""
    return session.scalars(select(Consumer.name)).all()


def note_seen(ctx: Context, consumer_id: int) -> None:
    """Write down that it was heard of just now."""
    now = ctx.clock.now()
    ctx.session.execute(
        update(Consumer)
        .where(Consumer.id == consumer_id)
        .where(Consumer.last_seen_at.is_(None) | (Consumer.last_seen_at < now - _SEEN_EVERY))
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def catch_up_soon(ctx: Context, consumer: Consumer) -> None:
    """Have whatever was not offered to it yet offered by a job."""
    key = f"{CATCH_UP_JOB}:{consumer.id}"
    enqueue(ctx, CATCH_UP_JOB, {"consumer_id": consumer.id}, lock_key=key, dedup_key=key)


def send_soon(ctx: Context, consumer: Consumer) -> None:
    """Have what waits handed over by a job, if it has an outlet. Each consumer has a job of its own."""
    if consumer.kind != PULL and consumer.state == ACTIVE:
        key = f"{SEND_JOB}:{consumer.id}"
        enqueue(
            ctx, SEND_JOB, {"consumer_id": consumer.id}, lock_key=key, dedup_key=key,
            run_at=consumer.next_attempt_at, priority=_AFTER_THE_CHANNELS,
        )  # fmt: skip


def _check_lease(seconds: int) -> int:
    if seconds not in _LEASES:
        problem = f"a lease lasts {_LEASES.start} to {_LEASES.stop - 1} seconds"
        raise InvalidValue(f"{problem}, not {seconds}", {"lease_seconds": [problem]})
    return seconds


def _merged(consumer: Consumer, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What it has, with what is given in its place."""
    if consumer.kind == PULL:
        return dict(settings)
    known = fields_of(get_kind(consumer.kind).schema())
    merged = dict(consumer.settings)
    for name, value in settings.items():
        if value not in ("", None):
            merged[name] = value
        elif value is None or name not in known or not is_secret(known[name]):
            merged.pop(name, None)
    return merged


def _check_settings(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """As the schema of its kind has them."""
    if kind == PULL:
        if settings:
            raise InvalidValue("a consumer that pulls has no settings of its own")
        return {}
    try:
        schema = get_kind(kind).schema()
    except NotFound as error:
        raise InvalidValue(str(error), {"kind": [str(error)]}) from error
    check_known(schema, settings)
    load_values(schema, settings)
    return dict(settings)
