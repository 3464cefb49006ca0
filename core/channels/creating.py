"""Making an order of a channel order, once it is decided that there is to be one."""

from __future__ import annotations

from dataclasses import dataclass

from core.channels.channel_orders import ChannelOrder, set_note, wait_for
from core.channels.decisions import Reserve, Verdict
from core.channels.following import heed_buyer
from core.channels.lines import Blocked, Lines
from core.channels.listing import SHIPPED, ListedBuyer, ListedLine, ListedOrder
from core.channels.order_settings import OrderSettings
from core.channels.reconciling import check_reconciled, draft_charges, stated_total
from core.channels.registration import Channel, Registry
from core.channels.shipped_elsewhere import record_packages
from core.channels.trace import add_trace
from core.commerce import statuses
from core.commerce.catalog import MAX_SKU, find_products
from core.commerce.customers import Buyer
from core.commerce.inventory import carry_over, held_by, reserve_stock
from core.commerce.orders import (
    DraftLine,
    Order,
    OrderDraft,
    OrderRefused,
    Payment,
    PlacedOrder,
    check_address,
    managed_left_to_ship,
    place_order,
)
from core.commerce.stores import Store, find_store
from core.context import Context
from core.errors import AlreadyExists, InvalidValue

__all__ = ["Blocked", "Case", "create_order", "reserve_pending"]


def reserve_pending(
    ctx: Context, row: ChannelOrder, listed: ListedOrder, verdict: Verdict, decided_by: str
) -> None:
    """Reserve what a pending order asks for, if the settings say so; what is reserved stays."""
    if verdict.reserves is Reserve.NOTHING:
        if not held_by(ctx.session, row.holder):
            set_note(ctx, row, "not_reserved", decided_by)
        return
    skus = [line.sku for line in listed.lines if line.sku and len(line.sku) <= MAX_SKU]
    products = find_products(ctx.session, skus)
    wanted: dict[int, int] = {}
    for line in listed.lines:
        product = products.get(line.sku or "")
        if product is not None and product.is_managed:
            wanted[product.id] = wanted.get(product.id, 0) + line.quantity
    reserve_stock(ctx, row.holder, wanted, "pending order")
    unknown = sorted({sku for sku in skus if sku not in products})
    wait_for(ctx, row, unknown)
    units = sum(wanted.values())
    if unknown:
        set_note(ctx, row, "reserved_of_known", decided_by, units=units, skus=", ".join(unknown))
    else:
        set_note(ctx, row, "reserved", decided_by, units=units)


@dataclass(frozen=True)
class Case:
    """One channel order being looked at, with everything that decides about it."""

    registry: Registry
    channel: Channel
    settings: OrderSettings
    row: ChannelOrder
    listed: ListedOrder

    @property
    def where(self) -> str:
        """The account and marketplace whose settings decide."""
        return f"{self.row.account.name}/{self.row.marketplace}"

    def by(self, setting: str) -> str:
        """The setting that decided, with its value and where it was set."""
        return f"{setting} = {getattr(self.settings, setting)} ({self.where})"


def create_order(ctx: Context, case: Case, lines: Lines, verdict: Verdict) -> Order:
    """Create the order, link both, record what had left already, reserve what is left to ship.

    Raises Blocked for what a person has to mend first.
    """
    row, listed = case.row, case.listed
    draft = _draft(ctx, case, lines)
    try:
        placed = place_order(ctx, draft)
    except OrderRefused as error:
        raise Blocked("refused", decided_by="order_validate", reason="; ".join(error.complaints)) from error
    except (AlreadyExists, InvalidValue) as error:
        raise Blocked(
            "number_taken", decided_by=case.by("order_number_source"), reason=str(error)
        ) from error
    order = placed.order
    row.order_id = order.id
    row.order = order
    _record_what_left(ctx, row, order, listed)
    _reserve(ctx, row, order, verdict)
    _tell_why(ctx, case, placed, draft)
    _tell_short(ctx, case, lines)
    check_reconciled(ctx, row, order)
    heed_buyer(ctx, row, order, listed)
    check_address(ctx, order)
    return order


def buyer_of(channel: Channel, listed: ListedOrder) -> Buyer:
    """The buyer, with a placeholder that can never be mailed where the channel gave no email."""
    known: ListedBuyer = listed.buyer
    return Buyer(
        name=known.name,
        email=known.email or f"{listed.external_id}@{channel.placeholder_domain}",
        email_is_placeholder=not known.email,
        email_is_shared=known.email_is_shared,
        contact_allowed=False,
    )


def _record_what_left(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> None:
    """Write down what had left before the order came to us: it was never in our stock."""
    record_packages(ctx, row, order, listed, moves_stock=False)
    if listed.status == SHIPPED:
        set_note(ctx, row, "arrived_shipped")


def _reserve(ctx: Context, row: ChannelOrder, order: Order, verdict: Verdict) -> None:
    """Reserve what is left to ship, what was reserved while it was pending being carried over.

    Should nothing be reserved, what was reserved before stays, as far as it is still to ship.
    """
    wanted = managed_left_to_ship(ctx, order)
    if verdict.reserves is not Reserve.LEFT_TO_SHIP:
        held = held_by(ctx.session, row.holder)
        wanted = {
            product: min(units, held[product]) for product, units in wanted.items() if product in held
        }
    carry_over(ctx, row.holder, order.holder, wanted, "order created")


def _draft(ctx: Context, case: Case, lines: Lines) -> OrderDraft:
    channel, settings, row, listed = case.channel, case.settings, case.row, case.listed
    store = _store(ctx, case)
    return OrderDraft(
        store=store,
        status=_status(settings, listed),
        currency=_currency(channel, row, listed, store),
        placed_at=listed.placed_at,
        lines=tuple(_draft_line(line, lines) for line in listed.lines),
        charges=draft_charges(listed.charges),
        stated_total=stated_total(listed),
        customer_policy=settings.customer_creation,
        buyer=buyer_of(channel, listed),
        shipping_address=listed.address,
        number_source=settings.order_number_source,
        channel=channel.key,
        channel_account_id=row.account_id,
        marketplace=row.marketplace,
        external_id=row.external_id,
        replaces_external_id=listed.replaces,
        fulfilled_by=listed.fulfilled_by,
        payment=Payment(channel.payment_method, row.external_id, is_captured=True),
        shipping_method=(listed.shipping_method or "")[:80] or None,
        ship_by=listed.ship_by,
        deliver_by=listed.deliver_by,
        reserves=False,
    )


def _draft_line(line: ListedLine, lines: Lines) -> DraftLine:
    product = lines.products[line.external_id]
    sku = product.sku if product else line.sku or f"line-{line.external_id}"
    return DraftLine(
        sku=sku,
        name=line.name or sku,
        quantity=line.quantity,
        product_id=product.id if product else None,
        external_id=line.external_id,
        unit_price=line.unit_price,
        charges=draft_charges(line.charges),
    )


def _store(ctx: Context, case: Case) -> Store:
    store = find_store(ctx.session, case.settings.store)
    if store is None:
        raise Blocked("store_missing", decided_by=case.by("store"), store=case.settings.store)
    return store


def _currency(channel: Channel, row: ChannelOrder, listed: ListedOrder, store: Store) -> str:
    """The channel's; only a replacement may have no price at all, and then costs nothing."""
    if listed.currency is not None:
        return listed.currency
    if listed.replaces is None:
        raise Blocked("no_price", decided_by=f"status = {row.status} ({channel.title})")
    return channel.marketplaces.get(row.marketplace, ("", ""))[1] or store.currency


def _status(settings: OrderSettings, listed: ListedOrder) -> str:
    if listed.status == SHIPPED:
        return statuses.COMPLETE
    if settings.order_status == "custom" and settings.processing_status:
        return settings.processing_status
    return statuses.PROCESSING


def _tell_why(ctx: Context, case: Case, placed: PlacedOrder, draft: OrderDraft) -> None:
    order, settings, key = placed.order, case.settings, case.row.trace_key
    set_note(
        ctx, case.row, "created", case.by("import_orders"),
        number=order.number, status=statuses.get_status(ctx.session, order.status).label,
        store=draft.store.name,
    )  # fmt: skip
    who = "It is a guest order" if order.is_guest else "It belongs to a customer account"
    add_trace(
        ctx, key, "customer",
        f"{case.by('customer_creation')}, answered by {placed.customer_decided_by}", what=who,
    )  # fmt: skip
    add_trace(
        ctx, key, "number_source", case.by("order_number_source"),
        source=_number_source(case, placed),
    )  # fmt: skip
    if settings.order_status == "custom" and order.status == settings.processing_status:
        add_trace(ctx, key, "custom_status", case.by("processing_status"), status=order.status)
    units = sum(held_by(ctx.session, order.holder).values())
    if units:
        add_trace(ctx, key, "left_reserved", case.by("pending_orders"), units=units)
    elif order.left_to_ship and settings.pending_orders != "reserve":
        add_trace(ctx, key, "order_not_reserved", case.by("pending_orders"))


def _tell_short(ctx: Context, case: Case, lines: Lines) -> None:
    """Say what was sold that is not in stock."""
    if lines.short:
        what = "; ".join(
            f"{sku}: {wanted} to ship, {max(there_are, 0)} available"
            for sku, (wanted, there_are) in sorted(lines.short.items())
        )
        add_trace(ctx, case.row.trace_key, "oversold", case.by("out_of_stock"), what=what)


def _number_source(case: Case, placed: PlacedOrder) -> str:
    if placed.number_decided_by == "core":
        return "the store"
    by_channel = case.settings.order_number_source != "store"
    return "the marketplace" if by_channel else placed.number_decided_by.replace("_", " ")
