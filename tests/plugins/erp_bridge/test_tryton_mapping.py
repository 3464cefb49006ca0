"""Orders as Tryton's sales, its shipments as ours, and its answers, without a Tryton."""

from __future__ import annotations

import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.errors import EntrepotError, NotConfigured, Refused, TemporarilyUnavailable
from plugins.erp_bridge.client.tryton import TrytonClient
from plugins.erp_bridge.mapping.tryton import (
    Choices,
    Product,
    Stock,
    Tax,
    is_shipped_elsewhere,
    party_values,
    sale_lines,
    strike_persons,
)
from plugins.erp_bridge.mapping.tryton_shipments import shipped_orders
from plugins.erp_bridge.outlets import PackedLine, ReturnedPackage, ShippedBack
from tests.plugins.erp_bridge.parcels import make_document, make_line

VAT = Tax(9, Decimal("0.19"))
STOCK = Stock({"MUG": Product(1, 2, (VAT,)), "POSTAGE": Product(3, 4)}, (VAT, Tax(8, Decimal("0.07"))))


@pytest.mark.parametrize(
    ("choices", "prices", "taxes"),
    [
        (Choices(), ["11.5033", "5.9500", "0.0400"], [None, None, None]),
        (Choices(taxes="product"), ["9.6667", "5.9500", "0.0400"], [[9], None, None]),
        (Choices(taxes="channel"), ["9.6667", "5.0000", "0.0400"], [[9], [9], None]),
        (
            Choices(discounts="line", shipping_sku="POSTAGE"),
            ["11.8367", "-1.0000", "5.9500", "0.0400"],
            [None] * 4,
        ),
    ],
)
def test_lines_of_a_sale_hold_taxes_discounts_and_shipping_as_the_settings_say(
    choices: Choices, prices: list[str], taxes: list[Any]
) -> None:
    lines, total = sale_lines(make_document(), STOCK, choices)
    assert total == Decimal("40.50")
    assert [str(line["unit_price"]) for line in lines] == prices
    assert [line["taxes"][0][1] if "taxes" in line else None for line in lines] == taxes
    assert lines[0]["product"] == 1
    assert (3 in [line.get("product") for line in lines]) == bool(choices.shipping_sku)


def test_units_that_were_canceled_are_not_sold_and_what_the_channel_ships_is_not_shipped() -> None:
    order = make_document(lines=[make_line(quantity_canceled=2, left_to_ship=1)], charges=[])
    lines, total = sale_lines(order, STOCK, Choices())
    assert [line["quantity"] for line in lines] == [1]
    assert total == Decimal("11.50")
    assert not is_shipped_elsewhere(order)
    assert is_shipped_elsewhere(make_document(fulfilled_by="amazon"))
    assert is_shipped_elsewhere(make_document(lines=[make_line(left_to_ship=0, quantity_shipped=3)]))


def test_a_buyer_is_mailed_by_nobody_who_may_not_and_stands_in_no_error() -> None:
    order = make_document()
    assert "zoe@buyer.example" not in str(party_values(order, "EP-O1"))
    allowed = make_document(buyer=order["buyer"] | {"contact_allowed": True})
    assert "zoe@buyer.example" in str(party_values(allowed, "EP-O1"))
    said = (
        'The value "Zoë Müller" for field "Street" (Hauptstraße 1, Köln) of sale "100000001" is not valid'
    )
    assert strike_persons(said, order) == (
        'The value "…" for field "Street" (…, …) of sale "100000001" is not valid'
    )


def move(sku: str, quantity: float, package: int | None, reference: str = "X-7") -> dict[str, Any]:
    sale = {"reference": reference, "description": "Entrepot amazon 302"}
    return {"product": {"code": sku}, "quantity": quantity, "package": package, "sale": sale}


def shipment(*moves: dict[str, Any], numbers: dict[int, str | None], **changes: Any) -> dict[str, Any]:
    packages = [
        {"id": key, "parent": 1 if key > 1 else None, "shipping_reference": numbers[key]} for key in numbers
    ]
    given = {"id": 5, "outgoing_moves": list(moves), "packages": packages, "shipping_reference": None}
    return given | {"carrier": {"party": {"name": "UPS"}}} | changes


def test_a_shipment_is_told_package_by_package_and_only_once_each_has_a_number() -> None:
    choices = Choices(prefix="X-")
    moves = [move("A", 2.0, 1), move("A", 1.0, 2), move("B", 1.0, 3), move("C", 1.0, 1, "Y-9")]
    told = shipped_orders(shipment(*moves, numbers={1: "T1", 2: None, 3: "T3"}), choices, "Other")
    assert told == [
        ShippedBack(
            "shipment-5-7",
            "7",
            [
                ReturnedPackage("UPS", "T1", [PackedLine("A", 3)]),
                ReturnedPackage("UPS", "T3", [PackedLine("B", 1)]),
            ],
        )
    ]
    loose = shipment(move("A", 2.0, None), numbers={}, shipping_reference="T9", carrier=None)
    assert shipped_orders(loose, choices, "Other")[0].packages == [
        ReturnedPackage("Other", "T9", [PackedLine("A", 2)])
    ]
    waiting = shipment(move("A", 2.0, 1), move("B", 1.0, None), numbers={1: "T1"})
    assert shipped_orders(waiting, choices, "Other") == []
    with pytest.raises(Refused, match=r"0\.5 of A is not a whole number"):
        shipped_orders(shipment(move("A", 0.5, 1), numbers={1: "T1"}), choices, "Other")


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            400,
            '{"message": "No\\n such thing", "description": ""}',
            Refused,
            "Tryton refused it: No such thing",
        ),
        (401, "<html>", NotConfigured, "does not accept the key"),
        (403, "<html>", NotConfigured, "may not do this with party.party"),
        (404, "<html>", NotConfigured, "no such database"),
        (302, "", NotConfigured, "redirects"),
        (429, "", TemporarilyUnavailable, "no time now"),
        (500, "Traceback: secret", TemporarilyUnavailable, "broke over a request for party.party"),
        (200, "<html>hello</html>", TemporarilyUnavailable, "does not speak Tryton's REST API"),
        (200, '{"__class__": "Decimal", "decimal": "x"}', TemporarilyUnavailable, "does not speak"),
    ],
)
def test_every_answer_of_tryton_is_a_typed_error_without_key_or_body(
    status: int, body: str, kind: type[EntrepotError], words: str
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            for name, value in (("location", "/elsewhere"), ("retry-after", "7")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = TrytonClient(f"http://127.0.0.1:{server.server_port}", "shop", "the-key")
        with pytest.raises(kind, match=words) as caught:
            client.create("party.party", {"name": "Zoë"})
        client.close()
        server.shutdown()
        thread.join()
    assert not {word for word in ("the-key", "Zoë", "Traceback", "hello") if word in str(caught.value)}
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
