"""What orders that wait for a SKU say about it: how many there are, its name and its price there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.channels.channel_orders import ChannelOrder, WaitingFor
from core.context import Context
from core.money import plain
from core.web.admin.shell import application


def count_waiting(ctx: Context, sku: str) -> int:
    """How many orders wait for it."""
    return ctx.session.scalar(select(func.count()).where(WaitingFor.sku == sku)) or 0


def told_of(ctx: Context, sku: str) -> dict[str, Any]:
    """Name, price and currency as the newest order that waits has them; nothing if none does."""
    newest = select(func.max(WaitingFor.channel_order_id)).where(WaitingFor.sku == sku)
    row = ctx.session.get(ChannelOrder, ctx.session.scalar(newest) or 0)
    channel = application().registry.channels.get(row.account.channel) if row else None
    if row is None or channel is None:
        return {}
    listed = channel.read_order(row.payload)
    line = next((line for line in listed.lines if line.sku == sku), None)
    if line is None:
        return {}
    if line.unit_price is None or listed.currency is None:
        return {"name": line.name}
    return {
        "name": line.name,
        "price": plain(line.unit_price, listed.currency),
        "currency": listed.currency,
    }
