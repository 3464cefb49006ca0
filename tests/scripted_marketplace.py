"""A marketplace that says what a test tells it, in Amazon's JSON, and fails when it is told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.channels.listing import ListedOrder, PackageToConfirm, Page, Query
from core.channels.registration import Channel, Credentials, Rate
from core.errors import NotFound, RejectedByChannel
from plugins.amazon_channel.mapping import amazon_status, listed_from_json, page_from_json

Json = dict[str, Any]


class ScriptedMarketplace:
    """Orders by number, and what to refuse.

    failing   by marketplace, the error that a listing with it gives
    stumbles  errors of the next listings, one each; None lets one through
    refusals  errors of the next confirmations; None accepts one
    turns_back  whether the last page leads back to the second one
    on_call   called whenever the marketplace is asked anything
    """

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.orders: dict[str, Any] = {}
        self.failing: dict[str, Exception] = {}
        self.stumbles: deque[Exception | None] = deque()
        self.refusals: deque[Exception | None] = deque()
        self.confirmed: list[PackageToConfirm] = []
        self.queries: list[tuple[Query, str | None]] = []
        self.page_size = 100
        self.ahead = ahead
        self.tokens_live = True
        self.turns_back = False
        self.on_call: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """The marketplace's time."""
        return datetime.now(UTC) + self.ahead

    def put(self, *orders: Json) -> None:
        """Have these orders, or have them like that from now on."""
        for order in orders:
            self.orders[order["orderId"]] = order

    def time(self, minutes_ago: float = 0) -> str:
        """A moment on its clock, as it writes it."""
        return (self.now() - timedelta(minutes=minutes_ago)).isoformat()

    def channel(self, channel: Channel) -> Channel:
        """The same channel, connected to this."""
        rates = dict.fromkeys(channel.rates, Rate(per_second=1000, burst=1000))
        return replace(channel, connect=lambda credentials: _Connection(self, credentials), rates=rates)


class _Connection:
    """One account's connection to it."""

    def __init__(self, marketplace: ScriptedMarketplace, _credentials: Credentials) -> None:
        self._there = marketplace

    def list_orders(self, query: Query, token: str | None) -> Page:
        there = self._there
        there.on_call()
        there.queries.append((query, token))
        error = there.stumbles.popleft() if there.stumbles else None
        error = error or next(
            (there.failing[key] for key in query.marketplaces if key in there.failing), None
        )
        if error is not None:
            raise error
        if token and not there.tokens_live:
            raise RejectedByChannel("the page token is not valid")
        found = [order for order in there.orders.values() if _matches(order, query)]
        start = int(token or 0)
        end = start + there.page_size
        body: Json = {"orders": found[start:end], "lastUpdatedBefore": there.time(2)}
        if end < len(found):
            body["pagination"] = {"nextToken": str(end)}
        elif there.turns_back and start:
            body["pagination"] = {"nextToken": str(there.page_size)}
        return page_from_json(body)

    def get_order(self, external_id: str) -> ListedOrder:
        self._there.on_call()
        if external_id not in self._there.orders:
            raise NotFound("there is no such order")
        return listed_from_json(self._there.orders[external_id])

    def confirm_package(self, package: PackageToConfirm) -> None:
        self._there.on_call()
        error = self._there.refusals.popleft() if self._there.refusals else None
        self._there.confirmed.append(package)
        if error is not None:
            raise error

    def read_clock(self) -> datetime:
        self._there.on_call()
        return self._there.now()

    @property
    def last_seen_clock(self) -> datetime | None:
        return self._there.now()

    @property
    def learned_rates(self) -> Mapping[str, float]:
        return {}


def _matches(order: Any, query: Query) -> bool:
    if not isinstance(order, dict) or "fulfillment" not in order:
        return query.updated_after is not None
    moment = order["lastUpdatedTime" if query.updated_after else "createdTime"]
    after = query.updated_after or query.placed_after
    assert after is not None
    statuses = [amazon_status(status) for status in query.statuses]
    return (
        datetime.fromisoformat(moment) >= after
        and order["salesChannel"]["marketplaceId"] in query.marketplaces
        and (not statuses or order["fulfillment"]["fulfillmentStatus"] in statuses)
    )
