"""Removing a consumer: what it was told and would be told goes with it; the audit log keeps that it was."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from core.access import note_audit
from core.context import Context
from core.problems import resolve_cause
from plugins.erp_bridge.models import Booking, Consumer, Pickup, PickupState, Refusal
from plugins.erp_bridge.troubles import KINDS

_NOT_TAKEN = (PickupState.WAITING, PickupState.HELD, PickupState.LEASED)


@dataclass(frozen=True)
class Lost:
    """What goes with a consumer, counted.

    waiting  what it was to be told and has not taken yet
    told     what it has acknowledged or rejected, with its references and reasons
    booked   what came back from it: sent again to another consumer it would be booked again
    """

    waiting: int
    told: int
    booked: int


def what_is_lost(session: Session, consumer: Consumer) -> Lost:
    """What would go with it now."""
    mine = Pickup.consumer_id == consumer.id
    is_open = Pickup.state.in_(_NOT_TAKEN)
    return Lost(
        _count(session, mine, is_open),
        _count(session, mine, ~is_open, Pickup.state != PickupState.WITHDRAWN),
        session.scalar(select(func.count()).where(Booking.consumer_id == consumer.id)) or 0,
    )


def remove_consumer(ctx: Context, consumer: Consumer) -> Lost:
    """Remove it for good, with all that is known of it but the audit log; gives what went with it.

    Its tokens stay, and are of no use until there is a consumer of its name again. Jobs that were about to
    work for it find it gone, and end.
    """
    ctx.session.refresh(consumer, with_for_update=True)  # nobody offers it anything from now on
    lost = what_is_lost(ctx.session, consumer)
    for table in (Pickup, Booking, Refusal):
        ctx.session.execute(
            delete(table)
            .where(table.consumer_id == consumer.id)
            .execution_options(synchronize_session=False)
        )
    resolve_cause(ctx, KINDS, consumer.name)
    note_audit(ctx, "erp_consumer.removed", f"erp_consumer:{consumer.name}", **asdict(lost))
    ctx.session.delete(consumer)
    ctx.session.flush()
    return lost


def _count(session: Session, *wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Pickup).where(*wanted)) or 0
