"""Operators, tokens, the audit log, and what is kept for each of them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, String, Table, UniqueConstraint

from core.database.migrations.columns import Number, identifier, optional, required
from core.database.migrations.initial import metadata
from core.database.types import BlindIndex, EncryptedJson, EncryptedText, UtcDateTime

Table(
    "operators",
    metadata,
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

Table(
    "api_tokens",
    metadata,
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

Table(
    "audit_log",
    metadata,
    identifier(),
    required("at", UtcDateTime, index=True),
    required("actor", String(80), index=True),
    required("action", String(60)),
    required("subject", String(160), index=True),
    required("detail", JSON),
)

Table(
    "saved_views",
    metadata,
    identifier(),
    required("owner", String(80)),
    required("page", String(40)),
    optional("name", String(60)),
    required("query", EncryptedJson),
    required("saved_at", UtcDateTime, index=True),
    UniqueConstraint("owner", "page", "name"),
)

Table(
    "kept_answers",
    metadata,
    identifier(),
    required("token_id", Number),
    required("key", String(255)),
    required("request_hash", String(64)),
    optional("status", Number),
    required("headers", JSON),
    optional("body", EncryptedText),
    required("created_at", UtcDateTime, index=True),
    UniqueConstraint("token_id", "key"),
)
