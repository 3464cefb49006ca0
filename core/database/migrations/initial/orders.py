"""Orders, from the purchase to the refund."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, Table, UniqueConstraint

from core.database.migrations.columns import Number, identifier, optional, required
from core.database.migrations.initial import metadata
from core.database.types import BlindIndex, EncryptedText, Scaled, UtcDateTime

Table(
    "order_statuses",
    metadata,
    required("code", String(32), primary_key=True),
    required("label", String(100)),
    required("like", String(32)),
)

Table(
    "orders",
    metadata,
    identifier(),
    required("number", String(64), unique=True),
    required("store_id", Number, ForeignKey("stores.id"), index=True),
    required("status", String(32), ForeignKey("order_statuses.code")),
    required("currency", String(3)),
    required("total", Scaled),
    optional("stated_total", Scaled),
    required("charges_total", Scaled),
    optional("customer_id", Number, ForeignKey("customers.id"), index=True),
    optional("buyer_name", EncryptedText),
    required("buyer_email", EncryptedText),
    required("buyer_email_index", BlindIndex),
    required("email_is_placeholder", Boolean),
    required("buyer_contact_allowed", Boolean),
    optional("channel", String(40)),
    optional("channel_account_id", Number),
    optional("marketplace", String(40)),
    optional("external_id", String(80), index=True),
    optional("replaces_external_id", String(80)),
    required("fulfilled_by", String(40)),
    optional("payment_method", String(80)),
    optional("payment_reference", String(80)),
    required("payment_is_captured", Boolean),
    optional("shipping_method", String(80)),
    required("placed_at", UtcDateTime),
    optional("ship_by", UtcDateTime),
    optional("deliver_by", UtcDateTime),
    required("created_at", UtcDateTime),
    UniqueConstraint("channel", "channel_account_id", "external_id"),
    Index("ix_orders_buyer_email_index", "buyer_email_index", "placed_at", "id"),
    Index("ix_orders_channel_placed_at_id", "channel", "placed_at", "id", "status", "total"),
    Index(None, "created_at", "id"),
    Index(
        "ix_orders_placed_at_id",
        "placed_at",
        "id",
        "status",
        "currency",
        "total",
        "channel",
        "ship_by",
        "number",
    ),
    Index("ix_orders_ship_by_id", "ship_by", "id", "placed_at", "status", "channel", "total"),
    Index("ix_orders_status_placed_at_id", "status", "placed_at", "id", "channel", "total"),
    Index(None, "status", "ship_by", "id"),
    Index("ix_orders_total_id", "total", "id", "placed_at", "status", "channel"),
)

Table(
    "order_addresses",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id"), index=True),
    required("kind", String(20)),
    optional("name", EncryptedText),
    optional("company", EncryptedText),
    optional("line1", EncryptedText),
    optional("line2", EncryptedText),
    optional("line3", EncryptedText),
    optional("city", EncryptedText),
    optional("district", EncryptedText),
    optional("state", EncryptedText),
    optional("postal_code", EncryptedText),
    optional("country", String(2)),
    optional("phone", EncryptedText),
)

Table(
    "order_lines",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    required("position", Number),
    optional("external_id", String(80)),
    optional("product_id", Number, ForeignKey("products.id"), index=True),
    required("sku", String(128)),
    required("name", String(500)),
    optional("unit_price", Scaled),
    required("quantity", Number),
    required("quantity_shipped", Number),
    required("quantity_canceled", Number),
    UniqueConstraint("order_id", "position"),
)

Table(
    "charges",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id"), index=True),
    optional("line_id", Number, ForeignKey("order_lines.id"), index=True),
    required("kind", String(80)),
    required("amount", Scaled),
)

Table(
    "order_status_changes",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id"), index=True),
    optional("old_status", String(32)),
    required("new_status", String(32)),
    required("reason", String(80)),
    required("actor", String(80)),
    required("changed_at", UtcDateTime),
)

Table(
    "order_words",
    metadata,
    required("order_id", Number, ForeignKey("orders.id"), primary_key=True),
    required("word", BlindIndex, primary_key=True),
    required("placed_at", UtcDateTime),
    Index("ix_order_words_word", "word", "placed_at", "order_id"),
)

Table(
    "shipments",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id"), index=True),
    required("origin", String(20)),
    required("shipped_at", UtcDateTime),
    required("created_at", UtcDateTime),
    required("actor", String(80)),
)

Table(
    "packages",
    metadata,
    identifier(),
    required("shipment_id", Number, ForeignKey("shipments.id"), index=True),
    optional("carrier", String(80)),
    optional("tracking_number", String(120), index=True),
    optional("shipping_method", String(80)),
    optional("external_id", String(80)),
)

Table(
    "package_lines",
    metadata,
    identifier(),
    required("package_id", Number, ForeignKey("packages.id"), index=True),
    required("order_line_id", Number, ForeignKey("order_lines.id"), index=True),
    required("quantity", Number),
)

Table(
    "refunds",
    metadata,
    identifier(),
    required("order_id", Number, ForeignKey("orders.id"), index=True),
    required("amount", Scaled),
    required("reason", String(80)),
    required("actor", String(80)),
    required("created_at", UtcDateTime),
)

Table(
    "refund_lines",
    metadata,
    identifier(),
    required("refund_id", Number, ForeignKey("refunds.id"), index=True),
    required("order_line_id", Number, ForeignKey("order_lines.id"), index=True),
    required("amount", Scaled),
)
