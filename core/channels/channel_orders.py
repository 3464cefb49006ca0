"""Channel orders: the record of an order as the marketplace has it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, delete, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.channels.accounts import Account
from core.channels.listing import (
    CANCELED,
    MAX_EXTERNAL_ID,
    MAX_MARKETPLACE,
    MAX_STATUS,
    PARTIALLY_SHIPPED,
    PENDING,
    PENDING_AVAILABILITY,
    SHIPPED,
    UNSHIPPED,
    ListedOrder,
)
from core.channels.trace import add_trace, sentence
from core.commerce.inventory import held_by
from core.commerce.orders import Order
from core.context import Context
from core.database.base import Base
from core.database.types import EncryptedJson, EncryptedText, Scaled

#: The order of an order's life; a reading never moves it back.
_RANK = {
    PENDING_AVAILABILITY: 0, PENDING: 1, UNSHIPPED: 2, PARTIALLY_SHIPPED: 3, SHIPPED: 4, CANCELED: 5,
}  # fmt: skip


class ChannelOrder(Base):
    """An order of a channel, unique by account and external id.

    status          as shown: in our words, or the channel's own if it is not known
    reached         the furthest status that was known so far
    fulfilled_by    `merchant`, or the channel's key
    counts_as_new   whether it was placed after the account was connected, was still pending then, or was
                    wanted once and waits
    is_due          whether something changed since it was last looked at
    held_code       why it waits (a code of the trace), null if it does not
    note_code       the last thing worth knowing, with its data
    payload         the channel's own answer, encrypted
    """

    __tablename__ = "channel_orders"
    __table_args__ = (
        UniqueConstraint("account_id", "external_id"),
        Index("ix_channel_orders_due", "account_id", "is_due", "held_code"),
        # What the Orders tab is filtered by, each in the order that it is shown in.
        Index("ix_channel_orders_placed_at_id", "placed_at", "id"),
        Index("ix_channel_orders_status_placed_at_id", "status", "placed_at", "id"),
        Index("ix_channel_orders_account_id_placed_at_id", "account_id", "placed_at", "id"),
        Index(None, "account_id", "status", "placed_at", "id"),
        Index(
            "ix_channel_orders_held",
            "placed_at",
            "id",
            "account_id",
            "held_code",
            sqlite_where=text("held_code IS NOT NULL"),
            postgresql_where=text("held_code IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    marketplace: Mapped[str] = mapped_column(String(MAX_MARKETPLACE))
    external_id: Mapped[str] = mapped_column(String(MAX_EXTERNAL_ID), index=True)
    status: Mapped[str] = mapped_column(String(MAX_STATUS))
    reached: Mapped[str | None] = mapped_column(String(40))
    fulfilled_by: Mapped[str] = mapped_column(String(40))
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ship_by: Mapped[datetime | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    total: Mapped[Decimal | None] = mapped_column(Scaled)
    units_unshipped: Mapped[int] = mapped_column(default=0)
    buyer_name: Mapped[str | None] = mapped_column(EncryptedText)
    payload: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    counts_as_new: Mapped[bool]
    is_due: Mapped[bool] = mapped_column(default=True)
    held_code: Mapped[str | None] = mapped_column(String(40))
    note_code: Mapped[str | None] = mapped_column(String(40))
    note_data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    stored_at: Mapped[datetime]

    account: Mapped[Account] = relationship()
    order: Mapped[Order | None] = relationship()

    @property
    def holder(self) -> str:
        """Under which name it reserves stock before it becomes an order."""
        return f"channel_order:{self.id}"

    @property
    def subject(self) -> str:
        """Under which name problems know it."""
        return f"channel_order:{self.id}"

    @property
    def trace_key(self) -> tuple[int, str]:
        """Under which key the trace knows it."""
        return self.account_id, self.external_id

    @property
    def note(self) -> str | None:
        """The last thing worth knowing, in plain words."""
        return sentence(self.note_code, self.note_data or {}) if self.note_code else None

    @property
    def is_pending(self) -> bool:
        """Whether the channel has not released it yet."""
        return self.status in (PENDING, PENDING_AVAILABILITY)


class WaitingFor(Base):
    """A SKU that a channel order waits for: to exist, or to be in stock."""

    __tablename__ = "channel_order_waits"
    __table_args__ = (UniqueConstraint("channel_order_id", "sku"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_order_id: Mapped[int] = mapped_column(ForeignKey("channel_orders.id"))
    sku: Mapped[str] = mapped_column(String(128), index=True)


class SeenPending(Base):
    """An order that was still pending when its account was connected: it counts as new."""

    __tablename__ = "channel_seen_pending"
    __table_args__ = (UniqueConstraint("account_id", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    external_id: Mapped[str] = mapped_column(String(80))


def find_channel_order(
    session: Session, account_id: int, external_id: str, *, lock: bool = False
) -> ChannelOrder | None:
    """The channel order of an account; with `lock`, held until the end of the transaction."""
    wanted = select(ChannelOrder).where(
        ChannelOrder.account_id == account_id, ChannelOrder.external_id == external_id
    )
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def lock_channel_order(session: Session, channel_order_id: int) -> ChannelOrder:
    """The channel order as it is now, held until the end of the transaction."""
    return session.get_one(ChannelOrder, channel_order_id, with_for_update=True, populate_existing=True)


def channel_order_of(session: Session, order_id: int) -> ChannelOrder | None:
    """The channel order that became this order."""
    return session.scalar(select(ChannelOrder).where(ChannelOrder.order_id == order_id))


def due_channel_orders(session: Session, account_id: int) -> list[tuple[int, str]]:
    """Id and external id of those that changed or wait: what a synchronization looks at, oldest first."""
    rows = session.execute(
        select(ChannelOrder.id, ChannelOrder.external_id)
        .where(
            ChannelOrder.account_id == account_id,
            ChannelOrder.is_due.is_(True) | ChannelOrder.held_code.is_not(None),
        )
        .order_by(ChannelOrder.placed_at, ChannelOrder.id)
    )
    return [(channel_order_id, external_id) for channel_order_id, external_id in rows]


def has_reserved(session: Session, channel_order: ChannelOrder) -> bool:
    """Whether stock is reserved for it, by itself or by the order that it became."""
    holders = [channel_order.holder]
    if channel_order.order_id is not None:
        holders.append(f"order:{channel_order.order_id}")
    return any(held_by(session, holder) for holder in holders)


def has_rank(status: str) -> bool:
    """Whether a status has its place in the order of an order's life."""
    return status in _RANK


def take_status(ctx: Context, channel_order: ChannelOrder, status: str) -> None:
    """Move the status forward; what lies behind what was once known is only traced.

    A word that is not known is shown, but what was reached before is not forgotten over it.
    """
    current = channel_order.status
    if status == current:
        return
    reached = channel_order.reached
    if status in _RANK and reached is not None and _RANK[status] < _RANK[reached]:
        add_trace(ctx, channel_order.trace_key, "kept_status", status=status, kept=reached)
        status = reached
        if status == current:
            return
    channel_order.reached = status if status in _RANK else reached
    channel_order.status = status
    add_trace(ctx, channel_order.trace_key, "status", old=current, new=status)


def set_note(
    ctx: Context,
    channel_order: ChannelOrder,
    code: str,
    decided_by: str | None = None,
    **data: Any,
) -> None:
    """Put an entry on the trace and show it as the channel order's last note."""
    channel_order.note_code, channel_order.note_data = code, data
    add_trace(ctx, channel_order.trace_key, code, decided_by, **data)


def wait_for(ctx: Context, channel_order: ChannelOrder, skus: Iterable[str]) -> None:
    """Have it tried again when one of these SKUs appears or its stock changes; none: stop waiting."""
    ctx.session.execute(delete(WaitingFor).where(WaitingFor.channel_order_id == channel_order.id))
    for sku in sorted(set(skus)):
        ctx.session.add(WaitingFor(channel_order_id=channel_order.id, sku=sku))
    ctx.session.flush()


def count_as_new(session: Session, account: Account, listed: ListedOrder) -> bool:
    """Whether an order that was never seen is one of after the account was connected."""
    if account.connected_at is None or listed.placed_at >= account.connected_at:
        return True
    if listed.status in (PENDING, PENDING_AVAILABILITY):
        return True
    seen = select(func.count()).where(
        SeenPending.account_id == account.id, SeenPending.external_id == listed.external_id
    )
    return bool(session.scalar(seen))
