"""The tables of stock: levels by product and location, and the two ledgers that lead to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base

DEFAULT_LOCATION = "default"


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
