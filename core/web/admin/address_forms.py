"""Forms of addresses: of a customer, of which nothing has to be known, and of where a parcel goes to."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Length, Regexp


def _part(label: str, longest: int = 200) -> fields.String:
    return fields.String(
        load_default=None, allow_none=True, validate=Length(max=longest), metadata={"label": label}
    )


def _needed(label: str) -> fields.String:
    return fields.String(required=True, validate=Length(1, 200), metadata={"label": label})


class AddressForm(Schema):
    """An address as far as it is known; its fields are those of `core.commerce.addresses.Address`."""

    name = _part("Name")
    company = _part("Company")
    line1 = _part("Street and number")
    line2 = _part("Address line 2")
    line3 = _part("Address line 3")
    postal_code = _part("Postal code", 40)
    city = _part("City")
    district = _part("District")
    state = _part("State or region")
    country = fields.String(
        load_default=None,
        allow_none=True,
        validate=Length(max=2),
        metadata={"label": "Country", "help": "Two letters, such as DE or NL."},
    )
    phone = _part("Telephone", 60)


class ShippingAddressForm(AddressForm):
    """One that is complete enough to send a parcel to."""

    line1 = _needed("Street and number")
    city = _needed("City")
    country = fields.String(
        required=True,
        validate=Regexp("[A-Z]{2}$", error="Two capital letters, such as DE."),
        metadata={"label": "Country", "help": "Two letters, such as DE or NL."},
    )
