"""Make consumers, what they pick up, and what came back from them and was booked."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint

from core.database.migrations.tables import (
    Number,
    create_table,
    identifier,
    optional,
    partial_index,
    required,
)
from core.database.types import EncryptedJson, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those first that others refer to."""
    _create_consumers()
    _create_pickups()
    _create_bookings()
    _create_refusals()


def downgrade() -> None:
    """All of them, with what is in them."""
    op.drop_table("erp_bridge_refusals")
    op.drop_table("erp_bridge_bookings")
    op.drop_table("erp_bridge_pickups")
    op.drop_table("erp_bridge_consumers")


def _create_consumers() -> None:
    create_table(
        "erp_bridge_consumers",
        identifier(),
        required("name", String(40), unique=True),
        required("kind", String(40)),
        required("wanted", JSON),
        required("since", UtcDateTime),
        required("offered_to", UtcDateTime),
        required("lease_seconds", Number),
        required("settings", EncryptedJson),
        required("state", String(16)),
        optional("paused_because", String(500)),
        required("failures", Number),
        optional("next_attempt_at", UtcDateTime),
        optional("last_error", String(500)),
        optional("last_seen_at", UtcDateTime),
        required("created_at", UtcDateTime),
    )


def _create_pickups() -> None:
    create_table(
        "erp_bridge_pickups",
        identifier(),
        required("consumer_id", Number, ForeignKey("erp_bridge_consumers.id")),
        required("order_id", Number, ForeignKey("orders.id")),
        required("event", String(40)),
        required("state", String(16)),
        required("idempotency_key", String(64), unique=True),
        required("offered", Number),
        optional("due_at", UtcDateTime),
        optional("look_again_at", UtcDateTime),
        required("waits_since", UtcDateTime),
        optional("reference", String(120)),
        optional("reason", String(500)),
        required("created_at", UtcDateTime),
        required("changed_at", UtcDateTime),
        UniqueConstraint("consumer_id", "order_id", "event"),
        partial_index(None, "consumer_id", "due_at", "id", where="due_at IS NOT NULL"),
        partial_index(None, "consumer_id", "look_again_at", where="look_again_at IS NOT NULL"),
        Index(None, "consumer_id", "id"),
        Index(None, "consumer_id", "state", "id"),
        partial_index(None, "consumer_id", "waits_since", where="due_at IS NOT NULL"),
        Index(None, "order_id"),
    )


def _create_bookings() -> None:
    create_table(
        "erp_bridge_bookings",
        identifier(),
        required("consumer_id", Number, ForeignKey("erp_bridge_consumers.id")),
        required("key", String(255)),
        required("digest", String(64)),
        required("booked_at", UtcDateTime),
        UniqueConstraint("consumer_id", "key"),
    )


def _create_refusals() -> None:
    create_table(
        "erp_bridge_refusals",
        identifier(),
        required("consumer_id", Number, ForeignKey("erp_bridge_consumers.id")),
        required("arrival", String(64)),
        required("key", String(255)),
        required("error", String(1000)),
        Index(None, "consumer_id", "arrival", "key"),
    )
