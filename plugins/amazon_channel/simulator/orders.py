"""An order as Amazon has it. Every value here is frozen: a change makes a new order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from .errors import NotPossible
from .marketplaces import Marketplace

TWO_YEARS = timedelta(days=730)


class FulfillmentStatus(StrEnum):
    """How far an order is."""

    PENDING_AVAILABILITY = "PENDING_AVAILABILITY"
    PENDING = "PENDING"
    UNSHIPPED = "UNSHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    UNFULFILLABLE = "UNFULFILLABLE"


class FulfilledBy(StrEnum):
    """Who ships."""

    MERCHANT = "MERCHANT"
    AMAZON = "AMAZON"


NOT_YET_VERIFIED = frozenset({FulfillmentStatus.PENDING, FulfillmentStatus.PENDING_AVAILABILITY})
TO_SHIP = frozenset({FulfillmentStatus.UNSHIPPED, FulfillmentStatus.PARTIALLY_SHIPPED})


@dataclass(frozen=True)
class Charge:
    """An amount of one kind on a line, beside its price; ``parts`` break it down by subtype."""

    kind: str
    amount: Decimal
    parts: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Product:
    """What is sold."""

    sku: str
    asin: str
    title: str
    unit_price: Decimal


@dataclass(frozen=True)
class Gift:
    """The wishes of a buyer who gives the line away."""

    message: str | None = None
    wrap_level: str | None = None


@dataclass(frozen=True)
class OrderItem:
    """One line. What has been shipped of it is told by the order's packages."""

    order_item_id: str
    product: Product
    quantity: int
    charges: tuple[Charge, ...] = ()
    promotion_ids: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    gift: Gift | None = None
    cancellation_reason: str | None = None


@dataclass(frozen=True)
class PackedItem:
    """So many units of a line in a package."""

    order_item_id: str
    quantity: int
    transparency_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """One parcel, confirmed by the seller or labeled at Amazon."""

    reference_id: str
    carrier: str
    tracking_number: str
    ship_time: datetime
    created_time: datetime
    items: tuple[PackedItem, ...]
    shipping_service: str | None = None


@dataclass(frozen=True)
class Buyer:
    """Who bought. Amazon may keep either from the seller."""

    name: str | None
    email: str | None
    company: str | None = None
    purchase_order_number: str | None = None


@dataclass(frozen=True)
class Cancellation:
    """That the whole order was canceled, by whom and why."""

    by: str
    reason: str


@dataclass(frozen=True)
class Adjustment:
    """Money given back on a line by a feed of the seller's; ``reference`` is the seller's own."""

    order_item_id: str
    amount: Decimal
    reason: str
    reference: str
    feed_id: str


@dataclass(frozen=True)
class Order:
    """One order of one seller.

    ``verify_due`` and ``ship_due`` are the moments at which Amazon moves the order on by itself;
    ``verified_time`` is unset as long as buyer, address and prices are kept back.
    """

    order_id: str
    seller_id: str
    marketplace: Marketplace
    fulfilled_by: FulfilledBy
    status: FulfillmentStatus
    created_time: datetime
    last_updated_time: datetime
    items: tuple[OrderItem, ...]
    buyer: Buyer
    address: Mapping[str, str] | None
    service_level: str
    packages: tuple[Package, ...] = ()
    programs: tuple[str, ...] = ()
    associated_orders: tuple[tuple[str, str], ...] = ()
    sales_channel: str = "AMAZON"
    delivery_tip: Decimal = Decimal(0)
    stated_total: Decimal | None = None
    reported_status: str | None = None
    cancellation: Cancellation | None = None
    adjustments: tuple[Adjustment, ...] = ()
    verified_time: datetime | None = None
    verify_due: datetime | None = None
    ship_due: datetime | None = None

    @property
    def currency(self) -> str:
        """The currency of every amount of the order."""
        return self.marketplace.currency

    @property
    def is_fba(self) -> bool:
        """Whether Amazon ships it."""
        return self.fulfilled_by is FulfilledBy.AMAZON

    def get_item(self, id_or_sku: str) -> OrderItem:
        """The line with this order item id or seller SKU."""
        for item in self.items:
            if id_or_sku in (item.order_item_id, item.product.sku):
                return item
        raise NotPossible(f"Order {self.order_id} has no line {id_or_sku}.")

    def charged(self, item: OrderItem) -> Decimal:
        """What the buyer pays for the line, discounts taken off."""
        whole = item.product.unit_price * item.quantity
        return whole + sum(
            (-charge.amount if charge.kind == "DISCOUNT" else charge.amount for charge in item.charges),
            Decimal(0),
        )

    def refunded(self, order_item_id: str) -> Decimal:
        """What has been given back on the line."""
        given = (each.amount for each in self.adjustments if each.order_item_id == order_item_id)
        return sum(given, Decimal(0))

    def fulfilled(self, order_item_id: str) -> int:
        """How many units of the line are in packages."""
        packed = (item for package in self.packages for item in package.items)
        return sum(item.quantity for item in packed if item.order_item_id == order_item_id)

    def unfulfilled(self, item: OrderItem) -> int:
        """How many units of the line are still to be shipped."""
        if self.status in (FulfillmentStatus.CANCELLED, FulfillmentStatus.UNFULFILLABLE):
            return 0
        return max(0, item.quantity - self.fulfilled(item.order_item_id))

    def find_package(self, reference_id: str) -> Package | None:
        """The package with this reference, if there is one."""
        found = (package for package in self.packages if package.reference_id == reference_id)
        return next(found, None)

    def is_served(self, now: datetime) -> bool:
        """Whether the Orders API still knows it: two years, from 2016 on in the Far East."""
        return self.marketplace.serves_since_2016 or self.created_time >= now - TWO_YEARS
