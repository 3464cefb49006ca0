"""Explaining: why an order of a channel was or was not created, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.channels.trace import TraceEntry, list_trace
from core.commerce.statuses import get_status
from core.errors import NotFound


@dataclass(frozen=True)
class Explanation:
    """The answer in one sentence, what decided it, and everything that led there, the oldest first."""

    external_id: str
    account: str
    channel_order: ChannelOrder | None
    answer: str
    decided_by: str | None
    entries: tuple[TraceEntry, ...]

    @property
    def order_number(self) -> str | None:
        """The number of the order that it became."""
        row = self.channel_order
        return row.order.number if row is not None and row.order is not None else None


def explain_order(session: Session, external_id: str) -> list[Explanation]:
    """One explanation per account that knows the order. Raises NotFound if none has seen it."""
    entries = list_trace(session, external_id)
    accounts = sorted({entry.account_id for entry in entries})
    if not accounts:
        raise NotFound(
            f"the order {external_id} was never seen: fetch it with its number, or wait for the next "
            "synchronization"
        )
    return [
        _explain(session, account_id, external_id, [row for row in entries if row.account_id == account_id])
        for account_id in accounts
    ]


def _explain(session: Session, account_id: int, external_id: str, entries: list[TraceEntry]) -> Explanation:
    row = session.scalar(
        select(ChannelOrder).where(
            ChannelOrder.account_id == account_id, ChannelOrder.external_id == external_id
        )
    )
    if row is not None and row.order is not None:
        deciding = _last(entries, "created")
        status = get_status(session, row.order.status).label
        answer = f"An order was created: {row.order.number}, now {status}."
    else:
        deciding = _last(entries, row.note_code if row is not None else None)
        answer = f"No order was created. {deciding.sentence}" if deciding else "No order was created yet."
    return Explanation(
        external_id=external_id,
        account=session.get_one(Account, account_id).name,
        channel_order=row,
        answer=answer,
        decided_by=deciding.decided_by if deciding else None,
        entries=tuple(entries),
    )


def _last(entries: list[TraceEntry], code: str | None) -> TraceEntry | None:
    """The newest entry with this code; without a code, the newest at all."""
    found = [entry for entry in entries if code in (None, entry.code)]
    return max(found, key=lambda entry: (entry.last_at, entry.id), default=None)
