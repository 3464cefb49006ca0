"""Changing what is on hand: by what came and left, or to what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import insert, update

from core.commerce.catalog import Product, in_portions, tell_stock_changed
from core.commerce.inventory.levels import levels_at, lock_stock, stock_of
from core.commerce.inventory.tables import DEFAULT_LOCATION, StockLevel, StockMovement
from core.context import Context
from core.errors import InvalidValue

MOST_UNITS = 1_000_000_000
_LONGEST_NOTE = 80


@dataclass(frozen=True)
class Move:
    """A signed number of units of a product that came to or left a location, why, and what it was for."""

    product_id: int
    location_id: int
    quantity: int
    reason: str
    reference: str


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
