"""The tables of the outbox: events, and one delivery of each event per plugin that listens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.base import Base

_OPEN = text("state IN ('waiting', 'parked')")


class DeliveryState(StrEnum):
    """Where a delivery is: parked ones wait for a person and hold back those behind them."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"
    SKIPPED = "skipped"


class Event(Base):
    """Something that happened and is never changed.

    name     the hook that tells it, for example `order_created`
    subject  what it happened to, for example `order:12`; deliveries keep the order per subject
    payload  identifiers by name, never personal data; the hook's arguments are loaded from it
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "subject", "id"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(160))


class Delivery(Base):
    """One plugin's copy of an event.

    attempts      how often the plugin raised, since it was recorded or replayed
    times_told    how often it was told at all
    last_told_at  when it was told last
    not_before    when a waiting one is tried again
    last_error    the error's class and, for our own errors, the sentence; never personal data
    last_place    where that error was raised: the end of a file's path, and the line
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "plugin"),
        Index(None, "plugin", "subject", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "state", "id"),
        Index(None, "plugin", "id"),
        Index(None, "plugin", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    plugin: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    times_told: Mapped[int] = mapped_column(default=0, server_default="0")
    last_told_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    last_place: Mapped[str | None] = mapped_column(String(200))
    delivered_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()

    @property
    def problem_subject(self) -> str:
        """Under which name problems know it."""
        return f"delivery:{self.id}"
