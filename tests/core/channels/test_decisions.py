"""The decision tables, row by row, as a pure function."""

from __future__ import annotations

import pytest

from core.channels.decisions import Reserve, Situation, decide
from core.channels.listing import KNOWN_STATUSES

PENDING_SETTINGS = ("reserve", "do_not_reserve")
STOCK_SETTINGS = ("create", "block")


def situation(
    status: str,
    by: str = "merchant",
    pending: str = "reserve",
    stock: str = "create",
    *,
    short: bool = False,
) -> Situation:
    return Situation(by, status, pending, stock, short)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("stock", STOCK_SETTINGS)
@pytest.mark.parametrize("pending", PENDING_SETTINGS)
@pytest.mark.parametrize("status", [status for status in KNOWN_STATUSES if status != "Shipped"])
def test_what_the_channel_ships_is_no_order_before_it_is_shipped(
    status: str, pending: str, stock: str, short: bool
) -> None:
    verdict = decide(situation(status, "amazon", pending, stock, short=short))
    assert (verdict.creates_order, verdict.reserves) == (False, Reserve.NOTHING)
    assert verdict.code == "channel_ships_later"


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("stock", STOCK_SETTINGS)
@pytest.mark.parametrize("pending", PENDING_SETTINGS)
@pytest.mark.parametrize("by", ["merchant", "amazon"])
def test_what_is_shipped_is_an_order_that_reserves_nothing_whatever_the_stock(
    by: str, pending: str, stock: str, short: bool
) -> None:
    verdict = decide(situation("Shipped", by, pending, stock, short=short))
    assert (verdict.creates_order, verdict.reserves, verdict.code) == (True, Reserve.NOTHING, None)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("stock", STOCK_SETTINGS)
@pytest.mark.parametrize(
    ("pending", "reserves"), [("reserve", Reserve.ORDERED), ("do_not_reserve", Reserve.NOTHING)]
)
def test_pending_reserves_as_the_setting_says_and_is_no_order(
    pending: str, reserves: Reserve, stock: str, short: bool
) -> None:
    verdict = decide(situation("Pending", "merchant", pending, stock, short=short))
    assert (verdict.creates_order, verdict.reserves, verdict.code) == (False, reserves, "pending")


@pytest.mark.parametrize("stock", STOCK_SETTINGS)
@pytest.mark.parametrize("pending", PENDING_SETTINGS)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("PendingAvailability", "status_waits"),
        ("Canceled", "never_shipped"),
        ("Unfulfillable", "unfulfillable"),
        ("SomethingNew", "status_waits"),
    ],
)
def test_other_statuses_are_no_order_and_reserve_nothing(
    status: str, code: str, pending: str, stock: str
) -> None:
    verdict = decide(situation(status, "merchant", pending, stock))
    assert (verdict.creates_order, verdict.reserves, verdict.code) == (False, Reserve.NOTHING, code)


@pytest.mark.parametrize(
    ("pending", "reserves"), [("reserve", Reserve.LEFT_TO_SHIP), ("do_not_reserve", Reserve.NOTHING)]
)
@pytest.mark.parametrize(("stock", "short"), [("create", False), ("create", True), ("block", False)])
@pytest.mark.parametrize("status", ["Unshipped", "PartiallyShipped"])
def test_open_orders_are_created_and_reserve_what_is_left_to_ship(
    status: str, stock: str, short: bool, pending: str, reserves: Reserve
) -> None:
    verdict = decide(situation(status, "merchant", pending, stock, short=short))
    assert (verdict.creates_order, verdict.reserves, verdict.code) == (True, reserves, None)


@pytest.mark.parametrize("pending", PENDING_SETTINGS)
@pytest.mark.parametrize("status", ["Unshipped", "PartiallyShipped"])
def test_open_orders_that_are_short_of_stock_wait_if_the_setting_says_so(status: str, pending: str) -> None:
    verdict = decide(situation(status, "merchant", pending, "block", short=True))
    assert (verdict.creates_order, verdict.reserves, verdict.code) == (
        False,
        Reserve.NOTHING,
        "out_of_stock",
    )
