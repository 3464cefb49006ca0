"""Amazon, as the core's channel kit knows it: labels, rates, and what talks to it."""

from __future__ import annotations

from core.channels.registration import Channel, Connection, Credentials, Lifetime, Rate, RequestConnection
from plugins.amazon_channel.mapping import AMAZON, CANCEL_REASONS, REFUND_REASONS, listed_from_json
from plugins.amazon_channel.marketplaces import CARRIERS, MARKETPLACES, REGIONS, titles_and_currencies
from plugins.amazon_channel.settings import AmazonCredentials

#: Amazon's own limits, per seller account and operation; the channel learns others from the answers.
RATES = {
    "list_orders": Rate(per_second=0.0056, burst=20),
    "get_order": Rate(per_second=0.5, burst=30),
    "confirm_package": Rate(per_second=2, burst=10),
    "prepare_request": Rate(per_second=0.5, burst=15),
    "submit_request": Rate(per_second=0.0083, burst=15),
    "find_receipts": Rate(per_second=0.0222, burst=10),
    "read_progress": Rate(per_second=2, burst=15),
    "read_report": Rate(per_second=0.0222, burst=10),
}
#: Amazon lets client secrets and authorizations end; it tells the dates only in its own pages.
LIFETIMES = {
    "client_secret": Lifetime(
        title="client secret",
        issued="Client secret issued on",
        days=180,
        remedy="rotate it in the Solution Provider Portal and store the new one",
    ),
    "refresh_token": Lifetime(
        title="authorization",
        issued="Application authorized on",
        days=365,
        remedy="authorize the application again in Seller Central and store the new refresh token",
    ),
}


def amazon() -> Channel:
    """What `channel_register` gives."""
    return Channel(
        key=AMAZON,
        title="Amazon",
        plugin="amazon_channel",
        connect=_connect,
        read_order=listed_from_json,
        number_source="Build Using Amazon Order Number",
        placeholder_domain="amazon.invalid",
        payment_method="Amazon",
        marketplaces=titles_and_currencies(),
        rates=RATES,
        carriers=CARRIERS,
        connect_requests=_connect_requests,
        cancel_reasons=CANCEL_REASONS,
        refund_reasons=REFUND_REASONS,
        credential_fields=("client_id", "client_secret", "refresh_token", "base_url", "lwa_url"),
        secret_fields=("client_id", "client_secret", "refresh_token"),
        credentials_schema=AmazonCredentials,
        lifetimes=LIFETIMES,
        regions=REGIONS,
        marketplace_regions={key: site.region for key, site in MARKETPLACES.items()},
    )


def _connect(credentials: Credentials) -> Connection:
    from plugins.amazon_channel.client import connect  # slow to import; few commands call Amazon

    return connect(credentials)


def _connect_requests(credentials: Credentials) -> RequestConnection:
    from plugins.amazon_channel.client import AmazonFeeds  # as above

    return AmazonFeeds(credentials)
