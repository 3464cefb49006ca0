"""Who bought and where it goes. Amazon may keep back any of it, so every field is optional."""

from __future__ import annotations

import re

from core.channels.listing import ListedBuyer
from core.commerce.addresses import Address
from plugins.amazon_channel.mapping.reading import Part

#: Amazon's own business entity buys for many, under one email address.
_INVOICE_BY_AMAZON = "INVOICE_BY_AMAZON"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def buyer_of(order: Part) -> ListedBuyer:
    """The buyer, as far as Amazon tells. Words in place of an address would be one buyer's for many."""
    buyer = order.part("buyer")
    email = buyer.text("buyerEmail")
    return ListedBuyer(
        name=buyer.text("buyerName"),
        email=email if email and _EMAIL.fullmatch(email) else None,
        email_is_shared=_INVOICE_BY_AMAZON in order.texts("programs"),
    )


def address_of(order: Part) -> Address | None:
    """The delivery address, None if Amazon tells nothing of it."""
    part = order.part("recipient", "deliveryAddress")
    line1, line2, line3 = _lines(part)
    address = Address(
        name=part.text("name"),
        company=part.text("companyName"),
        line1=line1,
        line2=line2,
        line3=line3,
        city=part.text("city"),
        district=part.text("districtOrCounty") or part.text("municipality"),
        state=part.text("stateOrRegion"),
        postal_code=part.text("postalCode"),
        country=_country(part.text("countryCode")),
        phone=part.text("phone"),
    )
    return None if address == Address() else address


def _country(code: str | None) -> str | None:
    """ISO 3166 alpha-2, None for anything that cannot be that."""
    return code.upper() if code and len(code) == 2 and code.isascii() and code.isalpha() else None


def _lines(part: Part) -> tuple[str | None, str | None, str | None]:
    """The three lines; the parts of a street address stand in only where there is no first line."""
    line1, line2, line3 = (part.text(f"addressLine{number}") for number in (1, 2, 3))
    if line1:
        return line1, line2, line3
    extended = part.part("extendedFields")
    street = [extended.text("streetName"), extended.text("streetNumber")]
    line1 = " ".join(each for each in street if each) or None
    return line1, line2 or extended.text("complement"), line3 or extended.text("neighborhood")
