"""What is said of one order: who picked it up, when, and under which reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from core.commerce.orders import Order, OrderPanel, PanelEntry
from core.context import Context
from plugins.erp_bridge.models import Pickup, PickupState, Told

#: Every state of a pickup, in the order of its life, in English for people.
PICKUP_STATES: Mapping[str, str] = {
    PickupState.WAITING: "Waiting",
    PickupState.HELD: "Held back",
    PickupState.LEASED: "Handed out",
    PickupState.ACKNOWLEDGED: "Acknowledged",
    PickupState.REJECTED: "Rejected",
    PickupState.WITHDRAWN: "Withdrawn",
}
PICKUP_TONES: Mapping[str, str] = {
    PickupState.WAITING: "todo",
    PickupState.HELD: "waiting",
    PickupState.LEASED: "active",
    PickupState.ACKNOWLEDGED: "done",
    PickupState.REJECTED: "bad",
    PickupState.WITHDRAWN: "off",
}
#: What consumers are told, in English for people.
PICKUP_EVENTS: Mapping[str, str] = {Told.CREATED: "New order", Told.CANCELED: "Order canceled"}


def pickups_of(session: Session, order: Order) -> Sequence[Pickup]:
    """What every consumer was told of one order, with the consumers, as it came about."""
    rows = select(Pickup).options(joinedload(Pickup.consumer)).where(Pickup.order_id == order.id)
    return session.scalars(rows.order_by(Pickup.id)).all()


def describe_pickups(ctx: Context, order: Order) -> OrderPanel:
    """The same for the page of the order."""
    return OrderPanel("Picked up by", [_entry(pickup) for pickup in pickups_of(ctx.session, order)])


def _entry(pickup: Pickup) -> PanelEntry:
    name = pickup.consumer.name
    return PanelEntry(
        name,
        PICKUP_EVENTS[pickup.event],
        PICKUP_STATES[pickup.state],
        PICKUP_TONES[pickup.state],
        pickup.changed_at,
        pickup.reference,
        pickup.reason if pickup.state == PickupState.REJECTED else None,
        "erp_bridge.one",
        {"name": name},
    )
