"""Tracking numbers: what one looks like, as far as that is known."""

from __future__ import annotations

import re

_ANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{3,49}")
#: Carriers whose numbers have one form, in lower case.
_FORMS = {
    "ups": (re.compile(r"1Z[0-9A-Z]{16}|T\d{10}|\d{9}|\d{26}"), "1Z and 16 letters and digits"),
    "usps": (re.compile(r"\d{20,22}|\d{26}|[A-Z]{2}\d{9}US"), "20 to 22 digits"),
    "fedex": (re.compile(r"\d{12}|\d{15}|\d{20}|\d{22}"), "12, 15 or 20 digits"),
    "dpd": (re.compile(r"\d{14,15}[0-9A-Z]?"), "14 digits"),
    "gls": (re.compile(r"\d{11,12}|[0-9A-Z]{8}"), "11 digits or 8 letters and digits"),
    "postnl": (re.compile(r"3S[0-9A-Z]{9,15}|[A-Z]{2}\d{9}NL|\d{13,15}"), "3S and 9 to 15 more"),
    "royal mail": (re.compile(r"[A-Z]{2}\d{9}GB|[0-9A-F]{16,21}"), "two letters, 9 digits and GB"),
}


def tracking_complaint(carrier: str, number: str) -> str | None:
    """Why this is hardly a tracking number of the carrier; None if nothing speaks against it.

    Carriers invent new forms: it is a reason to ask again, never to refuse for good.
    """
    text = number.strip()
    if not _ANY.fullmatch(text):
        return "a tracking number has 4 to 50 letters, digits, hyphens and spaces"
    form = _FORMS.get(carrier.strip().casefold())
    if form is None or form[0].fullmatch(re.sub(r"[ .-]", "", text).upper()):
        return None
    return f"a tracking number of {carrier.strip()} is {form[1]}"
