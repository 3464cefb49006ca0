"""What a new shop begins with: the store `default`, one location, the standard statuses."""

from __future__ import annotations

from core.commerce.inventory import DEFAULT_LOCATION, Location
from core.commerce.statuses import STANDARD, OrderStatus
from core.commerce.stores import DEFAULT_STORE, add_store
from core.context import Context


def seed_shop(ctx: Context) -> None:
    """Fill a new database; called once, when it is made."""
    add_store(ctx, DEFAULT_STORE, "Default store", "EUR", number_prefix="")
    ctx.session.add(Location(code=DEFAULT_LOCATION, name="Default location"))
    for code, label in STANDARD.items():
        ctx.session.add(OrderStatus(code=code, label=label, like=code))
    ctx.session.flush()
