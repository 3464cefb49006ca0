"""Promising units and letting go of them: rows are added to the ledger, none is ever changed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert

from core.commerce.catalog import tell_stock_changed
from core.commerce.inventory.levels import held_by, levels_at, lock_stock
from core.commerce.inventory.tables import Reservation
from core.context import Context


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
