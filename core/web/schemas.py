"""The wire forms of the nouns: what the command line prints as JSON, and what HTTP answers."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from core.channels.channel_orders import ChannelOrder
from core.commerce.orders import Order
from core.money import Money


class Amount(fields.Field[Decimal]):
    """`{"amount": "30.00", "currency": "EUR"}`, in the currency of the thing that has it."""

    def __init__(self, currency_of: str = "currency", **options: Any) -> None:
        super().__init__(dump_only=True, **options)
        self._currency_of = currency_of

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **_: Any) -> Any:
        for name in self._currency_of.split("."):
            obj = getattr(obj, name)
        return None if value is None or obj is None else Money(value, obj).as_json()


class ChargeSchema(Schema):
    """One amount of an order or a line."""

    kind = fields.String()
    amount = Amount("order.currency")


class OrderLineSchema(Schema):
    """One line. `quantity` is what was ordered."""

    sku = fields.String()
    name = fields.String()
    external_id = fields.String()
    quantity = fields.Integer()
    quantity_shipped = fields.Integer()
    quantity_canceled = fields.Integer()
    left_to_ship = fields.Integer()
    unit_price = Amount("order.currency")
    total = Amount("order.currency")
    charges = fields.List(fields.Nested(ChargeSchema))


class AddressSchema(Schema):
    """One address; every field can be null."""

    kind = fields.String()
    name = fields.String()
    company = fields.String()
    line1 = fields.String()
    line2 = fields.String()
    line3 = fields.String()
    city = fields.String()
    district = fields.String()
    state = fields.String()
    postal_code = fields.String()
    country = fields.String()
    phone = fields.String()


class StatusChangeSchema(Schema):
    """One step of an order's life."""

    old_status = fields.String()
    new_status = fields.String()
    reason = fields.String()
    actor = fields.String()
    changed_at = fields.DateTime()


class PackageLineSchema(Schema):
    """Units of one SKU in a package."""

    sku = fields.String(attribute="order_line.sku")
    quantity = fields.Integer()


class PackageSchema(Schema):
    """One parcel."""

    carrier = fields.String()
    tracking_number = fields.String()
    shipping_method = fields.String()
    lines = fields.List(fields.Nested(PackageLineSchema))


class ShipmentSchema(Schema):
    """What left together. `origin` is `merchant` or `channel`."""

    id = fields.Integer()
    origin = fields.String()
    shipped_at = fields.DateTime()
    packages = fields.List(fields.Nested(PackageSchema))


class OrderSchema(Schema):
    """An order, whole."""

    number = fields.String()
    status = fields.String()
    store = fields.String(attribute="store.code")
    channel = fields.String()
    marketplace = fields.String()
    external_id = fields.String()
    replaces_external_id = fields.String()
    customer_id = fields.Integer()
    is_guest = fields.Boolean()
    buyer = fields.Method("_buyer")
    fulfilled_by = fields.String()
    total = Amount()
    charges_total = Amount()
    stated_total = Amount()
    is_reconciled = fields.Boolean()
    payment = fields.Method("_payment")
    shipping_method = fields.String()
    placed_at = fields.DateTime()
    ship_by = fields.DateTime()
    deliver_by = fields.DateTime()
    created_at = fields.DateTime()
    lines = fields.List(fields.Nested(OrderLineSchema))
    charges = fields.Method("_charges_of_order")
    addresses = fields.List(fields.Nested(AddressSchema))
    shipments = fields.List(fields.Nested(ShipmentSchema))
    history = fields.List(fields.Nested(StatusChangeSchema))

    def _buyer(self, order: Order) -> dict[str, Any]:
        return {
            "name": order.buyer_name,
            "email": order.buyer_email,
            "email_is_placeholder": order.email_is_placeholder,
            "contact_allowed": order.buyer_contact_allowed,
        }

    def _payment(self, order: Order) -> dict[str, Any] | None:
        if order.payment_method is None:
            return None
        return {
            "method": order.payment_method,
            "reference": order.payment_reference,
            "is_captured": order.payment_is_captured,
        }

    def _charges_of_order(self, order: Order) -> list[dict[str, Any]]:
        """Those of the whole order; a line's stand with the line."""
        return [
            {"kind": charge.kind, "amount": Money(charge.amount, order.currency).as_json()}
            for charge in order.charges
            if charge.line_id is None
        ]


class CustomerSchema(Schema):
    """A customer with the address book."""

    id = fields.Integer()
    store = fields.String(attribute="store.code")
    name = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    email = fields.String()
    email_is_placeholder = fields.Boolean()
    buyer_contact_allowed = fields.Boolean()
    origin = fields.String()
    created_at = fields.DateTime()
    addresses = fields.List(fields.Nested(AddressSchema, exclude=("kind",)))


class ChannelOrderSchema(Schema):
    """A channel order as the Orders tab shows it."""

    external_id = fields.String()
    status = fields.String()
    fulfilled_by = fields.String()
    order_number = fields.String(attribute="order.number", dump_default=None)
    order_status = fields.String(attribute="order.status", dump_default=None)
    reserved = fields.Method("_reserved")
    note = fields.String()
    waits = fields.String(attribute="held_code")
    account = fields.String(attribute="account.name")
    marketplace = fields.String()
    placed_at = fields.DateTime()
    updated_at = fields.DateTime()
    ship_by = fields.DateTime()
    units_unshipped = fields.Integer()
    total = Amount()
    buyer_name = fields.String()

    def __init__(self, reserved: Collection[int], **options: Any) -> None:
        """`reserved` holds the ids of those for which stock is reserved."""
        super().__init__(**options)
        self._reserved_ids = reserved

    def _reserved(self, row: ChannelOrder) -> bool:
        return row.id in self._reserved_ids
