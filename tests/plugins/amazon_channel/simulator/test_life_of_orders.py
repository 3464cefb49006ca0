"""Orders over time: what Amazon does by itself, what the operator makes it do, what repeats."""

from datetime import UTC, datetime, timedelta

import pytest

from plugins.amazon_channel.simulator import SELLER, NotPossible, UnknownOrder, World

A_DAY = timedelta(days=1)


def test_fbm_order_is_verified_by_itself_and_then_waits(world):
    order = world.place_order()
    assert world.status_of(order.order_id) == "PENDING"

    world.advance(timedelta(minutes=36))
    verified = world.get_order(order.order_id)
    assert verified.status == "UNSHIPPED"
    assert order.created_time < verified.last_updated_time < world.now()

    world.advance(30 * A_DAY)
    assert world.status_of(order.order_id) == "UNSHIPPED"


def test_fba_order_is_shipped_by_itself(world):
    order = world.place_order(fulfilled_by="AMAZON")

    world.advance(timedelta(minutes=36))
    assert world.status_of(order.order_id) == "UNSHIPPED"
    world.advance(2 * A_DAY)
    assert world.status_of(order.order_id) == "SHIPPED"


def test_waiting_once_is_like_waiting_often(world):
    other = World(seed=7, now=world.now(), running=False)
    orders = [each.place_order(fulfilled_by="AMAZON") for each in (world, other)]

    world.advance(A_DAY)
    for _ in range(24):
        other.advance(timedelta(hours=1))
        other.orders()

    assert world.get_order(orders[0].order_id) == other.get_order(orders[1].order_id)


def test_pre_order_waits_until_it_is_verified(world):
    order = world.place_order(status="PENDING_AVAILABILITY")
    world.advance(A_DAY)
    assert world.status_of(order.order_id) == "PENDING_AVAILABILITY"

    world.verify(order.order_id)
    assert world.status_of(order.order_id) == "UNSHIPPED"


@pytest.mark.parametrize(
    "status",
    [
        "PENDING",
        "PENDING_AVAILABILITY",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
    ],
)
def test_order_can_begin_in_any_status(world, status):
    order = world.place_order(status=status, lines=[{"sku": "MUG", "quantity": 2}])

    assert world.status_of(order.order_id) == status


def test_earlier_order_was_updated_in_the_past(world):
    placed = world.now() - 40 * A_DAY

    order = world.place_order(created_time=placed)

    assert order.created_time == placed
    assert order.status == "UNSHIPPED"
    assert order.last_updated_time < placed + timedelta(hours=1)


@pytest.mark.parametrize("fulfilled_by", ["MERCHANT", "AMAZON"])
@pytest.mark.parametrize("status", ["PENDING", "UNSHIPPED"])
def test_earlier_order_has_the_status_that_it_was_given(world, status, fulfilled_by):
    placed = world.now() - 40 * A_DAY

    order = world.place_order(created_time=placed, status=status, fulfilled_by=fulfilled_by)

    assert order.status == status
    world.advance(3 * A_DAY)
    assert world.status_of(order.order_id) == ("SHIPPED" if order.is_fba else "UNSHIPPED")


def test_label_bought_at_amazon_ships_units(world):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 3}])

    world.ship_at_amazon(order.order_id, {"MUG": 2}, carrier="DHL", tracking_number="JJD0099")
    assert world.status_of(order.order_id) == "PARTIALLY_SHIPPED"
    shipped = world.ship_at_amazon(order.order_id)

    assert shipped.status == "SHIPPED"
    first, second = shipped.packages
    assert (first.carrier, first.tracking_number) == ("DHL", "JJD0099")
    assert first.reference_id.startswith("AMZN-PKG-")
    assert first.reference_id != second.reference_id


def test_canceled_order_has_nothing_left_to_ship(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    world.cancel_at_amazon(order.order_id, reason="NoInventory")

    told = amazon.order(order.order_id)

    assert told["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    for item in told["orderItems"]:
        assert item["fulfillment"]["quantityUnfulfilled"] == 0
        assert item["cancellation"]["cancellationExecution"] == {
            "cancelledBy": "AMAZON",
            "cancelReason": "NoInventory",
        }


def test_buyer_who_asks_to_cancel_changes_no_status(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    world.advance(timedelta(minutes=3))
    world.request_cancellation(order.order_id, "Wrong color")

    told = amazon.order(order.order_id)

    assert told["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert told["lastUpdatedTime"] == "2026-11-02T09:03:00.000Z"
    request = told["orderItems"][0]["cancellation"]["cancellationRequest"]
    assert request == {"requester": "BUYER", "cancelReason": "Wrong color"}


def test_reduced_line_is_cheaper(world, amazon):
    order = world.place_order(
        status="UNSHIPPED",
        lines=[{"sku": "MUG", "quantity": 3, "unit_price": "10.00", "tax": "3.00"}],
    )
    world.change_quantity(order.order_id, "MUG", 1)

    told = amazon.order(order.order_id)

    assert told["orderItems"][0]["quantityOrdered"] == 1
    assert told["proceeds"]["grandTotal"]["amount"] == "11.00"


def test_line_reduced_to_what_has_left_completes_the_order(world):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 3}])
    world.ship_at_amazon(order.order_id, {"MUG": 1})

    assert world.change_quantity(order.order_id, "MUG", 1).status == "SHIPPED"


def test_order_without_units_is_canceled(world):
    order = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 3}])

    assert world.change_quantity(order.order_id, "MUG", 0).status == "CANCELLED"


def test_steps_that_do_not_fit_are_refused(world):
    pending = world.place_order().order_id
    shipped = world.place_order(status="SHIPPED").order_id
    mugs = world.place_order(status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 2}]).order_id

    for step in (
        lambda: world.ship_at_amazon(pending),
        lambda: world.verify(shipped),
        lambda: world.cancel_at_amazon(shipped),
        lambda: world.request_cancellation(shipped),
        lambda: world.ship_at_amazon(mugs, {"MUG": 3}),
        lambda: world.ship_at_amazon(mugs, {"MUG": 0}),
        lambda: world.ship_at_amazon(mugs, {"TEA": 1}),
        lambda: world.change_quantity(mugs, "MUG", 3),
        lambda: world.advance(timedelta(seconds=-1)),
        lambda: world.place_order(status="LOST"),
        lambda: world.place_order(marketplace="ATLANTIS"),
        lambda: world.place_order(prize="10.00"),
        lambda: world.place_order(created_time=world.now() + A_DAY),
        lambda: world.place_order(order_id=mugs),
        lambda: world.place_order(lines=[{"sku": "MUG", "quantity": 0}]),
        lambda: world.place_order(status="PARTIALLY_SHIPPED", lines=[{"sku": "MUG"}]),
    ):
        with pytest.raises(NotPossible):
            step()
    with pytest.raises(UnknownOrder):
        world.get_order("302-0000000-0000000")


def play(world):
    """A morning at Amazon; what is told of it afterwards."""
    for marketplace in ("US", "DE", "JP", "UK"):
        world.place_order(marketplace=marketplace)
        world.advance(timedelta(minutes=9))
        world.place_order(marketplace=marketplace, fulfilled_by="AMAZON")
    world.ship_at_amazon(world.orders()[0].order_id)
    world.advance(A_DAY)
    return world.orders()


def test_same_seed_and_steps_give_the_same_orders():
    start = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    first, second, other = (play(World(seed=seed, now=start, running=False)) for seed in (7, 7, 8))

    assert first == second
    assert not {order.order_id for order in first} & {order.order_id for order in other}


def test_ids_names_and_amounts_do_not_depend_on_the_time():
    worlds = (World(seed=3), World(seed=3, now=datetime(2020, 2, 2, tzinfo=UTC)))

    first, second = (world.place_order() for world in worlds)

    assert (first.order_id, first.items, first.buyer) == (
        second.order_id,
        second.items,
        second.buyer,
    )


def test_clock_starts_at_the_present_and_runs():
    before = datetime.now(UTC) - timedelta(seconds=1)
    world = World()

    first = world.now()
    world.advance(timedelta(hours=1))

    assert before <= first <= datetime.now(UTC) + timedelta(seconds=1)
    assert world.now() >= first + timedelta(hours=1)


def test_clock_needs_a_time_zone():
    with pytest.raises(NotPossible):
        World(now=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_credentials_are_not_shown_with_the_seller():
    assert SELLER.client_secret not in repr(SELLER)
    assert SELLER.refresh_token not in repr(SELLER)
