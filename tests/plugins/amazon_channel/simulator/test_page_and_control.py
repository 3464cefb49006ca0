"""The page, its buttons, and the same steps for programs."""

import re

import pytest

from plugins.amazon_channel.simulator import (
    NotPossible,
    create_simulator,
    run_simulator,
    serve_simulator,
)


def page(amazon):
    answer = amazon.session.get(f"{amazon.url}/")
    assert answer.status_code == 200
    return answer.text


def press(amazon, path, **fields):
    """Send a form of the page and come back to it."""
    answer = amazon.session.post(f"{amazon.url}/simulator/{path}", data=fields or {"x": ""})
    assert answer.status_code == 200
    assert answer.history[0].status_code == 303
    return answer.text


def test_page_shows_orders_with_status_and_tracking_numbers(world, amazon):
    world.place_order(lines=[{"sku": "MUG-BLUE", "quantity": 2}])
    shipped = world.place_order(status="UNSHIPPED", buyer_name="<b>Ada & Co</b>")
    world.ship_at_amazon(shipped.order_id, carrier="DHL", tracking_number="JJD0099")

    text = page(amazon)

    assert "Pending, the card is being verified" in text
    assert "2 \u00d7 MUG-BLUE" in text
    assert "JJD0099" in text
    assert "&lt;b&gt;Ada &amp; Co&lt;/b&gt;" in text
    assert "2026-11-02 09:00:00 UTC" in text
    assert not re.search(r"<style|<script|style=|onclick=", text)


def test_page_has_its_style_sheet(amazon):
    (path,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page(amazon))

    answer = amazon.session.get(f"{amazon.url}{path}")

    assert answer.headers["Content-Type"].startswith("text/css")


def test_empty_page_says_so(amazon):
    assert "Nobody has bought anything yet." in page(amazon)


def test_buttons_lead_an_order_from_placing_to_shipping(world, amazon):
    press(amazon, "orders", fulfilled_by="MERCHANT", marketplace="DE")
    (order,) = world.orders()
    assert order.marketplace.country == "DE"
    item = order.items[0]

    assert "was verified" in press(amazon, f"orders/{order.order_id}/verify")
    press(
        amazon,
        f"orders/{order.order_id}/ship",
        **{f"units:{item.order_item_id}": "1", "carrier": "DPD", "tracking_number": "0155"},
    )

    (package,) = world.get_order(order.order_id).packages
    assert (package.carrier, package.tracking_number) == ("DPD", "0155")
    assert package.items[0].quantity == 1


def test_form_for_an_order_is_filled_in_with_a_product_of_the_tutorial(world, amazon):
    form = page(amazon).split('<h2 id="place">')[1].split("</form>")[0]
    filled_in = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.split("<button")[0]))

    text = press(amazon, "orders", fulfilled_by="MERCHANT", **filled_in)

    (order,) = world.orders()
    assert filled_in == {"marketplace": "DE", "sku": "MUG-BLUE", "quantity": "1"}
    assert f"Order {order.order_id} was placed." in text
    assert (order.marketplace.marketplace_id, order.currency) == ("A1PA6795UKMFR9", "EUR")
    assert [(item.product.sku, item.quantity) for item in order.items] == [("MUG-BLUE", 1)]


def test_form_places_so_many_of_any_product(world, amazon):
    press(amazon, "orders", fulfilled_by="AMAZON", marketplace="DE", sku="TEA-EARL", quantity="3")

    (order,) = world.orders()
    assert order.is_fba
    assert [(item.product.sku, item.quantity) for item in order.items] == [("TEA-EARL", 3)]


def test_form_without_a_sku_invents_the_product(world, amazon):
    press(amazon, "orders", fulfilled_by="MERCHANT", marketplace="DE", sku="", quantity="2")

    (item,) = world.orders()[0].items
    assert item.product.sku
    assert item.quantity == 2


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "some"])
def test_form_with_a_quantity_that_cannot_be_ordered_is_explained(world, amazon, quantity):
    text = press(amazon, "orders", marketplace="DE", sku="MUG-BLUE", quantity=quantity)

    assert 'role="alert"' in text
    assert world.orders() == []


def test_buttons_cancel_ask_reduce_and_move_the_clock(world, amazon):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 3}])

    press(amazon, f"orders/{order.order_id}/quantity", line="MUG", quantity="2")
    assert "asks to cancel" in press(amazon, f"orders/{order.order_id}/cancellation-request")
    press(amazon, f"orders/{order.order_id}/cancel")
    press(amazon, "clock", days="1")

    assert world.get_order(order.order_id).items[0].quantity == 2
    assert world.status_of(order.order_id) == "CANCELLED"
    assert world.now().day == 3


def test_button_that_comes_too_late_is_explained(world, amazon):
    order = world.place_order(status="SHIPPED")

    text = press(amazon, f"orders/{order.order_id}/cancel")

    assert "it cannot be canceled" in text
    assert 'role="alert"' in text


def test_program_places_and_leads_an_order(amazon):
    control = f"{amazon.url}/simulator"
    draft = {
        "marketplace": "UK",
        "created_time": "2026-10-01T12:00:00Z",
        "buyer_email": None,
        "lines": [{"sku": "TEA", "quantity": 2, "unit_price": "9.50"}],
    }

    placed = amazon.session.post(f"{control}/orders", json=draft).json()["order"]
    path = f"{control}/orders/{placed['orderId']}"
    shipped = amazon.session.post(f"{path}/ship", json={"quantities": {"TEA": 1}}).json()
    moved = amazon.session.post(f"{control}/clock", json={"hours": 2}).json()

    assert placed["createdTime"] == "2026-10-01T12:00:00.000Z"
    assert "buyerEmail" not in placed["buyer"]
    assert shipped["order"]["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert moved == {"now": "2026-11-02T11:00:00.000Z"}
    assert amazon.session.get(f"{control}/clock").json() == moved
    assert amazon.session.get(path).json()["packages"] == shipped["packages"]
    assert len(amazon.session.get(f"{control}/orders").json()["orders"]) == 1


def test_program_reads_what_arrived(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    amazon.confirm(order.order_id, amazon.package(order))

    kept = amazon.session.get(f"{amazon.url}/simulator/confirmations").json()["confirmations"]
    seen = amazon.session.get(f"{amazon.url}/simulator/requests").json()["requests"]

    assert kept[0]["body"]["packageDetail"]["trackingNumber"] == "1Z999AA10123456784"
    assert [record["operation"] for record in seen] == ["token", "confirmShipment"]


@pytest.mark.parametrize(
    ("path", "values", "status"),
    [
        ("orders", {"marketplac": "DE"}, 409),
        ("orders", {"lines": ["TEA"]}, 409),
        ("orders", {"lines": [{"sku": "TEA"}], "sku": "MUG"}, 409),
        ("orders", {"sku": "TEA", "quantity": 1.5}, 409),
        ("orders", {"address": "Quay 1"}, 409),
        ("orders", {"created_time": "yesterday"}, 409),
        ("orders", ["DE"], 409),
        ("orders/302-0000000-0000000/verify", {}, 404),
        ("clock", {"hours": -1}, 409),
        ("clock", {"weeks": 1}, 409),
        ("clock", {}, 409),
    ],
)
def test_wrong_control_call_is_explained(amazon, path, values, status):
    answer = amazon.session.post(f"{amazon.url}/simulator/{path}", json=values)

    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("step", "values"),
    [
        ("explode", {}),
        ("verify", {"now": True}),
        ("quantity", {"line": "MUG"}),
        ("quantity", {"line": "MUG", "quantity": "some"}),
        ("ship", {"quantities": ["MUG"]}),
        ("ship", {"quantities": {"MUG": 1.5}}),
    ],
)
def test_wrong_step_of_an_order_is_explained(world, amazon, step, values):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 2}])

    answer = amazon.session.post(f"{amazon.url}/simulator/orders/{order.order_id}/{step}", json=values)

    assert (answer.status_code, world.status_of(order.order_id)) == (409, "UNSHIPPED")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])
def test_host_that_others_can_reach_is_refused(host):
    with pytest.raises(NotPossible, match="this machine only"):
        run_simulator(host, port=0)


@pytest.mark.parametrize(
    "headers", [{"Host": "shop.example"}, {"Origin": "http://shop.example"}, {"Origin": "null"}]
)
def test_request_on_behalf_of_another_site_is_refused(world, amazon, headers):
    answer = amazon.session.post(f"{amazon.url}/simulator/orders", headers=headers)

    assert answer.status_code == 403
    assert world.orders() == []


def test_application_works_without_a_server(world):
    client = create_simulator(world).test_client()

    assert client.get("/").status_code == 200


def test_two_simulators_do_not_know_each_other(world, amazon):
    world.place_order()
    with serve_simulator(type(world)(seed=1)) as other:
        orders = amazon.session.get(f"{other.url}/simulator/orders").json()

    assert orders == {"orders": []}
    assert other.token_url == f"{other.url}/auth/o2/token"
