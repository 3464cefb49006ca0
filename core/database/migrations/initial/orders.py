"""Orders, from the purchase to the refund."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, required
from core.database.types import BlindIndex, EncryptedText, Scaled, UtcDateTime

table(
    "order_statuses",
    required("code", String(32), primary_key=True),
    required("label", String(100)),
    required("like", String(32)),
)

table(
    "orders",
    identifier(),
    required("number", String(64), unique=True),
    required("store_id", Number, ForeignKey("stores.id")),
    required("status", String(32), ForeignKey("order_statuses.code")),
    required("currency", String(3)),
    required("total", Scaled),
    optional("stated_total", Scaled),
    required("charges_total", Scaled),
    optional("customer_id", Number, ForeignKey("customers.id")),
    optional("buyer_name", EncryptedText),
    required("buyer_email", EncryptedText),
    required("buyer_email_index", BlindIndex),
    required("email_is_placeholder", Boolean),
    required("buyer_contact_allowed", Boolean),
    optional("channel", String(40)),
    optional("channel_account_id", Number),
    optional("marketplace", String(40)),
    optional("external_id", String(80)),
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
    Index(None, "created_at", "id"),
    Index(None, "customer_id"),
    Index(None, "external_id"),
    Index(None, "store_id"),
    Index(None, "status", "ship_by", "id"),
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
    Index("ix_orders_status_placed_at_id", "status", "placed_at", "id", "channel", "total"),
    Index("ix_orders_channel_placed_at_id", "channel", "placed_at", "id", "status", "total"),
    Index("ix_orders_total_id", "total", "id", "placed_at", "status", "channel"),
    Index("ix_orders_ship_by_id", "ship_by", "id", "placed_at", "status", "channel", "total"),
    Index("ix_orders_buyer_email_index", "buyer_email_index", "placed_at", "id"),
)

table(
    "order_addresses",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
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
    Index(None, "order_id"),
)

table(
    "order_lines",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    required("position", Number),
    optional("external_id", String(80)),
    optional("product_id", Number, ForeignKey("products.id")),
    required("sku", String(128)),
    required("name", String(500)),
    optional("unit_price", Scaled),
    required("quantity", Number),
    required("quantity_shipped", Number),
    required("quantity_canceled", Number),
    UniqueConstraint("order_id", "position"),
    Index(None, "product_id"),
)

table(
    "charges",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    optional("line_id", Number, ForeignKey("order_lines.id")),
    required("kind", String(80)),
    required("amount", Scaled),
    Index(None, "line_id"),
    Index(None, "order_id"),
)

table(
    "order_status_changes",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    optional("old_status", String(32)),
    required("new_status", String(32)),
    required("reason", String(80)),
    required("actor", String(80)),
    required("changed_at", UtcDateTime),
    Index(None, "order_id"),
)

table(
    "order_words",
    required("order_id", Number, ForeignKey("orders.id"), primary_key=True),
    required("word", BlindIndex, primary_key=True),
    required("placed_at", UtcDateTime),
    Index("ix_order_words_word", "word", "placed_at", "order_id"),
)

table(
    "shipments",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    required("origin", String(20)),
    required("shipped_at", UtcDateTime),
    required("created_at", UtcDateTime),
    required("actor", String(80)),
    Index(None, "order_id"),
)

table(
    "packages",
    identifier(),
    required("shipment_id", Number, ForeignKey("shipments.id")),
    optional("carrier", String(80)),
    optional("tracking_number", String(120)),
    optional("shipping_method", String(80)),
    optional("external_id", String(80)),
    Index(None, "shipment_id"),
    Index(None, "tracking_number"),
)

table(
    "package_lines",
    identifier(),
    required("package_id", Number, ForeignKey("packages.id")),
    required("order_line_id", Number, ForeignKey("order_lines.id")),
    required("quantity", Number),
    Index(None, "order_line_id"),
    Index(None, "package_id"),
)

table(
    "refunds",
    identifier(),
    required("order_id", Number, ForeignKey("orders.id")),
    required("amount", Scaled),
    required("reason", String(80)),
    required("actor", String(80)),
    required("created_at", UtcDateTime),
    Index(None, "order_id"),
)

table(
    "refund_lines",
    identifier(),
    required("refund_id", Number, ForeignKey("refunds.id")),
    required("order_line_id", Number, ForeignKey("order_lines.id")),
    required("amount", Scaled),
    Index(None, "order_line_id"),
    Index(None, "refund_id"),
)
