"""`entrepot amazon sync`: reading what is new, in the foreground."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.jobs import Owner, release_lease, take_lease
from plugins.amazon_channel.simulator import World, serve_simulator
from tests.command_line import Entrepot, Seller, open_shop

COUNTS = ("seen", "imported", "updated", "skipped", "held", "failed")
Place = Callable[..., str]


@pytest.fixture
def place(world: World) -> Place:
    """Places an order at Amazon for one unit of MUG; three minutes pass, so that it shows."""

    def place(**choices: Any) -> str:
        choices = {"marketplace": "DE", "status": "UNSHIPPED", "lines": [{"sku": "MUG"}]} | choices
        order = world.place_order(**choices)
        world.advance(timedelta(minutes=3))
        return order.order_id

    return place


def stock(entrepot: Entrepot, folder: Path, units: int = 10) -> None:
    """Have so many mugs."""
    file = folder / "products.csv"
    file.write_text(f"sku,name,price,currency,quantity,managed\nMUG,Mug,10.00,EUR,{units},yes\n", "utf-8")
    entrepot.ok("products", "import", str(file))


@contextmanager
def polled_elsewhere(entrepot: Entrepot, tmp_path: Path) -> Iterator[None]:
    """Somebody else polls the first account."""
    live = open_shop(entrepot)
    owner = Owner(tmp_path)
    with live.current().writing("test") as ctx:
        assert take_lease(ctx, "channels.poll:1", owner, timedelta(minutes=1))
    yield
    with live.current().writing("test") as ctx:
        release_lease(ctx, "channels.poll:1", owner)
    owner.close()
    live.close()


def second_seller(world: World) -> dict[str, str]:
    """Options of `accounts add` for another seller at the same Amazon."""
    other = world.add_seller()
    return {
        "seller_id": other.seller_id,
        "client_id": other.client_id,
        "client_secret": other.client_secret,
        "refresh_token": other.refresh_token,
    }


def connect_and_break(seller: Seller, world: World) -> None:
    """Connect another account, whose client secret is then rotated."""
    seller.connect("broken", **second_seller(world))
    seller.entrepot.secrets.append("wrong-secret")
    renew = ("amazon", "accounts", "renew", "broken", "--client-secret", "wrong-secret")
    seller.entrepot.ok(*renew)


def test_sync_counts_what_it_saw_and_what_became_of_it(
    seller_on_each: Seller, place: Place, tmp_path: Path
) -> None:
    seller = seller_on_each
    stock(seller.entrepot, tmp_path)
    seller.connect()
    place()
    place(lines=[{"sku": "UNKNOWN"}])
    counts = seller.sync()
    assert [counts[key] for key in COUNTS] == [2, 1, 0, 0, 1, 0]
    (account,) = counts["accounts"]
    assert account["account"] == "shop"
    assert not account["busy"]
    assert account["errors"] == []
    assert account["continues_in_seconds"] is None
    again = seller.sync()
    assert (again["imported"], again["failed"]) == (0, 0)
    assert len(seller.entrepot.json("orders", "list")) == 1


def test_sync_in_words_is_a_line_per_account(seller: Seller, place: Place) -> None:
    seller.connect()
    place()
    assert seller.entrepot.ok("amazon", "sync").startswith("shop: seen 1, imported 0,")


def test_sync_without_an_account_names_the_command_to_add_one(entrepot: Entrepot) -> None:
    assert "entrepot amazon accounts add" in entrepot.refused("amazon", "sync")


def test_sync_of_an_account_that_there_is_not_is_refused(seller: Seller) -> None:
    seller.connect()
    assert "there are: shop" in seller.entrepot.refused("amazon", "sync", "--account", "other")


def test_sync_of_one_account_leaves_the_others(seller: Seller, world: World, place: Place) -> None:
    other = second_seller(world)
    seller.connect("one")
    seller.connect("two", **other)
    place(seller_id=other["seller_id"])
    assert seller.sync("--account", "one")["seen"] == 0
    counts = seller.sync()
    assert [row["account"] for row in counts["accounts"]] == ["one", "two"]
    assert [row["seen"] for row in counts["accounts"]] == [0, 1]


def test_one_failing_account_does_not_stop_the_others(seller: Seller, world: World, place: Place) -> None:
    connect_and_break(seller, world)
    seller.connect("shop")
    place()
    result = seller.entrepot("amazon", "sync", "--json")
    assert result.status == 1
    assert result.json["seen"] == 1
    assert result.err.startswith("entrepot: broken: ")
    assert len(result.err.splitlines()) == 1
    result = seller.entrepot("amazon", "sync")
    assert result.status == 1
    assert result.out.startswith("shop: seen")
    assert len(result.out.splitlines()) == 1


def test_an_amazon_that_is_away_is_one_sentence(entrepot: Entrepot, world: World) -> None:
    with serve_simulator(world, port=0, rates="off") as amazon:
        Seller(entrepot, amazon).connect()
    entrepot.refused("amazon", "sync")
    (account,) = entrepot.json("amazon", "accounts", "list")
    assert account["last_error"]


def test_sync_of_a_busy_account_says_so_and_is_no_failure(
    seller_on_each: Seller, place: Place, tmp_path: Path
) -> None:
    seller = seller_on_each
    seller.connect()
    place()
    with polled_elsewhere(seller.entrepot, tmp_path):
        assert "another process polls" in seller.entrepot.ok("amazon", "sync")
        counts = seller.sync()
    assert counts["seen"] == 0
    assert counts["accounts"][0]["busy"]
    assert seller.sync()["seen"] == 1


def test_sync_on_an_exhausted_quota_says_when_it_goes_on_and_is_no_failure(
    entrepot: Entrepot, world: World, place: Place
) -> None:
    rates = {"searchOrders": (0.0056, 3)}
    with serve_simulator(world, port=0, rates=rates) as amazon:
        seller = Seller(entrepot, amazon)
        seller.connect()
        place()
        for _ in range(5):
            counts = seller.sync()
        wait = counts["accounts"][0]["continues_in_seconds"]
        assert 0 < wait <= 180
        assert counts["accounts"][0]["errors"] == []
        assert "quota allows to go on in" in entrepot.ok("amazon", "sync")


def test_one_order_is_fetched_by_its_number(seller: Seller, world: World, tmp_path: Path) -> None:
    stock(seller.entrepot, tmp_path)
    seller.connect()
    order = world.place_order(marketplace="DE", status="UNSHIPPED", lines=[{"sku": "MUG"}])
    counts = seller.sync("--order", order.order_id)
    assert (counts["seen"], counts["imported"]) == (1, 1)
    assert [row["external_id"] for row in seller.entrepot.json("orders", "list")] == [order.order_id]
    assert seller.sync("--order", order.order_id)["imported"] == 0


def test_one_order_is_looked_for_in_every_account(seller: Seller, world: World, place: Place) -> None:
    other = second_seller(world)
    seller.connect("one")
    seller.connect("two", **other)
    order = place(seller_id=other["seller_id"])
    assert [row["account"] for row in seller.sync("--order", order)["accounts"]] == ["two"]
    assert "for one" in seller.entrepot.refused("amazon", "sync", "--account", "one", "--order", order)


def test_one_order_is_found_although_another_account_fails(
    seller: Seller, world: World, place: Place
) -> None:
    connect_and_break(seller, world)
    seller.connect("shop")
    assert seller.sync("--order", place())["seen"] == 1
    assert "broken" in seller.entrepot("amazon", "sync", "--order", "302-0000000-0000000").err


def test_an_order_that_amazon_does_not_have_is_refused(seller: Seller) -> None:
    seller.connect()
    sentence = seller.entrepot.refused("amazon", "sync", "--order", "302-0000000-0000000")
    assert sentence == "Amazon has no order 302-0000000-0000000 for shop"


def test_an_order_of_a_marketplace_that_is_not_chosen_is_refused_with_its_name(
    seller: Seller, place: Place
) -> None:
    seller.connect()
    told = seller.entrepot.refused("amazon", "sync", "--order", place(marketplace="FR"))
    assert "belongs to the marketplace Amazon.fr" in told
    assert "which the account shop has not chosen" in told


@pytest.mark.parametrize("number", ["../../tokens", "a b", "x" * 200, "", "302-0000000-0000000?x=1", "ä"])
def test_a_number_that_is_none_is_refused(seller: Seller, number: str) -> None:
    seller.connect()
    assert "not an Amazon order number" in seller.entrepot.refused("amazon", "sync", "--order", number)
