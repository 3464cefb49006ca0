"""Asking again for orders whose answer could not be read, one by one, at every synchronization.

The listing tells of an order only while it is new: one whose answer was spoilt that once would be missed.
"""

from __future__ import annotations

from sqlalchemy import select

from core.channels.calling import ACTOR, Caller
from core.channels.importing import Outcome
from core.channels.runs import Tally
from core.channels.taking import LeaseKeeper, Poller, take_order
from core.channels.unreadable import UNREADABLE_ORDER, unreadable_subject
from core.errors import (
    AccessDenied,
    InvalidValue,
    NotFound,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.problems import Problem

#: As many in one synchronization, those first that were asked for the longest ago.
AT_ONCE = 10


def read_unreadable(
    poller: Poller, caller: Caller, account_id: int, tally: Tally, keeper: LeaseKeeper
) -> None:
    """Fetch what could not be read and was not listed just now; what still cannot stays a problem.

    A quota or a channel that fails ends it until the next synchronization.
    """
    for problem_id, external_id in _unreadable(poller, account_id):
        if external_id in tally.outcomes:
            continue
        keeper.keep()
        try:
            tally.count(external_id, _read(poller, caller, account_id, external_id))
        except (InvalidValue, NotFound, RejectedByChannel):
            tally.count(external_id, Outcome.FAILED)
            with poller.transactions.writing(ACTOR) as ctx:
                ctx.session.get_one(Problem, problem_id).last_at = ctx.clock.now()
        except (QuotaExhausted, TemporarilyUnavailable, AccessDenied):
            return


def _read(poller: Poller, caller: Caller, account_id: int, external_id: str) -> Outcome:
    listed = caller.call("get_order", lambda there: there.get_order(external_id))
    return take_order(poller, account_id, listed)


def _unreadable(poller: Poller, account_id: int) -> list[tuple[int, str]]:
    """Open problems, each with the order's number; of one without a number nobody can ask."""
    prefix = unreadable_subject(account_id, "")
    wanted = (
        select(Problem.id, Problem.subject)
        .where(
            Problem.kind == UNREADABLE_ORDER,
            Problem.subject.startswith(prefix, autoescape=True),
            Problem.subject != unreadable_subject(account_id, "?"),
            Problem.resolved_at.is_(None),
            Problem.ignored_at.is_(None),
        )
        .order_by(Problem.last_at, Problem.id)
        .limit(AT_ONCE)
    )
    with poller.transactions.reading() as ctx:
        return [(row.id, row.subject.removeprefix(prefix)) for row in ctx.session.execute(wanted)]
