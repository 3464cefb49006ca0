"""A simulated Amazon that stands still until a test moves its clock, and somebody to call it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from plugins.amazon_channel.simulator import SELLER, Order, Seller, World, serve_simulator

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EVERYTHING = (
    "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,"
    "FULFILLMENT_ORDERS"
)


@dataclass
class Caller:
    """Calls the API as a seller's program does."""

    world: World
    url: str
    session: requests.Session
    seller: Seller = SELLER

    @property
    def token_url(self) -> str:
        return f"{self.url}/auth/o2/token"

    @staticmethod
    def message_of(answer: requests.Response) -> str:
        """The one message of an error answer."""
        (error,) = answer.json()["errors"]
        return str(error["message"])

    def ask_for_token(self, **changes: str | None) -> requests.Response:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.seller.refresh_token,
            "client_id": self.seller.client_id,
            "client_secret": self.seller.client_secret,
        }
        chosen = {name: text for name, text in {**form, **changes}.items() if text is not None}
        return self.session.post(self.token_url, data=chosen)

    def sign_in(self, seller: Seller | None = None) -> Caller:
        self.seller = seller or self.seller
        token = self.ask_for_token().json()["access_token"]
        self.session.headers["x-amz-access-token"] = token
        return self

    def search(self, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/orders/2026-01-01/orders", params=query)

    def updated(self, **query: Any) -> dict[str, Any]:
        """A search for everything that was ever updated, which must succeed."""
        answer = self.search(**{"lastUpdatedAfter": "2026-01-01T00:00:00Z", **query})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def read(self, order_id: str, included: str = EVERYTHING) -> requests.Response:
        url = f"{self.url}/orders/2026-01-01/orders/{order_id}"
        return self.session.get(url, params={"includedData": included} if included else {})

    def order(self, order_id: str) -> dict[str, Any]:
        """The whole order, which must be there."""
        answer = self.read(order_id)
        assert answer.status_code == 200, answer.text
        order: dict[str, Any] = answer.json()["order"]
        return order

    def confirm(self, order_id: str, body: Any) -> requests.Response:
        url = f"{self.url}/orders/v0/orders/{order_id}/shipmentConfirmation"
        return self.session.post(url, json=body)

    def package(self, order: Order, quantities: dict[str, int] | None = None) -> dict[str, Any]:
        """A confirmation that Amazon accepts, of every unit unless some are named."""
        chosen = quantities or {item.order_item_id: item.quantity for item in order.items}
        return {
            "marketplaceId": order.marketplace.marketplace_id,
            "packageDetail": {
                "packageReferenceId": "1",
                "carrierCode": "UPS",
                "shippingMethod": "UPS Ground",
                "trackingNumber": "1Z999AA10123456784",
                "shipDate": self.world.now().isoformat(),
                "orderItems": [
                    {"orderItemId": order_item_id, "quantity": quantity}
                    for order_item_id, quantity in chosen.items()
                ],
            },
        }


@pytest.fixture
def world() -> World:
    return World(seed=7, now=START, running=False)


@pytest.fixture
def amazon(world: World) -> Iterator[Caller]:
    """A signed-in caller of a served world without quotas."""
    with serve_simulator(world, rates="off") as server, requests.Session() as session:
        yield Caller(world, server.url, session).sign_in()
