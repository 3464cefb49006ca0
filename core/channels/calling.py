"""Calls to a channel: the quota before, the clock and the rates that the answer told after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from core.channels.accounts import Account, credentials_of
from core.channels.quotas import block, learn_rate, take_token
from core.channels.registration import Channel, Connection
from core.context import Transactions
from core.errors import QuotaExhausted

#: Only a listing's answer is sure to tell the time on the clock of the orders.
LISTING = "list_orders"
ACTOR = "job:channels.poll_account"
T = TypeVar("T")


class Caller:
    """Makes one account's calls, each outside of any transaction."""

    def __init__(self, transactions: Transactions, channel: Channel, account_id: int) -> None:
        self._transactions = transactions
        self._channel = channel
        self._account_id = account_id
        with transactions.reading() as ctx:
            credentials = credentials_of(ctx.session.get_one(Account, account_id))
        self.connection: Connection = channel.connect(credentials)

    def call(self, operation: str, ask: Callable[[Connection], T]) -> T:
        """Ask within the quota. Raises QuotaExhausted, here or there, and the channel's own errors."""
        rate = self._channel.rates[operation]
        with self._transactions.writing(ACTOR) as ctx:
            take_token(ctx, self._account_id, operation, rate)
        try:
            answer = ask(self.connection)
        except QuotaExhausted as error:
            with self._transactions.writing(ACTOR) as ctx:
                wait = block(ctx, self._account_id, operation, rate, error.retry_after)
            raise QuotaExhausted(str(error), wait) from error
        self._learn(operation)
        return answer

    def _learn(self, operation: str) -> None:
        theirs = self.connection.last_seen_clock if operation == LISTING else None
        told = self.connection.learned_rates.get(operation)
        with self._transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, self._account_id)
            if theirs is not None:
                ahead = theirs - ctx.clock.now()
                account.clock_ahead = round(ahead / timedelta(seconds=1))
            if told is not None:
                rate = self._channel.rates[operation]
                learn_rate(ctx, self._account_id, operation, rate, told)
