"""Stock as somebody else tells it: counted or changed, at a location, as of a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commerce.catalog import Product
from core.commerce.inventory import (
    DEFAULT_LOCATION,
    MOST_UNITS,
    Location,
    StockLevel,
    levels_at,
    lock_stock,
    move_stock,
)
from core.commerce.locations import list_locations
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState, shorten

#: A clock over there may be ahead of ours by so much; what comes later would keep later values out.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class StockReport:
    """What is told of one product's stock.

    on_hand    how many there are, or
    change     by how many it has changed: one of both
    location   where, by its code; None for all locations together
    as_of      when that was so; None for now, which is never stale
    """

    on_hand: int | None = None
    change: int | None = None
    location: str | None = None
    as_of: datetime | None = None


def report_stock(ctx: Context, product: Product, report: StockReport, reason: str, reference: str) -> None:
    """Move the stock to what is told, or by it.

    Each count is remembered with its time. What is told as of an earlier time than that of the last count
    is stale: an older count is wrong by now, and an older change is in the count already. Raises WrongState
    for that, NotFound for a location that there is not, InvalidValue for units that cannot be.
    """
    if (report.on_hand is None) == (report.change is None):
        raise InvalidValue(f"stock of {product.sku} is told as units on hand or as a change: one of both")
    code = DEFAULT_LOCATION if report.location is None else report.location
    _check_location(ctx.session, code)
    lock_stock(ctx.session, [product.id])
    levels = _levels_of(ctx.session, product.id)
    concerned = [level for at, level in levels if report.location in (None, at)]
    _check_time(ctx, product, report, concerned)
    there = sum(level.on_hand for level in concerned)
    target = report.on_hand if report.change is None else there + report.change
    if target is None or not 0 <= target <= MOST_UNITS:
        why = f"{target} units would be on hand of {product.sku}: it is a number from 0 to {MOST_UNITS}"
        raise InvalidValue(why, {"on_hand" if report.change is None else "change": [why]})
    move_stock(ctx, {product.id: target - there}, reason, reference, code)
    if report.on_hand is not None:
        levels_at(ctx, [product.id], code)[product.id].counted_at = report.as_of or ctx.clock.now()
        ctx.session.flush()


def _check_location(session: Session, code: str) -> None:
    codes = [location.code for location in list_locations(session)]
    if code not in codes:
        raise NotFound(f"there is no location {shorten(code)!r}; there are: {', '.join(codes)}")


def _levels_of(session: Session, product_id: int) -> list[tuple[str, StockLevel]]:
    """The levels of a product with the code of where they are, as they are now."""
    rows = session.execute(
        select(Location.code, StockLevel)
        .join(Location, Location.id == StockLevel.location_id)
        .where(StockLevel.product_id == product_id)
        .execution_options(populate_existing=True)
    )
    return [(code, level) for code, level in rows]


def _check_time(ctx: Context, product: Product, report: StockReport, levels: Sequence[StockLevel]) -> None:
    if report.as_of is None:
        return
    if report.as_of > ctx.clock.now() + _AHEAD:
        raise InvalidValue(
            f"stock of {product.sku} cannot be told as of {report.as_of.isoformat()}: that is yet to come"
        )
    known = max((level.counted_at for level in levels if level.counted_at), default=None)
    if known is not None and report.as_of < known:
        raise WrongState(
            f"stock of {product.sku} is known as of {known.isoformat()}: what was told as of "
            f"{report.as_of.isoformat()} is stale"
        )
