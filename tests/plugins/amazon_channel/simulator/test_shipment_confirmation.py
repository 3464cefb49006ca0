"""confirmShipment: packages that Amazon takes, edits that it makes, and all that it refuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest


@pytest.fixture
def order(world):
    """Three mugs and a tin of tea, ready to ship."""
    placed = world.place_order(
        status="UNSHIPPED",
        lines=[
            {"sku": "MUG", "quantity": 3, "unit_price": "10.00"},
            {"sku": "TEA", "quantity": 1, "unit_price": "9.50"},
        ],
    )
    world.advance(timedelta(minutes=30))
    return placed


def item_id(order, sku):
    return order.get_item(sku).order_item_id


def quantities(told):
    return {
        item["product"]["sellerSku"]: (
            item["fulfillment"]["quantityFulfilled"],
            item["fulfillment"]["quantityUnfulfilled"],
        )
        for item in told["orderItems"]
    }


def test_whole_package_ships_the_order(amazon, order):
    answer = amazon.confirm(order.order_id, amazon.package(order))

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-amzn-RateLimit-Limit"] == "2"
    told = amazon.order(order.order_id)
    assert told["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert told["lastUpdatedTime"] == "2026-11-02T09:30:00.000Z"
    (package,) = told["packages"]
    assert package["packageReferenceId"] == "1"
    assert package["trackingNumber"] == "1Z999AA10123456784"
    assert (package["carrier"], package["shippingService"]) == ("UPS", "UPS Ground")
    assert package["shipTime"] == "2026-11-02T09:30:00.000Z"


def test_partial_package_leaves_the_rest_to_ship(amazon, order):
    mug, tea = item_id(order, "MUG"), item_id(order, "TEA")

    amazon.confirm(order.order_id, amazon.package(order, {mug: 2}))
    told = amazon.order(order.order_id)
    assert told["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert quantities(told) == {"MUG": (2, 1), "TEA": (0, 1)}

    second = amazon.package(order, {mug: 1, tea: 1})
    second["packageDetail"]["packageReferenceId"] = "2"
    assert amazon.confirm(order.order_id, second).status_code == 204
    told = amazon.order(order.order_id)
    assert told["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert quantities(told) == {"MUG": (3, 0), "TEA": (1, 0)}
    assert [package["packageReferenceId"] for package in told["packages"]] == ["1", "2"]


def test_same_reference_edits_the_package_even_after_shipping(world, amazon, order):
    body = amazon.package(order)
    amazon.confirm(order.order_id, body)
    world.advance(timedelta(minutes=10))

    body["packageDetail"] |= {"trackingNumber": "CORRECTED", "carrierCode": "DHL"}
    assert amazon.confirm(order.order_id, body).status_code == 204

    told = amazon.order(order.order_id)
    (package,) = told["packages"]
    assert (package["trackingNumber"], package["carrier"]) == ("CORRECTED", "DHL")
    assert package["createdTime"] == "2026-11-02T09:30:00.000Z"
    assert told["lastUpdatedTime"] == "2026-11-02T09:40:00.000Z"
    assert told["fulfillment"]["fulfillmentStatus"] == "SHIPPED"


def test_sending_the_same_confirmation_twice_ships_once(amazon, order):
    body = amazon.package(order, {item_id(order, "MUG"): 2})

    assert [amazon.confirm(order.order_id, body).status_code for _ in range(2)] == [204, 204]
    assert quantities(amazon.order(order.order_id))["MUG"] == (2, 1)


def test_edit_may_change_the_units_of_its_package(amazon, order):
    mug = item_id(order, "MUG")
    amazon.confirm(order.order_id, amazon.package(order, {mug: 3}))

    amazon.confirm(order.order_id, amazon.package(order, {mug: 1}))

    assert quantities(amazon.order(order.order_id))["MUG"] == (1, 2)


def test_new_package_of_a_shipped_order_is_not_found(amazon, order):
    body = amazon.package(order)
    amazon.confirm(order.order_id, body)

    body["packageDetail"]["packageReferenceId"] = "2"
    answer = amazon.confirm(order.order_id, body)

    assert answer.status_code == 400
    assert "PackageToUpdateNotFound" in amazon.message_of(answer)


def test_carrier_that_amazon_does_not_know_goes_by_its_name(amazon, order):
    body = amazon.package(order)
    body["packageDetail"] |= {"carrierCode": "Other", "carrierName": "Harbor Couriers"}

    assert amazon.confirm(order.order_id, body).status_code == 204
    (package,) = amazon.order(order.order_id)["packages"]
    assert package["carrier"] == "Harbor Couriers"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("packageReferenceId", 1),
        ("packageReferenceId", "0"),
        ("packageReferenceId", "-1"),
        ("packageReferenceId", "P1"),
        ("packageReferenceId", None),
        ("carrierCode", None),
        ("carrierCode", "Other"),
        ("trackingNumber", None),
        ("trackingNumber", ""),
        ("shipDate", None),
        ("shipDate", "02/21/2022"),
        ("shipDate", "2026-11-02"),
        ("shipDate", "2026-11-02T08:59:59Z"),
        ("shipDate", "2026-11-02T10:30:00Z"),
        ("orderItems", []),
        ("orderItems", None),
        ("orderItems", {"orderItemId": "1", "quantity": 1}),
        ("orderItems", [{"orderItemId": "00000000000000", "quantity": 1}]),
        ("orderItems", [{"quantity": 1}]),
    ],
)
def test_malformed_package_is_refused(amazon, order, field, value):
    body = amazon.package(order)
    body["packageDetail"][field] = value

    answer = amazon.confirm(order.order_id, body)

    assert answer.status_code == 400
    assert amazon.order(order.order_id)["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"


def test_reference_that_is_a_number_is_refused_in_amazons_words(amazon, order):
    body = amazon.package(order)
    body["packageDetail"]["packageReferenceId"] = 1

    answer = amazon.confirm(order.order_id, body)

    assert amazon.message_of(answer) == "PackageReferenceId: is invalid, must be a positive numeric value."


@pytest.mark.parametrize("quantity", [0, -1, 4, "1", 1.5, True, None])
def test_quantity_must_be_whole_positive_and_left(amazon, order, quantity):
    body = amazon.package(order, {item_id(order, "MUG"): quantity})

    assert amazon.confirm(order.order_id, body).status_code == 400


def test_units_of_one_line_are_added_up(amazon, order):
    body = amazon.package(order)
    line = {"orderItemId": item_id(order, "MUG"), "quantity": 2}
    body["packageDetail"]["orderItems"] = [line, line]

    assert amazon.confirm(order.order_id, body).status_code == 400


@pytest.mark.parametrize("body", [None, [], "package", {}, {"packageDetail": []}])
def test_body_that_is_no_confirmation_is_refused(amazon, order, body):
    assert amazon.confirm(order.order_id, body).status_code == 400


def test_marketplace_must_be_that_of_the_order(amazon, order):
    body = amazon.package(order) | {"marketplaceId": "A1PA6795UKMFR9"}

    assert amazon.confirm(order.order_id, body).status_code == 400


@pytest.mark.parametrize(
    "choices",
    [
        {"status": "PENDING"},
        {"status": "CANCELLED"},
        {"status": "UNSHIPPED", "fulfilled_by": "AMAZON"},
        {"status": "UNSHIPPED", "programs": ["FBM_SHIP_PLUS"]},
    ],
)
def test_order_that_is_not_the_sellers_to_ship_is_refused(world, amazon, choices):
    order = world.place_order(**choices)

    assert amazon.confirm(order.order_id, amazon.package(order)).status_code == 400


def test_order_of_another_seller_is_not_found(world, amazon):
    order = world.place_order(seller_id=world.add_seller().seller_id, status="UNSHIPPED")

    assert amazon.confirm(order.order_id, amazon.package(order)).status_code == 404


def test_transparency_codes_are_demanded_for_each_unit(world, amazon):
    order = world.place_order(
        status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 2, "programs": ["TRANSPARENCY"]}]
    )
    body = amazon.package(order)
    assert amazon.confirm(order.order_id, body).status_code == 400

    body["packageDetail"]["orderItems"][0]["transparencyCodes"] = ["A1", "A2"]
    assert amazon.confirm(order.order_id, body).status_code == 204
    (package,) = amazon.order(order.order_id)["packages"]
    assert package["packageItems"][0]["transparencyCodes"] == ["A1", "A2"]


@pytest.mark.parametrize(("marketplace", "status"), [("JP", 204), ("US", 400)])
def test_cash_on_delivery_is_for_japan_only(world, amazon, marketplace, status):
    order = world.place_order(status="UNSHIPPED", marketplace=marketplace)
    body = amazon.package(order) | {"codCollectionMethod": "DirectPayment"}

    assert amazon.confirm(order.order_id, body).status_code == status


def test_order_placed_within_the_second_of_the_ship_date_can_ship(world, amazon):
    world.advance(timedelta(milliseconds=700))
    order = world.place_order(status="UNSHIPPED")
    body = amazon.package(order)
    body["packageDetail"]["shipDate"] = "2026-11-02T09:00:00Z"

    assert amazon.confirm(order.order_id, body).status_code == 204


def test_only_accepted_confirmations_are_kept(world, amazon, order):
    body = amazon.package(order)
    amazon.confirm(order.order_id, {})
    amazon.confirm(order.order_id, body)

    (kept,) = world.confirmations
    assert (kept.order_id, kept.body) == (order.order_id, body)


def test_units_confirmed_by_many_at_once_leave_once(amazon, order):
    def confirm(reference):
        body = amazon.package(order, {item_id(order, "MUG"): 2})
        body["packageDetail"]["packageReferenceId"] = str(reference)
        return amazon.confirm(order.order_id, body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(confirm, range(1, 9)))

    assert statuses == [204] + [400] * 7
    assert quantities(amazon.order(order.order_id))["MUG"] == (2, 1)
