"""Placing an order: what the draft leaves open is invented, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from .clock import whole_milliseconds
from .errors import NotPossible
from .marketplaces import Marketplace, get_marketplace
from .money import Amount, read_amount, round_amount
from .order_changes import pack_everything, pack_one_unit
from .order_drafts import Invented, LineDraft, OrderDraft
from .orders import (
    NOT_YET_VERIFIED,
    Buyer,
    Cancellation,
    Charge,
    FulfilledBy,
    FulfillmentStatus,
    Gift,
    Order,
    OrderItem,
    Product,
)
from .sample_data import (
    EMAIL_DOMAIN,
    PRODUCTS,
    invent_address,
    invent_asin,
    invent_email,
    invent_name,
    price_in,
)
from .sellers import Seller

Choice = TypeVar("Choice", bound=StrEnum)

_HIDDEN_FROM_FBA = ("name", "addressLine1", "addressLine2", "addressLine3", "phone")


@dataclass(frozen=True)
class Placement:
    """The circumstances in which an order is placed."""

    seller: Seller
    now: datetime
    rng: random.Random
    is_taken: Callable[[str], bool]


def build_order(draft: OrderDraft, placement: Placement) -> Order:
    """The order that the draft describes, with everything else invented."""
    rng, seller = placement.rng, placement.seller
    marketplace = get_marketplace(draft.marketplace or seller.marketplaces[0])
    if marketplace.marketplace_id not in seller.marketplaces:
        raise NotPossible(f"Seller {seller.seller_id} does not sell at {marketplace.name}.")
    created = _created_time(draft, placement.now)
    order_id = draft.order_id or _invent_order_id(marketplace, placement)
    if placement.is_taken(order_id):
        raise NotPossible(f"There already is an order {order_id}.")
    buyer, address = _buyer_and_address(draft, marketplace, rng)
    lines = draft.line_drafts() or [LineDraft() for _ in range(rng.randint(1, 3))]
    alive_since = placement.now if draft.status else created
    verify_due = alive_since + timedelta(minutes=rng.randint(5, 35))
    order = Order(
        order_id=order_id,
        seller_id=seller.seller_id,
        marketplace=marketplace,
        fulfilled_by=_choice(FulfilledBy, draft.fulfilled_by),
        status=FulfillmentStatus.PENDING,
        created_time=created,
        last_updated_time=created,
        items=tuple(_build_item(line, marketplace, rng) for line in lines),
        buyer=buyer,
        address=address,
        service_level=draft.service_level,
        programs=tuple(draft.programs),
        associated_orders=_associated_orders(draft),
        sales_channel=draft.sales_channel,
        delivery_tip=read_amount(draft.delivery_tip, marketplace.currency),
        stated_total=_stated_total(draft, marketplace),
        verify_due=verify_due,
        ship_due=verify_due + timedelta(minutes=rng.randint(120, 1800)),
    )
    return _begin_with(order, _choice(FulfillmentStatus, draft.status or "PENDING"), placement)


def _choice(choices: type[Choice], name: str) -> Choice:
    if name not in list(choices):
        raise NotPossible(f"{name!r} is none of {', '.join(choices)}.")
    return choices(name)


def _created_time(draft: OrderDraft, now: datetime) -> datetime:
    created = draft.created_time or now
    if created.tzinfo is None:
        raise NotPossible("created_time needs a time zone.")
    if created > now:
        raise NotPossible("An order cannot be placed in the future.")
    return whole_milliseconds(created.astimezone(now.tzinfo))


def _invent_order_id(marketplace: Marketplace, placement: Placement) -> str:
    rng = placement.rng
    while True:
        prefix = rng.choice(marketplace.prefixes)
        order_id = f"{prefix}-{rng.randrange(10**7):07d}-{rng.randrange(10**7):07d}"
        if not placement.is_taken(order_id):
            return order_id


def _associated_orders(draft: OrderDraft) -> tuple[tuple[str, str], ...]:
    kinds = {
        "REPLACEMENT_ORIGINAL_ID": draft.replacement_of,
        "EXCHANGE_ORIGINAL_ID": draft.exchange_of,
    }
    return tuple((order_id, kind) for kind, order_id in kinds.items() if order_id)


def _stated_total(draft: OrderDraft, marketplace: Marketplace) -> Decimal | None:
    if draft.stated_total is None:
        return None
    return read_amount(draft.stated_total, marketplace.currency)


def _buyer_and_address(
    draft: OrderDraft, marketplace: Marketplace, rng: random.Random
) -> tuple[Buyer, dict[str, str] | None]:
    """Who buys and where it goes. What Amazon keeps from FBA sellers is only there if asked for."""
    is_fba = draft.fulfilled_by == FulfilledBy.AMAZON
    name, email = invent_name(marketplace.country, rng), _invent_email(draft, rng)
    address: dict[str, str] | None = invent_address(marketplace.country, name, rng)
    if not isinstance(draft.buyer_name, Invented):
        name = draft.buyer_name or ""
        address = {**(address or {}), "name": name} if name else address
    if is_fba and address:
        address = {part: text for part, text in address.items() if part not in _HIDDEN_FROM_FBA}
    if draft.address is None:
        address = None
    elif not isinstance(draft.address, Invented):
        if not isinstance(draft.address, Mapping):
            raise NotPossible("address is an object with the parts of an address.")
        changes = {_camel_case(part): text for part, text in draft.address.items()}
        merged = {**(address or {}), **changes}
        address = {part: text for part, text in merged.items() if text is not None}
    if not isinstance(draft.buyer_email, Invented):
        email = draft.buyer_email
    elif is_fba:
        email = None
    buyer = Buyer(name or None, email, draft.buyer_company, draft.purchase_order_number)
    return buyer, address


def _invent_email(draft: OrderDraft, rng: random.Random) -> str | None:
    email = invent_email(rng)
    shared = "INVOICE_BY_AMAZON" in draft.programs
    return f"business-eu@{EMAIL_DOMAIN}" if shared else email


def _camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _build_item(line: LineDraft, marketplace: Marketplace, rng: random.Random) -> OrderItem:
    if isinstance(line.quantity, bool) or not isinstance(line.quantity, int) or line.quantity < 1:
        raise NotPossible("The quantity of a line is a whole number from 1 on.")
    sku, title, price = rng.choice(PRODUCTS)
    known = next((product for product in PRODUCTS if product[0] == line.sku), None)
    if known:
        sku, title, price = known
    order_item_id = f"{rng.randrange(10**14):014d}"
    asin, shipping_steps = invent_asin(rng), rng.randint(0, 3)
    invented_price = price_in(marketplace.currency, price)
    if line.unit_price is None:
        line = _with_invented_charges(line, marketplace, invented_price, shipping_steps)
    product = Product(
        sku=line.sku or sku,
        asin=line.asin or asin,
        title=line.title or (title if known or not line.sku else f"Product {line.sku}"),
        unit_price=read_amount(line.unit_price or 0, marketplace.currency),
    )
    return OrderItem(
        order_item_id=line.order_item_id or order_item_id,
        product=product,
        quantity=line.quantity,
        charges=_charges(line, marketplace.currency),
        promotion_ids=tuple(line.promotion_ids),
        programs=tuple(line.programs),
        gift=_gift(line, marketplace.currency),
    )


def _with_invented_charges(
    line: LineDraft, marketplace: Marketplace, price: Decimal, shipping_steps: int
) -> LineDraft:
    """The line with a price, and with postage and tax unless it has some of its own."""
    currency, rate = marketplace.currency, Decimal(marketplace.tax_rate or 0) / 100
    shipping = read_amount(line.shipping, currency) or price_in(currency, "1.99") * shipping_steps
    tax = line.tax or round_amount(price * line.quantity * rate, currency)
    shipping_tax = line.shipping_tax or round_amount(shipping * rate, currency)
    return replace(line, unit_price=price, shipping=shipping, tax=tax, shipping_tax=shipping_tax)


def _gift(line: LineDraft, currency: str) -> Gift | None:
    is_wrapped = bool(read_amount(line.gift_wrap, currency))
    if not line.gift_message and not is_wrapped:
        return None
    return Gift(line.gift_message, "STANDARD" if is_wrapped else None)


def _charges(line: LineDraft, currency: str) -> tuple[Charge, ...]:
    """Everything on the line beside its price, as the breakdowns of the Orders API name it."""

    def parts(**amounts: Amount) -> tuple[tuple[str, Decimal], ...]:
        exact = {subtype: read_amount(amount, currency) for subtype, amount in amounts.items()}
        return tuple((subtype, amount) for subtype, amount in exact.items() if amount)

    simple = {"SHIPPING": line.shipping, "GIFT_WRAP": line.gift_wrap, "COD_FEE": line.cod_fee}
    simple |= dict(line.other_charges)
    detailed = {
        "DISCOUNT": parts(ITEM=line.discount, SHIPPING=line.shipping_discount),
        "TAX": parts(ITEM=line.tax, SHIPPING=line.shipping_tax, GIFT_WRAP=line.gift_wrap_tax),
    }
    charges = [Charge(kind, read_amount(amount, currency)) for kind, amount in simple.items()]
    for kind, breakdown in detailed.items():
        charges.append(Charge(kind, sum((part for _, part in breakdown), Decimal(0)), breakdown))
    return tuple(charge for charge in charges if charge.amount)


def _begin_with(order: Order, status: FulfillmentStatus, placement: Placement) -> Order:
    """The order in the status to begin with, at a moment between its placing and now."""
    if status is FulfillmentStatus.PENDING:
        return order
    if status in NOT_YET_VERIFIED:
        return replace(order, status=status, verify_due=None, ship_due=None)
    moment = min(order.created_time + timedelta(hours=20), placement.now)
    order = replace(
        order,
        status=FulfillmentStatus.UNSHIPPED,
        verified_time=order.created_time,
        verify_due=None,
        ship_due=order.ship_due if status is FulfillmentStatus.UNSHIPPED else None,
    )
    if status is FulfillmentStatus.PARTIALLY_SHIPPED:
        return pack_one_unit(order, moment, placement.rng)
    if status is FulfillmentStatus.SHIPPED:
        return pack_everything(order, moment, placement.rng)
    if status is FulfillmentStatus.CANCELLED:
        cancellation = Cancellation("BUYER", "CustomerExchange")
        return replace(order, status=status, cancellation=cancellation, last_updated_time=moment)
    return replace(order, status=status)
