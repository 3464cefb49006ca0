"""What can happen to an order, each as a pure step from one order to the next."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from .errors import NotPossible
from .money import round_amount
from .orders import (
    NOT_YET_VERIFIED,
    TO_SHIP,
    Cancellation,
    Charge,
    FulfillmentStatus,
    Order,
    OrderItem,
    Package,
    PackedItem,
)


def settle(order: Order, now: datetime, rng: random.Random) -> Order:
    """The order after all that Amazon has done by itself until now, each at its own moment."""
    if order.status is FulfillmentStatus.PENDING and order.verify_due and order.verify_due <= now:
        order = verify(order, order.verify_due)
    due = order.ship_due
    if order.is_fba and order.status in TO_SHIP and due and due <= now:
        order = pack_everything(order, due, rng)
    return order


def verify(order: Order, moment: datetime) -> Order:
    """The card is good: the order may be shipped, and the seller learns who bought."""
    if order.status not in NOT_YET_VERIFIED:
        raise NotPossible(f"Order {order.order_id} is {order.status}, it is verified already.")
    return replace(
        order,
        status=FulfillmentStatus.UNSHIPPED,
        verified_time=moment,
        verify_due=None,
        last_updated_time=moment,
    )


def with_package(order: Order, package: Package, moment: datetime) -> Order:
    """The order with a package added, or put in the place of the one with the same reference."""
    known = [item.reference_id for item in order.packages]
    if package.reference_id in known:
        packages = tuple(
            package if item.reference_id == package.reference_id else item for item in order.packages
        )
    else:
        packages = (*order.packages, package)
    return _with_shipping_status(replace(order, packages=packages, last_updated_time=moment))


def _with_shipping_status(order: Order) -> Order:
    """The order with the status that its packages and quantities imply."""
    order = replace(order, status=FulfillmentStatus.UNSHIPPED)
    shipped = sum(order.fulfilled(item.order_item_id) for item in order.items)
    open_units = sum(order.unfulfilled(item) for item in order.items)
    if shipped and open_units:
        return replace(order, status=FulfillmentStatus.PARTIALLY_SHIPPED)
    return replace(order, status=FulfillmentStatus.SHIPPED) if shipped else order


def amazon_package(
    order: Order, items: Iterable[PackedItem], moment: datetime, rng: random.Random
) -> Package:
    """A package with a label that was bought at Amazon, referenced in Amazon's own way."""
    return Package(
        reference_id=f"AMZN-PKG-{rng.randrange(16**10):010X}",
        carrier="Amazon Logistics" if order.is_fba else "UPS",
        tracking_number=f"TBA{rng.randrange(10**12):012d}",
        ship_time=moment,
        created_time=moment,
        items=tuple(items),
        shipping_service="Standard",
    )


def pack_everything(order: Order, moment: datetime, rng: random.Random) -> Order:
    """Amazon ships all that is left."""
    items = units_to_pack(order, None)
    return with_package(order, amazon_package(order, items, moment, rng), moment)


def pack_one_unit(order: Order, moment: datetime, rng: random.Random) -> Order:
    """One unit of the first line has left; an order of a single unit cannot be partly shipped."""
    if sum(item.quantity for item in order.items) < 2:
        raise NotPossible("An order of one unit cannot be partly shipped: give it more.")
    items = [PackedItem(order.items[0].order_item_id, 1)]
    return with_package(order, amazon_package(order, items, moment, rng), moment)


def units_to_pack(order: Order, quantities: Mapping[str, int] | None) -> tuple[PackedItem, ...]:
    """The units to ship: those named by order item id or SKU, or all that is left."""
    if order.status not in TO_SHIP:
        raise NotPossible(f"Order {order.order_id} is {order.status}, nothing can be shipped.")
    wanted = quantities or {item.order_item_id: order.unfulfilled(item) for item in order.items}
    packed = []
    for name, quantity in wanted.items():
        item = order.get_item(name)
        if quantity < 0 or quantity > order.unfulfilled(item):
            raise NotPossible(f"{order.unfulfilled(item)} units of {name} are left to ship.")
        if quantity:
            packed.append(PackedItem(item.order_item_id, quantity))
    if not packed:
        raise NotPossible("A package needs at least one unit.")
    return tuple(packed)


def cancel(order: Order, cancellation: Cancellation, moment: datetime) -> Order:
    """The whole order is canceled; what has left in a package stays shipped."""
    if order.status in (FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELLED):
        raise NotPossible(f"Order {order.order_id} is {order.status}, it cannot be canceled.")
    return replace(
        order,
        status=FulfillmentStatus.CANCELLED,
        cancellation=cancellation,
        last_updated_time=moment,
    )


def request_cancellation(order: Order, reason: str, moment: datetime) -> Order:
    """The buyer asks for the order to be canceled; its status stays."""
    if order.status not in TO_SHIP | NOT_YET_VERIFIED:
        raise NotPossible(f"Order {order.order_id} is {order.status}, too late to ask.")
    items = tuple(replace(item, cancellation_reason=reason) for item in order.items)
    return replace(order, items=items, last_updated_time=moment)


def change_quantity(order: Order, item: OrderItem, quantity: int, moment: datetime) -> Order:
    """The line is ordered fewer times. With nothing left of the order it is canceled."""
    shipped = order.fulfilled(item.order_item_id)
    if order.status not in TO_SHIP | NOT_YET_VERIFIED:
        raise NotPossible(f"Order {order.order_id} is {order.status}, its quantities are final.")
    if not shipped <= quantity < item.quantity:
        raise NotPossible(
            f"The quantity can go down from {item.quantity}, not below the {shipped} shipped."
        )
    smaller = _shrink(item, quantity, order.currency)
    items = tuple(smaller if line is item else line for line in order.items)
    order = replace(order, items=items, last_updated_time=moment)
    if not any(line.quantity for line in items):
        return cancel(order, Cancellation("BUYER", "Every unit was canceled"), moment)
    return order if order.status in NOT_YET_VERIFIED else _with_shipping_status(order)


def _shrink(item: OrderItem, quantity: int, currency: str) -> OrderItem:
    """The line with fewer units, and its charges in proportion."""

    def share(amount: Decimal) -> Decimal:
        return round_amount(amount * quantity / item.quantity, currency)

    charges = []
    for charge in item.charges:
        parts = tuple((subtype, share(amount)) for subtype, amount in charge.parts)
        whole = sum((amount for _, amount in parts), Decimal(0)) if parts else share(charge.amount)
        charges.append(Charge(charge.kind, whole, parts))
    return replace(item, quantity=quantity, charges=tuple(c for c in charges if c.amount))
