"""Stock as somebody else tells it: counted or changed, at a location, as of a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.commerce.catalog import find_products, in_portions, no_product
from core.commerce.inventory import (
    DEFAULT_LOCATION,
    MOST_UNITS,
    Move,
    StockLevel,
    lock_stock,
    note_moves,
)
from core.commerce.locations import list_locations
from core.context import Context
from core.errors import InvalidValue, NotFound, Refused, WrongState, shorten

#: A clock over there may be ahead of ours by so much; what comes later would keep later values out.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class StockReport:
    """What is told of one product's stock.

    sku        of which product
    reason     a word for the history of the stock
    on_hand    how many there are, or
    change     by how many it has changed: one of both
    location   where, by its code; None for all locations together
    as_of      when that was so; None for now, which is never stale
    """

    sku: str
    reason: str
    on_hand: int | None = None
    change: int | None = None
    location: str | None = None
    as_of: datetime | None = None


def report_stock(ctx: Context, report: StockReport, reference: str) -> None:
    """Move the stock to what is told, or by it.

    Each count is remembered with its time. What is told as of an earlier time than that of the last count
    is stale: an older count is wrong by now, and an older change is in the count already. Raises WrongState
    for that, NotFound for a product or a location that there is not, InvalidValue for units that cannot be.
    """
    (refused,) = report_stocks(ctx, [report], reference)
    if refused is not None:
        raise refused


def report_stocks(ctx: Context, reports: Sequence[StockReport], reference: str) -> list[Refused | None]:
    """The same for many, one after the other, in a handful of statements.

    Gives for each why it was refused, which leaves the others alone; None: it is done.
    """
    shelves = _Shelves(ctx, {report.sku for report in reports})
    moves: list[Move] = []
    answers: list[Refused | None] = []
    for report in reports:
        try:
            moves += _carry_out(ctx, shelves, report, reference)
        except Refused as error:
            answers.append(error)
        else:
            answers.append(None)
    ctx.session.flush()
    note_moves(ctx, moves)
    return answers


class _Shelves:
    """Products, held until the end of the transaction, with their levels as they are now."""

    def __init__(self, ctx: Context, skus: Iterable[str]) -> None:
        self._session = ctx.session
        self._products = find_products(ctx.session, skus)
        self._locations = {location.code: location.id for location in list_locations(ctx.session)}
        ids = sorted(product.id for product in self._products.values())
        lock_stock(ctx.session, ids)
        self._levels: dict[int, dict[int, StockLevel]] = {product_id: {} for product_id in ids}
        for portion in in_portions(ids):
            wanted = select(StockLevel).where(StockLevel.product_id.in_(portion))
            for level in ctx.session.scalars(wanted.execution_options(populate_existing=True)):
                self._levels[level.product_id][level.location_id] = level

    def product(self, sku: str) -> int:
        """The id of a product. Raises NotFound."""
        if sku not in self._products:
            raise no_product(sku)
        return self._products[sku].id

    def location(self, code: str) -> int:
        """The id of a location. Raises NotFound."""
        if code not in self._locations:
            codes = ", ".join(self._locations)
            raise NotFound(f"there is no location {shorten(code)!r}; there are: {codes}")
        return self._locations[code]

    def at(self, product_id: int, location_id: int | None) -> list[StockLevel]:
        """The levels of a product at one location, or at all."""
        levels = self._levels[product_id]
        return [level for at, level in levels.items() if location_id in (None, at)]

    def level(self, product_id: int, location_id: int) -> StockLevel:
        """The level of a product at a location, which is made if it is the first."""
        levels = self._levels[product_id]
        if location_id not in levels:
            levels[location_id] = StockLevel(
                product_id=product_id, location_id=location_id, on_hand=0, reserved=0
            )
            self._session.add(levels[location_id])
        return levels[location_id]


def _carry_out(ctx: Context, shelves: _Shelves, report: StockReport, reference: str) -> list[Move]:
    if (report.on_hand is None) == (report.change is None):
        raise InvalidValue(f"stock of {report.sku} is told as units on hand or as a change: one of both")
    product_id = shelves.product(report.sku)
    location_id = shelves.location(DEFAULT_LOCATION if report.location is None else report.location)
    concerned = shelves.at(product_id, None if report.location is None else location_id)
    _check_time(ctx, report, concerned)
    there = sum(level.on_hand for level in concerned)
    target = report.on_hand if report.change is None else there + report.change
    if target is None or not 0 <= target <= MOST_UNITS:
        why = f"{target} units would be on hand of {report.sku}: it is a number from 0 to {MOST_UNITS}"
        raise InvalidValue(why, {"on_hand" if report.change is None else "change": [why]})
    if report.on_hand is not None:
        shelves.level(product_id, location_id).counted_at = report.as_of or ctx.clock.now()
    if target == there:
        return []
    shelves.level(product_id, location_id).on_hand += target - there
    return [Move(product_id, location_id, target - there, report.reason, reference)]


def _check_time(ctx: Context, report: StockReport, levels: Sequence[StockLevel]) -> None:
    if report.as_of is None:
        return
    if report.as_of > ctx.clock.now() + _AHEAD:
        raise InvalidValue(
            f"stock of {report.sku} cannot be told as of {report.as_of.isoformat()}: that is yet to come"
        )
    known = max((level.counted_at for level in levels if level.counted_at), default=None)
    if known is not None and report.as_of < known:
        raise WrongState(
            f"stock of {report.sku} is known as of {known.isoformat()}: what was told as of "
            f"{report.as_of.isoformat()} is stale"
        )
