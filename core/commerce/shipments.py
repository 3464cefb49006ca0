"""Shipments: what left together, in which packages, ours or the channel's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import (
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.sql.base import ExecutableOption

from core.commerce import statuses
from core.commerce.catalog import Product
from core.commerce.inventory import lock_stock, release_reservation, release_units
from core.commerce.locations import take_units
from core.commerce.orders import Order, OrderLine, change_status, lacks_address, lock_order
from core.commerce.orders.abilities import refuse
from core.context import Context
from core.database.base import Base
from core.errors import InvalidValue, shorten
from core.events import record_event

OURS = "merchant"
CHANNEL = "channel"


class Shipment(Base):
    """What left together. `origin` is `merchant` for ours, `channel` for what the channel shipped."""

    __tablename__ = "shipments"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    origin: Mapped[str] = mapped_column(String(20))
    shipped_at: Mapped[datetime]
    created_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))

    order: Mapped[Order] = relationship(back_populates="shipments")
    packages: Mapped[list[Package]] = relationship(order_by="Package.id", back_populates="shipment")


class Package(Base):
    """One parcel. `external_id` is the channel's own reference of it, where the channel made it."""

    __tablename__ = "packages"

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id"), index=True)
    carrier: Mapped[str | None] = mapped_column(String(80))
    tracking_number: Mapped[str | None] = mapped_column(String(120), index=True)
    shipping_method: Mapped[str | None] = mapped_column(String(80))
    external_id: Mapped[str | None] = mapped_column(String(80))

    shipment: Mapped[Shipment] = relationship(back_populates="packages")
    lines: Mapped[list[PackageLine]] = relationship(order_by="PackageLine.id")


class PackageLine(Base):
    """Units of one order line in a package."""

    __tablename__ = "package_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    quantity: Mapped[int]

    order_line: Mapped[OrderLine] = relationship()


@dataclass(frozen=True)
class PackageContents:
    """A parcel to be. `units` maps an order line's id to its units; None means all that is left."""

    carrier: str | None
    tracking_number: str | None
    units: dict[int, int] | None = None
    shipping_method: str | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class ShippedElsewhere:
    """How a shipment that we did not make came about.

    moves_stock   False for what left before the order came to us: it was never in our stock
    """

    shipped_at: datetime
    moves_stock: bool = True


def ship_order(
    ctx: Context,
    order: Order,
    packages: Sequence[PackageContents],
    elsewhere: ShippedElsewhere | None = None,
) -> Shipment:
    """Record that packages have left, and everything that follows from it.

    Reservations become stock movements; the order becomes complete when nothing is left to ship;
    `shipment_completed` is recorded. Raises WrongState for an order that cannot ship, InvalidValue for
    missing tracking or more units than are left. What the channel shipped is a fact: an order on hold
    does not stop it.
    """
    order = lock_order(ctx.session, order.id)
    if elsewhere is None:
        refuse(can_ship(ctx, order))
        _check_tracking(packages)
    now = ctx.clock.now()
    shipment = Shipment(
        order_id=order.id,
        origin=CHANNEL if elsewhere else OURS,
        shipped_at=elsewhere.shipped_at if elsewhere else now,
        created_at=now,
        actor=ctx.actor,
    )
    ctx.session.add(shipment)
    for contents in packages:
        shipment.packages.append(_pack(order, contents))
    ctx.session.flush()
    _take_stock(ctx, order, shipment, moves=elsewhere.moves_stock if elsewhere else True)
    if order.left_to_ship == 0:
        if order.status != statuses.COMPLETE:
            change_status(ctx, order, statuses.COMPLETE, "shipped")
        release_reservation(ctx, order.holder, "shipped")
    payload = {"order_id": order.id, "shipment_id": shipment.id}
    record_event(ctx, "shipment_completed", f"order:{order.id}", payload)
    return shipment


def units_by_sku(
    order: Order, wanted: Sequence[tuple[str, int]], taken: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Spread units asked for by SKU over the order's lines, first come first served.

    `taken` are units, by line id, that other packages of the same shipment hold already.
    Raises InvalidValue for a SKU that the order does not have, or more units than are left to ship.
    """
    units: dict[int, int] = {}
    packed = taken or {}
    for sku, quantity in _add_up(wanted).items():
        lines = [line for line in order.lines if line.sku == sku]
        if not lines:
            known = ", ".join(sorted({line.sku for line in order.lines}))
            raise InvalidValue(f"order {order.number} has no {shorten(sku)!r}; it has: {known}")
        missing = quantity
        for line in lines:
            free = line.left_to_ship - packed.get(line.id, 0) - units.get(line.id, 0)
            if (taking := min(missing, free)) > 0:
                units[line.id] = units.get(line.id, 0) + taking
                missing -= taking
        if missing:
            left = sum(line.left_to_ship - packed.get(line.id, 0) for line in lines)
            raise InvalidValue(f"{quantity} units of {sku} cannot be shipped: {left} are left to ship")
    return units


def _add_up(wanted: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Units by SKU; one that is asked for twice counts once, with all its units."""
    units: dict[str, int] = {}
    for sku, quantity in wanted:
        if quantity < 1:
            raise InvalidValue(f"units of {shorten(sku)} to ship are a whole number from 1, not {quantity}")
        units[sku] = units.get(sku, 0) + quantity
    return units


def with_all_parts() -> Sequence[ExecutableOption]:
    """For `list_orders`: load the orders with all their parts, in a handful of statements."""
    packages = selectinload(Order.shipments).selectinload(Shipment.packages)
    return (
        joinedload(Order.store),
        selectinload(Order.lines).selectinload(OrderLine.charges),
        selectinload(Order.charges),
        selectinload(Order.addresses),
        selectinload(Order.history),
        packages.selectinload(Package.lines).joinedload(PackageLine.order_line),
    )


def list_shipments(session: Session, order_id: int) -> Sequence[Shipment]:
    """An order's shipments with all their parts, the oldest first."""
    lines = selectinload(Shipment.packages).selectinload(Package.lines).joinedload(PackageLine.order_line)
    rows = select(Shipment).where(Shipment.order_id == order_id).options(lines)
    return session.scalars(rows.order_by(Shipment.id)).all()


def can_ship(ctx: Context, order: Order) -> str | None:
    """Why nothing of the order can be shipped now, in one plain sentence; None if it can."""
    like = statuses.like_of(ctx.session, order.status)
    if like == statuses.ON_HOLD:
        return f"order {order.number} is on hold: release it before shipping"
    if like not in statuses.OPEN:
        return f"order {order.number} is {order.status}: there is nothing left to ship"
    if lacks_address(order):
        return f"the address of order {order.number} is incomplete: mend it before shipping"
    return None


def _check_tracking(packages: Sequence[PackageContents]) -> None:
    if not packages:
        raise InvalidValue("a shipment needs at least one package")
    for contents in packages:
        for value, what, longest in (
            (contents.carrier, "carrier", 80),
            (contents.tracking_number, "tracking number", 120),
        ):
            if not value or not value.strip() or len(value) > longest:
                raise InvalidValue(f"a package needs a {what} of 1 to {longest} characters")
            if not value.isprintable():
                raise InvalidValue(
                    f"a package needs a {what} on one line, without a line break, a tab or the like"
                )


def _pack(order: Order, contents: PackageContents) -> Package:
    units = contents.units
    if units is None:
        units = {line.id: line.left_to_ship for line in order.lines if line.left_to_ship}
    if not units:
        raise InvalidValue(f"there is nothing of order {order.number} left for this package")
    lines = {line.id: line for line in order.lines}
    package = Package(
        carrier=contents.carrier.strip() if contents.carrier else None,
        tracking_number=contents.tracking_number.strip() if contents.tracking_number else None,
        shipping_method=contents.shipping_method,
        external_id=contents.external_id,
    )
    for line_id, quantity in units.items():
        line = lines.get(line_id)
        if line is None:
            raise InvalidValue(f"a line to ship does not belong to order {order.number}")
        if not 0 < quantity <= line.left_to_ship:
            raise InvalidValue(
                f"{quantity} units of {line.sku} cannot be shipped: {line.left_to_ship} are left to ship"
            )
        line.quantity_shipped += quantity
        package.lines.append(PackageLine(order_line=line, quantity=quantity))
    return package


def _take_stock(ctx: Context, order: Order, shipment: Shipment, *, moves: bool) -> None:
    """Turn reservations into movements, product by product; nothing moves of what was never here."""
    units: dict[int, int] = {}
    for package in shipment.packages:
        for packed in package.lines:
            if (product_id := packed.order_line.product_id) is not None:
                units[product_id] = units.get(product_id, 0) + packed.quantity
    lock_stock(ctx.session, units)
    if moves:
        managed = ctx.session.scalars(
            select(Product.id).where(Product.id.in_(units), Product.is_managed.is_(True))
        )
        leaving = {product_id: units[product_id] for product_id in managed}
        take_units(ctx, leaving, "shipped", f"shipment:{shipment.id}")
    release_units(ctx, order.holder, units, "shipped")
