"""What is sold and where, how much of it there is, and files of changes to it."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, Word, identifier, optional, required
from core.database.types import EncryptedJson, Scaled, UtcDateTime

table(
    "stores",
    identifier(),
    required("code", String(32), unique=True),
    required("name", String(200)),
    required("currency", String(3)),
    required("number_prefix", String(16), unique=True),
    required("next_number", Number),
)

table(
    "locations",
    identifier(),
    required("code", String(32), unique=True),
    required("name", String(200)),
)

table(
    "products",
    identifier(),
    required("sku", String(128), unique=True),
    required("name", String(500)),
    optional("price", Scaled),
    optional("currency", String(3)),
    required("is_managed", Boolean),
    required("is_enabled", Boolean),
    required("created_at", UtcDateTime),
)

table(
    "product_words",
    required("word", Word, primary_key=True),
    required("product_id", Number, ForeignKey("products.id"), primary_key=True, autoincrement=False),
    Index(None, "product_id"),
)

table(
    "stock_levels",
    identifier(),
    required("product_id", Number, ForeignKey("products.id")),
    required("location_id", Number, ForeignKey("locations.id")),
    required("on_hand", Number),
    required("reserved", Number),
    optional("counted_at", UtcDateTime),
    UniqueConstraint("product_id", "location_id"),
)

table(
    "stock_movements",
    identifier(),
    required("product_id", Number, ForeignKey("products.id")),
    required("location_id", Number, ForeignKey("locations.id")),
    required("quantity", Number),
    required("reason", String(80)),
    required("reference", String(80)),
    required("actor", String(80)),
    required("created_at", UtcDateTime),
    Index(None, "product_id", "id"),
)

table(
    "reservations",
    identifier(),
    required("product_id", Number, ForeignKey("products.id")),
    required("location_id", Number, ForeignKey("locations.id")),
    required("holder", String(80)),
    required("quantity", Number),
    required("reason", String(80)),
    required("created_at", UtcDateTime),
    Index("ix_reservations_holder", "holder", "product_id"),
    Index(None, "product_id", "id"),
)

table(
    "file_imports",
    identifier(),
    required("kind", String(20)),
    required("file_name", String(200)),
    required("state", String(20)),
    required("actor", String(80)),
    required("lines", Number),
    required("created_at", UtcDateTime),
    optional("ended_at", UtcDateTime),
)

table(
    "file_import_portions",
    identifier(),
    required("import_id", Number, ForeignKey("file_imports.id")),
    required("number", Number),
    required("last_line", Number),
    required("lines", Number),
    required("stage", String(20)),
    required("rows", EncryptedJson),
    optional("plans", EncryptedJson),
    required("added", Number),
    required("changed", Number),
    required("unchanged", Number),
    required("wrong", Number),
    UniqueConstraint("import_id", "number"),
)
