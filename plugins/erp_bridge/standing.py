"""How far behind consumers are, and what each was told: both cost the same whatever waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session, joinedload

from core.context import Context
from plugins.erp_bridge.models import Consumer, Pickup, PickupState

#: Counting costs what is counted; whoever is behind by more than that is just far behind.
MOST_COUNTED = 1000
_COUNTED = (PickupState.WAITING, PickupState.HELD, PickupState.LEASED, PickupState.REJECTED)


@dataclass(frozen=True)
class Standing:
    """How far behind a consumer is.

    counts  pickups by state, of those that are not settled for good: up to `MOST_COUNTED` of each
    lag     for how long the oldest has waited that it has not settled; None if there is none
    """

    counts: Mapping[str, int]
    lag: timedelta | None

    def told(self, *states: str) -> str:
        """How many are in one of these states, for people: `12`, or `1000+`."""
        many = sum(self.counts[state] for state in states)
        return f"{MOST_COUNTED}+" if many >= MOST_COUNTED else str(many)


def standing_of(ctx: Context, consumer: Consumer) -> Standing:
    """How far behind it is."""
    return standings_of(ctx, [consumer])[consumer.id]


def standings_of(ctx: Context, consumers: Sequence[Consumer]) -> Mapping[int, Standing]:
    """How far behind each of them is, by id."""
    counted = [_count_of(state).label(state.value) for state in _COUNTED]
    oldest = select(func.min(Pickup.waits_since)).where(Pickup.consumer_id == Consumer.id)
    # Whatever is not settled yet is due at some time.
    since = oldest.where(Pickup.due_at.is_not(None)).correlate(Consumer).scalar_subquery().label("since")
    ids = [consumer.id for consumer in consumers]
    rows = ctx.session.execute(select(Consumer.id, since, *counted).where(Consumer.id.in_(ids)))
    now = ctx.clock.now()
    return {
        row.id: Standing(
            {state.value: getattr(row, state.value) for state in _COUNTED},
            None if row.since is None else max(now - row.since, timedelta(0)),
        )
        for row in rows
    }


def _count_of(state: PickupState) -> ScalarSelect[int]:
    """How many pickups of a consumer are in a state, at most so many as anybody counts."""
    found = select(Pickup.id).where(Pickup.consumer_id == Consumer.id, Pickup.state == state.value)
    some = found.limit(MOST_COUNTED).correlate(Consumer).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def history_of(
    session: Session,
    consumer: Consumer,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[Pickup]:
    """What it was told and is going to be, with the orders, the newest first."""
    rows = select(Pickup).options(joinedload(Pickup.order)).where(Pickup.consumer_id == consumer.id)
    if state is not None:
        rows = rows.where(Pickup.state == state)
    if before is not None:
        rows = rows.where(Pickup.id < before)
    return session.scalars(rows.order_by(Pickup.id.desc()).limit(limit)).all()
