"""Every order that Amazon's own model gives as an example."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.channels.listing import KNOWN_STATUSES
from plugins.amazon_channel.mapping import order_from_json

_ROOT = Path(__file__).resolve().parents[3]
_MODELS = Path(os.environ.get("ENTREPOT_SPAPI_MODELS", _ROOT.parent / "shared" / "sp-api" / "models"))
_MODEL = _MODELS / "orders-api-model" / "orders_2026-01-01.json"


def _answers(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        for pair in part.get("x-amzn-api-sandbox", {}).get("static", []):
            yield pair["response"]
        for inner in part.values():
            yield from _answers(inner)


def _examples() -> list[Any]:
    if not _MODEL.exists():
        reason = "Amazon's models are not here; point ENTREPOT_SPAPI_MODELS to their folder"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    found = {}
    for answer in _answers(json.loads(_MODEL.read_text(encoding="utf-8"))):
        for order in [*answer.get("orders", []), answer.get("order")]:
            if order:
                found[order["orderId"]] = order
    return [pytest.param(order, id=order_id) for order_id, order in sorted(found.items())]


@pytest.mark.parametrize("example", _examples())
def test_example_of_amazons_model_is_read_and_adds_up(example: dict[str, Any]) -> None:
    listed = order_from_json(example)

    assert listed.status in KNOWN_STATUSES
    assert listed.is_sold_here
    assert [line.external_id for line in listed.lines] == [
        item["orderItemId"] for item in example["orderItems"]
    ]
    assert listed.address is not None
    assert listed.address.line1 == example["recipient"]["deliveryAddress"]["addressLine1"]
    charges = [charge for line in listed.lines for charge in line.charges] + list(listed.charges)
    assert listed.grand_total is not None
    stated = example["proceeds"]["grandTotal"]
    assert sum(charge.amount for charge in charges) == Decimal(stated["amount"])
    assert listed.currency == stated["currencyCode"]
    for line in listed.lines:
        assert sum(charge.amount for charge in line.charges) == line.stated_total
    assert len(listed.packages) == len(example.get("packages", []))
