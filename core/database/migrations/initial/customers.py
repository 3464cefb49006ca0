"""Customers and what they are found by."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, Table, UniqueConstraint

from core.database.migrations.columns import Number, identifier, optional, required
from core.database.migrations.initial import metadata
from core.database.types import BlindIndex, EncryptedText, UtcDateTime

Table(
    "customers",
    metadata,
    identifier(),
    required("store_id", Number, ForeignKey("stores.id")),
    optional("name", EncryptedText),
    required("email", EncryptedText),
    required("email_index", BlindIndex, index=True),
    optional("match_index", BlindIndex),
    required("email_is_placeholder", Boolean),
    required("buyer_contact_allowed", Boolean),
    required("origin", String(40)),
    required("created_at", UtcDateTime),
    UniqueConstraint("store_id", "match_index"),
)

Table(
    "customer_addresses",
    metadata,
    identifier(),
    required("customer_id", Number, ForeignKey("customers.id"), index=True),
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
    "name_words",
    metadata,
    identifier(),
    required("subject", String(40), index=True),
    required("word", BlindIndex),
    Index("ix_name_words_word", "word", "subject"),
)
