"""`/channel-orders`: orders as the marketplaces have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response
from marshmallow import fields

from core.channels.channel_orders import ChannelOrder, has_reserved
from core.channels.explaining import explain_order
from core.channels.orders_tab import TabQuery, reserved_among
from core.context import Context
from core.errors import NotFound
from core.web.api.access import document_of, may_see_persons, reading
from core.web.api.answering import Document, answer
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import Text, YesNoInQuery
from core.web.api.listing import answer_page, page_of_channel_orders
from core.web.schemas import ChannelOrderSchema

channel_orders = Noun("channel-orders", __name__, description="Orders as the marketplaces have them.")


class ChannelOrdersQuery(PageQuery):
    """Which channel orders."""

    channel = Text(1, 40, metadata={"description": "The key of the channel, for example `amazon`."})
    pending = YesNoInQuery(
        load_default=False, metadata={"description": "Also those that the channel has not released yet."}
    )


class ExplainedChannelOrderSchema(ChannelOrderSchema):
    """A channel order, and why an order was or was not created for it."""

    why = fields.String()


@channel_orders.operation(
    "GET", "/channel-orders", "channel_orders:read", Gives(page_of(ChannelOrderSchema))
)
@channel_orders.reads_query(ChannelOrdersQuery)
def list_channel_orders(query: dict[str, Any]) -> Response:
    """List the orders of the channels, the newest purchase first."""
    wanted = TabQuery(query.get("channel"), query["pending"], with_buyers=may_see_persons())

    def write(ctx: Context, rows: Sequence[ChannelOrder]) -> list[Document]:
        reserved = reserved_among(ctx.session, rows)
        return [document_of(ChannelOrderSchema, row, reserved=reserved) for row in rows]

    return answer_page(
        "channel-orders", query, lambda ctx, asked: page_of_channel_orders(ctx, wanted, asked), write
    )


@channel_orders.operation(
    "GET",
    "/channel-orders/<segment:account>/<segment:external_id>",
    "channel_orders:read",
    Gives(ExplainedChannelOrderSchema),
)
def read_channel_order(account: str, external_id: str) -> Response:
    """Read a channel order by the name of its account and the channel's own number."""
    with reading() as ctx:
        for found in explain_order(ctx.session, external_id):
            row = found.channel_order
            if found.account == account and row is not None:
                reserved = {row.id} if has_reserved(ctx.session, row) else set()
                document = document_of(ChannelOrderSchema, row, reserved=reserved)
                return answer(document | {"why": found.answer})
    raise NotFound(f"the account {account!r} has no order {external_id!r}")
