"""Leases by name: only one holder at a time, for example one poller per account.

A holder that is silent for longer than its lease loses it; one that is known to be dead, at once.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.context import Context
from core.jobs.models import Lease
from core.jobs.owners import Owner

RUNNER = "runner:"
#: A runner says three times as often that it lives.
HEART_LASTS = timedelta(seconds=60)


def take_lease(ctx: Context, name: str, owner: Owner, ttl: timedelta) -> bool:
    """Become the holder for this long, or stay it; False if somebody else is, and alive."""
    now = ctx.clock.now()
    holder = ctx.session.scalar(select(Lease.owner).where(Lease.name == name))
    free = or_(Lease.owner == owner.id, Lease.until <= now)
    if holder is not None and owner.is_dead(holder):
        free = or_(free, Lease.owner == holder)
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    taken = ctx.session.scalar(
        dialect.insert(Lease)
        .values(name=name, owner=owner.id, until=now + ttl)
        .on_conflict_do_update(
            index_elements=["name"], set_={"owner": owner.id, "until": now + ttl}, where=free
        )
        .returning(Lease.name)
    )
    return taken is not None


def renew_lease(ctx: Context, name: str, owner: Owner, ttl: timedelta) -> bool:
    """Hold it for this long from now; False if it went to somebody else meanwhile."""
    renewed = ctx.session.scalar(
        update(Lease)
        .where(Lease.name == name, Lease.owner == owner.id)
        .values(until=ctx.clock.now() + ttl)
        .returning(Lease.name)
    )
    return renewed is not None


def release_lease(ctx: Context, name: str, owner: Owner) -> None:
    """Let others take it. Does nothing if it is not this owner's."""
    ctx.session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner.id))


def beat_heart(ctx: Context, owner: Owner) -> None:
    """Say that this process works jobs off; those that fell silent long ago are forgotten."""
    now = ctx.clock.now()
    take_lease(ctx, f"{RUNNER}{owner.id}", owner, HEART_LASTS)
    silent = Lease.name.startswith(RUNNER, autoescape=True) & (Lease.until < now - timedelta(days=1))
    ctx.session.execute(delete(Lease).where(silent))


def is_runner_alive(ctx: Context) -> bool:
    """Whether any process has said lately that it works jobs off."""
    alive = Lease.name.startswith(RUNNER, autoescape=True) & (Lease.until > ctx.clock.now())
    return ctx.session.scalar(select(Lease.name).where(alive).limit(1)) is not None


def lease_holder(ctx: Context, name: str) -> str | None:
    """The id of the owner that holds it now, or None."""
    return ctx.session.scalar(select(Lease.owner).where(Lease.name == name, Lease.until > ctx.clock.now()))
