"""searchOrders: the rules of its parameters, the two minutes, the filters and the pages."""

from datetime import timedelta

import pytest

from plugins.amazon_channel.simulator import MARKETPLACES

LONG_AGO = "2026-01-01T00:00:00Z"
PAGE_REFUSED = (
    "The paginationToken you have submitted is not valid. All parameters must match the original "
    "request except maxResultsPerPage."
)


def ids(body):
    return [order["orderId"] for order in body["orders"]]


def at(moment):
    return moment.isoformat()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"createdAfter": LONG_AGO, "lastUpdatedAfter": LONG_AGO},
        {"createdAfter": LONG_AGO, "lastUpdatedBefore": LONG_AGO},
        {"lastUpdatedAfter": LONG_AGO, "createdBefore": LONG_AGO},
        {"createdBefore": LONG_AGO},
        {"lastUpdatedBefore": LONG_AGO},
        {"createdAfter": "yesterday"},
        {"createdAfter": "2026-01-01"},
        {"createdAfter": "2026-01-01T00:00:00"},
        {"createdAfter": "2026-02-01T00:00:00Z", "createdBefore": LONG_AGO},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": "0"},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": "101"},
        {"createdAfter": LONG_AGO, "maxResultsPerPage": "ten"},
        {"createdAfter": LONG_AGO, "fulfillmentStatuses": "Unshipped"},
        {"createdAfter": LONG_AGO, "fulfilledBy": "MFN"},
        {"createdAfter": LONG_AGO, "includedData": "BUYER,PRICES"},
        {"createdAfter": LONG_AGO, "includedData": "BUYER, PROCEEDS"},
        {"createdAfter": LONG_AGO, "marketplaceIds": "NOWHERE"},
        {"createdAfter": LONG_AGO, "marketplaceIds": ""},
        {"createdAfter": LONG_AGO, "marketplaceIds": ["ATVPDKIKX0DER", "A1PA6795UKMFR9"]},
        {"createdAfter": LONG_AGO, "marketplaceIds": ",".join(["ATVPDKIKX0DER"] * 51)},
        {"createdAfter": LONG_AGO, "paginationToken": "made up"},
    ],
)
def test_parameters_that_break_a_rule_are_invalid_input(amazon, query):
    answer = amazon.search(**query)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (400, "InvalidInput")
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.0056"


@pytest.mark.parametrize("family", ["created", "lastUpdated"])
def test_upper_bound_must_be_two_minutes_old(world, amazon, family):
    query = {f"{family}After": LONG_AGO}
    just_old_enough = world.now() - timedelta(minutes=2)

    too_new = amazon.search(**query, **{f"{family}Before": at(world.now())})
    accepted = amazon.search(**query, **{f"{family}Before": at(just_old_enough)})

    assert (too_new.status_code, accepted.status_code) == (400, 200)


@pytest.mark.parametrize("family", ["created", "lastUpdated"])
def test_upper_bound_is_two_minutes_ago_unless_given(amazon, family):
    body = amazon.search(**{f"{family}After": LONG_AGO}).json()

    assert body == {"orders": [], f"{family}Before": "2026-11-02T08:58:00.000Z"}


def test_order_is_listed_once_its_update_is_two_minutes_old(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    assert ids(amazon.updated()) == []
    assert amazon.order(order.order_id)["orderId"] == order.order_id

    world.advance(timedelta(minutes=2))
    assert ids(amazon.updated()) == [order.order_id]

    world.request_cancellation(order.order_id)
    assert ids(amazon.updated()) == []
    world.advance(timedelta(minutes=2))
    assert ids(amazon.updated()) == [order.order_id]


def test_bounds_are_inclusive(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    world.advance(timedelta(minutes=30))
    updated = order.last_updated_time

    exact = amazon.updated(lastUpdatedAfter=at(updated), lastUpdatedBefore=at(updated))
    later = amazon.updated(lastUpdatedAfter=at(updated + timedelta(milliseconds=1)))

    assert ids(exact) == [order.order_id]
    assert ids(later) == []


def test_filters_choose_by_status_fulfillment_and_marketplace(world, amazon):
    german = world.place_order(status="UNSHIPPED", marketplace="DE")
    shipped = world.place_order(status="SHIPPED", marketplace="US", fulfilled_by="AMAZON")
    pending = world.place_order(status="PENDING", marketplace="JP")
    world.advance(timedelta(minutes=2))

    assert ids(amazon.updated(marketplaceIds="A1PA6795UKMFR9")) == [german.order_id]
    assert ids(amazon.updated(fulfilledBy="AMAZON")) == [shipped.order_id]
    assert ids(amazon.updated(fulfillmentStatuses="PENDING")) == [pending.order_id]
    both = amazon.updated(fulfillmentStatuses="PENDING,SHIPPED", fulfilledBy="MERCHANT,AMAZON")
    assert set(ids(both)) == {shipped.order_id, pending.order_id}


def test_marketplace_that_the_seller_does_not_sell_in_is_denied(world, amazon):
    amazon.sign_in(world.add_seller(marketplaces=["DE"]))

    answer = amazon.search(createdAfter=LONG_AGO, marketplaceIds="ATVPDKIKX0DER")

    assert answer.status_code == 403


def test_all_marketplaces_fit_into_one_request(amazon):
    assert amazon.updated(marketplaceIds=",".join(MARKETPLACES))["orders"] == []


def test_orders_older_than_two_years_are_gone(world, amazon):
    placed = world.now() - timedelta(days=731)
    american = world.place_order(created_time=placed, status="SHIPPED", marketplace="US")
    japanese = world.place_order(created_time=placed, status="SHIPPED", marketplace="JP")

    found = amazon.search(createdAfter="2020-01-01T00:00:00Z").json()

    assert ids(found) == [japanese.order_id]
    assert amazon.read(american.order_id).status_code == 404


def place_many(world, number):
    placed = [world.place_order(status="UNSHIPPED").order_id for _ in range(number)]
    world.advance(timedelta(minutes=5))
    return placed


def test_pages_show_every_order_once(world, amazon):
    placed = place_many(world, 7)
    seen, token = [], None

    for _ in range(3):
        page = amazon.updated(maxResultsPerPage=3, **({"paginationToken": token} if token else {}))
        seen += ids(page)
        token = page.get("pagination", {}).get("nextToken")

    assert sorted(seen) == sorted(placed)
    assert "pagination" not in page


def test_full_last_page_has_no_token(world, amazon):
    place_many(world, 3)

    assert "pagination" not in amazon.updated(maxResultsPerPage=3)


def test_page_holds_a_hundred_orders_unless_told(world, amazon):
    place_many(world, 101)

    assert len(amazon.updated()["orders"]) == 100


def test_token_must_be_percent_encoded(world, amazon):
    place_many(world, 2)
    token = amazon.updated(maxResultsPerPage=1)["pagination"]["nextToken"]
    assert set("+/=") <= set(token)

    raw = f"lastUpdatedAfter={LONG_AGO}&maxResultsPerPage=1&paginationToken={token}"
    unencoded = amazon.session.get(f"{amazon.url}/orders/2026-01-01/orders?{raw}")

    assert (unencoded.status_code, amazon.message_of(unencoded)) == (400, PAGE_REFUSED)


@pytest.mark.parametrize(
    "change",
    [
        {"lastUpdatedAfter": "2026-01-02T00:00:00Z"},
        {"lastUpdatedBefore": "2026-11-02T09:00:00Z"},
        {"fulfillmentStatuses": "UNSHIPPED"},
        {"marketplaceIds": "ATVPDKIKX0DER"},
        {"fulfilledBy": "MERCHANT"},
        {"includedData": "BUYER"},
    ],
)
def test_token_is_bound_to_its_query(world, amazon, change):
    place_many(world, 2)
    token = amazon.updated(maxResultsPerPage=1)["pagination"]["nextToken"]

    query = {"lastUpdatedAfter": LONG_AGO, "paginationToken": token, **change}
    answer = amazon.search(**query)

    assert (answer.status_code, amazon.message_of(answer)) == (400, PAGE_REFUSED)


def test_page_size_may_change_between_pages(world, amazon):
    placed = place_many(world, 5)
    first = amazon.updated(maxResultsPerPage=1)

    rest = amazon.updated(maxResultsPerPage=100, paginationToken=first["pagination"]["nextToken"])

    assert ids(first) + ids(rest) == ids(amazon.updated())
    assert len(placed) == 5


def test_page_can_be_read_again(world, amazon):
    place_many(world, 3)
    token = amazon.updated(maxResultsPerPage=1)["pagination"]["nextToken"]

    again = [amazon.updated(maxResultsPerPage=1, paginationToken=token) for _ in range(2)]

    assert ids(again[0]) == ids(again[1])


def test_token_lives_for_a_day(world, amazon):
    place_many(world, 2)
    token = amazon.updated(maxResultsPerPage=1)["pagination"]["nextToken"]

    world.advance(timedelta(hours=23, minutes=59))
    amazon.sign_in()
    assert amazon.updated(paginationToken=token)["orders"]

    world.advance(timedelta(minutes=1))
    amazon.sign_in()
    answer = amazon.search(lastUpdatedAfter=LONG_AGO, paginationToken=token)
    assert (answer.status_code, amazon.message_of(answer)) == (400, PAGE_REFUSED)


def test_token_of_another_seller_is_refused(world, amazon):
    place_many(world, 2)
    token = amazon.updated(maxResultsPerPage=1)["pagination"]["nextToken"]
    amazon.sign_in(world.add_seller())

    assert amazon.search(lastUpdatedAfter=LONG_AGO, paginationToken=token).status_code == 400


def test_orders_that_change_while_somebody_pages_hide_none(world, amazon):
    placed = place_many(world, 6)
    first = amazon.updated(maxResultsPerPage=2)
    for order_id in placed:
        world.cancel_at_amazon(order_id)
    world.advance(timedelta(hours=1) - timedelta(minutes=10))
    world.place_order(status="UNSHIPPED")

    token = first["pagination"]["nextToken"]
    rest = amazon.updated(paginationToken=token)

    assert sorted(ids(first) + ids(rest)) == sorted(placed)
    assert rest["lastUpdatedBefore"] == first["lastUpdatedBefore"]


def test_seller_sees_only_orders_of_its_own(world, amazon):
    other = world.add_seller()
    theirs = world.place_order(seller_id=other.seller_id, status="UNSHIPPED")
    world.advance(timedelta(minutes=5))

    assert ids(amazon.updated()) == []
    assert amazon.read(theirs.order_id).status_code == 404
    amazon.sign_in(other)
    assert ids(amazon.updated()) == [theirs.order_id]
