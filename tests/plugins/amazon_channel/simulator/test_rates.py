"""Quotas: Amazon's own unless told otherwise, each seller and operation by itself."""

from datetime import timedelta

import pytest
import requests

from plugins.amazon_channel.simulator import NotPossible, create_simulator, serve_simulator

LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.fixture
def limited(world, amazon):
    """The same caller, at a door with Amazon's quotas."""
    with serve_simulator(world, rates="amazon") as server:
        amazon.url = server.url
        yield amazon


def test_burst_of_searches_is_twenty_and_fills_slowly(world, limited):
    answers = [limited.search(createdAfter=LONG_AGO).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]

    world.advance(timedelta(seconds=178))
    assert limited.search(createdAfter=LONG_AGO).status_code == 429
    world.advance(timedelta(seconds=1))
    assert limited.search(createdAfter=LONG_AGO).status_code == 200


def test_exceeded_quota_is_told_in_amazons_words(limited):
    answers = [limited.read("302-1234567-1234567") for _ in range(31)]

    (error,) = answers[-1].json()["errors"]
    assert (answers[-1].status_code, error["code"]) == (429, "QuotaExceeded")
    assert error["message"] == "You exceeded your quota for the requested resource."
    assert "x-amzn-RateLimit-Limit" not in answers[-1].headers
    assert "Retry-After" not in answers[-1].headers
    assert answers[0].status_code == 404


def test_quotas_of_sellers_and_operations_are_separate(world, limited):
    order = world.place_order(status="UNSHIPPED")
    for _ in range(11):
        answer = limited.confirm(order.order_id, {})
    assert answer.status_code == 429

    assert limited.read(order.order_id).status_code == 200
    limited.sign_in(world.add_seller())
    assert limited.confirm(order.order_id, {}).status_code == 404


def test_quota_can_be_set_for_one_operation(world, amazon):
    with serve_simulator(world, rates={"getOrder": (1, 1)}) as server:
        amazon.url = server.url
        answers = [amazon.read("302-1234567-1234567") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [404, 429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "1"


@pytest.mark.parametrize("rates", ["unlimited", {"getOrders": (1, 1)}])
def test_unknown_quota_is_refused(world, rates):
    with pytest.raises(NotPossible):
        create_simulator(world, rates=rates)


def test_requests_are_recorded_without_secrets(world, amazon):
    amazon.search(createdAfter=LONG_AGO)
    amazon.read("302-1234567-1234567", included="")
    requests.get(f"{amazon.url}/", timeout=5)

    token, search, read = world.requests
    assert (token.operation, token.method, token.status) == ("token", "POST", 200)
    assert search.query == {"createdAfter": LONG_AGO}
    assert (read.path, read.status) == ("/orders/2026-01-01/orders/302-1234567-1234567", 404)
    assert amazon.seller.client_secret not in repr(world.requests)
    assert amazon.session.headers["x-amz-access-token"] not in repr(world.requests)
