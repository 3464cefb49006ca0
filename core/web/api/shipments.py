"""`/orders/{number}/shipments`: what has left, and telling that it has."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import fields, validate

from core.commerce.inventory import MOST_UNITS
from core.commerce.orders import Order, get_order, lock_order
from core.commerce.shipments import PackageContents, Shipment, list_shipments, ship_order, units_by_sku
from core.context import Context
from core.errors import NotFound
from core.web.api.access import reading
from core.web.api.answering import answer
from core.web.api.documenting import Gives, Noun, page_of
from core.web.api.fields import Body, Text, Whole
from core.web.api.repeating import Made, do_once
from core.web.schemas import ShipmentSchema

MOST_PACKAGES = 100
shipments = Noun("shipments", __name__, description="What has left together, in packages.")


class PackedLineBody(Body):
    """Units of one SKU in a package."""

    sku = Text(1, 128, required=True)
    quantity = Whole(1, MOST_UNITS, required=True)


class PackageBody(Body):
    """A package that has left. Without `lines` it holds all that was left to ship."""

    carrier = Text(1, 80, required=True, metadata={"example": "DHL"})
    tracking_number = Text(1, 120, required=True, metadata={"example": "00340434161094042557"})
    shipping_method = Text(1, 80, metadata={"example": "Paket"})
    lines = fields.List(fields.Nested(PackedLineBody), validate=validate.Length(1, 1000))


class ShipmentBody(Body):
    """What has left together."""

    packages = fields.List(
        fields.Nested(PackageBody), required=True, validate=validate.Length(1, MOST_PACKAGES)
    )


@shipments.operation(
    "GET", "/orders/<segment:number>/shipments", "orders:read", Gives(page_of(ShipmentSchema))
)
def list_shipments_of(number: str) -> Response:
    """List an order's shipments, the oldest first, all on one page."""
    with reading() as ctx:
        found = list_shipments(ctx.session, get_order(ctx.session, number).id)
        return answer({"items": ShipmentSchema(many=True).dump(found), "next_cursor": None})


@shipments.operation(
    "GET", "/orders/<segment:number>/shipments/<whole:shipment_id>", "orders:read", Gives(ShipmentSchema)
)
def read_shipment(number: str, shipment_id: int) -> Response:
    """Read one shipment of an order."""
    with reading() as ctx:
        for found in list_shipments(ctx.session, get_order(ctx.session, number).id):
            if found.id == shipment_id:
                return answer(dict(ShipmentSchema().dump(found)))
    raise NotFound(f"order {number} has no shipment {shipment_id}")


@shipments.operation(
    "POST", "/orders/<segment:number>/shipments", "shipments:write", Gives(ShipmentSchema, 201)
)
@shipments.reads_body(ShipmentBody)
def ship(body: dict[str, Any], number: str) -> Response:
    """Tell that packages have left.

    The channel is told of them, stock goes down, and the order is complete once nothing is left to ship. A
    package without `lines` holds all that is left. Refused (409) for an order that is on hold or ended, and
    (422) for units that are not left to ship.
    """

    def work(ctx: Context) -> Made:
        order = lock_order(ctx.session, get_order(ctx.session, number).id)
        shipment = ship_order(ctx, order, _contents(order, body["packages"]))
        return Made(dict(ShipmentSchema().dump(shipment)), _address(number, shipment))

    return do_once(work)


def _contents(order: Order, packages: list[dict[str, Any]]) -> list[PackageContents]:
    """The packages, their units spread over the order's lines, none counted twice."""
    taken: dict[int, int] = {}
    contents = []
    for package in packages:
        units = None
        if "lines" in package:
            wanted = [(line["sku"], line["quantity"]) for line in package["lines"]]
            units = units_by_sku(order, wanted, taken)
            for line, quantity in units.items():
                taken[line] = taken.get(line, 0) + quantity
        contents.append(
            PackageContents(
                package["carrier"], package["tracking_number"], units, package.get("shipping_method")
            )
        )
    return contents


def _address(number: str, shipment: Shipment) -> str:
    return url_for("shipments.read_shipment", number=number, shipment_id=shipment.id)
