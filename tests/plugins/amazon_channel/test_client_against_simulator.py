"""The client and the simulated Amazon, end to end over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.channels.listing import ListedOrder, PackageToConfirm, Query
from core.channels.registration import Credentials
from core.errors import AccessDenied, NotFound, RejectedByChannel
from plugins.amazon_channel.client import AmazonConnection, TokenCache
from plugins.amazon_channel.simulator import SELLER, World, serve_simulator

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
GERMANY = "A1PA6795UKMFR9"
JAPAN = "A1VC38T7YXB528"


@pytest.fixture
def world() -> World:
    return World(seed=7, now=START, running=False)


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with serve_simulator(world) as running:
        yield running.url


def connect(url: str, **changes: str) -> AmazonConnection:
    values = {
        "client_id": SELLER.client_id,
        "client_secret": SELLER.client_secret,
        "refresh_token": SELLER.refresh_token,
        "base_url": url,
        "lwa_url": url,
    }
    credentials = Credentials(1, SELLER.seller_id, "eu", values | changes)
    return AmazonConnection(credentials, tokens=TokenCache())


def list_all(connection: AmazonConnection, query: Query) -> list[ListedOrder]:
    found: list[ListedOrder] = []
    token = None
    while True:
        page = connection.list_orders(query, token)
        assert page.unreadable == ()
        found += page.orders
        token = page.next_token
        if token is None:
            return found


def sum_of(listed: ListedOrder) -> Decimal:
    charges = [charge for line in listed.lines for charge in line.charges]
    return sum((charge.amount for charge in [*charges, *listed.charges]), Decimal(0))


def test_orders_are_listed_over_all_pages_and_add_up(world: World, url: str) -> None:
    placed = {world.place_order(marketplace=(GERMANY, JAPAN)[number % 2]).order_id for number in range(230)}
    world.advance(timedelta(days=1))
    connection = connect(url)
    listed = list_all(connection, Query((GERMANY, JAPAN), updated_after=START - timedelta(days=1)))
    assert {order.external_id for order in listed} == placed
    assert len(listed) == 230
    for order in listed:
        if order.currency:
            assert order.grand_total is not None
            assert sum_of(order) == order.grand_total.amount
    assert connection.last_seen_clock == world.now()


def test_order_is_confirmed_parcel_by_parcel_until_it_is_shipped(world: World, url: str) -> None:
    placed = world.place_order(marketplace=GERMANY)
    world.verify(placed.order_id)
    world.advance(timedelta(hours=1))
    connection = connect(url)
    order = connection.get_order(placed.order_id)
    assert order.status == "Unshipped"
    package = PackageToConfirm(
        order_external_id=order.external_id,
        marketplace=order.marketplace,
        reference="1",
        carrier="DHL",
        carrier_name="DHL",
        tracking_number="00340434161094000000",
        shipping_method=None,
        shipped_at=world.now(),
        lines=tuple((line.external_id, line.quantity) for line in order.lines),
    )
    for _ in range(2):
        connection.confirm_package(package)
    world.advance(timedelta(hours=1))
    shipped = connection.get_order(order.external_id)
    assert shipped.status == "Shipped"
    assert [line.quantity_shipped for line in shipped.lines] == [line.quantity for line in shipped.lines]
    (parcel,) = shipped.packages
    assert (parcel.external_id, parcel.tracking_number) == ("1", package.tracking_number)


def test_refusals_of_the_simulator_are_told_apart(world: World, url: str) -> None:
    placed = world.place_order(marketplace=GERMANY)
    package = PackageToConfirm(placed.order_id, GERMANY, "1", "DHL", "DHL", "T-1", None, START, (("1", 1),))
    with pytest.raises(NotFound):
        connect(url).get_order("999-9999999-9999999")
    with pytest.raises(RejectedByChannel):
        connect(url).confirm_package(package)
    with pytest.raises(AccessDenied, match="client secret"):
        connect(url, client_secret="rotated").read_clock()
    with pytest.raises(AccessDenied, match="refresh token"):
        connect(url, refresh_token="Atzr|revoked").read_clock()


def test_clock_of_the_simulator_is_read(world: World, url: str) -> None:
    world.advance(timedelta(days=40))
    assert connect(url).read_clock() == world.now()
