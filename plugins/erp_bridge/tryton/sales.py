"""Booking an order as a sale over there, and canceling it: each step can be repeated and is done once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.errors import Refused
from plugins.erp_bridge.client.tryton import Record, TrytonClient
from plugins.erp_bridge.mapping.tryton import (
    Order,
    address_of,
    address_values,
    check_total,
    complaint_about,
    difference_line,
    party_code_of,
    party_values,
    reference_of,
    sale_lines,
    sale_values,
    skus_of,
)
from plugins.erp_bridge.tryton.lookups import Lookups
from plugins.erp_bridge.tryton.settings import GUESTS_ONE, choices_of

_SALE, _SHIPMENT = "sale.sale", "stock.shipment.out"
_SALE_FIELDS = ("number", "state", "total_amount")
_DRAFT, _QUOTATION, _CONFIRMED, _CANCELED = "draft", "quotation", "confirmed", "cancelled"
#: A shipment in one of these has not left yet, and can be stopped.
_OPEN = ("draft", "waiting", "assigned", "picked")
#: Beyond this a difference is a mistake, not rounding.
_MOST_ROUNDING = Decimal("1.00")


class Sales:
    """Sales of one company over there."""

    def __init__(self, client: TrytonClient, lookups: Lookups, settings: Mapping[str, Any]) -> None:
        self._client = client
        self._lookups = lookups
        self._settings = settings
        self._choices = choices_of(settings)

    def book(self, order: Order) -> str:
        """Have a confirmed sale for an order; its number. One that is there already is gone on with.

        Raises Refused if it cannot be booked as it is.
        """
        sale = self._find(order)
        if sale is not None and sale["state"] == _CANCELED:
            raise Refused(
                f"sale {sale['number'] or sale['id']} for it was canceled in Tryton; to have it booked "
                "anew, take the reference out of that sale"
            )
        if sale is None:
            sale = self._make(order)
        if sale["state"] == _DRAFT:
            sale = self._client.press(_SALE, self._complete(sale, order)["id"], "quote", _SALE_FIELDS)
        if sale["state"] == _QUOTATION:
            sale = self._client.press(_SALE, sale["id"], "confirm", _SALE_FIELDS)
        return str(sale["number"])

    def cancel(self, order: Order) -> str | None:
        """Cancel its sale, or what is not shipped of it; the sale's number, None if there is none.

        Raises Refused if it has been packed.
        """
        sale = self._find(order)
        if sale is None:
            return None
        if sale["state"] in (_DRAFT, _QUOTATION, _CONFIRMED):
            self._client.press(_SALE, sale["id"], "cancel")
        elif sale["state"] != _CANCELED:
            self._stop_shipments(sale)
        return str(sale["number"] or sale["id"])

    def _stop_shipments(self, sale: Record) -> None:
        domain = [["moves.sale", "=", sale["id"]], ["state", "!=", _CANCELED]]
        shipments = self._client.find(_SHIPMENT, domain, ["state", "number"])
        if any(shipment["state"] not in _OPEN for shipment in shipments):
            raise Refused(
                f"sale {sale['number']} is packed or shipped in Tryton already: stop it there by hand"
            )
        for shipment in shipments:
            self._client.press(_SHIPMENT, shipment["id"], "cancel")

    def _find(self, order: Order) -> Record | None:
        """The sale of an order: the oldest that was not canceled."""
        domain = [
            ["company", "=", self._lookups.company],
            ["reference", "=", reference_of(order, self._choices)],
        ]
        found = self._client.find(_SALE, domain, _SALE_FIELDS)
        return next((sale for sale in found if sale["state"] != _CANCELED), found[0] if found else None)

    def _make(self, order: Order) -> Record:
        if complaint := complaint_about(order):
            raise Refused(complaint)
        lines, _ = sale_lines(order, self._lookups.stock(skus_of(order, self._choices)), self._choices)
        party = self._party(order)
        values = sale_values(order, lines, self._choices) | {
            "company": self._lookups.company,
            "currency": self._lookups.currency(order["total"]["currency"]),
            "party": party,
            "invoice_address": self._address(party, order, "billing"),
            "shipment_address": self._address(party, order, "shipping"),
        }
        if self._lookups.has_shipment_costs:
            values["shipment_cost_method"] = None
        return self._client.create(_SALE, values, _SALE_FIELDS)

    def _complete(self, sale: Record, order: Order) -> Record:
        """Make a draft come to what the buyer pays, to the cent."""
        _, total = sale_lines(order, self._lookups.stock(skus_of(order, self._choices)), self._choices)
        difference = total - check_total(sale["total_amount"])
        if not difference:
            return sale
        if abs(difference) > _MOST_ROUNDING:
            raise Refused(
                f"draft sale {sale['id']} comes to {sale['total_amount']} in Tryton, the order to {total}: "
                "somebody changed it, or the taxes in the settings are not right"
            )
        line = ["create", [difference_line(difference)]]
        return self._client.write(_SALE, sale["id"], {"lines": [line]}, _SALE_FIELDS)

    def _party(self, order: Order) -> int:
        if order["is_guest"] and self._settings["guests"] == GUESTS_ONE:
            party = self._lookups.party(self._settings["guest_party"])
            if party is None:
                raise Refused("Tryton has no party with the code that the settings name for guests")
            return party
        code = party_code_of(order, self._choices)
        known = self._lookups.party(code)
        return known or int(self._client.create("party.party", party_values(order, code))["id"])

    def _address(self, party: int, order: Order, kind: str) -> int:
        """An address of a party, made if it has none that is the same."""
        address = address_of(order, kind) or {}
        country = address.get("country")
        subdivision = self._lookups.subdivision(country, address.get("state"))
        values = address_values(address) | {
            "party": party,
            "country": self._lookups.country(country),
            "subdivision": subdivision,
        }
        if subdivision is None and address.get("state") and values["city"]:
            values["city"] = f"{values['city']}, {address['state']}"
        same = [[name, "=", value] for name, value in values.items()]
        found = self._client.find("party.address", same, ["id"], limit=1)
        return int((found or [self._client.create("party.address", values)])[0]["id"])
