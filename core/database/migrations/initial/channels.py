"""Accounts at sales channels, their orders, and what is told them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, partial_index, required
from core.database.types import EncryptedJson, EncryptedText, Scaled, UtcDateTime

table(
    "channel_accounts",
    identifier(),
    required("channel", String(40)),
    required("name", String(60), unique=True),
    required("seller_id", String(80)),
    required("region", String(20)),
    required("credentials", EncryptedJson),
    required("state", String(20)),
    required("added_at", UtcDateTime),
    optional("connected_at", UtcDateTime),
    required("clock_ahead", Number),
    optional("last_synced_at", UtcDateTime),
    optional("last_error", Text),
    optional("credential_dates", JSON),
    UniqueConstraint("channel", "seller_id", "region"),
)

table(
    "channel_account_marketplaces",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("marketplace", String(40)),
    required("title", String(100)),
    optional("pending_seen_at", UtcDateTime),
    optional("read_through", UtcDateTime),
    optional("failing", Text),
    required("backfilled", String(40)),
    UniqueConstraint("account_id", "marketplace"),
)

table(
    "channel_cursors",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("listing", String(80)),
    required("query", JSON),
    optional("token", Text),
    optional("read_until", UtcDateTime),
    required("started_at", UtcDateTime),
    UniqueConstraint("account_id", "listing"),
)

table(
    "channel_quota_buckets",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("operation", String(40)),
    required("tokens", BigInteger),
    required("per_second", BigInteger),
    required("refilled_at", UtcDateTime),
    optional("blocked_until", UtcDateTime),
    UniqueConstraint("account_id", "operation"),
)

table(
    "channel_seen_pending",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("external_id", String(80)),
    UniqueConstraint("account_id", "external_id"),
)

table(
    "channel_sync_runs",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("started_at", UtcDateTime),
    required("ended_at", UtcDateTime),
    required("seen", Number),
    required("imported", Number),
    required("updated", Number),
    required("skipped", Number),
    required("held", Number),
    required("failed", Number),
    optional("error", Text),
    Index(None, "account_id"),
)

table(
    "channel_trace",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("external_id", String(80)),
    required("code", String(40)),
    required("data", JSON),
    optional("decided_by", String(200)),
    required("happened_at", UtcDateTime),
    required("last_at", UtcDateTime),
    required("times", Number),
    Index(None, "external_id"),
    Index("ix_channel_trace_order", "account_id", "external_id", "id"),
)

table(
    "channel_orders",
    identifier(),
    required("account_id", Number, ForeignKey("channel_accounts.id")),
    required("marketplace", String(40)),
    required("external_id", String(80)),
    required("status", String(80)),
    optional("reached", String(40)),
    required("fulfilled_by", String(40)),
    required("placed_at", UtcDateTime),
    required("updated_at", UtcDateTime),
    optional("ship_by", UtcDateTime),
    optional("currency", String(3)),
    optional("total", Scaled),
    required("units_unshipped", Number),
    optional("buyer_name", EncryptedText),
    required("payload", EncryptedJson),
    optional("order_id", Number, ForeignKey("orders.id"), unique=True),
    required("counts_as_new", Boolean),
    required("is_due", Boolean),
    optional("held_code", String(40)),
    optional("note_code", String(40)),
    optional("note_data", JSON),
    required("stored_at", UtcDateTime),
    UniqueConstraint("account_id", "external_id"),
    Index("ix_channel_orders_due", "account_id", "is_due", "held_code"),
    Index(None, "external_id"),
    Index(None, "placed_at", "id"),
    Index(None, "status", "placed_at", "id"),
    Index(None, "account_id", "placed_at", "id"),
    Index(None, "account_id", "status", "placed_at", "id"),
    partial_index(
        "ix_channel_orders_held",
        "placed_at",
        "id",
        "account_id",
        "held_code",
        where="held_code IS NOT NULL",
    ),
)

table(
    "channel_order_waits",
    identifier(),
    required("channel_order_id", Number, ForeignKey("channel_orders.id")),
    required("sku", String(128)),
    UniqueConstraint("channel_order_id", "sku"),
    Index(None, "sku"),
)

table(
    "channel_confirmations",
    identifier(),
    required("channel_order_id", Number, ForeignKey("channel_orders.id")),
    required("package_id", Number, ForeignKey("packages.id"), unique=True),
    required("reference", String(20)),
    required("state", String(20)),
    optional("last_error", Text),
    required("created_at", UtcDateTime),
    optional("ship_date", UtcDateTime),
    optional("sent_at", UtcDateTime),
    optional("accepted_at", UtcDateTime),
    UniqueConstraint("channel_order_id", "reference"),
    Index(None, "state"),
)

table(
    "channel_requests",
    identifier(),
    required("channel_order_id", Number, ForeignKey("channel_orders.id")),
    required("kind", String(20)),
    optional("refund_id", Number, ForeignKey("refunds.id"), unique=True),
    required("reason", String(80)),
    required("lines", JSON),
    required("state", String(20)),
    optional("prepared", String(200)),
    optional("receipt", String(200)),
    optional("last_error", Text),
    required("actor", String(80)),
    required("created_at", UtcDateTime),
    optional("sent_at", UtcDateTime),
    optional("settled_at", UtcDateTime),
    Index(None, "channel_order_id", "kind"),
    Index(None, "receipt"),
    Index(None, "state"),
)
