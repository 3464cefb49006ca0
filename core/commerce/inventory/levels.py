"""How much there is: on hand, reserved, available; and holding products while that is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.commerce.catalog import Product, in_portions
from core.commerce.inventory.tables import DEFAULT_LOCATION, Location, Reservation, StockLevel
from core.context import Context


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


def on_hand(session: Session, product_id: int) -> int:
    """Units in stock over all locations, promised ones included."""
    total = select(func.sum(StockLevel.on_hand)).where(StockLevel.product_id == product_id)
    return int(session.scalar(total) or 0)


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
