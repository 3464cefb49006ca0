"""`/orders`: the orders themselves."""

from __future__ import annotations

from typing import Any

from flask import Response

from core.commerce.orders import get_order
from core.web.api.access import document_of, reading
from core.web.api.answering import answer
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import MomentInQuery, Text
from core.web.api.listing import OrderFilter, answer_page, each_as, page_of_orders
from core.web.schemas import OrderSchema

orders = Noun("orders", __name__, description="What was agreed with a buyer.")


class OrdersQuery(PageQuery):
    """Which orders."""

    status = Text(1, 32, metadata={"description": "Its code, for example `processing`."})
    channel = Text(1, 40, metadata={"description": "The key of the channel, for example `amazon`."})
    number = Text(1, 64, metadata={"description": "The order number, whole."})
    created_since = MomentInQuery(metadata={"description": "Written down here at that time or later."})


@orders.operation("GET", "/orders", "orders:read", Gives(page_of(OrderSchema)))
@orders.reads_query(OrdersQuery)
def list_orders(query: dict[str, Any]) -> Response:
    """List orders, the newest purchase first.

    Each is as it is read alone. To take over what is new, remember the latest `created_at` that you have
    and ask from there with `created_since`: then the newest here come first, and an order that you have
    already comes again.
    """
    wanted = OrderFilter(
        query.get("status"), query.get("channel"), query.get("number"), query.get("created_since")
    )
    return answer_page(
        "orders", query, lambda ctx, asked: page_of_orders(ctx, wanted, asked), each_as(OrderSchema)
    )


@orders.operation("GET", "/orders/<segment:number>", "orders:read", Gives(OrderSchema))
def read_order(number: str) -> Response:
    """Read an order with its lines, charges, addresses, shipments and history."""
    with reading() as ctx:
        return answer(document_of(OrderSchema, get_order(ctx.session, number)))
