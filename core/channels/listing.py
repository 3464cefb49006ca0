"""What a channel says of an order, in our words: the border between a channel and the kit.

A channel's `mapping.py` builds these values from the marketplace's own answer; the kit never sees
another form. Nothing in here is required beyond identity, status and times: marketplaces leave fields out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.commerce.addresses import Address
from core.money import Money

#: The longest that can be kept of what a channel writes. Longer identifiers are refused, words are cut.
MAX_EXTERNAL_ID = 80
MAX_STATUS = 80
MAX_MARKETPLACE = 40
MAX_TRACKING_NUMBER = 120
#: Names of carriers and ways of shipping.
MAX_WORDS = 80

#: How a channel order stands, in the order of its life. Any other word is kept and changes nothing.
PENDING_AVAILABILITY = "PendingAvailability"
PENDING = "Pending"
UNSHIPPED = "Unshipped"
PARTIALLY_SHIPPED = "PartiallyShipped"
SHIPPED = "Shipped"
CANCELED = "Canceled"
UNFULFILLABLE = "Unfulfillable"
KNOWN_STATUSES = (
    PENDING_AVAILABILITY, PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELED, UNFULFILLABLE,
)  # fmt: skip

#: The status of an order whose own was not told.
UNREADABLE = "Unreadable"

#: Who ships: the merchant, or the channel under its own key (`Channel.key`).
MERCHANT = "merchant"
#: Who ships was not told.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class ListedCharge:
    """One amount that adds to the total; a discount is negative.

    kind: `item`, `tax`, `shipping`, `shipping_tax`, `discount`, `shipping_discount`, `gift_wrap`,
    `cod_fee`, `delivery_tip`, `other`, …; a kind that is not known under its own name.
    """

    kind: str
    amount: Decimal


@dataclass(frozen=True)
class ListedLine:
    """One line. `quantity` is what is still ordered, `quantity_shipped` what has left of it."""

    external_id: str
    sku: str | None
    name: str
    quantity: int
    quantity_shipped: int = 0
    unit_price: Decimal | None = None
    charges: tuple[ListedCharge, ...] = ()
    stated_total: Decimal | None = None


@dataclass(frozen=True)
class ListedPackage:
    """One parcel that the channel knows of. `lines` pairs a line's external id with its units.

    One that was called off (`is_canceled`) has shipped nothing. It is told all the same: its
    `external_id` is taken at the channel, and must not become the reference of a parcel of ours.
    """

    external_id: str
    carrier: str | None = None
    tracking_number: str | None = None
    shipping_method: str | None = None
    shipped_at: datetime | None = None
    lines: tuple[tuple[str, int], ...] = ()
    is_canceled: bool = False


@dataclass(frozen=True)
class ListedBuyer:
    """Who bought. `email_is_shared` marks an address that stands for many buyers."""

    name: str | None = None
    email: str | None = None
    email_is_shared: bool = False


@dataclass(frozen=True)
class ListedOrder:
    """One order as the channel has it at `updated_at`.

    status         one of the statuses above, or the channel's own word if it is not known
    fulfilled_by   `merchant`, or the channel's key when the channel ships it
    currency       ISO 4217, None while the channel tells no price
    charges        amounts of the whole order, over and above those of the lines
    grand_total    what the channel says it all comes to
    replaces       the order that this one replaces or exchanges, if any
    cash_on_delivery   the carrier collects the money; confirming a parcel may have to say so
    confirms_itself    the channel knows by itself of every parcel and refuses to be told of one
    unreadable     why nothing can be made of the answer, in words that hold nothing personal. Then it tells
                   the order's number, marketplace and times, and perhaps status and who ships
    payload        the channel's own answer, kept encrypted
    """

    external_id: str
    marketplace: str
    status: str
    fulfilled_by: str
    placed_at: datetime
    updated_at: datetime
    currency: str | None = None
    grand_total: Money | None = None
    lines: tuple[ListedLine, ...] = ()
    charges: tuple[ListedCharge, ...] = ()
    packages: tuple[ListedPackage, ...] = ()
    buyer: ListedBuyer = ListedBuyer()
    address: Address | None = None
    shipping_method: str | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    cancel_requested: bool = False
    is_sold_here: bool = True
    replaces: str | None = None
    cash_on_delivery: bool = False
    confirms_itself: bool = False
    unreadable: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Page:
    """One page of a listing, with what the kit needs to go on.

    orders       what could be read, or at least named
    unreadable   external id (or `?`) and reason of each entry of which not even that can be told
    next_token   ask for the next page with it; None on the last
    read_until   the channel's own upper bound of this listing, if it said one
    """

    orders: tuple[ListedOrder, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    next_token: str | None = None
    read_until: datetime | None = None


@dataclass(frozen=True)
class Query:
    """What to list: by last change (`updated_after`) or by time of purchase (`placed_after`).

    Exactly one of the two is set. `statuses` in our words; empty means all.
    """

    marketplaces: tuple[str, ...]
    updated_after: datetime | None = None
    placed_after: datetime | None = None
    statuses: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For keeping beside a page token, which only fits the very same query."""
        return {
            "marketplaces": list(self.marketplaces),
            "updated_after": self.updated_after.isoformat() if self.updated_after else None,
            "placed_after": self.placed_after.isoformat() if self.placed_after else None,
            "statuses": list(self.statuses),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Query:
        """What `as_json` wrote."""
        return cls(
            tuple(value["marketplaces"]),
            _time(value["updated_after"]),
            _time(value["placed_after"]),
            tuple(value["statuses"]),
        )


@dataclass(frozen=True)
class PackageToConfirm:
    """One parcel to be told to the channel. `reference` was stored before and is never reused.

    `carrier` is the channel's own spelling, None where it has none for `carrier_name`, the name that the
    merchant uses. `cash_on_delivery` as the order has it.
    """

    order_external_id: str
    marketplace: str
    reference: str
    carrier: str | None
    carrier_name: str
    tracking_number: str
    shipping_method: str | None
    shipped_at: datetime
    lines: tuple[tuple[str, int], ...]
    cash_on_delivery: bool = False


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
