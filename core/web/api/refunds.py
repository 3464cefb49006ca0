"""`/orders/{number}/refunds`: money back."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import ValidationError, fields, validate, validates_schema

from core.commerce.inventory import MOST_UNITS
from core.commerce.orders import Order, get_order, lock_order
from core.commerce.refunds import Wanted, list_refunds, refund_of_units, refund_order
from core.context import Context
from core.errors import NotFound
from core.web.api.access import reading
from core.web.api.answering import answer
from core.web.api.documenting import Gives, Noun, page_of
from core.web.api.fields import Body, MoneyBody, Text, Whole, money_of
from core.web.api.repeating import Made, do_once
from core.web.schemas import RefundSchema

refunds = Noun("refunds", __name__, description="Money given back.")


class RefundedLineBody(Body):
    """Units of one SKU, at what was charged for them."""

    sku = Text(1, 128, required=True)
    quantity = Whole(1, MOST_UNITS, required=True)


class RefundBody(Body):
    """How much, and why. Without `amount` and `lines` it is all that has not been given back yet."""

    reason = Text(
        1, 80, required=True, metadata={"description": "One that the order's channel accepts, by its code."}
    )
    amount = fields.Nested(MoneyBody, metadata={"description": "Of the order as a whole."})
    lines = fields.List(fields.Nested(RefundedLineBody), validate=validate.Length(1, 1000))

    @validates_schema
    def check_one_of(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two."""
        if "amount" in data and "lines" in data:
            raise ValidationError("This is either an amount or lines, not both.", "lines")


@refunds.operation("GET", "/orders/<segment:number>/refunds", "orders:read", Gives(page_of(RefundSchema)))
def list_refunds_of(number: str) -> Response:
    """List an order's refunds, the oldest first, all on one page."""
    with reading() as ctx:
        found = list_refunds(ctx.session, get_order(ctx.session, number).id)
        return answer({"items": RefundSchema(many=True).dump(found), "next_cursor": None})


@refunds.operation(
    "GET", "/orders/<segment:number>/refunds/<whole:refund_id>", "orders:read", Gives(RefundSchema)
)
def read_refund(number: str, refund_id: int) -> Response:
    """Read one refund of an order."""
    with reading() as ctx:
        for found in list_refunds(ctx.session, get_order(ctx.session, number).id):
            if found.id == refund_id:
                return answer(dict(RefundSchema().dump(found)))
    raise NotFound(f"order {number} has no refund {refund_id}")


@refunds.operation("POST", "/orders/<segment:number>/refunds", "orders:write", Gives(RefundSchema, 201))
@refunds.reads_body(RefundBody)
def refund(body: dict[str, Any], number: str) -> Response:
    """Give money back: an amount, what was charged for some units, or all that is left.

    A channel that was paid is told. Refused (409) where nothing can be refunded, and (422) for more than
    was charged, or for a reason that the channel does not accept.
    """

    def work(ctx: Context) -> Made:
        order = lock_order(ctx.session, get_order(ctx.session, number).id)
        made = refund_order(ctx, order, _wanted(ctx, order, body), body["reason"])
        address = url_for("refunds.read_refund", number=number, refund_id=made.id)
        return Made(dict(RefundSchema().dump(made)), address)

    return do_once(work)


def _wanted(ctx: Context, order: Order, body: dict[str, Any]) -> Wanted:
    if "amount" in body:
        return money_of(body["amount"], "amount")
    if "lines" in body:
        units = [(line["sku"], line["quantity"]) for line in body["lines"]]
        return refund_of_units(ctx.session, order, units)
    return None
