"""Operators, tokens, the audit log, and what is kept for each of them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Index, String, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, required
from core.database.types import BlindIndex, EncryptedJson, EncryptedText, UtcDateTime

table(
    "operators",
    identifier(),
    required("email", EncryptedText),
    required("email_index", BlindIndex, unique=True),
    required("role", String(20)),
    required("password_hash", String(255)),
    required("is_active", Boolean),
    required("sign_in_version", Number),
    optional("totp_secret", EncryptedText),
    optional("totp_step", Number),
    required("failures", Number),
    optional("locked_until", UtcDateTime),
    optional("reset_hash", String(64)),
    optional("reset_until", UtcDateTime),
    optional("language", String(8)),
    optional("time_zone", String(64)),
    required("created_at", UtcDateTime),
    optional("signed_in_at", UtcDateTime),
)

table(
    "api_tokens",
    identifier(),
    required("name", String(60), unique=True),
    required("prefix", String(16)),
    required("token_hash", String(64), unique=True),
    required("scopes", JSON),
    required("created_at", UtcDateTime),
    required("created_by", String(80)),
    optional("expires_at", UtcDateTime),
    optional("last_used_at", UtcDateTime),
    optional("revoked_at", UtcDateTime),
)

table(
    "audit_log",
    identifier(),
    required("at", UtcDateTime),
    required("actor", String(80)),
    required("action", String(60)),
    required("subject", String(160)),
    required("detail", JSON),
    Index(None, "actor"),
    Index(None, "at"),
    Index(None, "subject"),
)

table(
    "saved_views",
    identifier(),
    required("owner", String(80)),
    required("page", String(40)),
    optional("name", String(60)),
    required("query", EncryptedJson),
    required("saved_at", UtcDateTime),
    UniqueConstraint("owner", "page", "name"),
    Index(None, "saved_at"),
)

table(
    "kept_answers",
    identifier(),
    required("token_id", Number),
    required("key", String(255)),
    required("request_hash", String(64)),
    optional("status", Number),
    required("headers", JSON),
    optional("body", EncryptedText),
    required("created_at", UtcDateTime),
    UniqueConstraint("token_id", "key"),
    Index(None, "created_at"),
)
