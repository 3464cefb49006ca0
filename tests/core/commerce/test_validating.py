"""The core's own reasons not to create an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from core.commerce.customers import Buyer
from core.commerce.orders import DraftLine, OrderDraft, complaints_about
from core.commerce.stores import Store
from core.money import Money

DRAFT = OrderDraft(
    store=Store(code="default"),
    status="processing",
    currency="EUR",
    placed_at=datetime(2026, 3, 1, tzinfo=UTC),
    lines=(DraftLine(sku="AB-1", name="Thing", quantity=1),),
    customer_policy="guest",
    buyer=Buyer(name=None, email="1@amazon.invalid", email_is_placeholder=True),
)


def test_draft_with_a_line_is_an_order() -> None:
    assert complaints_about(DRAFT) == []


def test_draft_without_lines_is_none() -> None:
    assert complaints_about(replace(DRAFT, lines=())) == [
        "an order needs at least one line, and this one has none"
    ]


def test_draft_with_a_quantity_below_zero_is_none() -> None:
    line = DraftLine(sku="AB-1", name="Thing", quantity=-2)
    assert complaints_about(replace(DRAFT, lines=(line,))) == [
        "the line AB-1 has a quantity below zero (-2)"
    ]


def test_draft_with_a_total_in_another_currency_is_none() -> None:
    stated = Money(Decimal(10), "USD")
    assert complaints_about(replace(DRAFT, stated_total=stated)) == [
        "its total is in USD, its lines are in EUR"
    ]
