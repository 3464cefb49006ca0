"""A shop's counter: what a merchant does with orders, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from core.application import Application
from core.commerce.catalog import create_product, get_product
from core.commerce.customers import Buyer
from core.commerce.inventory import Stock, set_on_hand, stock_of
from core.commerce.orders import (
    DraftCharge,
    DraftLine,
    Order,
    OrderDraft,
    cancel_order,
    cancel_units,
    change_status,
    get_order,
    place_order,
)
from core.commerce.shipments import (
    PackageContents,
    Shipment,
    ShippedElsewhere,
    ship_order,
    units_by_sku,
)
from core.commerce.stores import get_store
from core.context import Context

T = TypeVar("T")
BUYER = Buyer("Ada Lovelace", "ada@buyer.example")


class Counter:
    """Products `A`, `B`, … are made by `stock`; an order is known by its number."""

    def __init__(self, app: Application) -> None:
        self.app = app

    def write(self, change: Callable[[Context], T]) -> T:
        """Run this in a transaction that commits."""
        with self.app.writing("test") as ctx:
            return change(ctx)

    def read(self, look: Callable[[Context], T]) -> T:
        """Run this in a transaction that only reads."""
        with self.app.reading() as ctx:
            return look(ctx)

    def stock(self, sku: str, units: int, *, managed: bool = True) -> None:
        """A new product with so many on hand."""

        def make(ctx: Context) -> None:
            product = create_product(ctx, sku, f"Product {sku}", is_managed=managed)
            set_on_hand(ctx, product.id, units, "counted", "test")

        self.write(make)

    def place(self, *lines: tuple[str, int], **choices: Any) -> str:
        """Place an order, 10.00 a unit, for a guest; its number."""

        def place(ctx: Context) -> str:
            draft = OrderDraft(
                store=get_store(ctx.session, "default"),
                status="processing",
                currency="EUR",
                placed_at=datetime.now(UTC),
                lines=tuple(
                    DraftLine(
                        sku=sku,
                        name=sku,
                        quantity=units,
                        product_id=get_product(ctx.session, sku).id,
                        charges=(DraftCharge("item", Decimal(10) * units),),
                    )
                    for sku, units in lines
                ),
                customer_policy="guest",
                buyer=BUYER,
            )
            return place_order(ctx, replace(draft, **choices)).order.number

        return self.write(place)

    def with_order(self, number: str, change: Callable[[Context, Order], T]) -> T:
        """Do something to an order."""
        return self.write(lambda ctx: change(ctx, get_order(ctx.session, number)))

    def ship(
        self, number: str, *lines: tuple[str, int], elsewhere: ShippedElsewhere | None = None
    ) -> Shipment:
        """Ship these units, or all that is left, in one package."""

        def ship(ctx: Context, order: Order) -> Shipment:
            units = units_by_sku(order, lines) if lines else None
            return ship_order(ctx, order, [PackageContents("DHL", "T1", units)], elsewhere)

        return self.with_order(number, ship)

    def cancel(self, number: str) -> None:
        """Cancel an order."""
        self.with_order(number, lambda ctx, order: cancel_order(ctx, order, "by_hand"))

    def cancel_units(self, number: str, sku: str, units: int) -> None:
        """Cancel units of the first line with this SKU."""

        def cancel(ctx: Context, order: Order) -> None:
            line = next(line for line in order.lines if line.sku == sku)
            cancel_units(ctx, line, units, "by_hand")

        self.with_order(number, cancel)

    def move_to(self, number: str, status: str) -> None:
        """Move an order to another status."""
        self.with_order(number, lambda ctx, order: change_status(ctx, order, status, "by hand"))

    def order(self, number: str) -> Order:
        """The order, its lines and history loaded."""

        def find(ctx: Context) -> Order:
            order = get_order(ctx.session, number)
            list(order.lines), list(order.history), list(order.charges)
            return order

        return self.read(find)

    def stock_of(self, sku: str) -> Stock:
        """On hand, reserved and available."""

        def look(ctx: Context) -> Stock:
            product_id = get_product(ctx.session, sku).id
            return stock_of(ctx.session, [product_id])[product_id]

        return self.read(look)
