"""What Amazon is told of a parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.channels.listing import PackageToConfirm
from plugins.amazon_channel.mapping import confirmation_body
from plugins.amazon_channel.marketplaces import JAPAN

PACKAGE = PackageToConfirm(
    order_external_id="028-1234567-1234567",
    marketplace="A1PA6795UKMFR9",
    reference="1",
    carrier="DHL",
    carrier_name="DHL Germany",
    tracking_number="00340434",
    shipping_method=None,
    shipped_at=datetime(2026, 11, 21, 9, 5, 7, 999_999, tzinfo=UTC),
    lines=(("00012", 2), ("3", 1)),
)


def test_confirmation_has_the_documented_shape() -> None:
    assert confirmation_body(PACKAGE) == {
        "marketplaceId": "A1PA6795UKMFR9",
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "trackingNumber": "00340434",
            "shipDate": "2026-11-21T09:05:07.999Z",
            "orderItems": [
                {"orderItemId": "00012", "quantity": 2},
                {"orderItemId": "3", "quantity": 1},
            ],
        },
    }


@pytest.mark.parametrize("carrier", [None, "Other"])
def test_confirmation_names_a_carrier_that_amazon_has_no_code_for(carrier: str | None) -> None:
    detail = confirmation_body(replace(PACKAGE, carrier=carrier))["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "DHL Germany")


def test_confirmation_tells_a_shipping_method_that_is_given() -> None:
    body = confirmation_body(replace(PACKAGE, shipping_method="DHL Paket"))
    assert body["packageDetail"]["shippingMethod"] == "DHL Paket"


def test_confirmation_tells_the_time_in_utc() -> None:
    local = datetime(2026, 11, 21, 1, tzinfo=timezone(timedelta(hours=9)))
    body = confirmation_body(replace(PACKAGE, shipped_at=local))
    assert body["packageDetail"]["shipDate"] == "2026-11-20T16:00:00.000Z"


def test_confirmation_speaks_of_cash_on_delivery_only_in_japan() -> None:
    paid_at_the_door = replace(PACKAGE, cash_on_delivery=True)
    assert "codCollectionMethod" not in confirmation_body(paid_at_the_door)
    assert "codCollectionMethod" not in confirmation_body(replace(PACKAGE, marketplace=JAPAN))
    body = confirmation_body(replace(paid_at_the_door, marketplace=JAPAN))
    assert body["codCollectionMethod"] == "DirectPayment"
