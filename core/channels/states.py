"""How each account stands: when it was last read, when it is read next, and what waits there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.orm import Session, defer, selectinload

from core.channels.accounts import Account, poll_schedule
from core.channels.channel_orders import ChannelOrder
from core.channels.confirmations import FAILED, QUEUED, Confirmation
from core.database.keyset import Page, cut
from core.jobs.models import Schedule

#: Counting ends here: a person needs to know that there are very many, not how many.
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class AccountState:
    """One account.

    next_sync_at   None while nothing is scheduled
    waiting        channel orders that cannot become orders for now
    unconfirmed    packages that the channel has not accepted yet; both counts end at `MOST_COUNTED`
    """

    account: Account
    next_sync_at: datetime | None
    waiting: int
    unconfirmed: int


def account_states(session: Session, limit: int) -> list[AccountState]:
    """Accounts, those that cannot be read first, then by name; credentials are not read."""
    accounts = session.scalars(
        select(Account)
        .options(defer(Account.credentials))
        .order_by(case((Account.last_error.is_not(None), 0), else_=1), Account.name)
        .limit(limit)
    ).all()
    names = {poll_schedule(account): account.id for account in accounts}
    scheduled = select(Schedule.name, Schedule.next_run_at).where(
        Schedule.name.in_(names), Schedule.enabled.is_(True)
    )
    next_runs = {names[name]: moment for name, moment in session.execute(scheduled)}
    waiting, unconfirmed = _waiting(session), _unconfirmed(session)
    return [
        AccountState(
            account, next_runs.get(account.id), waiting.get(account.id, 0), unconfirmed.get(account.id, 0)
        )
        for account in accounts
    ]


def page_of_accounts(session: Session, after: str | None, limit: int) -> Page[Account]:
    """Accounts by name, from behind a name, with their marketplaces, without their credentials."""
    rows = (
        select(Account)
        .options(defer(Account.credentials), selectinload(Account.marketplaces))
        .order_by(Account.name)
        .limit(limit + 1)
    )
    if after:
        rows = rows.where(Account.name > after)
    return cut(session.scalars(rows).all(), limit, lambda account: account.name)


def _waiting(session: Session) -> Mapping[int, int]:
    held = select(ChannelOrder.account_id).where(ChannelOrder.held_code.is_not(None)).limit(MOST_COUNTED)
    return _counted(session, held.subquery())


def _unconfirmed(session: Session) -> Mapping[int, int]:
    not_yet = (
        select(ChannelOrder.account_id)
        .join(Confirmation, Confirmation.channel_order_id == ChannelOrder.id)
        .where(Confirmation.state.in_((QUEUED, FAILED)))
        .limit(MOST_COUNTED)
    )
    return _counted(session, not_yet.subquery())


def _counted(session: Session, some: Subquery) -> dict[int, int]:
    rows = session.execute(select(some.c.account_id, func.count()).group_by(some.c.account_id))
    return {account_id: int(number) for account_id, number in rows}


def account_names(session: Session) -> dict[int, str]:
    """The name of every account, by id, in the order of the names."""
    rows = session.execute(select(Account.id, Account.name).order_by(Account.name))
    return {row.id: row.name for row in rows}
