"""Places that keep stock, and from which of them it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commerce.inventory import DEFAULT_LOCATION, Location, StockLevel, levels_at, move_stock
from core.context import Context
from core.errors import AlreadyExists, InvalidValue

_LONGEST_CODE = 32


def add_location(ctx: Context, code: str, name: str = "") -> Location:
    """A new place that keeps stock. Raises AlreadyExists, InvalidValue."""
    if not 0 < len(code) <= _LONGEST_CODE or not code.isprintable() or code != code.strip():
        raise InvalidValue(f"the code of a location has 1 to {_LONGEST_CODE} characters, such as HAMBURG")
    if ctx.session.scalar(select(Location.id).where(Location.code == code)) is not None:
        raise AlreadyExists(f"there is a location {code} already")
    location = Location(code=code, name=name.strip() or code)
    ctx.session.add(location)
    ctx.session.flush()
    return location


def list_locations(session: Session) -> Sequence[Location]:
    """Every place that keeps stock, by its code."""
    return session.scalars(select(Location).order_by(Location.code)).all()


def take_units(ctx: Context, units: Mapping[int, int], reason: str, reference: str) -> None:
    """Units by product id leave: from the default location, then from others that have some, by code.

    What is nowhere leaves the default location with less than nothing. The caller holds the products.
    """
    elsewhere = ctx.session.execute(
        select(Location.code, StockLevel.product_id, StockLevel.on_hand)
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.product_id.in_(units), Location.code != DEFAULT_LOCATION, StockLevel.on_hand > 0)
        .order_by(Location.code)
    ).all()
    leaving: dict[str, dict[int, int]] = {DEFAULT_LOCATION: dict(units)}
    if elsewhere:
        here = leaving[DEFAULT_LOCATION]
        levels = levels_at(ctx, {product_id for _, product_id, _ in elsewhere})
        for code, product_id, on_hand in elsewhere:
            part = min(here[product_id] - max(levels[product_id].on_hand, 0), on_hand)
            if part > 0:
                leaving.setdefault(code, {})[product_id] = part
                here[product_id] -= part
    for code, taken in leaving.items():
        moves = {product_id: -quantity for product_id, quantity in taken.items()}
        move_stock(ctx, moves, reason, reference, code)
