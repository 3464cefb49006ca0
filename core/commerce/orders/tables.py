"""The tables of an order: its head, lines, charges, addresses and status history."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.commerce.addresses import AddressColumns
from core.commerce.stores import Store
from core.database.base import Base
from core.database.types import BlindIndex, EncryptedText, Scaled
from core.money import total

if TYPE_CHECKING:
    from core.commerce.shipments import Shipment

MERCHANT = "merchant"


class Order(Base):
    """The agreed purchase.

    total            what the buyer pays: the channel's own grand total where it gave one
    stated_total     that grand total, None where the channel gave none
    charges_total    the sum of all charges; it differs from `stated_total` where something does not fit
    customer_id      null for a guest order
    channel          key of the channel it came from, null for none; with the account and the
                     channel's own number it is unique
    fulfilled_by     `merchant`, or the key of the channel that ships it
    placed_at        when the buyer ordered; `created_at` is when we wrote it down
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("channel", "channel_account_id", "external_id"),
        Index("ix_orders_created_at_id", "created_at", "id"),
        # What the list of orders is sorted and filtered by, each with what the other filters test, so that
        # going through it looks up no order; the first also with all that can be sorted by, and what sums
        # of sales need.
        Index(
            "ix_orders_placed_at_id",
            "placed_at", "id", "status", "currency", "total", "channel", "ship_by", "number",
        ),
        Index("ix_orders_status_placed_at_id", "status", "placed_at", "id", "channel", "total"),
        Index("ix_orders_channel_placed_at_id", "channel", "placed_at", "id", "status", "total"),
        Index("ix_orders_total_id", "total", "id", "placed_at", "status", "channel"),
        Index("ix_orders_ship_by_id", "ship_by", "id", "placed_at", "status", "channel", "total"),
        Index("ix_orders_buyer_email_index", "buyer_email_index", "placed_at", "id"),
        Index("ix_orders_status_ship_by_id", "status", "ship_by", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), index=True)
    status: Mapped[str] = mapped_column(ForeignKey("order_statuses.code"))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[Decimal] = mapped_column(Scaled)
    stated_total: Mapped[Decimal | None] = mapped_column(Scaled)
    charges_total: Mapped[Decimal] = mapped_column(Scaled)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    buyer_name: Mapped[str | None] = mapped_column(EncryptedText)
    buyer_email: Mapped[str] = mapped_column(EncryptedText)
    buyer_email_index: Mapped[str] = mapped_column(BlindIndex)
    email_is_placeholder: Mapped[bool]
    buyer_contact_allowed: Mapped[bool]
    channel: Mapped[str | None] = mapped_column(String(40))
    channel_account_id: Mapped[int | None]
    marketplace: Mapped[str | None] = mapped_column(String(40))
    external_id: Mapped[str | None] = mapped_column(String(80), index=True)
    replaces_external_id: Mapped[str | None] = mapped_column(String(80))
    fulfilled_by: Mapped[str] = mapped_column(String(40))
    payment_method: Mapped[str | None] = mapped_column(String(80))
    payment_reference: Mapped[str | None] = mapped_column(String(80))
    payment_is_captured: Mapped[bool]
    shipping_method: Mapped[str | None] = mapped_column(String(80))
    placed_at: Mapped[datetime]
    ship_by: Mapped[datetime | None]
    deliver_by: Mapped[datetime | None]
    created_at: Mapped[datetime]

    store: Mapped[Store] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.position")
    charges: Mapped[list[Charge]] = relationship(
        order_by="Charge.id", cascade="all, delete-orphan", back_populates="order"
    )
    addresses: Mapped[list[OrderAddress]] = relationship(order_by="OrderAddress.id")
    history: Mapped[list[StatusChange]] = relationship(order_by="StatusChange.id")
    shipments: Mapped[list[Shipment]] = relationship(order_by="Shipment.id", back_populates="order")

    @property
    def subject(self) -> str:
        """Under which name problems and events know it."""
        return f"order:{self.id}"

    @property
    def holder(self) -> str:
        """Under which name this order reserves stock."""
        return f"order:{self.id}"

    @property
    def is_guest(self) -> bool:
        """Whether no customer account stands behind it."""
        return self.customer_id is None

    @property
    def is_reconciled(self) -> bool:
        """Whether the charges come to what the channel says, to the last minor unit."""
        return self.stated_total is None or self.stated_total == self.charges_total

    @property
    def left_to_ship(self) -> int:
        """Units that have neither left nor been canceled."""
        return sum(line.left_to_ship for line in self.lines)

    @property
    def has_shipped(self) -> bool:
        """Whether any unit has left."""
        return any(line.quantity_shipped for line in self.lines)


class OrderLine(Base):
    """One product and its units. `quantity` is what was ordered and never shrinks."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    external_id: Mapped[str | None] = mapped_column(String(80))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(String(500))
    unit_price: Mapped[Decimal | None] = mapped_column(Scaled)
    quantity: Mapped[int]
    quantity_shipped: Mapped[int] = mapped_column(default=0)
    quantity_canceled: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship(back_populates="lines", overlaps="lines")
    charges: Mapped[list[Charge]] = relationship(order_by="Charge.id", overlaps="charges")

    @property
    def left_to_ship(self) -> int:
        """Units that have neither left nor been canceled."""
        return self.quantity - self.quantity_shipped - self.quantity_canceled

    @property
    def total(self) -> Decimal:
        """The sum of this line's charges."""
        return total(charge.amount for charge in self.charges)


class Charge(Base):
    """One amount of an order, on a line or, with `line_id` null, on the whole; discounts are negative."""

    __tablename__ = "charges"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("order_lines.id"), index=True)
    kind: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Decimal] = mapped_column(Scaled)

    order: Mapped[Order] = relationship(back_populates="charges", overlaps="charges")


class OrderAddress(AddressColumns, Base):
    """An order's address. `kind` is `shipping` or `billing`."""

    __tablename__ = "order_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))


class OrderWord(Base):
    """One word of the name of an order's buyer, by its blind hash; together with when it was bought."""

    __tablename__ = "order_words"
    __table_args__ = (Index("ix_order_words_word", "word", "placed_at", "order_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    word: Mapped[str] = mapped_column(BlindIndex, primary_key=True)
    placed_at: Mapped[datetime]


class StatusChange(Base):
    """One step of an order's life. `reason` is a code such as `shipped`, never free text."""

    __tablename__ = "order_status_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    old_status: Mapped[str | None] = mapped_column(String(32))
    new_status: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]
