"""Facts about Amazon that change rarely: marketplaces, regions and their hosts, names of carriers.

None of these tables is a fence. Amazon opens marketplaces and knows carriers that are not in here;
an id or a name that is missing is data like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Marketplace:
    """One country site: ISO 3166 `country`, ISO 4217 `currency`, `region` one of na, eu, fe."""

    title: str
    country: str
    currency: str
    region: str


_MARKETPLACES = {
    "A2EUQ1WTGCTBG2": Marketplace("Amazon.ca", "CA", "CAD", "na"),
    "ATVPDKIKX0DER": Marketplace("Amazon.com", "US", "USD", "na"),
    "A1AM78C64UM0Y8": Marketplace("Amazon.com.mx", "MX", "MXN", "na"),
    "A2Q3Y263D00KWC": Marketplace("Amazon.com.br", "BR", "BRL", "na"),
    "A28R8C7NBKEWEA": Marketplace("Amazon.ie", "IE", "EUR", "eu"),
    "A1RKKUPIHCS9HS": Marketplace("Amazon.es", "ES", "EUR", "eu"),
    "A1F83G8C2ARO7P": Marketplace("Amazon.co.uk", "GB", "GBP", "eu"),
    "A13V1IB3VIYZZH": Marketplace("Amazon.fr", "FR", "EUR", "eu"),
    "AMEN7PMS3EDWL": Marketplace("Amazon.com.be", "BE", "EUR", "eu"),
    "A1805IZSGTT6HS": Marketplace("Amazon.nl", "NL", "EUR", "eu"),
    "A1PA6795UKMFR9": Marketplace("Amazon.de", "DE", "EUR", "eu"),
    "APJ6JRA9NG5V4": Marketplace("Amazon.it", "IT", "EUR", "eu"),
    "A2NODRKZP88ZB9": Marketplace("Amazon.se", "SE", "SEK", "eu"),
    "AE08WJ6YKNBMC": Marketplace("Amazon.co.za", "ZA", "ZAR", "eu"),
    "A1C3SOZRARQ6R3": Marketplace("Amazon.pl", "PL", "PLN", "eu"),
    "ARBP9OOSHTCHU": Marketplace("Amazon.eg", "EG", "EGP", "eu"),
    "A33AVAJ2PDY3EV": Marketplace("Amazon.com.tr", "TR", "TRY", "eu"),
    "A17E79C6D8DWNP": Marketplace("Amazon.sa", "SA", "SAR", "eu"),
    "A2VIGQ35RCS4UG": Marketplace("Amazon.ae", "AE", "AED", "eu"),
    "A21TJRUUN4KGV": Marketplace("Amazon.in", "IN", "INR", "eu"),
    "A19VAU5U5O7RUS": Marketplace("Amazon.sg", "SG", "SGD", "fe"),
    "A39IBJ37TRP1C6": Marketplace("Amazon.com.au", "AU", "AUD", "fe"),
    "A1VC38T7YXB528": Marketplace("Amazon.co.jp", "JP", "JPY", "fe"),
}

#: Marketplace id → what is known of it.
MARKETPLACES: Mapping[str, Marketplace] = MappingProxyType(_MARKETPLACES)

#: The one marketplace where cash on delivery is told with the shipment.
JAPAN = "A1VC38T7YXB528"

#: Region → what it is called.
REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "eu": "Europe, Middle East, Africa and India",
        "fe": "Far East and Australia",
        "na": "North and South America",
    }
)

#: Region → where its Selling Partner API listens.
HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "na": "https://sellingpartnerapi-na.amazon.com",
        "eu": "https://sellingpartnerapi-eu.amazon.com",
        "fe": "https://sellingpartnerapi-fe.amazon.com",
    }
)

#: Login with Amazon: where a refresh token becomes an access token.
LWA_PATH = "/auth/o2/token"
LWA_URL = "https://api.amazon.com" + LWA_PATH

#: Said in place of a carrier that Amazon has no code for; the carrier's name must go with it.
OTHER_CARRIER = "Other"

#: Amazon's own spelling of carriers, by where they are common. Amazon compares letter by letter.
CARRIERS: tuple[str, ...] = (
    # North and South America
    "UPS", "UPSMI", "USPS", "FedEx", "FedEx SmartPost", "DHL", "DHL eCommerce", "OnTrac",
    "Lasership", "Canada Post", "PUROLATOR", "Estafeta", "Correios", "Amazon Shipping",
    # United Kingdom and Ireland
    "Royal Mail", "Parcelforce", "DPD", "DPD Local", "Hermes", "Yodel", "DHL Express",
    # Germany, the Netherlands, Belgium, Poland, Sweden
    "DHL-Paket", "Deutsche Post", "GLS", "PostNL", "BPOST", "InPost", "PostNord",
    # France, Spain, Italy
    "Chronopost", "Colissimo", "La Poste", "Mondial Relay", "Colis Prive", "Correos",
    "Correos Express", "Seur", "MRW", "Nacex", "BRT", "SDA", "Poste Italiane", "TNT",
    # Asia and Australia
    "YAMATO", "SAGAWA", "JP_EXPRESS", "Japan Post", "Australia Post", "Sendle",
    "StarTrack-ArticleID", "BlueDart", "Delhivery", "DTDC", "India Post", "Aramex",
    "China Post", "Yun Express", "4PX", "SF Express", "Yanwen",
    # everywhere
    "Self Delivery",
)  # fmt: skip


def titles_and_currencies() -> dict[str, tuple[str, str]]:
    """Marketplace id → (title, ISO currency), as a channel registers them."""
    return {key: (site.title, site.currency) for key, site in MARKETPLACES.items()}
