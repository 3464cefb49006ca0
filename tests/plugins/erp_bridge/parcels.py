"""Parcels with orders as the API gives them, made without a shop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plugins.erp_bridge.outlets import Parcel

ADDRESS = {
    "kind": "shipping", "name": "Zoë Müller", "company": None, "line1": "Hauptstraße 1",
    "line2": "c/o Meier", "line3": None, "city": "Köln", "district": None, "state": None,
    "postal_code": "50667", "country": "DE", "phone": "+49 221 1234",
}  # fmt: skip


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    """So much money."""
    return {"amount": amount, "currency": currency}


def make_line(sku: str = "MUG", quantity: int = 3, **changes: Any) -> dict[str, Any]:
    """A line of an order: 10.00 a unit, 19 % tax on top, 1.00 off."""
    charges = {"item": "30.00", "tax": "5.51", "discount": "-1.00"}
    given: dict[str, Any] = changes.pop("charges", charges)
    currency = changes.pop("currency", "EUR")
    return {
        "sku": sku, "name": "A mug", "external_id": None, "quantity": quantity, "quantity_shipped": 0,
        "quantity_canceled": 0, "left_to_ship": quantity, "unit_price": money("10.00", currency),
        "total": money("34.51", currency),
        "charges": [{"kind": kind, "amount": money(amount, currency)} for kind, amount in given.items()],
    } | changes  # fmt: skip


def make_document(number: str = "100000001", **changes: Any) -> dict[str, Any]:
    """An order of 40.50 EUR: three mugs, shipping with its tax, and a gift wrap."""
    whole = {"shipping": "5.00", "shipping_tax": "0.95", "gift_wrap": "0.04"}
    return {
        "number": number, "status": "processing", "store": "default", "channel": "amazon",
        "marketplace": "A1PA6795UKMFR9", "external_id": "302-1234567-1234567", "replaces_external_id": None,
        "customer_id": None, "is_guest": True,
        "buyer": {"name": "Zoë Müller", "email": "zoe@buyer.example", "email_is_placeholder": False,
                  "contact_allowed": False},
        "fulfilled_by": "merchant", "total": money("40.50"), "charges_total": money("40.50"),
        "stated_total": money("40.50"), "is_reconciled": True,
        "payment": {"method": "Amazon", "reference": "302-1234567-1234567", "is_captured": True},
        "shipping_method": "Standard", "placed_at": "2026-05-01T08:00:00+00:00",
        "ship_by": "2026-05-03T08:00:00+00:00", "deliver_by": None,
        "created_at": "2026-05-01T08:05:00+00:00",
        "lines": [make_line()],
        "charges": [{"kind": kind, "amount": money(amount)} for kind, amount in whole.items()],
        "addresses": [ADDRESS], "shipments": [], "history": [],
    } | changes  # fmt: skip


def make_parcel(parcel_id: int = 1, event: str = "order.created", **changes: Any) -> Parcel:
    """What one consumer is told of one order."""
    return Parcel(
        id=parcel_id,
        event=event,
        idempotency_key=f"key-{parcel_id}",
        order=make_document(f"10000000{parcel_id}", **changes),
        occurred_at=datetime(2026, 5, 1, 8, 5, tzinfo=UTC),
    )
