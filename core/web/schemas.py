"""The wire forms of the nouns: what the command line prints as JSON, and what HTTP answers.

A field that can be null says so (`allow_none`): the description of the API is made from these. `PERSONAL`
names the fields that hold personal data; to whom it may not be shown they are null.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import Schema, fields

from core.money import Money


class DecimalText(fields.Decimal):
    """A decimal number as text, so that no reader makes a float of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(as_string=True, **options)


class MoneySchema(Schema):
    """An amount with its currency: `{"amount": "30.00", "currency": "EUR"}`."""

    amount = DecimalText(metadata={"description": "With the currency's own digits, as text."})
    currency = fields.String(metadata={"description": "ISO 4217, for example EUR."})


class Amount(fields.Nested):
    """`{"amount": "30.00", "currency": "EUR"}`, in the currency of the thing that has it."""

    def __init__(self, currency_of: str = "currency", **options: Any) -> None:
        super().__init__(MoneySchema, dump_only=True, **options)
        self._currency_of = currency_of

    def _serialize(  # type: ignore[override]  # marshmallow itself names the first one differently
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> Any:
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
    external_id = fields.String(allow_none=True)
    quantity = fields.Integer()
    quantity_shipped = fields.Integer()
    quantity_canceled = fields.Integer()
    left_to_ship = fields.Integer()
    unit_price = Amount("order.currency", allow_none=True)
    total = Amount("order.currency")
    charges = fields.List(fields.Nested(ChargeSchema))


class AddressSchema(Schema):
    """One address; every field can be null."""

    name = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    line1 = fields.String(allow_none=True)
    line2 = fields.String(allow_none=True)
    line3 = fields.String(allow_none=True)
    city = fields.String(allow_none=True)
    district = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    postal_code = fields.String(allow_none=True)
    country = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class OrderAddressSchema(AddressSchema):
    """One address of an order. `kind` is `shipping` or `billing`."""

    kind = fields.String()


class StatusChangeSchema(Schema):
    """One step of an order's life."""

    old_status = fields.String(allow_none=True)
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

    carrier = fields.String(allow_none=True)
    tracking_number = fields.String(allow_none=True)
    shipping_method = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(PackageLineSchema))


class ShipmentSchema(Schema):
    """What left together. `origin` is `merchant` or `channel`."""

    id = fields.Integer()
    origin = fields.String()
    shipped_at = fields.DateTime()
    packages = fields.List(fields.Nested(PackageSchema))


class BuyerSchema(Schema):
    """Who bought, as far as the channel says."""

    name = fields.String(attribute="buyer_name", allow_none=True)
    email = fields.String(attribute="buyer_email")
    email_is_placeholder = fields.Boolean()
    contact_allowed = fields.Boolean(attribute="buyer_contact_allowed")


class PaymentSchema(Schema):
    """How it was paid."""

    method = fields.String(attribute="payment_method")
    reference = fields.String(attribute="payment_reference", allow_none=True)
    is_captured = fields.Boolean(attribute="payment_is_captured")


class OrderSchema(Schema):
    """An order, whole. `charges` are those of the whole order; a line's stand with the line."""

    PERSONAL = ("buyer", "addresses")

    number = fields.String()
    status = fields.String()
    store = fields.String(attribute="store.code")
    channel = fields.String(allow_none=True)
    marketplace = fields.String(allow_none=True)
    external_id = fields.String(allow_none=True)
    replaces_external_id = fields.String(allow_none=True)
    customer_id = fields.Integer(allow_none=True)
    is_guest = fields.Boolean()
    buyer = fields.Nested(BuyerSchema, allow_none=True)
    fulfilled_by = fields.String()
    total = Amount()
    charges_total = Amount()
    stated_total = Amount(allow_none=True)
    is_reconciled = fields.Boolean()
    payment = fields.Nested(PaymentSchema, allow_none=True)
    shipping_method = fields.String(allow_none=True)
    placed_at = fields.DateTime()
    ship_by = fields.DateTime(allow_none=True)
    deliver_by = fields.DateTime(allow_none=True)
    created_at = fields.DateTime()
    lines = fields.List(fields.Nested(OrderLineSchema))
    charges = fields.List(fields.Nested(ChargeSchema))
    addresses = fields.List(fields.Nested(OrderAddressSchema), allow_none=True)
    shipments = fields.List(fields.Nested(ShipmentSchema))
    history = fields.List(fields.Nested(StatusChangeSchema))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What is not an attribute of an order under this name."""
        if attr == "buyer":
            return obj
        if attr == "payment":
            return None if obj.payment_method is None else obj
        if attr == "charges":
            return [charge for charge in obj.charges if charge.line_id is None]
        return super().get_attribute(obj, attr, default)


class CustomerSchema(Schema):
    """A customer with the address book."""

    PERSONAL = ("name", "first_name", "last_name", "email", "addresses")

    id = fields.Integer()
    store = fields.String(attribute="store.code")
    name = fields.String(allow_none=True)
    first_name = fields.String(allow_none=True)
    last_name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    email_is_placeholder = fields.Boolean()
    buyer_contact_allowed = fields.Boolean()
    origin = fields.String()
    created_at = fields.DateTime()
    addresses = fields.List(fields.Nested(AddressSchema), allow_none=True)


class ChannelOrderSchema(Schema):
    """A channel order as the Orders tab shows it."""

    PERSONAL = ("buyer_name",)

    external_id = fields.String()
    status = fields.String()
    fulfilled_by = fields.String()
    order_number = fields.String(attribute="order.number", dump_default=None, allow_none=True)
    order_status = fields.String(attribute="order.status", dump_default=None, allow_none=True)
    reserved = fields.Boolean()
    note = fields.String(allow_none=True)
    waits = fields.String(attribute="held_code", allow_none=True)
    account = fields.String(attribute="account.name")
    marketplace = fields.String()
    placed_at = fields.DateTime()
    updated_at = fields.DateTime()
    ship_by = fields.DateTime(allow_none=True)
    units_unshipped = fields.Integer()
    total = Amount(allow_none=True)
    buyer_name = fields.String(allow_none=True)

    def __init__(self, reserved: Collection[int] = (), **options: Any) -> None:
        """`reserved` holds the ids of those for which stock is reserved."""
        super().__init__(**options)
        self._reserved_ids = reserved

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Whether stock is reserved is no attribute of the row."""
        if attr == "reserved":
            return obj.id in self._reserved_ids
        return super().get_attribute(obj, attr, default)


class ProductSchema(Schema):
    """Something that is sold. `managed`: its stock is counted; `enabled`: it is offered."""

    sku = fields.String()
    name = fields.String()
    price = Amount(allow_none=True)
    managed = fields.Boolean(attribute="is_managed")
    enabled = fields.Boolean(attribute="is_enabled")
    created_at = fields.DateTime()


class StockSchema(Schema):
    """Units of one product over all locations: available = on hand less reserved."""

    sku = fields.String()
    on_hand = fields.Integer()
    reserved = fields.Integer()
    available = fields.Integer(metadata={"description": "Can be negative."})


class RefundLineSchema(Schema):
    """The part of a refund that belongs to one order line."""

    sku = fields.String(attribute="order_line.sku")
    amount = Amount("order_line.order.currency")


class RefundSchema(Schema):
    """Money given back; `lines` are the parts that belong to a line of the order."""

    id = fields.Integer()
    amount = Amount()
    reason = fields.String()
    created_at = fields.DateTime()
    lines = fields.List(fields.Nested(RefundLineSchema))


class JobSchema(Schema):
    """One piece of background work."""

    id = fields.Integer()
    name = fields.String()
    args = fields.Dict(keys=fields.String(), metadata={"description": "Identifiers only."})
    state = fields.String()
    priority = fields.Integer()
    run_at = fields.DateTime(metadata={"description": "Not before this time."})
    attempts = fields.Integer()
    max_attempts = fields.Integer(allow_none=True)
    last_error = fields.String(allow_none=True)
    created_at = fields.DateTime()
    started_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
