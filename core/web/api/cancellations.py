"""`/orders/{number}/cancellations`, `/holds` and `/releases`: what is to happen to an order instead."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields, validate

from core.commerce.orders import cancel_order, get_order, hold_order, release_order
from core.context import Context
from core.web.api.access import document_of
from core.web.api.documenting import Gives, Noun
from core.web.api.fields import Body, Text
from core.web.api.repeating import Made, do_once
from core.web.schemas import OrderSchema

CANCELED, ASKED = "canceled", "asked"
cancellations = Noun(
    "cancellations", __name__, description="Canceling an order, holding it back, letting it go on."
)


class CancellationBody(Body):
    """Why."""

    reason = Text(
        1, 80, required=True, metadata={"description": "One that the order's channel accepts, by its code."}
    )


class HoldBody(Body):
    """Why."""

    reason = Text(1, 80, load_default="held by hand", metadata={"description": "Without personal data."})


class ReleaseBody(Body):
    """Why."""

    reason = Text(
        1, 80, load_default="released by hand", metadata={"description": "Without personal data."}
    )


class CancellationSchema(Schema):
    """What came of it. `asked`: the order is held until its channel has answered."""

    number = fields.String()
    status = fields.String(metadata={"description": "Of the order, now."})
    state = fields.String(validate=validate.OneOf((CANCELED, ASKED)))
    reason = fields.String()


@cancellations.operation(
    "POST", "/orders/<segment:number>/cancellations", "orders:write", Gives(CancellationSchema, 201)
)
@cancellations.reads_body(CancellationBody)
def cancel(body: dict[str, Any], number: str) -> Response:
    """Cancel all of an order.

    An order of the shop's own is canceled at once. One of a channel is held while the channel is asked,
    and the channel's answer decides. Refused (409) once a part has left, and (422) for a reason that the
    channel does not accept; the answer then lists those that it does.
    """

    def work(ctx: Context) -> Made:
        order = get_order(ctx.session, number)
        is_canceled = cancel_order(ctx, order, body["reason"])
        document = {
            "number": order.number,
            "status": order.status,
            "state": CANCELED if is_canceled else ASKED,
            "reason": body["reason"],
        }
        return Made(document, _address(number))

    return do_once(work)


@cancellations.operation("POST", "/orders/<segment:number>/holds", "orders:write", Gives(OrderSchema, 201))
@cancellations.reads_body(HoldBody, required=False)
def hold(body: dict[str, Any], number: str) -> Response:
    """Hold an order back: nobody packs it until it is released. Refused (409) if it is held already."""

    def work(ctx: Context) -> Made:
        order = get_order(ctx.session, number)
        hold_order(ctx, order, body["reason"])
        return Made(document_of(OrderSchema, order), _address(number))

    return do_once(work)


@cancellations.operation(
    "POST", "/orders/<segment:number>/releases", "orders:write", Gives(OrderSchema, 201)
)
@cancellations.reads_body(ReleaseBody, required=False)
def release(body: dict[str, Any], number: str) -> Response:
    """Let an order that is on hold go on with the status that it had before. Refused (409) if it is not."""

    def work(ctx: Context) -> Made:
        order = get_order(ctx.session, number)
        release_order(ctx, order, body["reason"])
        return Made(document_of(OrderSchema, order), _address(number))

    return do_once(work)


def _address(number: str) -> str:
    return url_for("orders.read_order", number=number)
