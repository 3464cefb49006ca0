"""Customers and what they are found by."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, required
from core.database.types import BlindIndex, EncryptedText, UtcDateTime

table(
    "customers",
    identifier(),
    required("store_id", Number, ForeignKey("stores.id")),
    optional("name", EncryptedText),
    required("email", EncryptedText),
    required("email_index", BlindIndex),
    optional("match_index", BlindIndex),
    required("email_is_placeholder", Boolean),
    required("buyer_contact_allowed", Boolean),
    required("origin", String(40)),
    required("created_at", UtcDateTime),
    UniqueConstraint("store_id", "match_index"),
    Index(None, "email_index"),
)

table(
    "customer_addresses",
    identifier(),
    required("customer_id", Number, ForeignKey("customers.id")),
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
    Index(None, "customer_id"),
)

table(
    "name_words",
    identifier(),
    required("subject", String(40)),
    required("word", BlindIndex),
    Index(None, "subject"),
    Index("ix_name_words_word", "word", "subject"),
)
