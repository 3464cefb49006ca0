"""Orders to try a plugin with, placed as any order is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.application import LiveApplication
from core.commerce.customers import GUEST, Buyer
from core.commerce.orders import DraftCharge, DraftLine, OrderDraft, place_order
from core.commerce.stores import DEFAULT_STORE, get_store


def make_order(live: LiveApplication, **changes: Any) -> str:
    """Place an order of one MUG at 10.00 EUR, for a guest; its number.

    `changes` are fields of `core.commerce.orders.OrderDraft`. Raises what `place_order` raises, so
    OrderRefused if a plugin has a complaint. `run_jobs` then tells plugins of the order.
    """
    price = Decimal("10.00")
    with live.current().writing("testing") as ctx:
        draft = OrderDraft(
            store=get_store(ctx.session, DEFAULT_STORE),
            status="processing",
            currency="EUR",
            placed_at=ctx.clock.now(),
            lines=(DraftLine("MUG", "A mug", 1, unit_price=price, charges=(DraftCharge("item", price),)),),
            customer_policy=GUEST,
            buyer=Buyer("Ada Example", "ada@example.com"),
        )
        return place_order(ctx, replace(draft, **changes)).order.number
