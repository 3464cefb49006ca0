"""Polling: one listing for all that is wanted of an account, from where the last one ended.

What is read is stored and imported page by page; the mark up to which everything has been read moves
only after the last page. A marketplace that fails is read on its own until it is well again, so that it
does not stop the others.
"""

from __future__ import annotations

from core.channels.accounts import Account, get_marketplace
from core.channels.calling import ACTOR, Caller
from core.channels.confirmations import queue_forgotten
from core.channels.connecting import note_connection, note_pending
from core.channels.importing import Outcome
from core.channels.pausing import refuse_if_paused
from core.channels.reading import Listing, Reader
from core.channels.registration import Channel
from core.channels.rereading import read_unreadable
from core.channels.runs import Tally, write_run
from core.channels.taking import Poller, Progress, lease_name, take_due, take_order
from core.channels.windows import backfills, changes, note_marketplace_failing
from core.errors import (
    AccessDenied,
    Busy,
    EntrepotError,
    NotFound,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs import release_lease, take_lease
from core.problems import raise_problem, resolve_problems

ACCOUNT_FAILING = "account_failing"

__all__ = ["NotChosen", "Poller", "Progress", "poll_account", "read_one_order"]


class NotChosen(NotFound):
    """The channel has the order, in a marketplace that the account has not chosen."""


def poll_account(poller: Poller, account_id: int) -> Tally:
    """Read and import everything that is new of one account, and try again what waits.

    Raises AccountPaused, and Busy if another process polls it at this moment. What goes wrong with the
    channel is in the tally's `errors` and a problem, not raised: the next poll goes on where this one
    stopped.
    """
    with poller.transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        refuse_if_paused(account)
        if not take_lease(ctx, lease_name(account_id), poller.owner, poller.lease):
            raise Busy(f"another process polls the account {account.name} at this moment")
        channel = poller.registry.get_channel(account.channel)
        started_at = ctx.clock.now()
    try:
        tally = Tally()
        _Poll(poller, channel, account_id, tally).run()
        with poller.transactions.writing(ACTOR) as ctx:
            write_run(ctx, account_id, started_at, tally)
        return tally
    finally:
        with poller.transactions.writing(ACTOR) as ctx:
            release_lease(ctx, lease_name(account_id), poller.owner)


def read_one_order(poller: Poller, account_id: int, external_id: str) -> Outcome:
    """Fetch one order by the channel's number and import it.

    Raises NotFound, AccountPaused, the channel's errors.
    """
    with poller.transactions.reading() as ctx:
        account = ctx.session.get_one(Account, account_id)
        refuse_if_paused(account)
        channel = poller.registry.get_channel(account.channel)
    caller = Caller(poller.transactions, channel, account_id)
    note_connection(poller.transactions, caller, account_id)
    listed = caller.call("get_order", lambda there: there.get_order(external_id))
    with poller.transactions.reading() as ctx:
        account = ctx.session.get_one(Account, account_id)
        chosen = {row.marketplace for row in account.marketplaces}
    if listed.is_sold_here and listed.marketplace not in chosen:
        title = channel.marketplaces.get(listed.marketplace, (listed.marketplace, ""))[0]
        raise NotChosen(
            f"the order {external_id} belongs to the marketplace {title} ({listed.marketplace}), which "
            f"the account {account.name} has not chosen"
        )
    return take_order(poller, account_id, listed)


class _Poll:
    """One poll of one account."""

    def __init__(self, poller: Poller, channel: Channel, account_id: int, tally: Tally) -> None:
        self._poller = poller
        self._transactions = poller.transactions
        self._channel = channel
        self._account_id = account_id
        self._tally = tally

    def run(self) -> None:
        """Everything in turn; a quota that runs out or a channel that fails ends only the reading."""
        caller = Caller(self._transactions, self._channel, self._account_id)
        reader = Reader(self._poller, caller, self._account_id, self._tally)
        try:
            note_connection(self._transactions, caller, self._account_id)
            self._read_changes(caller, reader)
            self._read_earlier(reader)
            read_unreadable(self._poller, caller, self._account_id, self._tally, reader.keeper)
        except Busy:
            raise
        except QuotaExhausted as error:
            self._tally.wait = error.retry_after
        except EntrepotError as error:
            self._note_failing(error)
        else:
            self._note_well()
        take_due(self._poller, self._account_id, self._tally, reader.keeper.keep)
        with self._transactions.writing(ACTOR) as ctx:
            queue_forgotten(ctx, self._channel, self._account_id)

    def _read_changes(self, caller: Caller, reader: Reader) -> None:
        """One listing for all marketplaces that are well, one for each that is not or never answered."""
        with self._transactions.reading() as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            well = [
                row.marketplace for row in account.marketplaces if row.pending_seen_at and not row.failing
            ]
            alone = [row.marketplace for row in account.marketplaces if row.marketplace not in well]
            was_well = account.last_error is None
        number = len(well) + len(alone)
        if well:
            try:
                reader.read(self._changes("changes", well))
            except (AccessDenied, RejectedByChannel, TemporarilyUnavailable) as error:
                if number == 1 or isinstance(error, QuotaExhausted):
                    raise
                if isinstance(error, TemporarilyUnavailable) and was_well:
                    raise  # most likely it passes; if not, the next poll looks for the one that fails
                alone = [*well, *alone]
        errors: dict[str, EntrepotError] = {}
        for marketplace in alone:
            try:
                self._read_alone(caller, reader, marketplace)
            except QuotaExhausted:
                raise
            except (AccessDenied, RejectedByChannel, TemporarilyUnavailable) as error:
                errors[marketplace] = error
        if errors and len(errors) == number:
            raise next(iter(errors.values()))
        for marketplace, reason in errors.items():
            self._set_apart(marketplace, reason)

    def _read_alone(self, caller: Caller, reader: Reader, marketplace: str) -> None:
        """What is pending there comes first, if it never told: after that poll it might be Unshipped."""
        with self._transactions.reading() as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            was_seen = get_marketplace(account, marketplace).pending_seen_at is not None
        if not was_seen:
            note_pending(self._transactions, caller, self._account_id, [marketplace])
        reader.read(self._changes(f"changes:{marketplace}", [marketplace]))

    def _read_earlier(self, reader: Reader) -> None:
        with self._transactions.reading() as ctx:
            wanted = backfills(ctx, self._channel, self._account_id)
        for marketplace, listing in wanted:
            try:
                reader.read(listing)
            except (AccessDenied, RejectedByChannel) as error:
                self._set_apart(marketplace, error)

    def _changes(self, name: str, marketplaces: list[str]) -> Listing:
        with self._transactions.reading() as ctx:
            return changes(ctx, self._account_id, name, marketplaces)

    def _set_apart(self, marketplace: str, error: EntrepotError) -> None:
        self._tally.errors.append(f"{marketplace}: {error}")
        with self._transactions.writing(ACTOR) as ctx:
            note_marketplace_failing(ctx, self._account_id, marketplace, error)

    def _note_failing(self, error: EntrepotError) -> None:
        self._tally.errors.append(str(error))
        with self._transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            account.last_error = str(error)
            cause = f"{account.name}:{error.code}"
            resolve_problems(ctx, account.subject, [ACCOUNT_FAILING], but_cause=cause)
            raise_problem(
                ctx,
                ACCOUNT_FAILING,
                cause,
                account.subject,
                f"The account {account.name} could not be read: {error}",
                account=account.name,
                code=error.code,
            )

    def _note_well(self) -> None:
        with self._transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            account.last_error = None
            resolve_problems(ctx, account.subject, [ACCOUNT_FAILING])
