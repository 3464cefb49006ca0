"""The installation itself, its plugins, and their settings."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Index, String, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, required
from core.database.types import EncryptedJson, EncryptedText, UtcDateTime

table(
    "installation",
    identifier(),
    required("installation_id", String(36)),
    required("index_key", EncryptedText),
    required("generation", Number),
    optional("confirmed_addresses", JSON),
)

table(
    "plugin_states",
    required("name", String(40), primary_key=True),
    required("enabled", Boolean),
    required("changed_at", UtcDateTime),
    required("changed_by", String(100)),
)

table(
    "settings",
    identifier(),
    required("owner", String(40)),
    required("scope", String(20)),
    required("scope_id", String(100)),
    required("values", JSON),
    optional("secrets", EncryptedJson),
    required("changed_at", UtcDateTime),
    required("changed_by", String(100)),
    required("version", Number),
    UniqueConstraint("owner", "scope", "scope_id"),
)

table(
    "settings_history",
    identifier(),
    required("owner", String(40)),
    required("scope", String(20)),
    required("scope_id", String(100)),
    required("changed_at", UtcDateTime),
    required("changed_by", String(100)),
    required("before", JSON),
    required("after", JSON),
    Index(None, "owner", "scope", "scope_id"),
)
