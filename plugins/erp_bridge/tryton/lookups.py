"""What is looked up over there before anything is made: company, currency, country, products, taxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from core.errors import Refused, shorten
from plugins.erp_bridge.client.tryton import Record, TrytonClient, TrytonNotConfigured
from plugins.erp_bridge.mapping.tryton import TAXES_CHANNEL, Product, Stock, Tax

#: So many codes fit into one address.
_AT_ONCE = 50
_PERCENTAGE = "percentage"
_TAXES = "template.account_category.customer_taxes_used"


class Lookups:
    """Each thing is asked for once in a run."""

    def __init__(self, client: TrytonClient, settings: Mapping[str, Any]) -> None:
        self._client = client
        self._settings = settings
        self._ids: dict[tuple[str, str], int | None] = {}

    @cached_property
    def company(self) -> int:
        """The company that sells, for which all is done from now on. Raises TrytonNotConfigured."""
        name = self._settings["company"]
        found = self._client.find("company.company", [["party.name", "=", name]] if name else [], ["id"])
        if len(found) != 1:
            raise TrytonNotConfigured(
                "Tryton has no such company"
                if name
                else f"Tryton has {len(found)} companies: say which one"
            )
        self._client.use_company(found[0]["id"])
        return int(found[0]["id"])

    @cached_property
    def has_shipment_costs(self) -> bool:
        """Whether a sale says how shipment costs are charged: they are not, the buyer has paid them."""
        return self._client.has_field("sale.sale", "shipment_cost_method")

    def currency(self, code: str) -> int:
        """A currency. Raises Refused if it is not there."""
        found = self._find_id("currency.currency", "code", code)
        if found is None:
            raise Refused(f"Tryton has no currency {code}: add it there")
        return found

    def country(self, code: str | None) -> int | None:
        """A country. Raises Refused if it is not there."""
        if not code:
            return None
        found = self._find_id("country.country", "code", code)
        if found is None:
            raise Refused(f"Tryton has no country {code}: add it there (trytond_import_countries)")
        return found

    def subdivision(self, country: str | None, state: str | None) -> int | None:
        """A state of a country, by its code or its name; None if it is not there."""
        if not country or not state:
            return None
        found = self._client.find(
            "country.subdivision",
            [
                ["country.code", "=", country],
                ["OR", ["code", "=", f"{country}-{state.upper()}"], ["name", "ilike", state]],
            ],
            ["id"],
            limit=1,
        )
        return int(found[0]["id"]) if found else None

    def party(self, code: str) -> int | None:
        """A party by its code."""
        found = self._client.find("party.party", [["code", "=", code]], ["id"], limit=1)
        return int(found[0]["id"]) if found else None

    def unknown_skus(self, skus: Sequence[str]) -> list[str]:
        """Those of the codes that no product which can be sold has."""
        known = {product["code"] for product in self._products(skus)}
        return [sku for sku in skus if sku not in known]

    def stock(self, skus: Sequence[str]) -> Stock:
        """Products by code, and taxes. Raises Refused if a product is not there."""
        found = {record["code"]: record for record in self._products(skus)}
        if missing := [sku for sku in skus if sku not in found]:
            some = ", ".join(shorten(sku) for sku in missing[:5])
            raise Refused(
                f"Tryton has no product to sell with the code {some}: add it there, then try again"
            )
        products = {sku: _product(record) for sku, record in found.items()}
        return Stock(products, self._taxes if self._settings["taxes"] == TAXES_CHANNEL else ())

    @cached_property
    def _taxes(self) -> Sequence[Tax]:
        domain = [
            ["company", "=", self.company],
            ["type", "=", _PERCENTAGE],
            ["parent", "=", None],
            ["OR", ["group", "=", None], ["group.kind", "in", ["sale", "both"]]],
        ]
        return [
            Tax(record["id"], record["rate"])
            for record in self._client.walk("account.tax", domain, ["rate"])
            if isinstance(record["rate"], Decimal)
        ]

    def _products(self, skus: Sequence[str]) -> list[Record]:
        found: list[Record] = []
        fields = ["code", "template.sale_uom", "template.default_uom", f"{_TAXES}.rate", f"{_TAXES}.type"]
        for start in range(0, len(skus), _AT_ONCE):
            domain = [["code", "in", list(skus[start : start + _AT_ONCE])], ["template.salable", "=", True]]
            found += self._client.find("product.product", domain, fields)
        return found

    def _find_id(self, model: str, field: str, value: str) -> int | None:
        if (model, value) not in self._ids:
            found = self._client.find(model, [[field, "=", value]], ["id"], limit=1)
            self._ids[model, value] = int(found[0]["id"]) if found else None
        return self._ids[model, value]


def _product(record: Record) -> Product:
    template = record["template"]
    category = template.get("account_category") or {}
    taxes = tuple(
        Tax(tax["id"], tax["rate"])
        for tax in category.get("customer_taxes_used") or ()
        if tax["type"] == _PERCENTAGE and isinstance(tax["rate"], Decimal)
    )
    return Product(record["id"], template.get("sale_uom") or template["default_uom"], taxes)
