"""What an operator can set for a Tryton."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.errors import InvalidValue
from plugins.erp_bridge.client.tryton import check_url
from plugins.erp_bridge.mapping.tryton import (
    DISCOUNT_IN_PRICE,
    DISCOUNT_LINE,
    TAXES_CHANNEL,
    TAXES_NONE,
    TAXES_PRODUCT,
    Choices,
)

GUESTS_ONE, GUESTS_EACH = "one", "each"
_short = validate.Length(max=80)


class TrytonSettings(Schema):
    """Which Tryton orders are booked in, and how an order becomes a sale there."""

    url = fields.String(
        required=True,
        validate=validate.Length(max=500),
        metadata={
            "label": "Address of the server",
            "help": "Such as https://tryton.example.com, without the name of the database",
            "group": "Tryton",
            "address": True,
        },
    )
    database = fields.String(
        required=True,
        validate=validate.Length(1, 80),
        metadata={"label": "Database", "help": "Its name, as people sign in to it", "group": "Tryton"},
    )
    key = fields.String(
        required=True,
        validate=validate.And(
            validate.Length(8, 500), validate.Regexp(r"[\x21-\x7e]+\Z", error="no spaces, ASCII only")
        ),
        metadata={
            "label": "Key",
            "help": "Of a user application for the REST API, validated; the user needs the groups Sales "
            "and Stock",
            "group": "Tryton",
            "secret": True,
        },
    )
    company = fields.String(
        load_default="",
        validate=_short,
        metadata={
            "label": "Company",
            "help": "Its name in Tryton. Empty: the only one",
            "group": "Tryton",
        },
    )
    prefix = fields.String(
        load_default="",
        validate=validate.Length(max=20),
        metadata={
            "label": "Prefix of references",
            "help": "Before the order number in a sale's reference, by which it is found again. Needed if "
            "two shops share one Tryton; never change it while orders are open",
            "group": "Sales",
        },
    )
    invoice_method = fields.String(
        load_default="manual",
        validate=validate.OneOf(
            ["manual", "order", "fulfillment"], labels=["Manually", "On order processed", "On fulfillment"]
        ),
        metadata={
            "label": "Invoices",
            "help": "When Tryton makes the invoice of a sale",
            "group": "Sales",
        },
    )
    taxes = fields.String(
        load_default=TAXES_NONE,
        validate=validate.OneOf(
            [TAXES_NONE, TAXES_PRODUCT, TAXES_CHANNEL],
            labels=["Book no taxes", "Taxes of the product", "Taxes by the channel's rate"],
        ),
        metadata={
            "label": "Taxes",
            "help": "Book no taxes: prices are what the buyer pays. Taxes of the product: what the buyer "
            "pays contains them. By the channel's rate: the tax that the channel charged is looked for "
            "among Tryton's, and an order whose rate is not there is refused",
            "group": "Amounts",
        },
    )
    discounts = fields.String(
        load_default=DISCOUNT_IN_PRICE,
        validate=validate.OneOf(
            [DISCOUNT_IN_PRICE, DISCOUNT_LINE], labels=["Within the price", "As a line of their own"]
        ),
        metadata={"label": "Discounts", "help": "How discounts on goods are booked", "group": "Amounts"},
    )
    discount_sku = fields.String(
        load_default="",
        validate=_short,
        metadata={
            "label": "Service for discounts",
            "help": "Code of the service in Tryton for discounts as lines. Empty: a line without a "
            "product, for which Tryton needs a default account for revenue",
            "group": "Amounts",
        },
    )
    shipping_sku = fields.String(
        load_default="",
        validate=_short,
        metadata={
            "label": "Service for shipping",
            "help": "Code of the service in Tryton that shipping is booked as. Empty: a line without a "
            "product, for which Tryton needs a default account for revenue",
            "group": "Amounts",
        },
    )
    guests = fields.String(
        load_default=GUESTS_EACH,
        validate=validate.OneOf(
            [GUESTS_EACH, GUESTS_ONE], labels=["A party for each order", "One party for all"]
        ),
        metadata={
            "label": "Guest buyers",
            "help": "Orders of customers share one party for each customer in any case",
            "group": "Buyers",
        },
    )
    guest_party = fields.String(
        load_default="",
        validate=_short,
        metadata={
            "label": "Party for guests",
            "help": "Code of the party in Tryton that all guest orders belong to; each order has its own "
            "address there",
            "group": "Buyers",
        },
    )
    default_carrier = fields.String(
        load_default="Other",
        validate=validate.Length(1, 80),
        metadata={
            "label": "Carrier",
            "help": "Told of a shipment that has no carrier in Tryton",
            "group": "Shipments",
        },
    )

    @validates_schema
    def check_all(self, data: Mapping[str, Any], **_: Any) -> None:
        """Whether a key may be sent there, and a party for guests is named where one is needed."""
        try:
            check_url(data["url"])
        except InvalidValue as error:
            raise ValidationError(error.fields["url"], "url") from error
        if data["guests"] == GUESTS_ONE and not data["guest_party"]:
            raise ValidationError("name the party that all guest orders belong to", "guest_party")


def choices_of(settings: Mapping[str, Any]) -> Choices:
    """What the mapping needs of them."""
    return Choices(
        taxes=settings["taxes"],
        discounts=settings["discounts"],
        shipping_sku=settings["shipping_sku"],
        discount_sku=settings["discount_sku"],
        prefix=settings["prefix"],
        invoice_method=settings["invoice_method"],
    )
