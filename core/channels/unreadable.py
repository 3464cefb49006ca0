"""Orders whose answer could not be read: on the trace and among the problems, by number."""

from __future__ import annotations

from core.channels.listing import MAX_EXTERNAL_ID
from core.channels.trace import add_trace
from core.context import Context
from core.problems import raise_problem

UNREADABLE_ORDER = "unreadable_order"
DECIDED_BY = "the channel's answer"


def note_unreadable(ctx: Context, account_id: int, external_id: str, reason: str) -> None:
    """Put it on the trace and raise a problem; both go under as much of its number as can be kept.

    The problem goes once the order could be read. Of one that has no number (`?`) nobody can tell, so
    that a person has to say it.
    """
    number = external_id[:MAX_EXTERNAL_ID]
    add_trace(ctx, (account_id, number), "unreadable", DECIDED_BY, reason=reason)
    raise_problem(
        ctx,
        UNREADABLE_ORDER,
        reason[:200],
        unreadable_subject(account_id, number),
        f"The channel's answer for the order {number} could not be read: {reason}",
        external_id=number,
    )


def unreadable_subject(account_id: int, external_id: str) -> str:
    """Under which name problems know an order that could not be read."""
    return f"unreadable:{account_id}/{external_id[:MAX_EXTERNAL_ID]}"
