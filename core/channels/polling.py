"""Polling: one listing for all that is wanted of an account, from where the last one ended.

Windows are cut by the channel's own clock and overlap, because marketplaces show changes late. What is
read is stored and imported page by page; the mark up to which everything has been read moves only after
the last page. A marketplace that fails is read on its own until it is well again, so that it does not
stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.channels.accounts import ACTIVE, Account, AccountMarketplace, channel_now
from core.channels.calling import ACTOR, Caller
from core.channels.channel_orders import ChannelOrder
from core.channels.connecting import note_connected, note_pending
from core.channels.cursors import close_cursor, open_cursor
from core.channels.importing import Outcome, import_due, import_order
from core.channels.listing import (
    PARTIALLY_SHIPPED,
    UNSHIPPED,
    ListedOrder,
    Page,
    Query,
)
from core.channels.order_settings import EARLIEST, read_order_settings
from core.channels.registration import Channel, Registry
from core.channels.runs import Tally, write_run
from core.channels.storing import Stored, store_listed_order
from core.channels.trace import add_trace
from core.context import Context, Transactions
from core.errors import (
    AccessDenied,
    Busy,
    EntrepotError,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs import Owner, release_lease, renew_lease, take_lease
from core.problems import raise_problem, resolve_problems

OVERLAP = timedelta(minutes=10)
#: Channels show a change up to two minutes late; without a bound of theirs, this is ours.
LATE = timedelta(minutes=2)
ACCOUNT_FAILING = "account_failing"
MARKETPLACE_FAILING = "marketplace_failing"
UNREADABLE = "unreadable_order"

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


@dataclass(frozen=True)
class _Listing:
    """One listing to be read: its name, its query, and what its end means."""

    name: str
    query: Query
    on_end: Callable[[Context, datetime], None]


def poll_account(poller: Poller, account_id: int) -> Tally:
    """Read and import everything that is new of one account, and try again what waits.

    Raises Busy if another process polls it at this moment. What goes wrong with the channel is in the
    tally's `errors` and a problem, not raised: the next poll goes on where this one stopped.
    """
    lease = f"channels.poll:{account_id}"
    with poller.transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        if not take_lease(ctx, lease, poller.owner, poller.lease):
            raise Busy(f"another process polls the account {account.name} at this moment")
        channel = poller.registry.get_channel(account.channel)
        started_at, is_active = ctx.clock.now(), account.state == ACTIVE
    try:
        tally = Tally()
        if is_active:
            _Poll(poller, channel, account_id, tally).run()
        with poller.transactions.writing(ACTOR) as ctx:
            write_run(ctx, account_id, started_at, tally)
        return tally
    finally:
        with poller.transactions.writing(ACTOR) as ctx:
            release_lease(ctx, lease, poller.owner)


class _Poll:
    """One poll of one account."""

    def __init__(self, poller: Poller, channel: Channel, account_id: int, tally: Tally) -> None:
        self._poller = poller
        self._transactions = poller.transactions
        self._channel = channel
        self._account_id = account_id
        self._tally = tally
        self._caller = Caller(poller.transactions, channel, account_id)

    def run(self) -> None:
        """Everything in turn; a quota that runs out or a channel that fails ends only the reading."""
        try:
            self._read_all()
        except QuotaExhausted as error:
            self._tally.wait = error.retry_after
        except EntrepotError as error:
            self._note_failing(error)
        else:
            self._note_well()
        for channel_order_id, outcome in import_due(
            self._transactions, self._poller.registry, self._account_id
        ):
            self._count(channel_order_id, outcome)

    def _read_all(self) -> None:
        with self._transactions.reading() as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            is_new, saw_pending = account.connected_at is None, account.open_seen_at is not None
        if is_new:
            note_connected(self._transactions, self._caller, self._account_id)
        if not saw_pending:
            note_pending(self._transactions, self._caller, self._account_id)
        self._read_changes()
        with self._transactions.reading() as ctx:
            backfills = _backfills(ctx, self._channel, self._account_id)
        for listing in backfills:
            self._read(listing)

    def _read_changes(self) -> None:
        """One listing for all marketplaces that are well, and one for each that is not."""
        with self._transactions.reading() as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            well = [row.marketplace for row in account.marketplaces if row.failing is None]
            failing = [row.marketplace for row in account.marketplaces if row.failing is not None]
        if well:
            try:
                self._read(self._changes("changes", well))
            except (AccessDenied, RejectedByChannel):
                if len(well) == 1 and not failing:
                    raise
                failing = [*well, *failing]
        errors = [error for error in map(self._read_alone, failing) if error]
        if failing and len(errors) == len(well) + len(set(failing) - set(well)):
            raise errors[0]

    def _read_alone(self, marketplace: str) -> EntrepotError | None:
        """Read one marketplace; the reason if it fails, noted on it, so that the others go on."""
        try:
            self._read(self._changes(f"changes:{marketplace}", [marketplace]))
        except (AccessDenied, RejectedByChannel) as error:
            with self._transactions.writing(ACTOR) as ctx:
                _note_marketplace_failing(ctx, self._account_id, marketplace, error)
            self._tally.errors.append(f"{marketplace}: {error}")
            return error
        return None

    def _changes(self, name: str, marketplaces: Sequence[str]) -> _Listing:
        with self._transactions.reading() as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            connected = account.connected_at or channel_now(ctx, account)
            marks = [
                row.read_through or connected
                for row in account.marketplaces
                if row.marketplace in marketplaces
            ]

        def move_marks(ctx: Context, read_until: datetime) -> None:
            account = ctx.session.get_one(Account, self._account_id)
            for row in account.marketplaces:
                if row.marketplace in marketplaces:
                    row.read_through = max(row.read_through or read_until, read_until)
                    _note_marketplace_well(ctx, row)
            account.last_synced_at = ctx.clock.now()

        return _Listing(name, Query(tuple(marketplaces), updated_after=min(marks) - OVERLAP), move_marks)

    def _read(self, listing: _Listing) -> None:
        """Read a listing page by page to its end, from where it was left."""
        with self._transactions.writing(ACTOR) as ctx:
            cursor = open_cursor(ctx, self._account_id, listing.name, listing.query)
            token = cursor.token
            if token and Query.from_json(cursor.query).marketplaces != listing.query.marketplaces:
                close_cursor(ctx, self._account_id, listing.name)
                cursor = open_cursor(ctx, self._account_id, listing.name, listing.query)
                token = None
            query, started = Query.from_json(cursor.query), cursor.started_at
        while True:
            page = self._ask(listing, query, token)
            if page is None:
                query, token = listing.query, None
                continue
            self._take_page(page)
            if page.next_token == token and token is not None:
                raise TemporarilyUnavailable("the channel gave the same page token twice")
            token = page.next_token
            if self._move_on(listing, page, token, started):
                return

    def _ask(self, listing: _Listing, query: Query, token: str | None) -> Page | None:
        """One page; None if the token is not taken any more and the listing has to begin anew."""
        try:
            return self._caller.call("list_orders", lambda there: there.list_orders(query, token))
        except RejectedByChannel:
            if token is None:
                raise
            with self._transactions.writing(ACTOR) as ctx:
                close_cursor(ctx, self._account_id, listing.name)
                open_cursor(ctx, self._account_id, listing.name, listing.query)
            return None

    def _move_on(self, listing: _Listing, page: Page, token: str | None, started: datetime) -> bool:
        """Remember where the listing stands; whether it has come to its end."""
        with self._transactions.writing(ACTOR) as ctx:
            renew_lease(ctx, f"channels.poll:{self._account_id}", self._poller.owner, self._poller.lease)
            account = ctx.session.get_one(Account, self._account_id)
            cursor = open_cursor(ctx, self._account_id, listing.name, listing.query)
            ahead = timedelta(seconds=account.clock_ahead)
            cursor.read_until = cursor.read_until or page.read_until or started + ahead - LATE
            if token is not None:
                cursor.token = token
                return False
            listing.on_end(ctx, cursor.read_until)
            close_cursor(ctx, self._account_id, listing.name)
            return True

    def _take_page(self, page: Page) -> None:
        for external_id, reason in page.unreadable:
            with self._transactions.writing(ACTOR) as ctx:
                _note_unreadable(ctx, self._account_id, external_id, reason)
            self._tally.count(external_id, Outcome.FAILED)
        for listed in page.orders:
            outcome = take_order(self._poller, self._account_id, listed)
            self._tally.count(listed.external_id, outcome)

    def _count(self, channel_order_id: int, outcome: Outcome) -> None:
        with self._transactions.reading() as ctx:
            external_id = ctx.session.get_one(ChannelOrder, channel_order_id).external_id
        self._tally.count(external_id, outcome)
        self._poller.progress(outcome.value, external_id)

    def _note_failing(self, error: EntrepotError) -> None:
        self._tally.errors.append(str(error))
        with self._transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            account.last_error = str(error)
            raise_problem(
                ctx,
                ACCOUNT_FAILING,
                error.code,
                account.subject,
                f"The account {account.name} could not be read: {error}",
                account=account.name,
            )

    def _note_well(self) -> None:
        with self._transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            account.last_error = None
            resolve_problems(ctx, account.subject, [ACCOUNT_FAILING])


def take_order(poller: Poller, account_id: int, listed: ListedOrder) -> Outcome:
    """Store one order that the channel listed, then import it: two transactions."""
    stored = _store(poller, account_id, listed)
    if stored.channel_order_id is None or stored.is_stale:
        poller.progress(Outcome.SKIPPED.value, listed.external_id)
        return Outcome.SKIPPED
    poller.progress("stored", listed.external_id)
    outcome = import_order(poller.transactions, poller.registry, stored.channel_order_id)
    poller.progress(outcome.value, listed.external_id)
    return outcome


def read_one_order(poller: Poller, account_id: int, external_id: str) -> Outcome:
    """Fetch one order by the channel's number and import it. Raises NotFound, the channel's errors."""
    with poller.transactions.reading() as ctx:
        account = ctx.session.get_one(Account, account_id)
        channel = poller.registry.get_channel(account.channel)
    caller = Caller(poller.transactions, channel, account_id)
    with poller.transactions.reading() as ctx:
        is_new = ctx.session.get_one(Account, account_id).connected_at is None
    if is_new:
        note_connected(poller.transactions, caller, account_id)
    listed = caller.call("get_order", lambda there: there.get_order(external_id))
    return take_order(poller, account_id, listed)


def _store(poller: Poller, account_id: int, listed: ListedOrder) -> Stored:
    with poller.transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        resolve_problems(ctx, f"unreadable:{account_id}/{listed.external_id}", [UNREADABLE])
        return store_listed_order(ctx, account, listed)


def _backfills(ctx: Context, channel: Channel, account_id: int) -> list[_Listing]:
    """Listings of earlier orders that the settings ask for and that have not been read yet."""
    account = ctx.session.get_one(Account, account_id)
    listings = []
    for row in account.marketplaces:
        settings = read_order_settings(ctx, channel, row)
        wanted = settings.earlier_orders
        if wanted in ("none", row.backfilled) or row.failing is not None:
            continue
        after = settings.earliest or channel_now(ctx, account) - EARLIEST
        statuses = (UNSHIPPED, PARTIALLY_SHIPPED) if settings.earliest is None else ()
        query = Query((row.marketplace,), placed_after=after, statuses=statuses)
        name = f"earlier:{row.marketplace}:{wanted}"
        listings.append(_Listing(name, query, _mark_backfilled(account_id, row, wanted)))
    return listings


def _mark_backfilled(
    account_id: int, marketplace: AccountMarketplace, value: str
) -> Callable[[Context, datetime], None]:
    wanted = marketplace.marketplace

    def mark(ctx: Context, _read_until: datetime) -> None:
        account = ctx.session.get_one(Account, account_id)
        for row in account.marketplaces:
            if row.marketplace == wanted:
                row.backfilled = value

    return mark


def _note_marketplace_failing(
    ctx: Context, account_id: int, marketplace: str, error: EntrepotError
) -> None:
    account = ctx.session.get_one(Account, account_id)
    for row in account.marketplaces:
        if row.marketplace == marketplace:
            row.failing = str(error)
            raise_problem(
                ctx,
                MARKETPLACE_FAILING,
                f"{account.name}/{marketplace}",
                f"channel_marketplace:{row.id}",
                f"The marketplace {row.title} of {account.name} could not be read: {error}",
                account=account.name,
                marketplace=marketplace,
            )


def _note_marketplace_well(ctx: Context, row: AccountMarketplace) -> None:
    if row.failing is not None:
        row.failing = None
        resolve_problems(ctx, f"channel_marketplace:{row.id}", [MARKETPLACE_FAILING])


def _note_unreadable(ctx: Context, account_id: int, external_id: str, reason: str) -> None:
    add_trace(ctx, (account_id, external_id), "unreadable", reason=reason)
    raise_problem(
        ctx,
        UNREADABLE,
        reason[:200],
        f"unreadable:{account_id}/{external_id}",
        f"The channel's answer for the order {external_id} could not be read: {reason}",
        external_id=external_id,
    )
