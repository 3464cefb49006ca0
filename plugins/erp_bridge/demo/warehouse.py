"""What somebody in the warehouse does in Tryton: assign, pick, pack into parcels, let go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import NotFound
from plugins.erp_bridge.client.tryton import Record, TrytonClient

_SHIPMENT = "stock.shipment.out"
#: SKU and units of one parcel, and its tracking number.
Parcel = tuple[str, Sequence[tuple[str, int]]]


class Warehouse:
    """Acts with a key of its own."""

    def __init__(self, url: str, database: str, key: str) -> None:
        self._client = TrytonClient(url, database, key)
        self._company = int(self._client.find("company.company", [], ["id"])[0]["id"])
        self._client.use_company(self._company)

    def find_sales(self, reference: str) -> list[Record]:
        """The sales with a reference, with their lines and their buyer."""
        fields = [
            "number", "state", "description", "total_amount", "tax_amount", "shipments", "party.code",
            "party.name", "shipment_address.full_address", "lines.product", "lines.quantity",
            "lines.unit_price", "lines.description", "currency.code",
        ]  # fmt: skip
        return self._client.find("sale.sale", [["reference", "=", reference]], fields)

    def ship(self, reference: str, *parcels: Parcel) -> str:
        """Ship what a sale has open in these parcels, or in one; the shipment's number."""
        sale = self._sale(reference)
        domain = [["moves.sale", "=", sale["id"]], ["state", "in", ["draft", "waiting"]]]
        shipment = self._client.find(_SHIPMENT, domain, ["number"])[0]
        shipment_id = int(shipment["id"])
        self._client.press(_SHIPMENT, shipment_id, "assign_try")
        self._client.press(_SHIPMENT, shipment_id, "pick")
        carrier = self._client.find("carrier", [], ["id"], 1)[0]["id"]
        self._client.write(_SHIPMENT, shipment_id, {"carrier": carrier})
        for number, units in parcels:
            self._pack(shipment_id, number, units)
        self._client.press(_SHIPMENT, shipment_id, "pack")
        self._client.press(_SHIPMENT, shipment_id, "do")
        return str(shipment["number"])

    def find_shipments(self, reference: str) -> list[Record]:
        """The shipments of a sale."""
        sale = self._sale(reference)
        fields = ["number", "state", "reference", "packages.shipping_reference"]
        return self._client.find(_SHIPMENT, [["moves.sale", "=", sale["id"]]], fields)

    def change_shipment(self, reference: str, values: Mapping[str, Any]) -> None:
        """Type something into the form of a sale's shipment."""
        for shipment in self.find_shipments(reference):
            self._client.write(_SHIPMENT, shipment["id"], values)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _sale(self, reference: str) -> Record:
        found = self._client.find("sale.sale", [["reference", "=", reference]], ["state"])
        if not found:
            raise NotFound(f"Tryton has no sale with the reference {reference}")
        return found[-1]

    def _pack(self, shipment_id: int, number: str, units: Sequence[tuple[str, int]]) -> None:
        """Put whole moves of these SKUs into a box with a tracking number."""
        fields = ["outgoing_moves.product.code", "outgoing_moves.package"]
        shipment = self._client.find(_SHIPMENT, [["id", "=", shipment_id]], fields)[0]
        skus = {sku for sku, _ in units}
        moves = [
            move["id"]
            for move in shipment["outgoing_moves"]
            if not move["package"] and (not skus or move["product"]["code"] in skus)
        ]
        box = self._client.find("stock.package.type", [], ["id"], 1)[0]["id"]
        package = {
            "company": self._company,
            "type": box,
            "shipment": f"{_SHIPMENT},{shipment_id}",
            "shipping_reference": number,
        }
        package_id = self._client.create("stock.package", package)["id"]
        self._client.write("stock.package", package_id, {"moves": [["add", moves]]})
