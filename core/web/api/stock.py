"""`/stock` and `/products/{sku}/stock`: how much there is of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from core.commerce.catalog import Product, get_product
from core.commerce.inventory import MOST_UNITS, lock_stock, stock_of
from core.commerce.stock_reports import StockReport, report_stock
from core.context import Context
from core.web.api.access import reading, writing
from core.web.api.answering import Document, answer, check_unchanged
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import Body, Moment, Text, Whole
from core.web.api.listing import answer_page, page_of_products
from core.web.api.repeating import Made, do_once
from core.web.schemas import StockSchema

stock = Noun("stock", __name__, description="Units on hand, reserved and available.")
_REASON = {"description": "A word for the history of the stock, for example `received`."}


class _ReportBody(Body):
    """Where and when."""

    location = Text(1, 32, metadata={"description": "By its code; without it, of all locations together."})
    as_of = Moment(
        metadata={
            "description": "When that was so. Refused (409) if the stock was counted later than that, so "
            "that it is stale. Without it, it is so now."
        }
    )


class CountBody(_ReportBody):
    """What was counted."""

    on_hand = Whole(0, MOST_UNITS, required=True)
    note = Text(1, 80, metadata={"description": "For the history of the stock."})


class MoveBody(_ReportBody):
    """By how much it has changed."""

    change = Whole(
        -MOST_UNITS,
        MOST_UNITS,
        required=True,
        metadata={"description": "Units that came (positive) or left (negative)."},
    )
    reason = Text(1, 80, required=True, metadata=_REASON)


@stock.operation("GET", "/stock", "stock:read", Gives(page_of(StockSchema)))
@stock.reads_query(PageQuery)
def list_stock(query: dict[str, Any]) -> Response:
    """List the stock of every product, by SKU."""
    return answer_page("stock", query, page_of_products, _documents)


@stock.operation("GET", "/products/<segment:sku>/stock", "stock:read", Gives(StockSchema))
def read_stock(sku: str) -> Response:
    """Read the stock of one product."""
    with reading() as ctx:
        return answer(_document(ctx, get_product(ctx.session, sku)))


@stock.operation("PUT", "/products/<segment:sku>/stock", "stock:write", Gives(StockSchema))
@stock.reads_body(CountBody)
def count_stock(body: dict[str, Any], sku: str) -> Response:
    """Say how many units are on hand, after a count.

    What is reserved stays reserved, so what is available can become negative.
    """
    with writing() as ctx:
        product = get_product(ctx.session, sku)
        lock_stock(ctx.session, [product.id])
        check_unchanged(_document(ctx, product))
        report_stock(ctx, _report(sku, "counted", body), body.get("note", ""))
        return answer(_document(ctx, product))


@stock.operation("POST", "/products/<segment:sku>/stock", "stock:write", Gives(StockSchema, 200))
@stock.reads_body(MoveBody)
def move(body: dict[str, Any], sku: str) -> Response:
    """Say by how many units what is on hand has changed. Refused (422) if it would become negative."""

    def work(ctx: Context) -> Made:
        report_stock(ctx, _report(sku, body["reason"], body), "api")
        return Made(_document(ctx, get_product(ctx.session, sku)), status=200)

    return do_once(work)


def _report(sku: str, reason: str, body: dict[str, Any]) -> StockReport:
    told = {name: body[name] for name in ("on_hand", "change", "location", "as_of") if name in body}
    return StockReport(sku, reason, **told)


def _document(ctx: Context, product: Product) -> Document:
    return _documents(ctx, [product])[0]


def _documents(ctx: Context, products: Sequence[Product]) -> list[Document]:
    found = stock_of(ctx.session, [product.id for product in products])
    return [
        {
            "sku": product.sku,
            "on_hand": found[product.id].on_hand,
            "reserved": found[product.id].reserved,
            "available": found[product.id].available,
        }
        for product in products
    ]
