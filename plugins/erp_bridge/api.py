"""`/pickup/{consumer}`: orders for an ERP, leased until they are acknowledged, rejected or given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields, validate

from core.commerce.orders import get_order
from core.context import Context
from core.errors import InvalidValue
from core.web.api.access import document_of, reading, writing
from core.web.api.answering import answer
from core.web.api.documenting import Gives, Noun
from core.web.api.fields import Body, Each, Misfit, Text, Whole, WholeInQuery
from core.web.api.repeating import Made, do_once
from core.web.schemas import OrderSchema
from plugins.erp_bridge import pickups
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.models import Consumer
from plugins.erp_bridge.panels import pickups_of
from plugins.erp_bridge.pickups import (
    MOST,
    REASON_LENGTH,
    REFERENCE_LENGTH,
    Answered,
    lease,
    orders_of,
)

resources = Noun("pickup", __name__, description="Orders for those who pick them up, each once.")
_MOST_IDS = 10**15
#: An item of an answer as its schema has read it.
Item = dict[str, Any]
Work = Callable[[Context, Consumer, Sequence[Item]], Sequence[Answered]]


class PickupQuery(Schema):
    """How many."""

    limit = WholeInQuery(1, MOST, load_default=50, metadata={"description": "At most so many."})


class PickupSchema(Schema):
    """One thing that was handed out."""

    id = fields.Integer(metadata={"description": "What an answer names it by."})
    event = fields.String(metadata={"description": "`order.created` or `order.canceled`."})
    idempotency_key = fields.String(metadata={"description": "The same however often it is handed out."})
    lease_until = fields.DateTime(metadata={"description": "Without an answer it is offered again then."})
    order = fields.Nested(OrderSchema, metadata={"description": "As `GET /orders/{number}` gives it."})


class PickupsSchema(Schema):
    """What was handed out."""

    items = fields.List(fields.Nested(PickupSchema))


class AcknowledgedBody(Body):
    """One thing that the consumer has now."""

    id = Whole(1, _MOST_IDS, required=True)
    reference = Text(
        1, REFERENCE_LENGTH, required=True, metadata={"description": "What the consumer calls it."}
    )


class RejectedBody(Body):
    """One thing that the consumer will not take."""

    id = Whole(1, _MOST_IDS, required=True)
    reason = Text(
        1,
        REASON_LENGTH,
        required=True,
        metadata={"description": "Why, for people. Whoever may see the order reads it: no personal data."},
    )


class ReleasedBody(Body):
    """One thing that the consumer gives back."""

    id = Whole(1, _MOST_IDS, required=True)


def _items_of(item: type[Schema]) -> type[Schema]:
    items = fields.List(Each(item), required=True, validate=validate.Length(1, MOST))
    return Body.from_dict({"items": items}, name=f"{item.__name__.removesuffix('Body')}ItemsBody")


class RefusalSchema(Schema):
    """Why one answer was refused."""

    code = fields.String(metadata={"description": "`not_found`, `wrong_state` or `invalid_value`."})
    detail = fields.String(metadata={"description": "One sentence for people."})


class AnsweredSchema(Schema):
    """What came of one answer."""

    id = fields.Integer(
        allow_none=True, metadata={"description": "As it was sent; null if that was no whole number."}
    )
    state = fields.String(
        allow_none=True,
        metadata={"description": "Where it is now; null: there is no such id, or the item does not fit."},
    )
    reference = fields.String(allow_none=True)
    error = fields.Nested(
        RefusalSchema, allow_none=True, metadata={"description": "Null: it was done, now or before."}
    )


class AnsweredItemsSchema(Schema):
    """A result for each answer, in the same order."""

    items = fields.List(fields.Nested(AnsweredSchema))


class PickedUpSchema(Schema):
    """How one consumer stands with an order."""

    consumer = fields.String(attribute="consumer.name", metadata={"description": "Its name."})
    event = fields.String(metadata={"description": "`order.created` or `order.canceled`."})
    state = fields.String(
        metadata={"description": "`waiting`, `held`, `leased`, `acknowledged`, `rejected` or `withdrawn`."}
    )
    reference = fields.String(
        allow_none=True, metadata={"description": "What the consumer calls the order, if it has said so."}
    )
    reason = fields.String(allow_none=True, metadata={"description": "Why it was rejected."})
    changed_at = fields.DateTime(metadata={"description": "Since when it is in this state."})


class PickedUpItemsSchema(Schema):
    """How every consumer stands with an order."""

    items = fields.List(fields.Nested(PickedUpSchema))


@resources.operation("GET", "/orders/<segment:number>/pickups", "orders:read", Gives(PickedUpItemsSchema))
def read_pickups(number: str) -> Response:
    """Read who picked an order up, when, and under which reference.

    One item for each consumer and event, also while it only waits; none if no consumer wants the order.
    """
    with reading() as ctx:
        found = pickups_of(ctx.session, get_order(ctx.session, number))
        return answer({"items": PickedUpSchema(many=True).dump(found)})


@resources.operation(
    "GET", "/pickup/<segment:consumer>", "pickup:<consumer>", Gives(PickupsSchema, problems=(409,))
)
@resources.reads_query(PickupQuery)
def pick_up(query: dict[str, Any], consumer: str) -> Response:
    """Lease what waits, the oldest first.

    What is leased is offered to nobody else until `lease_until`. Acknowledge it once it is booked; whatever
    is not answered comes again, with the same `idempotency_key`. An empty list: nothing waits now. An order
    that is on hold comes when it is released, one that is canceled before it was picked up never does, and
    one that is canceled after that is told as `order.canceled`. Refused (409) while the consumer is paused.
    """
    if request.method == "HEAD":  # whoever sees no body must not have taken anything
        with reading() as ctx:
            get_consumer(ctx.session, consumer)
        return answer({"items": []})
    with writing() as ctx:
        leased = lease(ctx, get_consumer(ctx.session, consumer), query["limit"])
    with reading() as ctx:
        orders = orders_of(ctx, leased)
        items = PickupSchema(exclude=["order"], many=True).dump(leased)
        for item, one in zip(items, leased, strict=True):
            item["order"] = document_of(OrderSchema, orders[one.order_id])
        return answer({"items": items})


@resources.operation(
    "POST", "/pickup/<segment:consumer>/ack", "pickup:<consumer>", Gives(AnsweredItemsSchema)
)
@resources.reads_body(_items_of(AcknowledgedBody))
def acknowledge(body: dict[str, Any], consumer: str) -> Response:
    """Say what is booked, and under which references.

    Each item is answered by itself: one that does not fit has an error, and holds up no other.
    It counts after the lease has run out too, and the same once more is a success. Refused for what is
    acknowledged under another reference, which is then given.
    """

    def work(ctx: Context, found: Consumer, items: Sequence[Item]) -> Sequence[Answered]:
        return pickups.acknowledge(ctx, found, [(item["id"], item["reference"]) for item in items])

    return _settle(consumer, body["items"], work)


@resources.operation(
    "POST", "/pickup/<segment:consumer>/reject", "pickup:<consumer>", Gives(AnsweredItemsSchema)
)
@resources.reads_body(_items_of(RejectedBody))
def reject(body: dict[str, Any], consumer: str) -> Response:
    """Say what will not be taken, and why: an operator sees it, and can have it handed out again."""

    def work(ctx: Context, found: Consumer, items: Sequence[Item]) -> Sequence[Answered]:
        return pickups.reject(ctx, found, [(item["id"], item["reason"]) for item in items])

    return _settle(consumer, body["items"], work)


@resources.operation(
    "POST", "/pickup/<segment:consumer>/release", "pickup:<consumer>", Gives(AnsweredItemsSchema)
)
@resources.reads_body(_items_of(ReleasedBody))
def release(body: dict[str, Any], consumer: str) -> Response:
    """Give back what cannot be booked now: it waits again, for whoever comes next."""

    def work(ctx: Context, found: Consumer, items: Sequence[Item]) -> Sequence[Answered]:
        return pickups.release(ctx, found, [item["id"] for item in items])

    return _settle(consumer, body["items"], work)


def _settle(name: str, items: Sequence[Item | Misfit], work: Work) -> Response:
    """Have the items that fit settled; each has a result, in the order in which they came."""

    def make(ctx: Context) -> Made:
        consumer = get_consumer(ctx.session, name)
        settled = iter(work(ctx, consumer, [item for item in items if not isinstance(item, Misfit)]))
        results = [_misfit(item) if isinstance(item, Misfit) else _result(next(settled)) for item in items]
        return Made({"items": results}, status=200)

    return do_once(make)


def _misfit(item: Misfit) -> dict[str, Any]:
    error = {"code": InvalidValue.code, "detail": item.why}
    return {"id": item.id, "state": None, "reference": None, "error": error}


def _result(one: Answered) -> dict[str, Any]:
    error = None if one.error is None else {"code": one.code, "detail": one.error}
    return {"id": one.id, "state": one.state, "reference": one.reference, "error": error}
