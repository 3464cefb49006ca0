"""getOrder: what is told of an order, to whom and when."""

from datetime import timedelta

import pytest

FIELDS_OF_DATA_SETS = {
    "BUYER": "buyer",
    "RECIPIENT": "recipient",
    "PROCEEDS": "proceeds",
    "FULFILLMENT": "fulfillment",
    "PACKAGES": "packages",
    "PAYMENT": "payment",
}


def test_bare_order_has_neither_status_nor_buyer(world, amazon):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "TEA", "unit_price": "9.50"}])

    bare = amazon.read(order.order_id, included="").json()["order"]

    assert set(bare) == {"orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems"}
    (item,) = bare["orderItems"]
    assert set(item) == {"orderItemId", "quantityOrdered", "product"}
    assert item["product"]["price"] == {"unitPrice": {"amount": "9.50", "currencyCode": "USD"}}


@pytest.mark.parametrize(("data_set", "field"), FIELDS_OF_DATA_SETS.items())
def test_data_set_unlocks_its_part_alone(world, amazon, data_set, field):
    order = world.place_order(status="SHIPPED")

    told = amazon.read(order.order_id, included=data_set).json()["order"]

    assert {name for name in FIELDS_OF_DATA_SETS.values() if name in told} == {field}


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY"])
def test_pending_order_hides_prices_buyer_and_address(world, amazon, status):
    order = world.place_order(status=status, lines=[{"sku": "TEA", "gift_message": "For you"}])

    told = amazon.order(order.order_id)

    assert told["fulfillment"]["fulfillmentStatus"] == status
    assert not {"buyer", "recipient", "proceeds", "payment"} & set(told)
    (item,) = told["orderItems"]
    assert "price" not in item["product"]
    assert "proceeds" not in item
    assert "packing" not in item["fulfillment"]


def test_verified_order_shows_what_was_hidden(world, amazon):
    order = world.place_order()
    world.verify(order.order_id)

    told = amazon.order(order.order_id)

    assert told["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert told["buyer"]["buyerName"]
    assert told["buyer"]["buyerEmail"].endswith(".example")
    assert told["recipient"]["deliveryAddress"]["city"]
    assert told["proceeds"]["grandTotal"]["currencyCode"] == "USD"


def test_order_canceled_while_pending_stays_closed(world, amazon):
    order = world.place_order()
    world.cancel_at_amazon(order.order_id, by="BUYER", reason="No longer needed")

    told = amazon.order(order.order_id)

    assert told["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert not {"buyer", "recipient", "proceeds"} & set(told)


def test_fba_order_keeps_email_phone_and_street_back(world, amazon):
    order = world.place_order(status="SHIPPED", fulfilled_by="AMAZON")

    told = amazon.order(order.order_id)

    assert "buyerEmail" not in told["buyer"]
    assert not {"name", "addressLine1", "phone"} & set(told["recipient"]["deliveryAddress"])
    assert "packages" not in told


def test_missing_parts_of_buyer_and_address_are_left_out(world, amazon):
    order = world.place_order(
        status="UNSHIPPED",
        buyer_name=None,
        buyer_email=None,
        address={"name": None, "postal_code": None, "addressLine1": "Quay 1"},
    )

    told = amazon.order(order.order_id)

    assert "buyer" not in told
    address = told["recipient"]["deliveryAddress"]
    assert address["addressLine1"] == "Quay 1"
    assert not {"name", "postalCode"} & set(address)


def test_order_without_address_has_no_recipient(world, amazon):
    order = world.place_order(status="UNSHIPPED", address=None)

    assert "recipient" not in amazon.order(order.order_id)


def test_unknown_order_is_not_found(amazon):
    answer = amazon.read("302-1234567-1234567")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NotFound")
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.5"


@pytest.mark.parametrize("order_id", ["TEST_CASE_400", "302-12345-1234567", "3021234567-1234567"])
def test_malformed_order_number_is_invalid_input(amazon, order_id):
    answer = amazon.read(order_id)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_unknown_data_set_is_invalid_input(world, amazon):
    order = world.place_order()

    assert amazon.read(order.order_id, included="ADDRESS").status_code == 400


def test_get_with_a_body_is_refused_in_html(world, amazon):
    order = world.place_order()
    url = f"{amazon.url}/orders/2026-01-01/orders/{order.order_id}"

    answer = amazon.session.get(url, data="{}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


def test_programs_replacement_and_unknown_status_are_told(world, amazon):
    order = world.place_order(
        status="UNSHIPPED", programs=["INVOICE_BY_AMAZON"], replacement_of="302-1234567-1234567"
    )
    world.report_status_as(order.order_id, "INVOICE_UNCONFIRMED")

    told = amazon.order(order.order_id)

    assert told["programs"] == ["INVOICE_BY_AMAZON"]
    (original,) = told["associatedOrders"]
    assert original == {
        "orderId": "302-1234567-1234567",
        "associationType": "REPLACEMENT_ORIGINAL_ID",
    }
    assert told["fulfillment"]["fulfillmentStatus"] == "INVOICE_UNCONFIRMED"


def test_business_buyers_in_europe_share_an_email(world, amazon):
    emails = set()
    for _ in range(2):
        order = world.place_order(marketplace="DE", status="UNSHIPPED", programs=["INVOICE_BY_AMAZON"])
        emails.add(amazon.order(order.order_id)["buyer"]["buyerEmail"])

    assert len(emails) == 1


def test_every_answer_has_an_id_and_the_date_of_the_simulator(world, amazon):
    world.advance(timedelta(minutes=30))
    answers = [
        amazon.search(createdAfter="2026-01-01T00:00:00Z"),
        amazon.search(),
        amazon.read("302-1234567-1234567"),
        amazon.ask_for_token(),
        amazon.session.get(f"{amazon.url}/"),
        amazon.session.get(f"{amazon.url}/nothing/here"),
    ]

    for answer in answers:
        assert answer.headers["Date"] == "Mon, 02 Nov 2026 09:30:00 GMT"
    assert len({answer.headers["x-amzn-RequestId"] for answer in answers}) == len(answers)
