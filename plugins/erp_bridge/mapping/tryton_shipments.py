"""Pure translation of a shipment of Tryton's into what has left of which order, in which packages.

The tracking number is `shipping_reference`, of the package and else of the shipment, which the module
`stock_package_shipping` adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import Refused
from plugins.erp_bridge.mapping.tryton import MARK, Choices, number_in
from plugins.erp_bridge.outlets import PackedLine, ReturnedPackage, ShippedBack

Record = Mapping[str, Any]


def shipped_orders(shipment: Record, choices: Choices, default_carrier: str) -> list[ShippedBack]:
    """What left of each order; empty while a package that is ours still lacks its number.

    Raises Refused for a shipment that cannot be told, such as one with half a unit.
    """
    numbers = _tracking_numbers(shipment)
    units: dict[str, dict[str, dict[str, int]]] = {}
    for move in shipment["outgoing_moves"]:
        order = _order_of(move, choices)
        quantity = _units(move)
        if order is None or not quantity:
            continue
        number = numbers.get(move["package"]) or shipment["shipping_reference"]
        if not number:
            return []
        sku = move["product"]["code"]
        packed = units.setdefault(order, {}).setdefault(number, {})
        packed[sku] = packed.get(sku, 0) + quantity
    carrier = ((shipment.get("carrier") or {}).get("party") or {}).get("name") or default_carrier
    return [
        ShippedBack(
            key=f"shipment-{shipment['id']}-{order}",
            order_number=order,
            packages=[
                ReturnedPackage(carrier, number, [PackedLine(sku, many) for sku, many in packed.items()])
                for number, packed in packages.items()
            ],
        )
        for order, packages in units.items()
    ]


def _tracking_numbers(shipment: Record) -> dict[int, str]:
    """Of each package; one within another has that one's if it has none."""
    packages = {package["id"]: package for package in shipment["packages"] or ()}
    numbers = {}
    for package_id, package in packages.items():
        at: Record | None = package
        while at is not None and not at["shipping_reference"]:
            at = packages.get(at["parent"])
        if at is not None:
            numbers[package_id] = at["shipping_reference"]
    return numbers


def _order_of(move: Record, choices: Choices) -> str | None:
    """The number of the order that a move belongs to; None if it belongs to none of ours."""
    sale = move.get("sale") or {}
    if not (sale.get("description") or "").startswith(MARK):
        return None
    return number_in(sale.get("reference") or "", choices)


def _units(move: Record) -> int:
    quantity = move["quantity"]
    if quantity != int(quantity):
        raise Refused(f"{quantity} of {move['product']['code']} is not a whole number of units")
    return int(quantity)
