"""Stock: what is on hand, what is promised, and every change of either.

Available = on hand less the sum of the reservations. Reservations are an append-only ledger: a release is a
row of its own with the opposite sign. A reservation belongs to a holder, for example `order:12`; what a
holder has reserved counts as available to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.commerce.catalog import Product, in_portions, tell_stock_changed
from core.context import Context
from core.database.base import Base
from core.errors import InvalidValue

DEFAULT_LOCATION = "default"
MOST_UNITS = 1_000_000_000
_LONGEST_NOTE = 80


class Location(Base):
    """A place that keeps stock."""

    __tablename__ = "locations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class StockLevel(Base):
    """Units of one product at one location.

    reserved     the running sum of the ledger
    counted_at   as of when they were counted last; what is told as of an earlier time is stale
    """

    __tablename__ = "stock_levels"
    __table_args__ = (UniqueConstraint("product_id", "location_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime | None]


class Reservation(Base):
    """One row of the ledger: units promised (positive) or let go (negative). Never changed."""

    __tablename__ = "reservations"
    __table_args__ = (
        Index("ix_reservations_holder", "holder", "product_id"),
        Index(None, "product_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    holder: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class StockMovement(Base):
    """One signed change of what is on hand, with its reason and what it was for. Never changed."""

    __tablename__ = "stock_movements"
    __table_args__ = (Index(None, "product_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


@dataclass(frozen=True)
class Move:
    """A signed number of units of a product that came to or left a location, why, and what it was for."""

    product_id: int
    location_id: int
    quantity: int
    reason: str
    reference: str


def on_hand(session: Session, product_id: int) -> int:
    """Units in stock over all locations, promised ones included."""
    total = select(func.sum(StockLevel.on_hand)).where(StockLevel.product_id == product_id)
    return int(session.scalar(total) or 0)


#: A row of a product's ledger.
L = TypeVar("L", StockMovement, Reservation)


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
    found: dict[int, Stock] = {}
    for portion in in_portions(product_ids):
        rows = session.execute(
            select(StockLevel.product_id, func.sum(StockLevel.on_hand), func.sum(StockLevel.reserved))
            .where(StockLevel.product_id.in_(portion))
            .group_by(StockLevel.product_id)
        )
        found.update((product, Stock(int(units), int(reserved))) for product, units, reserved in rows)
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
    for ids in in_portions(sorted(set(product_ids))):
        session.execute(
            select(Product.id).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
        ).all()


def reserve_stock(ctx: Context, holder: str, wanted: Mapping[int, int], reason: str) -> None:
    """Make the holder's reservations be exactly `wanted` (units by product id), by adding rows.

    Asking twice adds nothing the second time. Available may become negative.
    """
    held = held_by(ctx.session, holder)
    changes = {
        product_id: wanted.get(product_id, 0) - held.get(product_id, 0) for product_id in {**held, **wanted}
    }
    _append(ctx, holder, changes, reason)
    tell_stock_changed(ctx, [product_id for product_id, units in changes.items() if units < 0])


def carry_over(ctx: Context, old: str, new: str, wanted: Mapping[int, int], reason: str) -> None:
    """Turn all that `old` has reserved into reservations of `new`, of exactly `wanted` units.

    It is told only of products of which less is reserved than before.
    """
    held = held_by(ctx.session, old)
    lock_stock(ctx.session, {**held, **wanted})
    _append(ctx, old, {product_id: -units for product_id, units in held.items()}, reason)
    _append(ctx, new, wanted, reason)
    tell_stock_changed(
        ctx, [product_id for product_id, units in held.items() if wanted.get(product_id, 0) < units]
    )


def release_reservation(ctx: Context, holder: str, reason: str) -> None:
    """Let go of everything that the holder has reserved."""
    reserve_stock(ctx, holder, {}, reason)


def release_units(ctx: Context, holder: str, units: Mapping[int, int], reason: str) -> None:
    """Let go of so many units by product id, or of as many as the holder still has."""
    held = held_by(ctx.session, holder)
    left = {product: max(reserved - units.get(product, 0), 0) for product, reserved in held.items()}
    reserve_stock(ctx, holder, left, reason)


def move_stock(
    ctx: Context,
    units: Mapping[int, int],
    reason: str,
    reference: str,
    location: str = DEFAULT_LOCATION,
) -> None:
    """Change what is on hand at a location by signed numbers of units, by product id, and tell it."""
    moves = {product_id: quantity for product_id, quantity in sorted(units.items()) if quantity}
    levels = levels_at(ctx, moves, location)
    rows = []
    for product_id, quantity in moves.items():
        level = levels[product_id]
        level.on_hand += quantity
        rows.append(Move(product_id, level.location_id, quantity, reason, reference))
    ctx.session.flush()
    note_moves(ctx, rows)


def note_moves(ctx: Context, moves: Sequence[Move]) -> None:
    """Write down what was moved, and tell it. The caller has changed the levels."""
    same = {"actor": ctx.actor, "created_at": ctx.clock.now()}
    if moves:
        ctx.session.execute(insert(StockMovement), [asdict(move) | same for move in moves])
    tell_stock_changed(ctx, [move.product_id for move in moves])


def count_product(ctx: Context, product: Product, units: int, note: str) -> bool:
    """Write down what was counted: a movement to so many units on hand, with a note saying why.

    False if there are so many already. Raises InvalidValue.
    """
    if not 0 <= units <= MOST_UNITS:
        raise InvalidValue(f"a quantity is a whole number from 0 to {MOST_UNITS}, not {units}")
    note = note.strip()
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        raise InvalidValue(f"a note has at most {_LONGEST_NOTE} printable characters")
    return set_on_hand(ctx, product.id, units, "counted", note)


def list_movements(
    session: Session, product_id: int, before: int | None, limit: int
) -> Sequence[StockMovement]:
    """What changed a product's stock, the newest first; for the next page pass the last one's id."""
    return _newest(session, StockMovement, product_id, before, limit)


def list_reservations(
    session: Session, product_id: int, before: int | None, limit: int
) -> Sequence[Reservation]:
    """What was promised of a product and let go again, the newest first."""
    return _newest(session, Reservation, product_id, before, limit)


def _newest(
    session: Session, kind: type[L], product_id: int, before: int | None, limit: int
) -> Sequence[L]:
    rows = select(kind).where(kind.product_id == product_id).order_by(kind.id.desc()).limit(limit)
    if before is not None:
        rows = rows.where(kind.id < before)
    return session.scalars(rows).all()


def set_on_hand(ctx: Context, product_id: int, units: int, reason: str, reference: str) -> bool:
    """Move the stock so that `units` are on hand; False if they are already."""
    return bool(count_stock(ctx, {product_id: units}, reason, reference))


def count_stock(ctx: Context, counted: Mapping[int, int], reason: str, reference: str) -> set[int]:
    """Move the stock of many products so that so many units are on hand; those that it moved for."""
    lock_stock(ctx.session, counted)
    there = stock_of(ctx.session, list(counted))
    moves = {product_id: units - there[product_id].on_hand for product_id, units in counted.items()}
    move_stock(ctx, moves, reason, reference)
    for portion in in_portions(list(counted)):
        levels = update(StockLevel).where(StockLevel.product_id.in_(portion))
        ctx.session.execute(levels.values(counted_at=ctx.clock.now()))
    return {product_id for product_id, quantity in moves.items() if quantity}


def _append(ctx: Context, holder: str, changes: Mapping[int, int], reason: str) -> None:
    """Add rows to the ledger, by product id, and keep its running sums."""
    units = {product_id: quantity for product_id, quantity in sorted(changes.items()) if quantity}
    levels = levels_at(ctx, units)
    same = {"holder": holder, "reason": reason, "created_at": ctx.clock.now()}
    rows = []
    for product_id, quantity in units.items():
        level = levels[product_id]
        level.reserved += quantity
        where = {"product_id": product_id, "location_id": level.location_id}
        rows.append(where | same | {"quantity": quantity})
    if rows:
        ctx.session.execute(insert(Reservation), rows)
    ctx.session.flush()


def levels_at(
    ctx: Context, product_ids: Iterable[int], code: str = DEFAULT_LOCATION
) -> dict[int, StockLevel]:
    """The levels of these products at a location, locked and as they are now."""
    ids = sorted(set(product_ids))
    if not ids:
        return {}
    lock_stock(ctx.session, ids)
    location = ctx.session.scalars(select(Location.id).where(Location.code == code)).one()
    levels: dict[int, StockLevel] = {}
    for portion in in_portions(ids):
        rows = ctx.session.scalars(
            select(StockLevel)
            .where(StockLevel.product_id.in_(portion), StockLevel.location_id == location)
            .execution_options(populate_existing=True)
        )
        levels.update((level.product_id, level) for level in rows)
    for product_id in ids:
        if product_id not in levels:
            levels[product_id] = StockLevel(
                product_id=product_id, location_id=location, on_hand=0, reserved=0
            )
            ctx.session.add(levels[product_id])
    ctx.session.flush()
    return levels
