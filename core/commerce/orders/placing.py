"""Placing an order: validated, given to a customer or a guest, numbered, written, reserved, told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from core.commerce.addresses import Address
from core.commerce.catalog import Product
from core.commerce.customers import Buyer, CustomerRequest, resolve_customer
from core.commerce.inventory import reserve_stock
from core.commerce.orders.buyers import index_buyer
from core.commerce.orders.tables import (
    MERCHANT,
    Charge,
    Order,
    OrderAddress,
    OrderLine,
    StatusChange,
)
from core.commerce.stores import Store, take_store_number
from core.context import Context
from core.errors import AlreadyExists, InvalidValue, Refused
from core.events import record_event
from core.money import Money, total


class OrderRefused(Refused):
    """At least one plugin has a reason not to create the order; `complaints` holds them all."""

    code = "order_refused"

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


@dataclass(frozen=True)
class DraftCharge:
    """One amount: kind as in `core.channels.listing.ListedCharge`, a discount negative."""

    kind: str
    amount: Decimal


@dataclass(frozen=True)
class DraftLine:
    """One line to be. `product_id` is None for something that is not in the catalog."""

    sku: str
    name: str
    quantity: int
    product_id: int | None = None
    external_id: str | None = None
    unit_price: Decimal | None = None
    charges: tuple[DraftCharge, ...] = ()


@dataclass(frozen=True)
class Payment:
    """How it was paid, and under which reference it can be found."""

    method: str
    reference: str
    is_captured: bool


@dataclass(frozen=True)
class OrderDraft:
    """Everything that an order is going to be made of.

    customer_policy   key of the policy that decides whose order it is
    number_source     `store` or the source that a plugin answers for
    reserves          whether what is left to ship is reserved at once
    stated_total      what the channel says it comes to
    """

    store: Store
    status: str
    currency: str
    placed_at: datetime
    lines: tuple[DraftLine, ...]
    customer_policy: str
    buyer: Buyer = field(repr=False)
    charges: tuple[DraftCharge, ...] = ()
    shipping_address: Address | None = field(default=None, repr=False)
    stated_total: Money | None = None
    number_source: str = "store"
    channel: str | None = None
    channel_account_id: int | None = None
    marketplace: str | None = None
    external_id: str | None = None
    replaces_external_id: str | None = None
    fulfilled_by: str = MERCHANT
    payment: Payment | None = None
    shipping_method: str | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    reserves: bool = True


@dataclass(frozen=True)
class OrderNumberRequest:
    """What `order_number_assign` is asked: the source that the settings name, and for which order."""

    source: str
    store_id: int
    channel: str | None
    external_id: str | None


@dataclass(frozen=True)
class PlacedOrder:
    """The order, and which plugin decided on its customer and its number."""

    order: Order
    customer_decided_by: str
    number_decided_by: str


def place_order(ctx: Context, draft: OrderDraft) -> PlacedOrder:
    """Create an order from a draft, in the caller's transaction, and record `order_created`.

    Raises OrderRefused with every complaint of `order_validate`, PluginFailed, InvalidValue for a
    number that cannot be one, AlreadyExists for a number that is taken.
    """
    complaints = ctx.hooks.complaints("order_validate", ctx=ctx, draft=draft)
    if complaints:
        raise OrderRefused(complaints)
    request = CustomerRequest(
        policy=draft.customer_policy,
        store_id=draft.store.id,
        channel=draft.channel or "",
        buyer=draft.buyer,
    )
    customer, customer_by = resolve_customer(ctx, request, draft.shipping_address)
    number, number_by = _number(ctx, draft)
    order = _write(ctx, draft, number, customer.id if customer else None)
    if draft.reserves:
        reserve_left_to_ship(ctx, order)
    record_event(ctx, "order_created", f"order:{order.id}", {"order_id": order.id})
    return PlacedOrder(order, customer_by, number_by)


def _number(ctx: Context, draft: OrderDraft) -> tuple[str, str]:
    request = OrderNumberRequest(draft.number_source, draft.store.id, draft.channel, draft.external_id)
    answer = ctx.hooks.decide("order_number_assign", ctx=ctx, request=request)
    if answer is None:
        return _free_store_number(ctx, draft.store.id), "core"
    number = answer.value
    if not isinstance(number, str) or number != number.strip() or not 0 < len(number) <= 64:
        raise InvalidValue(f"{answer.plugin} gave an order number that is not 1 to 64 characters")
    if _is_taken(ctx, number):
        raise AlreadyExists(f"the order number {number} is taken by another order")
    return number, answer.plugin


def _free_store_number(ctx: Context, store_id: int) -> str:
    """The store's next number, passing over those that a plugin has given to an order."""
    number = take_store_number(ctx, store_id)
    while _is_taken(ctx, number):
        number = take_store_number(ctx, store_id)
    return number


def _is_taken(ctx: Context, number: str) -> bool:
    return ctx.session.scalar(select(Order.id).where(Order.number == number)) is not None


def _write(ctx: Context, draft: OrderDraft, number: str, customer_id: int | None) -> Order:
    now = ctx.clock.now()
    amounts = [*draft.charges, *(charge for line in draft.lines for charge in line.charges)]
    charges_total = total(charge.amount for charge in amounts)
    stated = draft.stated_total.amount if draft.stated_total else None
    order = Order(
        number=number,
        store_id=draft.store.id,
        status=draft.status,
        currency=draft.currency,
        total=charges_total if stated is None else stated,
        stated_total=stated,
        charges_total=charges_total,
        customer_id=customer_id,
        buyer_name=draft.buyer.name,
        buyer_email=draft.buyer.email,
        buyer_email_index=draft.buyer.email,
        email_is_placeholder=draft.buyer.email_is_placeholder,
        buyer_contact_allowed=draft.buyer.contact_allowed,
        channel=draft.channel,
        channel_account_id=draft.channel_account_id,
        marketplace=draft.marketplace,
        external_id=draft.external_id,
        replaces_external_id=draft.replaces_external_id,
        fulfilled_by=draft.fulfilled_by,
        payment_method=draft.payment.method if draft.payment else None,
        payment_reference=draft.payment.reference if draft.payment else None,
        payment_is_captured=bool(draft.payment and draft.payment.is_captured),
        shipping_method=draft.shipping_method,
        placed_at=draft.placed_at,
        ship_by=draft.ship_by,
        deliver_by=draft.deliver_by,
        created_at=now,
    )
    order.history.append(
        StatusChange(new_status=draft.status, reason="created", actor=ctx.actor, changed_at=now)
    )
    if draft.shipping_address:
        order.addresses.append(OrderAddress(kind="shipping", **asdict(draft.shipping_address)))
    for position, line in enumerate(draft.lines, 1):
        order.lines.append(_line(order, position, line))
    order.charges.extend(Charge(kind=item.kind, amount=item.amount) for item in draft.charges)
    ctx.session.add(order)
    ctx.session.flush()
    index_buyer(ctx, order)
    return order


def _line(order: Order, position: int, line: DraftLine) -> OrderLine:
    charges = [Charge(kind=item.kind, amount=item.amount) for item in line.charges]
    order.charges.extend(charges)
    return OrderLine(
        position=position,
        external_id=line.external_id,
        product_id=line.product_id,
        sku=line.sku,
        name=line.name[:500],
        unit_price=line.unit_price,
        quantity=line.quantity,
        quantity_shipped=0,
        quantity_canceled=0,
        charges=charges,
    )


def reserve_left_to_ship(ctx: Context, order: Order) -> None:
    """Reserve what is left to ship of every managed product, no more and no less."""
    reserve_stock(ctx, order.holder, managed_left_to_ship(ctx, order), "order created")


def managed_left_to_ship(ctx: Context, order: Order) -> dict[int, int]:
    """Units left to ship of every managed product, by its id."""
    wanted: dict[int, int] = {}
    for line in order.lines:
        if line.product_id is not None and line.left_to_ship:
            wanted[line.product_id] = wanted.get(line.product_id, 0) + line.left_to_ship
    managed = set(
        ctx.session.scalars(select(Product.id).where(Product.id.in_(wanted), Product.is_managed.is_(True)))
    )
    return {product: wanted[product] for product in wanted if product in managed}
