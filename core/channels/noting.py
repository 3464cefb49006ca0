"""What the core tells a channel order when something happens to the order that it became."""

from __future__ import annotations

from core.channels.channel_orders import channel_order_of, lock_channel_order, set_note
from core.channels.following import CANCELED_HERE, CHANNEL_CANCELED
from core.channels.listing import CANCELED
from core.channels.registration import Channel
from core.commerce.orders import Order
from core.context import Context
from core.problems import raise_problem


def note_order_created(ctx: Context, channel: Channel, order: Order) -> None:
    """Note on the channel order that everything connected has been told of its order."""
    found = channel_order_of(ctx.session, order.id)
    if found is None or found.account.channel != channel.key:
        return
    row = lock_channel_order(ctx.session, found.id)
    set_note(ctx, row, "handed_on", number=order.number)


def note_order_canceled(ctx: Context, channel: Channel, order: Order, reason: str) -> None:
    """Note a cancellation that the channel does not know of yet, and ask a person to tell it."""
    found = channel_order_of(ctx.session, order.id)
    if found is None or found.account.channel != channel.key or found.status == CANCELED:
        return
    if reason == CHANNEL_CANCELED:
        return
    row = lock_channel_order(ctx.session, found.id)
    set_note(ctx, row, CANCELED_HERE, number=order.number, reason=reason)
    raise_problem(
        ctx,
        CANCELED_HERE,
        order.number,
        row.subject,
        f"Order {order.number} was canceled here; cancel {row.external_id} at the channel too.",
        number=order.number,
        reason=reason,
    )
