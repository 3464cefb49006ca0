"""`/products`: what is sold."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import fields

from core.commerce.catalog import (
    MAX_NAME,
    MAX_SKU,
    ProductChanges,
    create_product,
    edit_product,
    get_product,
)
from core.context import Context
from core.database.holding import hold
from core.money import Money
from core.web.api.access import document_of, reading, writing
from core.web.api.answering import answer, check_unchanged
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import Body, MoneyBody, Text, YesNo, money_of
from core.web.api.listing import answer_page, each_as, page_of_products
from core.web.api.repeating import Made, do_once
from core.web.schemas import ProductSchema

products = Noun("products", __name__, description="What is sold, by SKU.")


class ProductBody(Body):
    """What can be said of a product."""

    name = Text(1, MAX_NAME)
    price = fields.Nested(MoneyBody, allow_none=True)
    managed = YesNo(metadata={"description": "Whether its stock is counted."})
    enabled = YesNo(metadata={"description": "Whether it is offered."})


class NewProductBody(ProductBody):
    """A product to be. Without a name it is named by its SKU."""

    sku = Text(1, MAX_SKU, required=True)


@products.operation("GET", "/products", "catalog:read", Gives(page_of(ProductSchema)))
@products.reads_query(PageQuery)
def list_products(query: dict[str, Any]) -> Response:
    """List products by SKU."""
    return answer_page("products", query, page_of_products, each_as(ProductSchema))


@products.operation("GET", "/products/<segment:sku>", "catalog:read", Gives(ProductSchema))
def read_product(sku: str) -> Response:
    """Read a product."""
    with reading() as ctx:
        return answer(document_of(ProductSchema, get_product(ctx.session, sku)))


@products.operation("POST", "/products", "catalog:write", Gives(ProductSchema, 201))
@products.reads_body(NewProductBody)
def add_product(body: dict[str, Any]) -> Response:
    """Add a product, with nothing on hand.

    Channel orders that waited for its SKU are tried again. Refused (409) if there is one with the SKU.
    """

    def work(ctx: Context) -> Made:
        product = create_product(
            ctx,
            body["sku"],
            body.get("name") or body["sku"],
            money_of(body["price"], "price") if body.get("price") else None,
            is_managed=body.get("managed", True),
            is_enabled=body.get("enabled", True),
        )
        address = url_for("products.read_product", sku=product.sku)
        return Made(document_of(ProductSchema, product), address)

    return do_once(work)


@products.operation("PATCH", "/products/<segment:sku>", "catalog:write", Gives(ProductSchema))
@products.reads_body(ProductBody)
def change_product(body: dict[str, Any], sku: str) -> Response:
    """Change what is sent of a product; a price of null takes the price away."""
    with writing() as ctx:
        product = get_product(ctx.session, sku)
        hold(ctx.session, product)
        check_unchanged(document_of(ProductSchema, product))
        price = None
        if "price" not in body and product.price is not None and product.currency is not None:
            price = Money(product.price, product.currency)
        elif body.get("price"):
            price = money_of(body["price"], "price")
        changes = ProductChanges(
            name=body.get("name", product.name),
            price=price,
            is_managed=body.get("managed", product.is_managed),
            is_enabled=body.get("enabled", product.is_enabled),
        )
        edit_product(ctx, product, changes)
        return answer(document_of(ProductSchema, product))
