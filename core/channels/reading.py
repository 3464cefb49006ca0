"""Reading a listing page by page to its end, from where it was left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.channels.accounts import Account
from core.channels.calling import ACTOR, Caller
from core.channels.cursors import close_cursor, open_cursor
from core.channels.listing import Page, Query
from core.channels.runs import Tally
from core.channels.taking import LeaseKeeper, Poller, take_order, take_unreadable
from core.context import Context
from core.errors import RejectedByChannel, TemporarilyUnavailable

#: Channels show a change up to two minutes late; without a bound of theirs, this is ours.
LATE = timedelta(minutes=2)


@dataclass(frozen=True)
class Listing:
    """One listing to be read: its name, its query, and what its end means."""

    name: str
    query: Query
    on_end: Callable[[Context, datetime], None]


class Reader:
    """Reads the listings of one account; what is on a page is taken before the next one is asked for."""

    def __init__(self, poller: Poller, caller: Caller, account_id: int, tally: Tally) -> None:
        self._poller = poller
        self._caller = caller
        self._account_id = account_id
        self._tally = tally
        self.keeper = LeaseKeeper(poller, account_id)

    def read(self, listing: Listing) -> None:
        """Read to the end; a page token that leads nowhere makes it begin anew, once, and the next time."""
        for is_last in (False, True):
            try:
                self._read(listing)
            except _LeadsNowhere as error:
                with self._poller.transactions.writing(ACTOR) as ctx:
                    close_cursor(ctx, self._account_id, listing.name)
                if is_last:
                    raise TemporarilyUnavailable(str(error)) from error
            else:
                return

    def _read(self, listing: Listing) -> None:
        with self._poller.transactions.writing(ACTOR) as ctx:
            cursor = open_cursor(ctx, self._account_id, listing.name, listing.query)
            query, token, started = Query.from_json(cursor.query), cursor.token, cursor.started_at
        used = set()
        while True:
            page = self._ask(query, token)
            self._take(page)
            used.add(token)
            token = page.next_token
            if token is not None and token in used:
                raise _LeadsNowhere("the channel gave the same page token twice")
            if self._move_on(listing, page, started):
                return

    def _ask(self, query: Query, token: str | None) -> Page:
        try:
            return self._caller.call("list_orders", lambda there: there.list_orders(query, token))
        except RejectedByChannel as error:
            if token is None:
                raise
            raise _LeadsNowhere("the channel refuses the page tokens that it gives") from error

    def _take(self, page: Page) -> None:
        for external_id, reason in page.unreadable:
            outcome = take_unreadable(self._poller, self._account_id, external_id, reason)
            self._tally.count(external_id, outcome)
        for listed in page.orders:
            self.keeper.keep()
            self._tally.count(listed.external_id, take_order(self._poller, self._account_id, listed))

    def _move_on(self, listing: Listing, page: Page, started: datetime) -> bool:
        """Remember where the listing stands; whether it has come to its end."""
        self.keeper.keep()
        with self._poller.transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            cursor = open_cursor(ctx, self._account_id, listing.name, listing.query)
            ahead = timedelta(seconds=account.clock_ahead)
            cursor.read_until = cursor.read_until or page.read_until or started + ahead - LATE
            if page.next_token is not None:
                cursor.token = page.next_token
                return False
            listing.on_end(ctx, cursor.read_until)
            close_cursor(ctx, self._account_id, listing.name)
            return True


class _LeadsNowhere(Exception):
    """The channel does not take this page token any more, or gives one again that was read already."""
