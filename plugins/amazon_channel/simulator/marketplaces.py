"""Amazon's country sites: their ids, currencies and what their order numbers begin with."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import NotPossible


@dataclass(frozen=True)
class Marketplace:
    """One of Amazon's country sites.

    ``tax_rate`` is in percent and only set where prices are shown without tax; elsewhere the price
    already includes it.
    """

    marketplace_id: str
    country: str
    name: str
    currency: str
    prefixes: tuple[str, ...]
    tax_rate: str = ""
    serves_since_2016: bool = False


_NORTH_AMERICA = (
    Marketplace("ATVPDKIKX0DER", "US", "Amazon.com", "USD", ("111", "112", "113", "114"), "8.25"),
    Marketplace("A2EUQ1WTGCTBG2", "CA", "Amazon.ca", "CAD", ("701", "702"), "13"),
    Marketplace("A1AM78C64UM0Y8", "MX", "Amazon.com.mx", "MXN", ("701", "702")),
    Marketplace("A2Q3Y263D00KWC", "BR", "Amazon.com.br", "BRL", ("701", "702")),
)
_EUROPE = (
    Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de", "EUR", ("028", "302", "303", "304", "305")),
    Marketplace("A1F83G8C2ARO7P", "GB", "Amazon.co.uk", "GBP", ("026", "202", "203", "204", "205")),
    Marketplace("A13V1IB3VIYZZH", "FR", "Amazon.fr", "EUR", ("171", "402", "403", "404", "405")),
    Marketplace("APJ6JRA9NG5V4", "IT", "Amazon.it", "EUR", ("171", "402", "403", "404", "405")),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Amazon.es", "EUR", ("171", "402", "403", "404", "405")),
    Marketplace("A1805IZSGTT6HS", "NL", "Amazon.nl", "EUR", ("171", "402", "403", "404", "405")),
    Marketplace("AMEN7PMS3EDWL", "BE", "Amazon.com.be", "EUR", ("171", "402", "403", "404")),
    Marketplace("A28R8C7NBKEWEA", "IE", "Amazon.ie", "EUR", ("026", "202", "203", "204", "205")),
    Marketplace("A2NODRKZP88ZB9", "SE", "Amazon.se", "SEK", ("171", "402", "403", "404", "405")),
    Marketplace("A1C3SOZRARQ6R3", "PL", "Amazon.pl", "PLN", ("171", "402", "403", "404", "405")),
    Marketplace("A33AVAJ2PDY3EV", "TR", "Amazon.com.tr", "TRY", ("171", "402", "403", "404")),
    Marketplace("AE08WJ6YKNBMC", "ZA", "Amazon.co.za", "ZAR", ("171", "402", "403", "404")),
    Marketplace("ARBP9OOSHTCHU", "EG", "Amazon.eg", "EGP", ("171", "402", "403", "404")),
    Marketplace("A17E79C6D8DWNP", "SA", "Amazon.sa", "SAR", ("171", "402", "403", "404")),
    Marketplace("A2VIGQ35RCS4UG", "AE", "Amazon.ae", "AED", ("171", "402", "403", "404")),
    Marketplace("A21TJRUUN4KGV", "IN", "Amazon.in", "INR", ("171", "402", "403", "404", "405")),
)
_FAR_EAST = (
    Marketplace("A1VC38T7YXB528", "JP", "Amazon.co.jp", "JPY", ("249", "250", "503"), "", True),
    Marketplace("A39IBJ37TRP1C6", "AU", "Amazon.com.au", "AUD", ("249", "250", "503"), "", True),
    Marketplace("A19VAU5U5O7RUS", "SG", "Amazon.sg", "SGD", ("249", "250", "503"), "", True),
)

MARKETPLACES = {site.marketplace_id: site for site in (*_NORTH_AMERICA, *_EUROPE, *_FAR_EAST)}
_COUNTRIES = {site.country: site for site in MARKETPLACES.values()} | {"UK": MARKETPLACES["A1F83G8C2ARO7P"]}


def get_marketplace(id_or_country: str) -> Marketplace:
    """The site with this marketplace id or country code (`GB` and `UK` are the same)."""
    found = MARKETPLACES.get(id_or_country) or _COUNTRIES.get(id_or_country)
    if found is None:
        raise NotPossible(f"{id_or_country!r} is neither a marketplace id nor a country of one.")
    return found
