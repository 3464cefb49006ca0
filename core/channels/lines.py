"""A channel order's lines against the catalog: which products they are, and whether there is stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.channels.channel_orders import ChannelOrder
from core.channels.listing import SHIPPED, ListedLine, ListedOrder
from core.channels.order_settings import OrderSettings
from core.channels.trace import add_trace
from core.commerce.catalog import MAX_SKU, Product, create_product, find_products, get_product
from core.commerce.inventory import available, lock_stock
from core.context import Context
from core.errors import AlreadyExists, EntrepotError, InvalidValue
from core.money import Money


class Blocked(EntrepotError):
    """This channel order cannot become an order now; `code` and `data` are those of the trace.

    waits_for    SKUs whose appearance or stock would change that
    decided_by   the setting that decided it
    """

    def __init__(
        self,
        code: str,
        *,
        decided_by: str | None = None,
        waits_for: tuple[str, ...] = (),
        **data: str,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.decided_by = decided_by
        self.waits_for = waits_for
        self.data = data


@dataclass(frozen=True)
class Lines:
    """The products of the lines, by the line's external id, and what is short of stock.

    short   by SKU, the units that are left to ship and those that are available
    """

    products: Mapping[str, Product | None]
    short: Mapping[str, tuple[int, int]]

    @property
    def short_skus(self) -> tuple[str, ...]:
        """The SKUs that are short of stock."""
        return tuple(sorted(self.short))


def match_lines(ctx: Context, row: ChannelOrder, listed: ListedOrder, settings: OrderSettings) -> Lines:
    """Find the product of every line, creating it where the settings say so. Raises Blocked."""
    known = find_products(ctx.session, [line.sku for line in listed.lines if line.sku])
    unknown = [line for line in listed.lines if line.sku not in known]
    where = f"{row.account.name}/{row.marketplace}"
    decided_by = f"unknown_sku = {settings.unknown_sku} ({where})"
    if unknown and settings.unknown_sku == "block":
        skus = tuple(sorted({line.sku for line in unknown if line.sku}))
        if not skus:
            raise Blocked("no_sku", decided_by=decided_by)
        if long := [sku for sku in skus if len(sku) > MAX_SKU]:
            raise Blocked("bad_sku", decided_by=decided_by, sku=_shorten(long[0]))
        raise Blocked("unknown_sku", decided_by=decided_by, waits_for=skus, skus=", ".join(skus))
    for line in unknown:
        if line.sku and line.sku not in known:
            known[line.sku] = _create_disabled(ctx, row, listed, line, decided_by)
    products = {line.external_id: known.get(line.sku or "") for line in listed.lines}
    return Lines(products, _short(ctx, row, listed, products))


def _shorten(sku: str) -> str:
    """As much of a SKU as a person needs to find it."""
    return sku if len(sku) <= MAX_SKU else f"{sku[:MAX_SKU]}…"


def left_to_ship(listed: ListedOrder, line: ListedLine) -> int:
    """Units of a line that have not left, by what the channel says."""
    if listed.status == SHIPPED:
        return 0
    packed = sum(
        units for package in listed.packages if not package.is_canceled
        for packed_line, units in package.lines if packed_line == line.external_id
    )  # fmt: skip
    return max(line.quantity - max(line.quantity_shipped, packed), 0)


def _create_disabled(
    ctx: Context, row: ChannelOrder, listed: ListedOrder, line: ListedLine, decided_by: str
) -> Product:
    price = None
    if line.unit_price is not None and listed.currency:
        price = Money(line.unit_price, listed.currency)
    sku = line.sku or line.external_id
    try:
        product = create_product(ctx, sku, line.name or sku, price, is_managed=False, is_enabled=False)
    except AlreadyExists:  # another process has created it since we looked
        return get_product(ctx.session, sku)
    except InvalidValue as error:
        raise Blocked("bad_sku", decided_by=decided_by, sku=_shorten(sku)) from error
    add_trace(ctx, row.trace_key, "product_created", decided_by, sku=product.sku)
    return product


def _short(
    ctx: Context,
    row: ChannelOrder,
    listed: ListedOrder,
    products: Mapping[str, Product | None],
) -> dict[str, tuple[int, int]]:
    wanted: dict[int, int] = {}
    skus: dict[int, str] = {}
    for line in listed.lines:
        product = products[line.external_id]
        if product is not None and product.is_managed:
            wanted[product.id] = wanted.get(product.id, 0) + left_to_ship(listed, line)
            skus[product.id] = product.sku
    lock_stock(ctx.session, wanted)
    there_are = {product: available(ctx.session, product, row.holder) for product in wanted}
    return {
        skus[product]: (units, there_are[product])
        for product, units in wanted.items()
        if units and units > there_are[product]
    }
