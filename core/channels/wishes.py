"""What a channel is asked for, and what it answers, in our words: cancellations and refunds."""

from __future__ import annotations

from dataclasses import dataclass

from core.channels.listing import ListedCharge

CANCEL = "cancel"
REFUND = "refund"


@dataclass(frozen=True)
class RequestLine:
    """One line of an order; for a refund with what is given back of it, each amount positive."""

    external_id: str
    charges: tuple[ListedCharge, ...] = ()


@dataclass(frozen=True)
class RequestToSend:
    """Canceling a whole order, or giving money back on its lines.

    kind        `cancel` or `refund`
    reference   ours, the same in every attempt
    reason      one of the codes that the channel registered for this kind
    """

    kind: str
    reference: str
    order_external_id: str
    marketplace: str
    reason: str
    currency: str
    lines: tuple[RequestLine, ...]


@dataclass(frozen=True)
class Progress:
    """How far a marketplace is with a request.

    is_over   whether it has ended, one way or the other
    report    where its report can be read, None if it made none
    failure   why it ended without being worked through, in plain words; None if it was worked through
    """

    is_over: bool
    report: str | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What the report says: done, or the marketplace's reason why not."""

    is_done: bool
    reason: str = ""
