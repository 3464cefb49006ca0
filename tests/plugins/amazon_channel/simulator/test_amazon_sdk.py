"""Amazon's own Python SDK talks to the simulator as it is."""

from datetime import timedelta

import pytest

spapi = pytest.importorskip("spapi", reason="amzn-sp-api is not installed")
reading = pytest.importorskip("spapi.api.orders_v2026_01_01.search_orders_api")
getting = pytest.importorskip("spapi.api.orders_v2026_01_01.get_order_api")
confirming = pytest.importorskip("spapi.api.orders_v0.orders_v0_api")
models = pytest.importorskip("spapi.models.orders_v0")


@pytest.fixture
def sdk(amazon):
    """The SDK's client, signed in with the default seller's credentials."""
    config = spapi.SPAPIConfig(
        client_id=amazon.seller.client_id,
        client_secret=amazon.seller.client_secret,
        refresh_token=amazon.seller.refresh_token,
    )
    client = spapi.SPAPIClient(config, oauth_endpoint=amazon.token_url, endpoint=amazon.url)
    yield client.api_client
    client.api_client.rest_client.pool_manager.clear()


def test_sdk_pages_through_all_orders(world, sdk):
    placed = {world.place_order(status="UNSHIPPED").order_id for _ in range(5)}
    world.advance(timedelta(minutes=5))
    api = reading.SearchOrdersApi(sdk)
    query = {
        "last_updated_after": world.now() - timedelta(days=1),
        "marketplace_ids": ["ATVPDKIKX0DER", "A1PA6795UKMFR9"],
        "included_data": ["BUYER", "PROCEEDS", "FULFILLMENT"],
        "max_results_per_page": 2,
    }

    answer = api.search_orders(**query)
    seen = [order.order_id for order in answer.orders]
    while answer.pagination:
        answer = api.search_orders(**query, pagination_token=answer.pagination.next_token)
        seen += [order.order_id for order in answer.orders]

    assert (len(seen), set(seen)) == (5, placed)


def test_sdk_reads_a_whole_order(world, sdk):
    placed = world.place_order(
        status="UNSHIPPED",
        marketplace="DE",
        lines=[{"sku": "MUG", "quantity": 3, "unit_price": "10.00", "discount": "1.00"}],
    )

    order = (
        getting.GetOrderApi(sdk)
        .get_order(placed.order_id, included_data=["BUYER", "RECIPIENT", "PROCEEDS", "FULFILLMENT"])
        .order
    )

    assert order.order_id == placed.order_id
    assert order.fulfillment.fulfillment_status == "UNSHIPPED"
    assert order.proceeds.grand_total.amount == "29.00"
    assert order.order_items[0].product.price.unit_price.amount == "10.00"
    assert order.recipient.delivery_address.country_code == "DE"


def test_sdk_confirms_a_shipment(world, sdk):
    placed = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 2}])
    payload = models.ConfirmShipmentRequest(
        marketplace_id=placed.marketplace.marketplace_id,
        package_detail=models.PackageDetail(
            package_reference_id="1",
            carrier_code="UPS",
            tracking_number="1Z999AA10123456784",
            ship_date=world.now(),
            order_items=[
                models.ConfirmShipmentOrderItem(order_item_id=placed.items[0].order_item_id, quantity=2)
            ],
        ),
    )

    answer = confirming.OrdersV0Api(sdk).confirm_shipment_with_http_info(placed.order_id, payload)

    assert answer[1] == 204
    assert world.status_of(placed.order_id) == "SHIPPED"
    assert world.get_order(placed.order_id).packages[0].tracking_number == "1Z999AA10123456784"


def test_sdk_raises_what_the_simulator_refuses(sdk):
    with pytest.raises(spapi.ApiException) as refused:
        getting.GetOrderApi(sdk).get_order("302-1234567-1234567")

    assert refused.value.status == 404
