"""What it all came to: everything in a shop and at its Amazon that must not depend on who died when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.channels.channel_orders import ChannelOrder, WaitingFor
from core.channels.confirmations import Confirmation
from core.channels.cursors import Cursor
from core.channels.trace import TraceEntry
from core.commerce.catalog import Product
from core.commerce.customers import Customer
from core.commerce.inventory import Reservation, StockLevel, StockMovement
from core.commerce.orders import Order
from core.commerce.orders.tables import Charge
from core.commerce.stores import Store
from core.events import Delivery, DeliveryState
from core.jobs import Job, JobState
from core.problems import list_problems
from plugins.amazon_channel.simulator import World
from tests.faults.witness import TOLD

Facts = dict[str, Any]

#: Notes that a second look at the same order adds or counts; they say that it was looked at, no more.
LOOKS = ("stale", "kept_status")


def read_outcome(session: Session, world: World) -> Facts:
    """All of it, as plain values that can be compared."""
    return {
        "orders": [_order(order) for order in session.scalars(select(Order).order_by(Order.external_id))],
        "next numbers": list(session.scalars(select(Store.next_number).order_by(Store.id))),
        "channel orders": [
            _channel_order(row)
            for row in session.scalars(select(ChannelOrder).order_by(ChannelOrder.external_id))
        ],
        "waiting": list(session.scalars(select(WaitingFor.sku))),
        "customers": [
            (customer.origin, len(customer.addresses))
            for customer in session.scalars(select(Customer).order_by(Customer.id))
        ],
        "stock": read_stock(session),
        "trace": _trace(session),
        "confirmations": sorted(
            (row.channel_order.external_id, row.reference, row.state, row.package.tracking_number)
            for row in session.scalars(select(Confirmation))
        ),
        "amazon": {order.order_id: _at_amazon(order) for order in world.orders()},
        "told": count_told(session),
        "open problems": [problem.message for problem in list_problems(session)],
        "open listings": session.scalar(select(func.count()).select_from(Cursor)),
    }


def read_stock(session: Session) -> Facts:
    """For each SKU: on hand and reserved, each as kept and as the sum of what led there."""
    facts: Facts = {}
    for product in session.scalars(select(Product).order_by(Product.sku)):
        level = session.scalars(select(StockLevel).where(StockLevel.product_id == product.id)).one()
        moved = select(func.sum(StockMovement.quantity)).where(StockMovement.product_id == product.id)
        promised = select(Reservation.holder, func.sum(Reservation.quantity)).where(
            Reservation.product_id == product.id
        )
        by_holder = {
            _name(session, holder): int(units)
            for holder, units in session.execute(promised.group_by(Reservation.holder))
            if units
        }
        facts[product.sku] = {
            "on hand": (level.on_hand, int(session.scalar(moved) or 0)),
            "reserved": (level.reserved, sum(by_holder.values())),
            "by holder": by_holder,
        }
    return facts


def count_told(session: Session) -> list[tuple[str, str, int]]:
    """How often the witness was told what of which order."""
    told = select(TOLD.c.hook, TOLD.c.number, func.count()).group_by(TOLD.c.hook, TOLD.c.number)
    return sorted((hook, number, times) for hook, number, times in session.execute(told))


def list_unfinished(session: Session) -> list[str]:
    """Jobs that are not done and deliveries that were not made."""
    jobs = select(Job).where(Job.state.not_in([JobState.DONE, JobState.CANCELED])).order_by(Job.id)
    deliveries = select(Delivery).where(Delivery.state != DeliveryState.DELIVERED)
    return [f"{job.name} {job.args} is {job.state}: {job.last_error}" for job in session.scalars(jobs)] + [
        f"{row.event.name} to {row.plugin} is {row.state}" for row in session.scalars(deliveries)
    ]


def _name(session: Session, holder: str) -> str:
    """Orders by their numbers: what died leaves gaps in PostgreSQL's identifiers."""
    kind, _, row = holder.partition(":")
    return session.get_one(Order, int(row)).number if kind == "order" else holder


def _order(order: Order) -> Facts:
    return {
        "number": order.number,
        "external id": order.external_id,
        "status": order.status,
        "sums": (order.currency, order.total, order.stated_total, order.charges_total),
        "guest": order.is_guest,
        "payment": (order.payment_method, order.payment_reference, order.payment_is_captured),
        "charges": _charges(order.charges),
        "lines": [
            (
                *(line.sku, line.unit_price, line.quantity, line.quantity_shipped, line.quantity_canceled),
                *_charges(line.charges),
            )
            for line in order.lines
        ],
        "addresses": [(address.kind, address.name, address.city) for address in order.addresses],
        "history": [(step.old_status, step.new_status, step.reason) for step in order.history],
        "packages": [
            (
                *(shipment.origin, package.carrier, package.tracking_number),
                *((packed.order_line.sku, packed.quantity) for packed in package.lines),
            )
            for shipment in order.shipments
            for package in shipment.packages
        ],
    }


def _charges(charges: list[Charge]) -> list[tuple[str, Any]]:
    return sorted((charge.kind, charge.amount) for charge in charges)


def _channel_order(row: ChannelOrder) -> Facts:
    return {
        "external id": row.external_id,
        "status": row.status,
        "order": row.order.number if row.order else None,
        "left": row.units_unshipped,
        "due": row.is_due,
        "held": row.held_code,
    }


def _trace(session: Session) -> list[tuple[str, str, str]]:
    """What is on the trace, without how often it was seen again."""
    entries = select(TraceEntry).where(TraceEntry.code.not_in(LOOKS))
    return sorted((entry.external_id, entry.code, str(entry.data)) for entry in session.scalars(entries))


def _at_amazon(order: Any) -> Facts:
    return {
        "status": order.status.value,
        "packages": sorted(
            (
                *(package.reference_id, package.carrier, package.tracking_number),
                *((packed.order_item_id, packed.quantity) for packed in package.items),
            )
            for package in order.packages
        ),
    }
