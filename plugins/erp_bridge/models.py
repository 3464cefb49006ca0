"""The tables of the ERP bridge: who picks orders up, and what each of them is told of each order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.commerce.orders import Order
from core.database.base import Base
from core.database.types import EncryptedJson

ACTIVE, PAUSED = "active", "paused"
#: How it fetches that has no outlet: over REST.
PULL = "pull"
_DUE, _HELD = text("due_at IS NOT NULL"), text("look_again_at IS NOT NULL")


class PickupState(StrEnum):
    """Where a pickup is; plugins/erp_bridge/states.py has the table of all states and events."""

    WAITING = "waiting"
    HELD = "held"
    LEASED = "leased"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Told(StrEnum):
    """What a consumer is told of an order."""

    CREATED = "order.created"
    CANCELED = "order.canceled"


class Consumer(Base):
    """Somebody who picks orders up: an ERP, a warehouse, an accountant.

    name           what it is called, in addresses and scopes too: `pickup:<name>`
    kind           how orders reach it: `pull`, or the key of an outlet (plugins/erp_bridge/outlets.py)
    wanted         which orders it gets, as plugins/erp_bridge/filters.py reads it
    since          orders that were created before are not offered
    offered_to     every order that was created until then has been offered, if it fits
    lease_seconds  how long what was handed out is the taker's, before it is offered again
    settings       what its outlet needs, secrets among it; valid by the schema of its kind
    state          `active` or `paused`; `paused_because` is in words, for people
    failures       attempts that failed in a row; the next one is at `next_attempt_at`
    last_seen_at   when it last picked up, acknowledged, or was reached
    """

    __tablename__ = "erp_bridge_consumers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    since: Mapped[datetime]
    offered_to: Mapped[datetime]
    lease_seconds: Mapped[int] = mapped_column(default=300)
    settings: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    paused_because: Mapped[str | None] = mapped_column(String(500))
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Pickup(Base):
    """One thing that one consumer is told of one order.

    idempotency_key  the same however often it is told
    offered          how often it was handed out
    due_at           from when on it may be handed out: for one that is leased, when its lease runs out;
                     null while it may not be
    look_again_at    when one that is held is looked at again: its order is on hold, say; else null
    waits_since      since when it waits to be taken: since it came, or was replayed
    reference        what the consumer calls the order, once it has acknowledged
    reason           why it was rejected, in the consumer's words
    """

    __tablename__ = "erp_bridge_pickups"
    __table_args__ = (
        UniqueConstraint("consumer_id", "order_id", "event"),
        # What is handed out next, and what is looked at again: each holds these rows and no others.
        Index(None, "consumer_id", "due_at", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index(None, "consumer_id", "look_again_at", sqlite_where=_HELD, postgresql_where=_HELD),
        # A page of its history, and of one state, by which they are counted, too.
        Index(None, "consumer_id", "id"),
        Index(None, "consumer_id", "state", "id"),
        # Since when the oldest waits.
        Index(None, "consumer_id", "waits_since", sqlite_where=_DUE, postgresql_where=_DUE),
        Index(None, "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consumer_id: Mapped[int] = mapped_column(ForeignKey("erp_bridge_consumers.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    event: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16), default=PickupState.WAITING.value)
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    offered: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    look_again_at: Mapped[datetime | None]
    waits_since: Mapped[datetime]
    reference: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    consumer: Mapped[Consumer] = relationship()
    order: Mapped[Order] = relationship()


class Booking(Base):
    """Something that came back from a consumer and was booked.

    key      the consumer's own; the same key is booked once
    digest   of its contents, so that another thing under the same key is refused
    """

    __tablename__ = "erp_bridge_bookings"
    __table_args__ = (UniqueConstraint("consumer_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consumer_id: Mapped[int] = mapped_column(ForeignKey("erp_bridge_consumers.id"))
    key: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    booked_at: Mapped[datetime]


class Refusal(Base):
    """Something that was refused, of a file that is not read to its end yet: it is not tried twice.

    arrival  a hash that tells this file from any other, and from another one of its name
    key      of the thing that was refused, as `Booking` has it for what was booked
    """

    __tablename__ = "erp_bridge_refusals"
    __table_args__ = (Index(None, "consumer_id", "arrival", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consumer_id: Mapped[int] = mapped_column(ForeignKey("erp_bridge_consumers.id"))
    arrival: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(255))
    error: Mapped[str] = mapped_column(String(1000))
