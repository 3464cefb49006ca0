"""Stock: what is on hand, what is promised, and every change of either.

Available = on hand − the sum of the reservations. Reservations are an append-only ledger: a release is a
row of its own with the opposite sign. A reservation belongs to a holder, for example `order:12`; what a
holder has reserved counts as available to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.commerce.catalog import Product, tell_stock_changed
from core.context import Context
from core.database.base import Base

DEFAULT_LOCATION = "default"


class Location(Base):
    """A place that keeps stock."""

    __tablename__ = "locations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class StockLevel(Base):
    """Units of one product at one location. `reserved` is the running sum of the ledger."""

    __tablename__ = "stock_levels"
    __table_args__ = (UniqueConstraint("product_id", "location_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)


class Reservation(Base):
    """One row of the ledger: units promised (positive) or let go (negative). Never changed."""

    __tablename__ = "reservations"
    __table_args__ = (Index("ix_reservations_holder", "holder", "product_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    holder: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class StockMovement(Base):
    """One signed change of what is on hand, with its reason and what it was for. Never changed."""

    __tablename__ = "stock_movements"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


def on_hand(session: Session, product_id: int) -> int:
    """Units in stock over all locations, promised ones included."""
    total = select(func.sum(StockLevel.on_hand)).where(StockLevel.product_id == product_id)
    return int(session.scalar(total) or 0)


@dataclass(frozen=True)
class Stock:
    """Units of one product over all locations."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """Units that can be promised; may be negative."""
        return self.on_hand - self.reserved


def stock_of(session: Session, product_ids: Sequence[int]) -> dict[int, Stock]:
    """The stock of these products, by id; nothing anywhere is zero."""
    rows = session.execute(
        select(StockLevel.product_id, func.sum(StockLevel.on_hand), func.sum(StockLevel.reserved))
        .where(StockLevel.product_id.in_(product_ids))
        .group_by(StockLevel.product_id)
    )
    found = {product: Stock(int(units), int(reserved)) for product, units, reserved in rows}
    return {product: found.get(product, Stock(0, 0)) for product in product_ids}


def available(session: Session, product_id: int, holder: str | None = None) -> int:
    """Units that can be promised, what `holder` has reserved itself included; may be negative."""
    level = select(func.sum(StockLevel.on_hand - StockLevel.reserved)).where(
        StockLevel.product_id == product_id
    )
    own = held_by(session, holder).get(product_id, 0) if holder else 0
    return int(session.scalar(level) or 0) + own


def held_by(session: Session, holder: str) -> dict[int, int]:
    """Units that this holder has reserved, by product id; none that come to zero."""
    sums = (
        select(Reservation.product_id, func.sum(Reservation.quantity))
        .where(Reservation.holder == holder)
        .group_by(Reservation.product_id)
    )
    return {product: int(units) for product, units in session.execute(sums) if units}


def lock_stock(session: Session, product_ids: Iterable[int]) -> None:
    """Hold these products until the end of the transaction, so that what is counted stays true."""
    ids = sorted(set(product_ids))
    session.execute(
        select(Product.id).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    ).all()


def reserve_stock(ctx: Context, holder: str, wanted: Mapping[int, int], reason: str) -> None:
    """Make the holder's reservations be exactly `wanted` (units by product id), by adding rows.

    Asking twice adds nothing the second time. Available may become negative.
    """
    held = held_by(ctx.session, holder)
    for product_id in sorted(set(held) | set(wanted)):
        difference = wanted.get(product_id, 0) - held.get(product_id, 0)
        if difference:
            _append(ctx, holder, product_id, difference, reason)


def release_reservation(ctx: Context, holder: str, reason: str) -> None:
    """Let go of everything that the holder has reserved."""
    reserve_stock(ctx, holder, {}, reason)


def release_units(ctx: Context, holder: str, product_id: int, units: int, reason: str) -> None:
    """Let go of so many units, or of as many as the holder still has."""
    held = held_by(ctx.session, holder)
    held[product_id] = max(held.get(product_id, 0) - units, 0)
    reserve_stock(ctx, holder, held, reason)


def move_stock(ctx: Context, product_id: int, quantity: int, reason: str, reference: str) -> None:
    """Change what is on hand by a signed number of units, and tell it."""
    location = _level(ctx, product_id)
    ctx.session.add(
        StockMovement(
            product_id=product_id,
            location_id=location,
            quantity=quantity,
            reason=reason,
            reference=reference,
            actor=ctx.actor,
            created_at=ctx.clock.now(),
        )
    )
    _change_level(ctx, product_id, location, on_hand=quantity)
    tell_stock_changed(ctx, product_id)


def set_on_hand(ctx: Context, product_id: int, units: int, reason: str, reference: str) -> bool:
    """Move the stock so that `units` are on hand; False if they are already."""
    lock_stock(ctx.session, [product_id])
    difference = units - on_hand(ctx.session, product_id)
    if difference:
        move_stock(ctx, product_id, difference, reason, reference)
    return bool(difference)


def _append(ctx: Context, holder: str, product_id: int, quantity: int, reason: str) -> None:
    location = _level(ctx, product_id)
    ctx.session.add(
        Reservation(
            product_id=product_id,
            location_id=location,
            holder=holder,
            quantity=quantity,
            reason=reason,
            created_at=ctx.clock.now(),
        )
    )
    _change_level(ctx, product_id, location, reserved=quantity)
    if quantity < 0:
        tell_stock_changed(ctx, product_id)


def _level(ctx: Context, product_id: int) -> int:
    """The default location, where the product has a level from now on; returns the location's id."""
    lock_stock(ctx.session, [product_id])
    location = ctx.session.scalars(select(Location.id).where(Location.code == DEFAULT_LOCATION)).one()
    known = select(StockLevel.id).where(
        StockLevel.product_id == product_id, StockLevel.location_id == location
    )
    if ctx.session.scalar(known) is None:
        ctx.session.add(StockLevel(product_id=product_id, location_id=location, on_hand=0, reserved=0))
        ctx.session.flush()
    return location


def _change_level(
    ctx: Context, product_id: int, location: int, *, on_hand: int = 0, reserved: int = 0
) -> None:
    ctx.session.execute(
        update(StockLevel)
        .where(StockLevel.product_id == product_id, StockLevel.location_id == location)
        .values(on_hand=StockLevel.on_hand + on_hand, reserved=StockLevel.reserved + reserved)
    )
    ctx.session.flush()
