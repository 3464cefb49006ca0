"""The simulated Amazon itself: sellers, orders and time, without any HTTP."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from . import order_changes
from .access_tokens import AccessToken, AccessTokens
from .clock import Clock
from .dice import dice
from .errors import NotPossible, UnknownOrder, not_found
from .feed_processing import process_feed
from .feeds import Feed, FeedDocument, Feeds, Mishap
from .journal import Confirmation, Journal, RequestRecord
from .listings import Listings, Page
from .marketplaces import MARKETPLACES, get_marketplace
from .order_drafts import OrderDraft, as_order_draft
from .order_search import OrderSearch, check_marketplaces
from .orders import Cancellation, Order
from .placing import Placement, build_order
from .sellers import SELLER, Seller, numbered_seller
from .shipment_confirmation import confirm_shipment, read_confirmation


class World:
    """Everything that a simulated Amazon knows, safe to use from several threads.

    The same seed, calls and clock moves give the same order numbers, names and amounts. ``now``
    is the time to start at, else the present; with ``running=False`` time only passes by
    `advance`. Orders that are handed out are frozen: ask again to see what has changed.
    """

    def __init__(self, seed: int = 7, now: datetime | None = None, *, running: bool = True) -> None:
        self.seed = seed
        self.clock = Clock(now, running=running)
        self._tokens = AccessTokens(dice(seed, "tokens"))
        self._listings = Listings(dice(seed, "listings"))
        self._labels = dice(seed, "labels")
        self._feeds = Feeds(dice(seed, "feeds"))
        self._journal = Journal()
        self._sellers = {SELLER.seller_id: SELLER}
        self._orders: dict[str, Order] = {}
        self._placed = 0
        self._lock = threading.RLock()

    # Time

    def now(self) -> datetime:
        """The present moment of this world."""
        return self.clock.now()

    def advance(self, by: timedelta) -> datetime:
        """Move time forward; what Amazon does by itself meanwhile has then happened."""
        return self.clock.advance(by)

    # Sellers

    @property
    def sellers(self) -> tuple[Seller, ...]:
        """Every seller; the first is the default one."""
        with self._lock:
            return tuple(self._sellers.values())

    def add_seller(self, seller: Seller | None = None, *, marketplaces: Sequence[str] = ()) -> Seller:
        """One more seller, with invented credentials unless it brings its own."""
        with self._lock:
            ids = tuple(get_marketplace(name).marketplace_id for name in marketplaces)
            new = seller or numbered_seller(len(self._sellers) + 1, ids or tuple(MARKETPLACES))
            if new.seller_id in self._sellers:
                raise NotPossible(f"There already is a seller {new.seller_id}.")
            self._sellers[new.seller_id] = new
            return new

    def issue_token(self, seller_id: str | None) -> AccessToken:
        """An access token for a seller, or one without a seller for grantless operations."""
        return self._tokens.issue(seller_id, self.now())

    def seller_of_token(self, token: str | None) -> str:
        """Whose access token this is; an ApiRefusal (403) if it is nobody's."""
        return self._tokens.seller_of(token, self.now())

    # Orders, as the demo, tests and the page handle them

    def place_order(self, draft: OrderDraft | None = None, /, **choices: Any) -> Order:
        """A buyer places an order: from a draft, or from the fields of one as keywords."""
        if draft is None:
            draft = as_order_draft(choices)
        elif choices:
            draft = replace(draft, **choices)
        with self._lock:
            seller = self._get_seller(draft.seller_id)
            rng = dice(self.seed, f"order/{self._placed + 1}")
            placement = Placement(seller, self.now(), rng, self._orders.__contains__)
            order = build_order(draft, placement)
            self._placed += 1
            self._orders[order.order_id] = order
            return self.get_order(order.order_id)

    def get_order(self, order_id: str) -> Order:
        """The order as it is now; UnknownOrder if there is none."""
        with self._lock:
            self._settle_feeds()
            order = self._orders.get(order_id)
            if order is None:
                raise UnknownOrder(order_id)
            return self._settled(order)

    def orders(self, seller_id: str | None = None) -> list[Order]:
        """All orders, or those of one seller, in the order of their placing."""
        with self._lock:
            self._settle_feeds()
            settled = [self._settled(order) for order in list(self._orders.values())]
        return [order for order in settled if seller_id in (None, order.seller_id)]

    def status_of(self, order_id: str) -> str:
        """The order's fulfillment status, such as `UNSHIPPED`."""
        order = self.get_order(order_id)
        return order.reported_status or order.status.value

    def verify(self, order_id: str) -> Order:
        """The card is good: a pending order becomes UNSHIPPED at once."""
        return self._change(order_id, order_changes.verify)

    def ship_at_amazon(
        self,
        order_id: str,
        quantities: Mapping[str, int] | None = None,
        *,
        carrier: str | None = None,
        tracking_number: str | None = None,
        shipping_service: str | None = None,
    ) -> Order:
        """Units leave with a label bought at Amazon: all that is left, or so many by line.

        Lines are named by order item id or SKU.
        """
        choices = {
            "carrier": carrier,
            "tracking_number": tracking_number,
            "shipping_service": shipping_service,
        }

        def ship(order: Order, moment: datetime) -> Order:
            items = order_changes.units_to_pack(order, quantities)
            package = order_changes.amazon_package(order, items, moment, self._labels)
            given: dict[str, Any] = {name: value for name, value in choices.items() if value}
            return order_changes.with_package(order, replace(package, **given), moment)

        return self._change(order_id, ship)

    def cancel_at_amazon(self, order_id: str, *, by: str = "AMAZON", reason: str = "NoInventory") -> Order:
        """Amazon, the buyer or the merchant (`by`) cancels the whole order."""
        cancellation = Cancellation(by, reason)
        return self._change(
            order_id, lambda order, moment: order_changes.cancel(order, cancellation, moment)
        )

    def request_cancellation(self, order_id: str, reason: str = "Ordered by mistake") -> Order:
        """The buyer asks the merchant to cancel."""
        return self._change(
            order_id,
            lambda order, moment: order_changes.request_cancellation(order, reason, moment),
        )

    def change_quantity(self, order_id: str, line: str, quantity: int) -> Order:
        """A line, named by order item id or SKU, is now ordered fewer times."""
        return self._change(
            order_id,
            lambda order, moment: order_changes.change_quantity(
                order, order.get_item(line), quantity, moment
            ),
        )

    def report_status_as(self, order_id: str, status: str) -> Order:
        """Amazon calls the order's status by a name of its own, also one nobody has heard of."""
        return self._change(
            order_id,
            lambda order, moment: replace(order, reported_status=status, last_updated_time=moment),
        )

    # Orders, as the Selling Partner API handles them

    def search_orders(self, seller_id: str, search: OrderSearch) -> Page:
        """A page of the seller's orders; an ApiRefusal where the request does not fit."""
        with self._lock:
            now = self.now()
            check_marketplaces(search.filter, self._get_seller(seller_id).marketplaces)
            if search.pagination_token is not None:
                return self._listings.next_page(seller_id, search, now)
            orders = [order for order in self.orders(seller_id) if order.is_served(now)]
            return self._listings.first_page(seller_id, search, orders, now)

    def read_order(self, seller_id: str, order_id: str) -> Order:
        """One order of the seller; an ApiRefusal (404) if it is somebody else's."""
        with self._lock:
            self._settle_feeds()
            known = self._orders.get(order_id)
            if known is None or known.seller_id != seller_id or not known.is_served(self.now()):
                raise not_found(order_id)
            return self._settled(known)

    def confirm_shipment(self, seller_id: str, order_id: str, body: object) -> Order:
        """The seller tells that a package has left; an ApiRefusal where Amazon would refuse."""
        with self._lock:
            order = self.read_order(seller_id, order_id)
            confirmation, now = read_confirmation(body), self.now()
            changed = confirm_shipment(order, confirmation, now)
            self._orders[order_id] = changed
            if isinstance(body, Mapping):
                kept = Confirmation(order_id, copy.deepcopy(dict(body)), now)
                self._journal.confirmations.append(kept)
            return changed

    # Feeds

    def create_document(self, seller_id: str, content_type: str) -> FeedDocument:
        """Room for a feed's document; an ApiRefusal (400) where its type does not fit."""
        with self._lock:
            return self._feeds.create_document(seller_id, content_type, self.now())

    def upload_document(self, document_id: str, content_type: str, content: bytes) -> bool:
        """The bytes of a document; False where its address is not good for them (any more)."""
        with self._lock:
            return self._feeds.upload(document_id, content_type, content, self.now())

    def create_feed(
        self, seller_id: str, feed_type: str, marketplace_ids: Sequence[str], document_id: str
    ) -> Feed:
        """Take a feed in; it is worked through some seconds later."""
        with self._lock:
            now = self.now()
            return self._feeds.create_feed(seller_id, feed_type, marketplace_ids, document_id, now)

    def read_feed(self, seller_id: str, feed_id: str) -> Feed:
        """A feed as it is now; an ApiRefusal (404) if it is somebody else's."""
        with self._lock:
            self._settle_feeds()
            return self._feeds.get_feed(seller_id, feed_id)

    def feeds(self, seller_id: str | None = None) -> list[Feed]:
        """All feeds, or those of one seller, the newest first."""
        with self._lock:
            self._settle_feeds()
            return self._feeds.list_feeds(seller_id)

    def open_document(self, seller_id: str, document_id: str) -> FeedDocument:
        """A document that may be downloaded now; an ApiRefusal (404) if there is none."""
        with self._lock:
            self._settle_feeds()
            return self._feeds.open_document(seller_id, document_id, self.now())

    def download_document(self, document_id: str) -> FeedDocument | None:
        """What lies under a document's address, while that is good."""
        with self._lock:
            return self._feeds.download(document_id, self.now())

    def document_text(self, document_id: str | None) -> str:
        """A document as text, empty if there is none: for those who look in from outside."""
        with self._lock:
            return (self._feeds.content_of(document_id) or b"").decode("utf-8", "replace")

    def spoil_next_feed(self, mishap: Mishap) -> None:
        """The next feed ends as CANCELLED or FATAL instead of being worked through."""
        with self._lock:
            self._feeds.spoil_next(mishap)

    # What arrived

    @property
    def requests(self) -> list[RequestRecord]:
        """The latest API and token requests, oldest first."""
        with self._lock:
            return list(self._journal.requests)

    @property
    def confirmations(self) -> list[Confirmation]:
        """Every shipment confirmation that was accepted, oldest first."""
        with self._lock:
            return list(self._journal.confirmations)

    def record_request(self, record: RequestRecord) -> None:
        """Keep a request for `requests`."""
        with self._lock:
            self._journal.requests.append(record)

    def _get_seller(self, seller_id: str | None) -> Seller:
        if seller_id is None:
            return next(iter(self._sellers.values()))
        if seller_id not in self._sellers:
            raise NotPossible(f"There is no seller {seller_id}.")
        return self._sellers[seller_id]

    def _settle_feeds(self) -> None:
        """Work through the feeds that are due."""

        def process(feed: Feed, content: bytes) -> bytes:
            def find(order_id: str) -> Order | None:
                order = self._orders.get(order_id)
                if order is None or order.seller_id != feed.seller_id:
                    return None
                return self._settled(order)

            def keep(order: Order) -> None:
                self._orders[order.order_id] = order

            return process_feed(feed, content, find, keep)

        self._feeds.settle(self.now(), process)

    def _settled(self, order: Order) -> Order:
        rng = dice(self.seed, f"shipping/{order.order_id}")
        settled = order_changes.settle(order, self.now(), rng)
        self._orders[order.order_id] = settled
        return settled

    def _change(self, order_id: str, step: Callable[[Order, datetime], Order]) -> Order:
        with self._lock:
            changed = step(self.get_order(order_id), self.now())
            self._orders[order_id] = changed
            return changed
