"""Requests: one row per cancellation or refund that a channel is asked for, stored before it is asked.

What was sent is kept with the receipt that the channel gave, so that an answer that was lost is looked for
before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.channels.channel_orders import ChannelOrder, channel_order_of, lock_channel_order, set_note
from core.channels.listing import ListedCharge
from core.channels.wishes import CANCEL, RequestLine, RequestToSend
from core.commerce.orders import cancel_order, keep_uncanceled
from core.commerce.refunds import Refund
from core.context import Context
from core.database.base import Base
from core.errors import NotFound, WrongState
from core.jobs import enqueue
from core.problems import resolve_problems

#: To be sent; nothing was asked of the channel yet.
QUEUED = "queued"
#: About to be asked, and no answer came back yet: the channel may know of it.
SENDING = "sending"
#: The channel gave a receipt and is working on it.
SENT = "sent"
ACCEPTED = "accepted"
REFUSED = "refused"
#: It is not known whether it was done: a person looks at the channel.
UNSURE = "unsure"
#: A person has looked at one that was refused or unsure, and nothing is sent again.
CLOSED = "closed"
OPEN = (QUEUED, SENDING, SENT, UNSURE)
#: What the job has nothing more to do with.
SETTLED = (ACCEPTED, REFUSED, UNSURE, CLOSED)
SEND_JOB = "channels.send_request"
#: Kinds of problems: refused, nobody knows, not done after a long time.
REQUEST_REFUSED, REQUEST_UNSURE, REQUEST_LATE = "request_refused", "request_unsure", "request_late"


class ChannelRequest(Base):
    """What a channel is asked about one order.

    kind       `cancel` or `refund`
    lines      the order's lines by the channel's id, with what is given back of each charge
    state      one of the constants above
    prepared   what was laid down at the channel before asking
    receipt    under which the channel knows the request
    sent_at    when it was about to be asked: from then on the channel may know of it
    """

    __tablename__ = "channel_requests"
    __table_args__ = (Index("ix_channel_requests_channel_order_id_kind", "channel_order_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_order_id: Mapped[int] = mapped_column(ForeignKey("channel_orders.id"))
    kind: Mapped[str] = mapped_column(String(20))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(80))
    lines: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), index=True)
    prepared: Mapped[str | None] = mapped_column(String(200))
    receipt: Mapped[str | None] = mapped_column(String(200), index=True)
    last_error: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    channel_order: Mapped[ChannelOrder] = relationship()
    refund: Mapped[Refund | None] = relationship()

    @property
    def subject(self) -> str:
        """Under which name problems know it."""
        return f"channel_request:{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether the channel has not said yes or no yet."""
        return self.state in OPEN

    def to_send(self) -> RequestToSend:
        """What the channel is asked, the same in every attempt."""
        row = self.channel_order
        return RequestToSend(
            kind=self.kind,
            reference=str(self.id),
            order_external_id=row.external_id,
            marketplace=row.marketplace,
            reason=self.reason,
            currency=row.order.currency if row.order else row.currency or "",
            lines=tuple(
                RequestLine(line, tuple(ListedCharge(kind, Decimal(amount)) for kind, amount in charges))
                for line, charges in self.lines
            ),
        )


def lines_as_json(lines: Sequence[RequestLine]) -> list[Any]:
    """Lines as they are kept in a request."""
    return [
        [line.external_id, [[charge.kind, str(charge.amount)] for charge in line.charges]] for line in lines
    ]


def enqueue_request(ctx: Context, request: ChannelRequest) -> None:
    """Enqueue the job; an account's requests go one after the other: a lost one can be told apart."""
    enqueue(
        ctx,
        SEND_JOB,
        {"request_id": request.id},
        lock_key=f"requests:{request.channel_order.account_id}",
        dedup_key=f"request:{request.id}",
        priority=-5,
    )


def find_cancel_request(session: Session, channel_order_id: int) -> ChannelRequest | None:
    """The order's cancellation: there is at most one row, sent again if need be."""
    return session.scalar(
        select(ChannelRequest).where(
            ChannelRequest.channel_order_id == channel_order_id, ChannelRequest.kind == CANCEL
        )
    )


def list_requests(session: Session, order_id: int) -> list[ChannelRequest]:
    """What the channel was asked about an order of ours, the oldest first."""
    row = channel_order_of(session, order_id)
    if row is None:
        return []
    wanted = select(ChannelRequest).where(ChannelRequest.channel_order_id == row.id)
    return list(session.scalars(wanted.order_by(ChannelRequest.id)))


def get_request(session: Session, request_id: int) -> ChannelRequest:
    """The request. Raises NotFound."""
    request = session.get(ChannelRequest, request_id)
    if request is None:
        raise NotFound(f"there is no request {request_id} to a channel")
    return request


def lock_request(session: Session, request_id: int) -> ChannelRequest:
    """The request as it is now, with its channel order held until the end; the latter is taken first."""
    request = session.get_one(ChannelRequest, request_id)
    lock_channel_order(session, request.channel_order_id)
    return session.get_one(ChannelRequest, request_id, with_for_update=True, populate_existing=True)


def retry_request(ctx: Context, request: ChannelRequest) -> None:
    """Send a request again that was refused, or that may or may not have been carried out.

    A cancellation that was refused is asked for anew, with all its checks. Raises WrongState for one that
    is on its way or was accepted.
    """
    request = lock_request(ctx.session, request.id)
    if request.state not in (REFUSED, UNSURE):
        raise WrongState(f"the request is {request.state}: there is nothing to send again")
    order = request.channel_order.order
    if request.kind == CANCEL and request.state == REFUSED and order is not None:
        cancel_order(ctx, order, request.reason)
        return
    queue_again(ctx, request)
    set_note(ctx, request.channel_order, f"{request.kind}_asked", reason=request.reason)


def close_request(ctx: Context, request: ChannelRequest) -> None:
    """A person has looked at the channel: nothing is sent again. Raises WrongState.

    An order that waited for the answer to its cancellation goes on; should the channel have canceled it,
    that is seen when the channel's orders are read.
    """
    request = lock_request(ctx.session, request.id)
    if request.state not in (REFUSED, UNSURE):
        raise WrongState(f"the request is {request.state}: there is nothing to close")
    row = request.channel_order
    request.state, request.settled_at = CLOSED, ctx.clock.now()
    if request.kind == CANCEL and row.order is not None:
        keep_uncanceled(ctx, row.order)
    resolve_problems(ctx, request.subject)
    set_note(ctx, row, f"{request.kind}_closed")


def queue_again(ctx: Context, request: ChannelRequest) -> None:
    """Put a settled request back, as if it had never been sent."""
    request.state = QUEUED
    request.prepared = request.receipt = request.last_error = None
    request.sent_at = request.settled_at = None
    resolve_problems(ctx, request.subject)
    ctx.session.flush()
    enqueue_request(ctx, request)


def settle_request(ctx: Context, request: ChannelRequest) -> None:
    """The channel has done what it was asked for."""
    request.state, request.last_error = ACCEPTED, None
    request.settled_at = ctx.clock.now()
    resolve_problems(ctx, request.subject)
    ctx.session.flush()
