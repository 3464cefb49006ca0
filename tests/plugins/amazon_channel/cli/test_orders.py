"""`entrepot amazon orders` and `explain`: the Orders tab, and why an order was or was not created."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.amazon_channel.simulator import World
from tests.command_line import GERMANY, Seller


class Day:
    """A day of a seller: orders are placed, time passes, everything is read."""

    def __init__(self, seller: Seller, world: World) -> None:
        self.seller, self.entrepot, self.world = seller, seller.entrepot, world

    def place(self, sku: str = "MUG", status: str = "UNSHIPPED", **choices: Any) -> str:
        """Place an order of one unit and let it show; its number."""
        choices = {"marketplace": "DE", "lines": [{"sku": sku, "unit_price": "10.00"}]} | choices
        order = self.world.place_order(status=status, **choices)
        self.world.advance(timedelta(minutes=3))
        return order.order_id

    def arrive(self, sku: str = "MUG", status: str = "UNSHIPPED", **choices: Any) -> str:
        """The same, and read it."""
        number = self.place(sku, status, **choices)
        self.seller.sync()
        return number

    def explain(self, number: str) -> Any:
        """Why it was or was not created."""
        return self.entrepot.json("amazon", "explain", number)


@pytest.fixture
def day(seller: Seller, world: World, tmp_path: Path) -> Day:
    """An account and ten mugs."""
    return make_day(seller, world, tmp_path)


@pytest.fixture
def day_on_each(seller_on_each: Seller, world: World, tmp_path: Path) -> Day:
    """The same on each kind of database."""
    return make_day(seller_on_each, world, tmp_path)


def make_day(seller: Seller, world: World, folder: Path) -> Day:
    file = folder / "products.csv"
    file.write_text("sku,name,price,currency,quantity,managed\nMUG,Mug,10.00,EUR,10,yes\n", "utf-8")
    seller.entrepot.ok("products", "import", str(file))
    seller.connect()
    return Day(seller, world)


def test_tab_shows_what_a_channel_order_promises(day_on_each: Day) -> None:
    day = day_on_each
    number = day.arrive(buyer_name="Erika Mustermann")
    (order,) = day.entrepot.json("orders", "list")
    (row,) = day.seller.orders()
    assert row["external_id"] == number
    assert row["status"] == "Unshipped"
    assert row["fulfilled_by"] == "merchant"
    assert row["order_number"] == order["number"]
    assert row["reserved"] is True
    assert row["total"] == {"amount": "10.00", "currency": "EUR"}
    assert "note" in row
    assert row["buyer_name"] == "Erika Mustermann"
    assert datetime.fromisoformat(row["placed_at"]).tzinfo is not None
    assert order["number"] in day.entrepot.ok("amazon", "orders")


def test_pending_orders_show_where_they_are_asked_for(day: Day) -> None:
    number = day.arrive(status="PENDING")
    assert day.seller.orders() == []
    assert "--pending shows more" in day.entrepot.ok("amazon", "orders")
    (row,) = day.seller.orders("--pending")
    assert row["external_id"] == number
    assert row["status"] == "Pending"
    assert row["order_number"] is None
    assert row["reserved"] is True
    day.seller.set("show_pending=yes")
    assert [row["external_id"] for row in day.seller.orders()] == [number]
    day.seller.set("show_pending=no")
    assert day.seller.orders() == []


def test_tab_lists_everything_unless_it_is_limited(day: Day) -> None:
    numbers = [day.place() for _ in range(4)]
    day.seller.sync()
    assert [row["external_id"] for row in day.seller.orders()] == numbers[::-1]
    assert [row["external_id"] for row in day.seller.orders("--limit", "2")] == numbers[:1:-1]


def test_tab_of_a_new_shop_is_empty(seller: Seller) -> None:
    assert seller.orders() == []
    assert seller.entrepot.ok("amazon", "orders", "--pending") == "There is no order yet.\n"


def test_explain_tells_of_an_order_that_was_created(day_on_each: Day) -> None:
    day = day_on_each
    told = day.explain(number := day.arrive())
    assert told["external_id"] == number
    assert told["account"] == "shop"
    assert told["answer"].startswith("An order was created: ")
    assert told["order_number"] in told["answer"]
    assert any(
        entry["decided_by"] and "customer_creation" in entry["decided_by"] for entry in told["trace"]
    )
    assert all(datetime.fromisoformat(entry["at"]).tzinfo is not None for entry in told["trace"])
    words = day.entrepot.ok("amazon", "explain", number)
    assert words.startswith(f"{number} (shop): An order was created: ")
    assert "customer_creation" in words


def test_explain_tells_of_an_unknown_sku(day: Day) -> None:
    told = day.explain(day.arrive("UNKNOWN"))
    assert told["order_number"] is None
    assert "UNKNOWN" in told["answer"]
    assert "unknown_sku = block" in told["decided_by"]


def test_explain_tells_of_missing_stock(day: Day) -> None:
    day.seller.set("out_of_stock=block")
    told = day.explain(day.arrive(lines=[{"sku": "MUG", "quantity": 11, "unit_price": "1.00"}]))
    assert "MUG" in told["answer"]
    assert "out_of_stock = block" in told["decided_by"]


def test_explain_tells_of_what_was_sold_beyond_the_stock(day: Day) -> None:
    told = day.explain(day.arrive(lines=[{"sku": "MUG", "quantity": 11, "unit_price": "1.00"}]))
    assert told["answer"].startswith("An order was created")
    (entry,) = [entry for entry in told["trace"] if entry["code"] == "oversold"]
    assert "MUG: 11 to ship, 10 available" in entry["text"]
    assert "out_of_stock = create" in entry["decided_by"]


def test_explain_tells_of_a_pending_order_with_an_unknown_sku(day: Day, tmp_path: Path) -> None:
    told = day.explain(number := day.arrive("UNKNOWN", status="PENDING"))
    assert "none for UNKNOWN, of which there is no product" in told["answer"]
    file = tmp_path / "more.csv"
    file.write_text("sku,name,price,currency,quantity,managed\nUNKNOWN,Known,10.00,EUR,10,yes\n", "utf-8")
    day.entrepot.ok("products", "import", str(file))
    day.entrepot.ok("work", "--until-idle")
    assert "UNKNOWN" not in day.explain(number)["answer"]


def test_explain_tells_of_disabled_imports(day: Day) -> None:
    day.seller.set("import_orders=disabled")
    told = day.explain(number := day.arrive())
    assert told["answer"].startswith("No order was created.")
    assert "import_orders = disabled" in told["decided_by"]
    day.seller.set("import_orders=enabled")
    day.entrepot.ok("work", "--until-idle")
    assert day.explain(number)["answer"].startswith("An order was created")


def test_explain_tells_of_an_order_that_is_pending(day: Day) -> None:
    told = day.explain(day.arrive(status="PENDING"))
    assert told["answer"].startswith("No order was created.")
    assert "verifying" in told["answer"]
    assert told["status"] == "Pending"


def test_explain_tells_of_an_order_that_amazon_has_yet_to_ship(day: Day) -> None:
    told = day.explain(number := day.arrive(fulfilled_by="AMAZON"))
    assert told["status"] is None
    assert "once it is Shipped" in told["answer"]
    assert day.seller.orders("--pending") == []
    day.world.ship_at_amazon(number)
    day.world.advance(timedelta(minutes=3))
    day.seller.sync()
    assert "now Complete" in day.explain(number)["answer"]


def test_explain_tells_of_a_canceled_order(day: Day) -> None:
    number = day.arrive(status="PENDING")
    day.world.cancel_at_amazon(number)
    day.world.advance(timedelta(minutes=3))
    day.seller.sync()
    told = day.explain(number)
    assert told["status"] == "Canceled"
    assert "Canceled" in told["answer"]


def test_explain_tells_of_an_order_from_before_the_connection(day: Day) -> None:
    old = day.world.now() - timedelta(days=3)
    number = day.place(created_time=old)
    day.entrepot.ok("amazon", "sync", "--order", number)
    told = day.explain(number)
    assert told["answer"].startswith("No order was created")
    assert "earlier_orders = none" in told["decided_by"]


def test_explain_tells_of_a_policy_that_nobody_supplies(day: Day) -> None:
    day.entrepot.ok("plugins", "disable", "guest_checkout", "--yes")
    told = day.explain(number := day.arrive())
    assert "guest" in told["answer"]
    assert "customer_creation = guest" in told["decided_by"]
    day.entrepot.ok("plugins", "enable", "guest_checkout")
    day.entrepot.ok("work", "--until-idle")
    assert day.explain(number)["answer"].startswith("An order was created")


def test_explain_tells_of_a_status_that_is_not_known(day: Day) -> None:
    number = day.arrive(status="PENDING")
    day.world.report_status_as(number, "TELEPORTED")
    day.world.advance(timedelta(minutes=3))
    day.seller.sync()
    assert "TELEPORTED" in day.entrepot.ok("amazon", "explain", number)


def test_explain_of_an_order_never_seen_is_refused(day: Day) -> None:
    told = day.entrepot.refused("amazon", "explain", "302-0000000-0000000")
    assert "never seen: fetch it with `entrepot amazon sync --order 302-0000000-0000000`" in told
    assert "never seen" in day.entrepot.refused("amazon", "explain", "302-0000000-0000000", "--json")


def test_explain_shows_nothing_of_the_buyer(day: Day) -> None:
    day.entrepot.secrets += ["Mallory", "mallory@example.com"]
    day.seller.set("customer_creation=build_new_customer_account")
    number = day.arrive(buyer_name="Mallory Mueller", buyer_email="mallory@example.com")
    assert "An order was created" in day.entrepot.ok("amazon", "explain", number)
    day.entrepot("amazon", "sync", ENTREPOT_LOG_LEVEL="DEBUG")


def test_order_that_is_shipped_reaches_amazon_with_the_next_work(day_on_each: Day) -> None:
    day = day_on_each
    number = day.arrive()
    (order,) = day.entrepot.json("orders", "list")
    shipped = day.entrepot.json(
        "orders", "ship", order["number"], "--carrier", "DHL", "--tracking", "JD0146"
    )
    assert shipped["status"] == "complete"
    day.entrepot.ok("work", "--until-idle")
    assert day.world.status_of(number) == "SHIPPED"
    (row,) = day.seller.orders()
    assert row["status"] == "Shipped"
    assert row["reserved"] is False
    assert "accepted" in day.entrepot.ok("amazon", "explain", number)


def test_an_order_number_of_amazons_is_used_where_it_is_asked_for(day: Day) -> None:
    where = ("--account", "shop", "--marketplace", GERMANY, "order_number_source=amazon")
    result = day.entrepot("amazon", "settings", "set", *where)
    assert result.status == 0
    assert "store's order number" in result.err
    number = day.arrive()
    assert day.entrepot.json("orders", "show", number)["number"] == number
