"""Pages of orders: the listing is frozen when its first page is read, and lives a day."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .errors import invalid_input
from .order_search import TWO_MINUTES, OrderFilter, OrderSearch
from .orders import Order

TOKEN_LIFETIME = timedelta(hours=24)
_REFUSED_PAGE = (
    "The paginationToken you have submitted is not valid. All parameters must match the original "
    "request except maxResultsPerPage."
)


@dataclass(frozen=True)
class Page:
    """Some orders of a listing, the upper end of its time span, and how to go on."""

    orders: tuple[Order, ...]
    upper_bound: datetime
    next_token: str | None


@dataclass(frozen=True)
class _Listing:
    """What a page token stands for: the orders that are still to come."""

    seller_id: str
    filter: OrderFilter
    orders: tuple[Order, ...]
    upper_bound: datetime
    expires: datetime


class Listings:
    """Cuts listings into pages and remembers what is left of them.

    The orders are kept as they were: one that changes later shows its change in a later search,
    since that is when its new timestamp comes into the time span.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._open: dict[str, _Listing] = {}

    def first_page(
        self, seller_id: str, search: OrderSearch, orders: Iterable[Order], now: datetime
    ) -> Page:
        """The first page of the orders that match, oldest first."""
        self._forget_expired(now)
        wanted = search.filter
        upper_bound = wanted.before or now - TWO_MINUTES
        found = [order for order in orders if wanted.matches(order, upper_bound)]
        found.sort(key=lambda order: (wanted.moment_of(order), order.order_id))
        expires = now + TOKEN_LIFETIME
        listing = _Listing(seller_id, wanted, tuple(found), upper_bound, expires)
        return self._cut(listing, search.page_size)

    def next_page(self, seller_id: str, search: OrderSearch, now: datetime) -> Page:
        """The page that the token stands for, as often as it is asked for."""
        self._forget_expired(now)
        listing = self._open.get(search.pagination_token or "")
        known = listing is not None and listing.seller_id == seller_id
        if listing is None or not known or listing.filter != search.filter:
            raise invalid_input(_REFUSED_PAGE)
        return self._cut(replace(listing, expires=now + TOKEN_LIFETIME), search.page_size)

    def _cut(self, listing: _Listing, size: int) -> Page:
        now_shown, to_come = listing.orders[:size], listing.orders[size:]
        token = None
        if to_come:
            token = self._new_token()
            self._open[token] = replace(listing, orders=to_come)
        return Page(now_shown, listing.upper_bound, token)

    def _new_token(self) -> str:
        """An opaque text with all the characters that must be percent-encoded in a query."""
        while True:
            token = base64.b64encode(self._rng.randbytes(64)).decode("ascii")
            if "+" in token and "/" in token and token not in self._open:
                return token

    def _forget_expired(self, now: datetime) -> None:
        self._open = {token: listing for token, listing in self._open.items() if now < listing.expires}
