"""Taking what a channel listed: each order stored and imported on its own, so that none stops another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from core.channels.accounts import Account
from core.channels.calling import ACTOR
from core.channels.channel_orders import due_channel_orders
from core.channels.importing import Outcome, import_order
from core.channels.listing import ListedOrder
from core.channels.registration import Registry
from core.channels.runs import Tally
from core.channels.storing import Stored, store_listed_order
from core.channels.unreadable import UNREADABLE_ORDER, note_unreadable, unreadable_subject
from core.context import Transactions
from core.errors import Busy, InvalidValue
from core.jobs import Owner, renew_lease, safe_error
from core.jobs.retrying import place_of
from core.problems import resolve_problems

_log = structlog.get_logger(__name__)

#: Called as orders go through: what happened (`stored` or an outcome) and the order's external id.
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Poller:
    """Who polls: with which lease, and who is told of the progress."""

    transactions: Transactions
    registry: Registry
    owner: Owner
    lease: timedelta
    progress: Progress = lambda _what, _external_id: None


class LeaseKeeper:
    """Keeps the poll of one account ours for as long as it takes."""

    def __init__(self, poller: Poller, account_id: int) -> None:
        self._poller = poller
        self._name = lease_name(account_id)
        self._renewed: datetime = poller.transactions.clock.now()

    def keep(self) -> None:
        """Renew the lease if a third of it is over. Raises Busy if another process has taken it."""
        now = self._poller.transactions.clock.now()
        if now - self._renewed < self._poller.lease / 3:
            return
        with self._poller.transactions.writing(ACTOR) as ctx:
            if not renew_lease(ctx, self._name, self._poller.owner, self._poller.lease):
                raise Busy("another process has taken over this poll")
        self._renewed = now


def lease_name(account_id: int) -> str:
    """Under which name the poll of an account is held."""
    return f"channels.poll:{account_id}"


def take_order(poller: Poller, account_id: int, listed: ListedOrder) -> Outcome:
    """Store one order that the channel listed, then import it: two transactions.

    An order that cannot be stored is noted like one that cannot be read. A database that fails is not
    the order's fault, and passes through.
    """
    try:
        stored = _store(poller, account_id, listed)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _log.warning("an order could not be stored", error=safe_error(error), place=place_of(error))
        reason = str(error) if isinstance(error, InvalidValue) else type(error).__name__
        return take_unreadable(poller, account_id, listed.external_id, f"it cannot be kept ({reason})")
    if stored.channel_order_id is None or stored.is_left_aside:
        outcome = Outcome.SKIPPED if listed.unreadable is None else Outcome.FAILED
        poller.progress(outcome.value, listed.external_id)
        return outcome
    poller.progress("stored", listed.external_id)
    outcome = import_order(poller.transactions, poller.registry, stored.channel_order_id)
    poller.progress(outcome.value, listed.external_id)
    return outcome


def take_unreadable(poller: Poller, account_id: int, external_id: str, reason: str) -> Outcome:
    """Note an order that could not be read, with the reason."""
    with poller.transactions.writing(ACTOR) as ctx:
        note_unreadable(ctx, account_id, external_id, reason)
    poller.progress(Outcome.FAILED.value, external_id)
    return Outcome.FAILED


def take_due(poller: Poller, account_id: int, tally: Tally, keep: Callable[[], None]) -> None:
    """Look at every order of an account that changed or waits, but for those found waiting just now."""
    with poller.transactions.reading() as ctx:
        due = due_channel_orders(ctx.session, account_id)
    for channel_order_id, external_id in due:
        if tally.outcomes.get(external_id) in (Outcome.HELD, Outcome.FAILED):
            continue
        keep()
        outcome = import_order(poller.transactions, poller.registry, channel_order_id)
        tally.count(external_id, outcome)
        poller.progress(outcome.value, external_id)


def _store(poller: Poller, account_id: int, listed: ListedOrder) -> Stored:
    with poller.transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        stored = store_listed_order(ctx, account, listed)
        if listed.unreadable is None:
            resolve_problems(ctx, unreadable_subject(account_id, listed.external_id), [UNREADABLE_ORDER])
        return stored
