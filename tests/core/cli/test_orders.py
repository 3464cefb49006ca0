"""`entrepot orders`: listing, showing, shipping, moving on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.command_line import Entrepot

Ordering = Callable[..., str]
DHL = ("--carrier", "DHL", "--tracking", "T1")


def ship(number: str, *lines: str, tracking: str = "T1") -> list[str]:
    """The command that ships these lines."""
    words = ["orders", "ship", number, "--carrier", "DHL", "--tracking", tracking]
    return words + [word for line in lines for word in ("--line", line)]


def test_orders_of_a_new_shop_are_none(entrepot: Entrepot) -> None:
    assert entrepot.json("orders", "list") == []
    assert entrepot.ok("orders", "list") == "There is no order yet.\n"


def test_order_is_shown_with_what_is_promised(on_each: Entrepot, order_on_each: Ordering) -> None:
    number = order_on_each(("MUG", 2), ("CUP", 1), external_id="302-1", channel="amazon")
    (listed,) = on_each.json("orders", "list")
    shown = on_each.json("orders", "show", number)
    assert shown == listed
    assert shown["number"] == number
    assert shown["status"] == "processing"
    assert (shown["channel"], shown["external_id"]) == ("amazon", "302-1")
    assert shown["customer_id"] is None
    assert shown["is_guest"] is True
    assert shown["total"] == {"amount": "30.00", "currency": "EUR"}
    assert [(line["sku"], line["quantity"], line["total"]["amount"]) for line in shown["lines"]] == [
        ("MUG", 2, "20.00"),
        ("CUP", 1, "10.00"),
    ]
    for name in ("placed_at", "created_at"):
        assert datetime.fromisoformat(shown[name]).tzinfo is not None
    assert [change["new_status"] for change in shown["history"]] == ["processing"]


def test_orders_are_listed_whole_the_newest_first(entrepot: Entrepot, order: Ordering) -> None:
    numbers = [order() for _ in range(3)]
    assert [row["number"] for row in entrepot.json("orders", "list")] == numbers[::-1]
    assert [row["number"] for row in entrepot.json("orders", "list", "--limit", "1")] == numbers[2:]
    text = entrepot.ok("orders", "list")
    assert all(number in text for number in numbers)
    assert numbers[0] not in entrepot.ok("orders", "list", "--limit", "2")


def test_order_is_shown_in_words(entrepot: Entrepot, order: Ordering) -> None:
    text = entrepot.ok("orders", "show", order())
    assert "status: processing" in text
    assert "total: 20.00 EUR" in text


@pytest.mark.parametrize("command", [["show", "{}"], ["ship", "{}", *DHL], ["status", "{}", "on_hold"]])
@pytest.mark.parametrize("number", ["1", "", "ä", "x" * 500, "'; DROP TABLE orders; --"])
def test_an_order_that_there_is_not_is_refused(on_each: Entrepot, command: list[str], number: str) -> None:
    assert "no order" in on_each.refused("orders", *(word.format(number) for word in command))


def test_order_is_shipped_whole_and_only_once(on_each: Entrepot, order_on_each: Ordering) -> None:
    number = order_on_each(("MUG", 2), ("CUP", 1))
    shipped = on_each.json(*ship(number))
    assert (shipped["order"], shipped["status"]) == (number, "complete")
    (package,) = shipped["packages"]
    assert (package["carrier"], package["tracking_number"]) == ("DHL", "T1")
    assert package["lines"] == [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 1}]
    assert "nothing left to ship" in on_each.refused(*ship(number))
    assert len(on_each.json("orders", "show", number)["shipments"]) == 1


def test_order_is_shipped_in_parts(entrepot: Entrepot, order: Ordering) -> None:
    number = order(("MUG", 3), ("CUP", 1))
    assert entrepot.json(*ship(number, "MUG=1"))["status"] == "processing"
    shown = entrepot.json("orders", "show", number)
    assert [line["left_to_ship"] for line in shown["lines"]] == [2, 1]
    assert entrepot.json(*ship(number, "MUG=1", "CUP=1", tracking="T2"))["status"] == "processing"
    assert entrepot.json(*ship(number, tracking="T3"))["status"] == "complete"
    assert [line["left_to_ship"] for line in entrepot.json("orders", "show", number)["lines"]] == [0, 0]


def test_a_line_repeated_is_added_up(entrepot: Entrepot, order: Ordering) -> None:
    number = order(("MUG", 3))
    shipped = entrepot.json(*ship(number, "MUG=1", "MUG=1"))
    assert sum(line["quantity"] for line in shipped["packages"][0]["lines"]) == 2


def test_the_same_package_twice_is_refused(entrepot: Entrepot, order: Ordering) -> None:
    number = order(("MUG", 3))
    entrepot.ok(*ship(number, "MUG=1"))
    assert "has this very package T1 already" in entrepot.refused(*ship(number, "MUG=1"))
    assert [line["left_to_ship"] for line in entrepot.json("orders", "show", number)["lines"]] == [2]
    entrepot.ok(*ship(number, "MUG=1", tracking="T2"))
    entrepot.ok(*ship(number))


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["MUG=3"], "3 units of MUG cannot be shipped: 2 are left"),
        (["MUG=1", "MUG=2"], "3 units of MUG cannot be shipped: 2 are left"),
        (["CUP=1"], "no 'CUP'; it has: MUG"),
        (["MUG=1", "mug=1"], "no 'mug'"),
        (["X" * 500 + "=1"], f"no '{'X' * 80}…'; it has: MUG"),
    ],
)
def test_units_that_the_order_does_not_have_are_refused(
    entrepot: Entrepot, order: Ordering, lines: list[str], complaint: str
) -> None:
    number = order(("MUG", 2))
    assert complaint in entrepot.refused(*ship(number, *lines))
    assert entrepot.json("orders", "show", number)["shipments"] == []


@pytest.mark.parametrize(
    ("carrier", "tracking", "complaint"),
    [
        ("", "T", "a package needs a carrier of 1 to 80 characters"),
        ("DHL", " ", "a package needs a tracking number of 1 to 120 characters"),
        ("DHL", "x" * 121, "a package needs a tracking number of 1 to 120 characters"),
        ("D\nL", "T", "a package needs a carrier on one line"),
        ("DHL", "T\n1", "a package needs a tracking number on one line"),
    ],
)
def test_a_package_without_a_tracking_number_is_refused(
    entrepot: Entrepot, order: Ordering, carrier: str, tracking: str, complaint: str
) -> None:
    number = order()
    words = ["orders", "ship", number, "--carrier", carrier, "--tracking", tracking]
    assert complaint in entrepot.refused(*words)


def test_an_order_on_hold_is_shipped_once_it_is_released(entrepot: Entrepot, order: Ordering) -> None:
    number = order(status="on_hold")
    assert "is on hold" in entrepot.refused(*ship(number))
    assert entrepot.json("orders", "status", number, "processing") == {
        "order": number,
        "status": "processing",
    }
    entrepot.ok(*ship(number))


@pytest.mark.parametrize("status", ["complete", "canceled", "closed"])
def test_an_order_does_not_end_by_hand(entrepot: Entrepot, order: Ordering, status: str) -> None:
    assert "not by hand" in entrepot.refused("orders", "status", order(), status)


def test_a_status_that_there_is_not_is_refused(entrepot: Entrepot, order: Ordering) -> None:
    assert "there are:" in entrepot.refused("orders", "status", order(), "lost")


def test_a_complete_order_stays_complete(entrepot: Entrepot, order: Ordering) -> None:
    number = order()
    entrepot.ok(*ship(number))
    assert "cannot become" in entrepot.refused("orders", "status", number, "processing")


def test_an_order_can_have_a_status_of_the_merchants_own(entrepot: Entrepot, order: Ordering) -> None:
    entrepot.ok("statuses", "add", "check", "--label", "To be checked", "--like", "on_hold")
    number = order()
    entrepot.ok("orders", "status", number, "check")
    assert entrepot.json("orders", "show", number)["status"] == "check"
    assert "on hold" in entrepot.refused(*ship(number))


def test_order_is_held_released_and_canceled(entrepot: Entrepot, order: Ordering) -> None:
    number = order()
    assert entrepot.json("orders", "hold", number, "--reason", "wait")["status"] == "on_hold"
    assert "on hold already" in entrepot.refused("orders", "hold", number)
    assert entrepot.json("orders", "release", number)["status"] == "processing"
    answer = entrepot.json("orders", "cancel", number, "--reason", "customer_asked")
    assert (answer["status"], answer["canceled"], answer["waits_for_channel"]) == ("canceled", True, False)
    assert entrepot.json("orders", "show", number)["history"][-1]["reason"] == "customer_asked"


def test_order_is_refunded_by_units_by_amount_and_whole(entrepot: Entrepot, order: Ordering) -> None:
    number = order(("MUG", 2), ("CUP", 1))
    reason = ("--reason", "returned")
    assert entrepot.json("orders", "refund", number, "--line", "MUG=1", *reason)["refunded"] == "10.00 EUR"
    assert entrepot.json("orders", "refund", number, "--amount", "2.50", *reason)["refunded"] == "2.50 EUR"
    assert "at most" in entrepot.refused("orders", "refund", number, "--amount", "17.51", *reason)
    assert entrepot.json("orders", "refund", number, *reason)["refunded"] == "17.50 EUR"
    assert "has been refunded" in entrepot.refused("orders", "refund", number, *reason)
