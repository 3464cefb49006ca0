"""Background work, what plugins are told, and what needs a person."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text, UniqueConstraint

from core.database.migrations.initial import table
from core.database.migrations.tables import Number, identifier, optional, partial_index, required
from core.database.types import UtcDateTime

table(
    "jobs",
    identifier(),
    required("name", String(128)),
    required("args", JSON),
    required("state", String(16)),
    required("priority", Number),
    required("run_at", UtcDateTime),
    required("attempts", Number),
    optional("max_attempts", Number),
    optional("lock_key", String(255)),
    optional("dedup_key", String(255)),
    optional("lease_owner", String(64)),
    optional("lease_until", UtcDateTime),
    optional("last_error", String(500)),
    optional("result", String(500)),
    required("created_at", UtcDateTime),
    optional("started_at", UtcDateTime),
    optional("ended_at", UtcDateTime),
    partial_index(None, "dedup_key", unique=True, where="state = 'queued'"),
    Index(None, "ended_at"),
    partial_index(None, "lease_until", where="state = 'running'"),
    partial_index(None, "lock_key", unique=True, where="state = 'running'"),
    partial_index(None, "priority", "run_at", "id", where="state = 'queued'"),
    partial_index("ix_jobs_failed", "id", where="state = 'failed'"),
    Index(None, "name", "id"),
    partial_index("ix_jobs_canceled", "id", where="state = 'canceled'"),
)

table(
    "schedules",
    identifier(),
    required("name", String(128), unique=True),
    required("job", String(128)),
    required("args", JSON),
    required("every_seconds", Number),
    required("next_run_at", UtcDateTime),
    required("enabled", Boolean),
)

table(
    "leases",
    required("name", String(255), primary_key=True),
    required("owner", String(64)),
    required("until", UtcDateTime),
)

table(
    "events",
    identifier(),
    required("name", String(64)),
    required("subject", String(128)),
    required("payload", JSON),
    required("created_at", UtcDateTime),
    required("actor", String(160)),
    Index(None, "subject", "id"),
    Index(None, "created_at"),
)

table(
    "deliveries",
    identifier(),
    required("event_id", Number, ForeignKey("events.id")),
    required("plugin", String(64)),
    required("subject", String(128)),
    required("state", String(16)),
    required("attempts", Number),
    required("times_told", Number, server_default="0"),
    optional("last_told_at", UtcDateTime),
    optional("not_before", UtcDateTime),
    optional("last_error", String(500)),
    optional("last_place", String(200)),
    optional("delivered_at", UtcDateTime),
    UniqueConstraint("event_id", "plugin"),
    partial_index(None, "plugin", "subject", "id", where="state IN ('waiting', 'parked')"),
    Index(None, "state", "id"),
    Index(None, "plugin", "id"),
    Index(None, "plugin", "state", "id"),
)

table(
    "problems",
    identifier(),
    required("kind", String(40)),
    required("cause", String(200)),
    required("subject", String(120)),
    required("urgency", Number, server_default="0"),
    required("message", Text),
    required("data", JSON),
    required("first_at", UtcDateTime),
    required("last_at", UtcDateTime),
    optional("resolved_at", UtcDateTime),
    optional("ignored_at", UtcDateTime),
    optional("ignored_by", String(160)),
    UniqueConstraint("kind", "cause", "subject"),
    Index(None, "subject"),
    partial_index(
        "ix_problems_open",
        "urgency",
        "kind",
        "cause",
        "id",
        where="resolved_at IS NULL AND ignored_at IS NULL",
    ),
    partial_index(
        "ix_problems_ignored",
        "urgency",
        "kind",
        "cause",
        "id",
        where="resolved_at IS NULL AND ignored_at IS NOT NULL",
    ),
    partial_index(None, "resolved_at", where="resolved_at IS NOT NULL"),
)

table(
    "problem_ignored_causes",
    identifier(),
    required("kind", String(40)),
    required("cause", String(200)),
    required("ignored_at", UtcDateTime),
    required("ignored_by", String(160)),
    UniqueConstraint("kind", "cause"),
)
