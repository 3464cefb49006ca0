"""Reading the two ledgers of a product, the newest row first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commerce.inventory.tables import Reservation, StockMovement

#: A row of a ledger.
Row = TypeVar("Row", StockMovement, Reservation)


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
    session: Session, kind: type[Row], product_id: int, before: int | None, limit: int
) -> Sequence[Row]:
    rows = select(kind).where(kind.product_id == product_id).order_by(kind.id.desc()).limit(limit)
    if before is not None:
        rows = rows.where(kind.id < before)
    return session.scalars(rows).all()
