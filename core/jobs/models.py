"""The tables of background work: jobs, schedules and leases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, String, literal_column, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from core.database.base import Base

KEY_LENGTH = 255
_RUNNING = text("state = 'running'")
_QUEUED = text("state = 'queued'")
_FAILED = text("state = 'failed'")
_CANCELED = text("state = 'canceled'")


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Job(Base):
    """One piece of queued work.

    args          scalars by name: identifiers only, never personal data
    priority      0 is normal, a lower number goes first
    attempts      how often it was started; counted at the start, so that a job that kills its
                  process is parked too
    max_attempts  of its type when it was last started; None before
    lock_key      of the jobs that share it only one runs at a time
    dedup_key     of the jobs that share it only one is queued
    result        what a job that is done came to, if its handler said so; never personal data
    last_error    the error's class and, for our own errors, the sentence; never personal data
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "lock_key", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index(None, "dedup_key", unique=True, sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index(None, "priority", "run_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index(None, "lease_until", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index(None, "ended_at"),
        Index("ix_jobs_failed", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_jobs_canceled", "id", sqlite_where=_CANCELED, postgresql_where=_CANCELED),
        Index(None, "name", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED.value)
    priority: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int | None]
    lock_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    dedup_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    result: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Schedule(Base):
    """A job that is enqueued again and again; `args` as for the job."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    job: Mapped[str] = mapped_column(String(128))
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    every_seconds: Mapped[int]
    next_run_at: Mapped[datetime]
    enabled: Mapped[bool] = mapped_column(default=True)


class Lease(Base):
    """Who alone may do something for a while, for example poll one account."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


def is_state(column: InstrumentedAttribute[str], state: JobState) -> ColumnElement[bool]:
    """Compare with a literal: only then does SQLite use an index that is partial to the state."""
    return column == literal_column(f"'{state.value}'")
