"""*Test connection*: what Tryton lacks for orders to be booked, in words; changes nothing over there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import Refused
from plugins.erp_bridge.client.tryton import TrytonClient, TrytonFailed
from plugins.erp_bridge.tryton.lookups import Lookups
from plugins.erp_bridge.tryton.settings import GUESTS_ONE

_TRACKING = ("stock.shipment.out", "shipping_reference")
_READ = ("sale.sale", "party.party", "party.address", "product.product", "stock.shipment.out")


def what_is_missing(client: TrytonClient, lookups: Lookups, settings: Mapping[str, Any]) -> list[str]:
    """Everything that is missing, the first things first. Raises if Tryton cannot be reached at all."""
    _ = lookups.company
    missing = [f"its user may not read {model}" for model in _READ if not _can_read(client, model)]
    if missing:
        return [
            *missing,
            "give the user the groups Sales and Stock, and activate the modules sale and stock",
        ]
    if not client.has_field(*_TRACKING):
        missing.append("the module stock_package_shipping is not activated, which has the tracking numbers")
    codes = [settings[name] for name in ("shipping_sku", "discount_sku") if settings[name]]
    missing += [f"no product to sell has the code {code}" for code in lookups.unknown_skus(codes)]
    if settings["guests"] == GUESTS_ONE and lookups.party(settings["guest_party"]) is None:
        missing.append(f"no party for guests has the code {settings['guest_party']}")
    if not client.find(
        "product.product", [["code", "!=", None], ["template.salable", "=", True]], ["id"], 1
    ):
        missing.append("no product to sell has a code, by which those of an order are found")
    if not client.find("country.country", [], ["id"], 1):
        missing.append("it knows no country (trytond_import_countries adds them)")
    return missing


def _can_read(client: TrytonClient, model: str) -> bool:
    try:
        client.find(model, [], ["id"], 1)
    except (Refused, TrytonFailed):
        return False
    return True
