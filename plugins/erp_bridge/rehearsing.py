"""A dry run: what a consumer would have received of the last orders. Nothing is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.commerce.orders import Order
from core.context import Context
from plugins.erp_bridge.filters import StatusCodes, Wanted, status_codes


class Verdict(StrEnum):
    """What a consumer would have of an order."""

    RECEIVES = "receives"
    WAITS = "waits"
    EARLIER = "earlier"
    NEVER = "never"


@dataclass(frozen=True)
class Rehearsed:
    """What a consumer would have of one order, and why not more than that; None if it receives it."""

    order: Order
    verdict: Verdict
    why: str | None = None


@dataclass(frozen=True)
class Rehearsal:
    """What a consumer would have of the last orders, the newest first.

    since  orders that were created before are not told; None: there is no such time
    """

    rows: Sequence[Rehearsed]
    since: datetime | None

    @property
    def received(self) -> int:
        """How many it would have received."""
        return sum(row.verdict is Verdict.RECEIVES for row in self.rows)

    @property
    def is_all_earlier(self) -> bool:
        """Whether it is only for their age that it would have received none."""
        return not self.received and any(row.verdict is Verdict.EARLIER for row in self.rows)


def rehearse(ctx: Context, wanted: Wanted, last: int, since: datetime | None = None) -> Rehearsal:
    """What a consumer with this filter, whose orders begin at `since`, would have of the last so many."""
    codes = status_codes(ctx.session, wanted)
    orders = select(Order).options(joinedload(Order.store)).order_by(Order.id.desc()).limit(last)
    rows = [_judge(order, wanted, codes, since) for order in ctx.session.scalars(orders)]
    return Rehearsal(rows, since)


def _judge(order: Order, wanted: Wanted, codes: StatusCodes, since: datetime | None) -> Rehearsed:
    if not wanted.fits(order):
        why = "the filter leaves it out"
    elif order.status in codes.canceled:
        why = "it is canceled"
    elif since is not None and order.created_at < since:
        why = "it was created before its orders begin; the filter would let it in"
        return Rehearsed(order, Verdict.EARLIER, why)
    elif order.status not in codes.fitting:
        why = "its status does not fit yet"
        return Rehearsed(order, Verdict.WAITS, why)
    else:
        return Rehearsed(order, Verdict.RECEIVES)
    return Rehearsed(order, Verdict.NEVER, why)
