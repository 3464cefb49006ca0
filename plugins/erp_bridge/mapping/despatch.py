"""UBL 2.1 DespatchAdvice: what has left, told by a warehouse.

Each DespatchLine names the order (OrderLineReference/OrderReference, else the document's OrderReference),
the SKU (Item/SellersItemIdentification) and its units. Carrier and tracking number stand in the line's own
Shipment, else in the document's: lines with different tracking numbers are different packages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.errors import InvalidValue, shorten
from plugins.erp_bridge.mapping.ubl import CAC, CBC
from plugins.erp_bridge.outlets import PackedLine, ReturnedPackage, ShippedBack

_ROOT = "{urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2}DespatchAdvice"
_TRACKING = (
    ("Delivery", "TrackingID"), ("Consignment", "CarrierAssignedID"), ("TransportHandlingUnit", "TraceID"),
)  # fmt: skip
#: What UBL demands of both, so that it can be any text: only if there is no number in its own place.
_PERHAPS_TRACKING = (("Consignment", "ID"), ("TransportHandlingUnit", "ID"))
_CARRIER = ("Delivery", "Consignment", "ShipmentStage")
_SKU = ("SellersItemIdentification", "StandardItemIdentification", "BuyersItemIdentification")


def read_despatch(content: bytes) -> Sequence[ShippedBack]:
    """What has left, by order; the key is the advice's own ID with the order.

    Raises InvalidValue for what is no such advice, or lacks something.
    """
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidValue(f"this is not XML that can be read ({type(error).__name__})") from error
    if root.tag != _ROOT:
        raise InvalidValue("this is XML, but no UBL 2.1 DespatchAdvice")
    advice = _text(root, "ID")
    lines = root.findall(CAC + "DespatchLine")
    if not advice or not lines:
        raise InvalidValue("a DespatchAdvice needs an ID and at least one DespatchLine")
    orders: dict[str, dict[tuple[str, str], list[PackedLine]]] = {}
    for place, line in enumerate(lines, 1):
        where = f"DespatchLine {_text(line, 'ID') or place}"
        packages = orders.setdefault(_order_number(root, line, where), {})
        packages.setdefault(_parcel(root, line, where), []).append(_packed(line, where))
    return [
        ShippedBack(
            f"despatch:{advice}:{number}",
            number,
            [ReturnedPackage(*parcel, packed) for parcel, packed in packages.items()],
        )
        for number, packages in orders.items()
    ]


def _order_number(root: Element, line: Element, where: str) -> str:
    for parent in (line.find(CAC + "OrderLineReference"), root):
        reference = None if parent is None else parent.find(CAC + "OrderReference")
        if reference is not None and (number := _text(reference, "ID")):
            return number
    raise InvalidValue(f"{where} names no order: it is OrderReference/ID")


def _parcel(root: Element, line: Element, where: str) -> tuple[str, str]:
    """Carrier and tracking number."""
    shipments = [found for parent in (line, root) if (found := parent.find(CAC + "Shipment")) is not None]
    carrier = next((name for each in shipments if (name := _carrier(each))), "")
    numbers = (_tracking(each, places) for places in (_TRACKING, _PERHAPS_TRACKING) for each in shipments)
    tracking = next(filter(None, numbers), "")
    if not carrier:
        raise InvalidValue(f"{where} has no carrier: it is Shipment/Delivery/CarrierParty")
    if not tracking:
        raise InvalidValue(f"{where} has no tracking number: it is Shipment/Delivery/TrackingID")
    return carrier, tracking


def _tracking(shipment: Element, places: Sequence[tuple[str, str]]) -> str:
    for parent, name in places:
        for element in shipment.findall(CAC + parent):
            if text := _text(element, name):
                return text
    return ""


def _carrier(shipment: Element) -> str:
    for parent in _CARRIER:
        for party in shipment.findall(f"{CAC}{parent}/{CAC}CarrierParty"):
            for inner, name in (("PartyName", "Name"), ("PartyIdentification", "ID")):
                element = party.find(CAC + inner)
                if element is not None and (text := _text(element, name)):
                    return text
    return ""


def _packed(line: Element, where: str) -> PackedLine:
    item = line.find(CAC + "Item")
    identifications = [] if item is None else [item.find(CAC + name) for name in _SKU]
    sku = next((text for each in identifications if each is not None and (text := _text(each, "ID"))), "")
    if not sku:
        raise InvalidValue(f"{where} names no SKU: it is Item/SellersItemIdentification/ID")
    return PackedLine(sku, _units(_text(line, "DeliveredQuantity"), where))


def _units(given: str, where: str) -> int:
    """A whole number, which may be written as `2.000`."""
    match = re.fullmatch(r"0*([1-9][0-9]{0,8})(\.0*)?", given)
    if match is None:
        raise InvalidValue(
            f"{where} has {shorten(given)!r} as its DeliveredQuantity, which is no whole number from 1"
        )
    return int(match[1])


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(CBC + name) or "").strip()
