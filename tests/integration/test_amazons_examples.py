"""Every order that Amazon's own model gives as an example, imported whole with its time set to now."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.shop import Shop

_ROOT = Path(__file__).resolve().parents[2]
_MODELS = Path(os.environ.get("ENTREPOT_SPAPI_MODELS", _ROOT.parent / "shared" / "sp-api" / "models"))
_MODEL = _MODELS / "orders-api-model" / "orders_2026-01-01.json"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def answers(part: Any) -> Iterator[dict[str, Any]]:
    """Every answer that stands as an example in the model."""
    if isinstance(part, dict):
        for pair in part.get("x-amzn-api-sandbox", {}).get("static", []):
            yield pair["response"]
        for inner in part.values():
            yield from answers(inner)


def examples() -> list[Any]:
    if not _MODEL.exists():
        reason = "Amazon's models are not here; point ENTREPOT_SPAPI_MODELS to their folder"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    found = {}
    for answer in answers(json.loads(_MODEL.read_text(encoding="utf-8"))):
        for each in [*answer.get("orders", []), answer.get("order")]:
            if each:
                found[each["orderId"]] = each
    return [pytest.param(each, id=order_id) for order_id, each in sorted(found.items())]


@pytest.mark.parametrize("example", examples())
def test_example_is_imported_with_its_totals(bare_shop: Shop, example: dict[str, Any]) -> None:
    shop = bare_shop
    shop.account_id = shop.connect(marketplaces=(example["salesChannel"]["marketplaceId"],))
    shop.set(unknown_sku="create_disabled")
    there = shop.script()
    there.put(example | {"createdTime": there.time(), "lastUpdatedTime": there.time()})
    shop.sync()
    order = shop.order()
    stated = example["proceeds"]["grandTotal"]
    assert (order.total, order.currency) == (Decimal(stated["amount"]), stated["currencyCode"])
    assert (order.charges_total, order.is_reconciled) == (order.total, True)
    assert [line.quantity for line in order.lines] == [
        item["quantityOrdered"] for item in example["orderItems"]
    ]
    shipped = example["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert order.status == ("complete" if shipped else "processing")
    assert order.addresses[0].line1 == example["recipient"]["deliveryAddress"]["addressLine1"]
    assert shop.problems() == []
