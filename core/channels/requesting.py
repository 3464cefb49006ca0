"""What a channel plugin's hooks hand on: what can be asked of the channel, and the asking, stored first."""

from __future__ import annotations

from core.channels.adjusting import refunded_lines
from core.channels.channel_orders import ChannelOrder, channel_order_of, lock_channel_order, set_note
from core.channels.channel_requests import (
    QUEUED,
    ChannelRequest,
    enqueue_request,
    find_cancel_request,
    lines_as_json,
    queue_again,
)
from core.channels.listing import CANCELED, MERCHANT, PENDING, PENDING_AVAILABILITY, UNSHIPPED
from core.channels.registration import Channel
from core.channels.wishes import CANCEL, REFUND, RequestLine
from core.commerce.orders import Order, OrderActions
from core.commerce.refunds import Refund, list_refunds
from core.context import Context


def describe_actions(ctx: Context, channel: Channel, order: Order) -> OrderActions | None:
    """What can be done with an order of this channel now; None for an order of another one."""
    if order.channel != channel.key:
        return None
    row = channel_order_of(ctx.session, order.id)
    return OrderActions(
        not_cancelable=_not_cancelable(channel, order, row),
        not_refundable=_not_refundable(channel, order, row),
        cancel_reasons=channel.cancel_reasons,
        refund_reasons=channel.refund_reasons,
    )


def ask_cancellation(ctx: Context, channel: Channel, order: Order, reason: str) -> bool | None:
    """Store the request to cancel an order of this channel, and have it sent; None if it is not its own."""
    if order.channel != channel.key:
        return None
    found = channel_order_of(ctx.session, order.id)
    if found is None:
        return None
    row = lock_channel_order(ctx.session, found.id)
    request = find_cancel_request(ctx.session, row.id)
    if request is not None and request.is_open:
        return True
    if request is None:
        request = _request(ctx, row, CANCEL, reason)
        lines = [RequestLine(line.external_id or "") for line in order.lines]
        request.lines = lines_as_json(lines)
        ctx.session.add(request)
    request.reason, request.actor = reason, ctx.actor
    ctx.session.flush()
    queue_again(ctx, request)
    set_note(ctx, row, "cancel_asked", reason=reason)
    return True


def queue_refund(ctx: Context, channel: Channel, order: Order, refund: Refund) -> bool:
    """Store the request to give money back on an order of this channel, once; whether it was stored."""
    if order.channel != channel.key:
        return False
    found = channel_order_of(ctx.session, order.id)
    if found is None:
        return False
    row = lock_channel_order(ctx.session, found.id)
    known = ctx.session.query(ChannelRequest.id).filter_by(refund_id=refund.id).first()
    if known is not None:
        return False
    request = _request(ctx, row, REFUND, refund.reason)
    request.refund_id, request.actor = refund.id, refund.actor
    refunds = list_refunds(ctx.session, order.id)
    request.lines = lines_as_json(refunded_lines(order, refunds, refund))
    ctx.session.add(request)
    ctx.session.flush()
    enqueue_request(ctx, request)
    set_note(ctx, row, "refund_asked", reason=refund.reason)
    return True


def _request(ctx: Context, row: ChannelOrder, kind: str, reason: str) -> ChannelRequest:
    return ChannelRequest(
        channel_order_id=row.id,
        channel_order=row,
        kind=kind,
        reason=reason,
        lines=[],
        state=QUEUED,
        actor=ctx.actor,
        created_at=ctx.clock.now(),
    )


def _not_cancelable(channel: Channel, order: Order, row: ChannelOrder | None) -> str | None:
    if channel.connect_requests is None or not channel.cancel_reasons:
        return f"{channel.title} takes no cancellations from here: cancel it there instead"
    if row is None:
        return f"order {order.number} is not known as an order of {channel.title}"
    if row.fulfilled_by != MERCHANT:
        return f"{channel.title} ships order {order.number} itself: it can only be canceled there"
    if row.status != UNSHIPPED:
        return (
            f"{channel.title} has order {order.number} as {row.status}: only one that is Unshipped can "
            "be canceled"
        )
    return None


def _not_refundable(channel: Channel, order: Order, row: ChannelOrder | None) -> str | None:
    if channel.connect_requests is None or not channel.refund_reasons:
        return f"{channel.title} takes no refunds from here: refund it there"
    if row is None:
        return f"order {order.number} is not known as an order of {channel.title}"
    if row.fulfilled_by != MERCHANT:
        return f"{channel.title} ships order {order.number} itself and refunds it itself"
    is_uncharged = row.status == CANCELED and not order.has_shipped
    if is_uncharged or row.status in (PENDING, PENDING_AVAILABILITY):
        return f"{channel.title} has order {order.number} as {row.status}: nothing was charged for it"
    return None
