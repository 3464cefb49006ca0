"""The outlet `tryton` against a real Tryton server: what is booked over there, and what comes back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from marshmallow import ValidationError

from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.demo.office import ORDERS
from plugins.erp_bridge.demo.server import TrytonShop
from plugins.erp_bridge.demo.warehouse import Warehouse
from plugins.erp_bridge.outlets import (
    Arrival,
    PackedLine,
    Parcel,
    Refused,
    ReturnedPackage,
    Settled,
    ShippedBack,
    Taken,
    Verdict,
)
from plugins.erp_bridge.outlets_tryton import TrytonOutlet
from plugins.erp_bridge.tryton.settings import TrytonSettings
from tests.plugins.erp_bridge.parcels import make_line, make_parcel, money

Make = Callable[..., TrytonOutlet]


@pytest.fixture
def make_outlet(tryton: TrytonShop, request: pytest.FixtureRequest) -> Make:
    """Makes outlets with valid settings and references of this test's own."""

    def make(**changes: Any) -> TrytonOutlet:
        given = {
            "url": tryton.url,
            "database": tryton.database,
            "key": tryton.keys[ORDERS],
            "prefix": f"{abs(hash(request.node.name)) % 10**6}-",
        }
        return TrytonOutlet(TrytonSettings().load(given | changes), "erp")

    return make


def take(outlet: TrytonOutlet, error: str | None = None) -> tuple[list[ShippedBack], list[str | None]]:
    """Collect and answer all that came back, as the driver does: what it was, and what was to be noted."""
    shipped, noted = [], []
    for found in outlet.collect():
        if isinstance(found, Settled):
            noted.append(found.problem)
            continue
        for one in found.returned:
            assert isinstance(one, ShippedBack)
            shipped.append(one)
        outlet.settle([Verdict(one.key, error) for one in found.returned])
    return shipped, noted


def reference(outlet: TrytonOutlet, parcel: Parcel) -> str:
    return f"{outlet._settings['prefix']}{parcel.order['number']}"


@contextmanager
def losing_answers(to: str, endings: list[str]) -> Iterator[str]:
    """A way to a server on which the answer to the next POST with the first of these endings is lost."""

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = requests.request(
                self.command, to + self.path, data=body, headers=dict(self.headers), timeout=60
            )
            if self.command == "POST" and endings and self.path.split("?")[0].endswith(endings[0]):
                endings.pop(0)
                return self.connection.close()
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            return None

        do_GET = do_POST = do_PUT = forward  # noqa: N815  # as http.server asks for them

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_order_becomes_one_confirmed_sale_however_often_it_is_told(
    make_outlet: Make, warehouse: Warehouse
) -> None:
    outlet = make_outlet()
    parcel = make_parcel(1, lines=[make_line(), make_line("PLATE", 1, charges={"item": "5.99"})])
    (taken,) = outlet.deliver([parcel])
    (again,) = make_outlet().deliver([parcel])
    (sale,) = warehouse.find_sales(reference(outlet, parcel))
    assert taken == again == Taken(1, sale["number"])
    assert sale["state"] == "processing", "confirmed, and being shipped"
    assert sale["description"] == "Entrepot amazon 302-1234567-1234567"
    assert (sale["total_amount"], sale["currency"]["code"]) == (Decimal("46.49"), "EUR")
    assert [line["quantity"] for line in sale["lines"]] == [3, 1, 1, 1]
    assert [line["description"] for line in sale["lines"]] == [None, None, "Shipping", "Gift wrap"]
    assert sale["party"]["name"] == "Zoë Müller"
    assert sale["shipment_address"]["full_address"] == "Hauptstraße 1\nc/o Meier\n50667 Köln\nGERMANY"


def test_an_order_is_booked_once_when_answers_of_tryton_are_lost(
    tryton: TrytonShop, make_outlet: Make, warehouse: Warehouse
) -> None:
    parcel = make_parcel(1)
    with losing_answers(tryton.url, ["model/sale.sale", "/quote", "/confirm"]) as url:
        for _ in range(3):
            with pytest.raises(TemporarilyUnavailable):
                list(make_outlet(url=url, taxes="product").deliver([parcel]))
        outlet = make_outlet(url=url, taxes="product")
        (taken,) = outlet.deliver([parcel])
    (sale,) = warehouse.find_sales(reference(outlet, parcel))
    assert taken == Taken(1, sale["number"])
    assert sale["total_amount"] == Decimal("40.50")


@pytest.mark.parametrize(
    ("settings", "tax"),
    [({"taxes": "product"}, "5.51"), ({"taxes": "channel", "discounts": "line"}, "6.65")],
)
def test_a_sale_comes_to_what_the_buyer_pays_with_taxes(
    make_outlet: Make, warehouse: Warehouse, settings: dict[str, str], tax: str
) -> None:
    outlet = make_outlet(**settings)
    charges = {"item": "30.00", "tax": "5.70", "discount": "-1.19"}
    parcel = make_parcel(1, lines=[make_line(charges=charges)])
    (taken,) = outlet.deliver([parcel])
    (sale,) = warehouse.find_sales(reference(outlet, parcel))
    assert isinstance(taken, Taken)
    assert sale["total_amount"] == Decimal("40.50")
    assert sale["tax_amount"] == Decimal(tax)


def test_guests_share_one_party_or_customers_one_each_with_their_addresses(
    make_outlet: Make, warehouse: Warehouse
) -> None:
    shared = make_outlet(guests="one", guest_party="EP-GUESTS")
    (refused,) = shared.deliver([make_parcel(1)])
    assert isinstance(refused, Refused)
    with pytest.raises(NotConfigured, match="no party for guests has the code EP-GUESTS"):
        shared.test()
    shared._client.create("party.party", {"name": "Guests", "code": "EP-GUESTS"})
    customer = {"is_guest": False, "customer_id": 7}
    parcels = [make_parcel(1), make_parcel(2), make_parcel(3, **customer), make_parcel(4, **customer)]
    assert all(isinstance(outcome, Taken) for outcome in shared.deliver(parcels))
    sales = [warehouse.find_sales(reference(shared, parcel))[0] for parcel in parcels]
    codes = [sale["party"]["code"] for sale in sales]
    assert codes[:2] == ["EP-GUESTS", "EP-GUESTS"]
    assert codes[2] == codes[3]
    assert codes[2].endswith("EP-C7")
    addresses = [sale["shipment_address"]["id"] for sale in sales]
    assert addresses[0] == addresses[1] != addresses[2] == addresses[3], "the same address is made once"


def test_what_tryton_cannot_book_is_refused_with_the_reason_and_the_rest_goes_on(make_outlet: Make) -> None:
    outlet = make_outlet(taxes="channel")
    parcels = [
        make_parcel(1, lines=[make_line("NOPE")]),
        make_parcel(2, total=money("1.00", "XTS")),
        make_parcel(3, lines=[make_line(charges={"item": "30.00", "tax": "2.13"})]),
        make_parcel(4, lines=[make_line(quantity_shipped=1, left_to_ship=2)]),
        make_parcel(5, lines=[make_line(charges={"item": "30.00"})]),
    ]
    *refused, taken = outlet.deliver(parcels)
    assert isinstance(taken, Taken)
    reasons = [outcome.reason for outcome in refused if isinstance(outcome, Refused)]
    assert [words in reason for words, reason in zip(
        ("the code NOPE", "no currency XTS", "no tax of about 7.10 %", "was shipped before"),
        reasons, strict=True,
    )] == [True] * 4, reasons  # fmt: skip


def test_a_canceled_order_stops_its_sale_unless_it_is_packed(
    make_outlet: Make, warehouse: Warehouse
) -> None:
    outlet = make_outlet()
    parcels = [make_parcel(1), make_parcel(2)]
    first, second = outlet.deliver(parcels)
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    warehouse.ship(reference(outlet, parcels[1]), ("JD1", []))
    canceled = [make_parcel(number, "order.canceled") for number in (1, 2, 3)]
    stopped, refused, unknown = outlet.deliver(canceled)
    assert stopped == Taken(1, first.reference)
    assert warehouse.find_shipments(reference(outlet, parcels[0]))[0]["state"] == "cancelled"
    assert refused == Refused(
        2, f"sale {second.reference} is packed or shipped in Tryton already: stop it there by hand"
    )
    assert unknown == Taken(3), "there is nothing to cancel"


def test_shipments_come_back_once_with_the_number_of_each_package(
    make_outlet: Make, warehouse: Warehouse
) -> None:
    outlet = make_outlet()
    lines = [make_line(), make_line("PLATE", 2, charges={"item": "9.00"})]
    parcels = [make_parcel(1, lines=lines), make_parcel(2)]
    list(outlet.deliver(parcels))
    warehouse.ship(reference(outlet, parcels[0]), ("JD1", [("MUG", 3)]), ("JD2", []))
    warehouse.ship(reference(outlet, parcels[1]))
    (arrived,) = outlet.collect()
    assert isinstance(arrived, Arrival)
    (shipped,) = arrived.returned
    assert isinstance(shipped, ShippedBack)
    assert shipped.order_number == "100000001"
    assert shipped.packages == [
        ReturnedPackage("DHL", "JD1", [PackedLine("MUG", 3)]),
        ReturnedPackage("DHL", "JD2", [PackedLine("PLATE", 2)]),
    ]
    again = take(make_outlet())
    assert again == ([shipped], [None]), "it was not settled, so it is told again"
    typed = {"shipping_reference": "JD3", "reference": "ours"}
    warehouse.change_shipment(reference(outlet, parcels[1]), typed)
    (late,), (noted,) = take(make_outlet(), "order 100000002 is on hold")
    assert late.packages[0].tracking_number == "JD3"
    assert (noted or "").endswith("was not booked: order 100000002 is on hold")
    told = [warehouse.find_shipments(reference(outlet, parcel))[0]["reference"] for parcel in parcels]
    assert told == ["Entrepot: told", "ours Entrepot: refused, order 100000002 is on hold"]
    assert list(make_outlet().collect()) == []


def test_testing_the_connection_says_what_is_missing_over_there(
    tryton: TrytonShop, make_outlet: Make
) -> None:
    assert make_outlet(shipping_sku="CARRIAGE").test() == "Tryton answers, and has all that orders need."
    assert make_outlet().unknown_skus(["MUG", "NOPE"]) == ["NOPE"]
    with pytest.raises(NotConfigured, match="no product to sell has the code POSTAGE"):
        make_outlet(shipping_sku="POSTAGE").test()
    for changes, words in (
        ({"key": "not-the-key-of-it"}, "does not accept the key"),
        ({"database": "another"}, "no such database"),
        ({"company": "Other Ltd"}, "no such company"),
    ):
        with pytest.raises(NotConfigured, match=words) as caught:
            make_outlet(**changes).test()
        assert tryton.keys[ORDERS] not in str(caught.value)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(TemporarilyUnavailable):
            make_outlet(url=url).test()
    for url in ("http://tryton.example.com", "https://u:p@tryton.example.com", "ftp://x", "https://x?k=1"):
        with pytest.raises(ValidationError):
            make_outlet(url=url)
