"""Processes that work on one database at the same moment: nothing is lost, doubled or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select

from core.channels.quotas import QuotaBucket
from core.channels.trace import TraceEntry
from core.commerce.stores import Store
from core.settings import StoredSettings
from tests.faults.conftest import TwoMarkets
from tests.faults.outcome import count_told, list_unfinished, read_outcome, read_stock
from tests.faults.processes import ShopProcess

Start = Callable[[], ShopProcess]

ROUNDS = 8
ORDERS_A_ROUND = 4
FIRST_NUMBER = 1_000_001


def test_an_order_that_two_processes_read_at_once_is_imported_once(shop: TwoMarkets, start: Start) -> None:
    shop.stock("AB-1", 1000)
    poller, fetcher = start(), start()
    placed = []
    for _ in range(ROUNDS):
        fresh = [shop.place(("AB-1", 2)) for _ in range(ORDERS_A_ROUND)]
        shop.write(refill_quotas)
        poller.tell("poll")
        fetcher.tell("fetch", *fresh)
        assert poller.hear()["failed"] == 0
        assert set(fetcher.hear()) <= {"imported", "skipped"}
        placed += fresh
    shop.work()
    orders = shop.orders()
    numbers = list(map(str, range(FIRST_NUMBER, FIRST_NUMBER + len(placed))))
    assert [order.number for order in orders] == numbers
    assert Counter(order.external_id for order in orders) == Counter(placed)
    with shop.app.reading() as ctx:
        assert ctx.session.scalars(select(Store.next_number)).one() == FIRST_NUMBER + len(placed)
        stock = read_stock(ctx.session)["AB-1"]
        assert stock["by holder"] == dict.fromkeys(numbers, 2)
        assert stock["reserved"] == (2 * len(placed), 2 * len(placed))
        assert count_told(ctx.session) == [("order_created", number, 1) for number in numbers]
        created = select(TraceEntry.external_id, TraceEntry.times).where(TraceEntry.code == "created")
        assert sorted(map(tuple, ctx.session.execute(created))) == sorted((each, 1) for each in placed)
        assert list_unfinished(ctx.session) == []
    assert shop.problems() == []


def test_orders_that_share_products_ship_at_once_whatever_the_order_of_their_lines(
    shop: TwoMarkets, start: Start
) -> None:
    shop.stock("AB-1", 100)
    shop.stock("CD-2", 100)
    lines = ("AB-1", 1), ("CD-2", 1)
    for _ in range(10):
        shop.place(*lines)
        shop.place(*reversed(lines))
    shop.sync()
    numbers = [order.number for order in shop.orders()]
    at_once(start, [("ship", *numbers[::2])], [("ship", *numbers[1::2])])
    with shop.app.reading() as ctx:
        nothing = {"on hand": (80, 80), "reserved": (0, 0), "by holder": {}}
        assert read_stock(ctx.session) == {"AB-1": nothing, "CD-2": nothing}


def test_processes_that_do_everything_at_once_lose_nothing(shop: TwoMarkets, start: Start) -> None:
    shop.stock("AB-1", 100)
    shop.stock("CD-2", 100)
    first = [shop.place(("AB-1", 2), ("CD-2", 1)) for _ in range(8)]
    shop.sync()
    shop.work()
    later = [shop.place(("CD-2", 1), ("AB-1", 1)) for _ in range(12)]
    shipped = [order.number for order in shop.orders()]
    at_once(
        start,
        [("poll",), ("look", 20)],
        [("ship", *shipped), ("save", "poll_minutes", *range(10, 30))],
        [("work", 6)],
        [("find_units", "AB-1", 30), ("save", "carriers", *({"Eagle": f"No. {n}"} for n in range(20)))],
    )
    shop.work()
    with shop.app.reading() as ctx:
        outcome = read_outcome(ctx.session, shop.world)
        settings = ctx.session.scalars(select(StoredSettings).filter_by(scope="account")).one()
        assert list_unfinished(ctx.session) == []
    assert (settings.version, settings.values["poll_minutes"]) == (40, 29)
    assert settings.values["carriers"] == {"Eagle": "No. 19"}
    check_everything_arrived(outcome, shipped, first, later)


def check_everything_arrived(
    outcome: dict[str, Any], shipped: list[str], first: list[str], later: list[str]
) -> None:
    numbers = sorted(order["number"] for order in outcome["orders"])
    assert numbers == list(map(str, range(FIRST_NUMBER, FIRST_NUMBER + len(first + later))))
    assert sorted(order["external id"] for order in outcome["orders"]) == sorted(first + later)
    waiting = [number for number in numbers if number not in shipped]
    assert outcome["stock"] == {
        "AB-1": {
            "on hand": (100 + 30 - 2 * len(first),) * 2,
            "reserved": (len(later),) * 2,
            "by holder": dict.fromkeys(waiting, 1),
        },
        "CD-2": {
            "on hand": (100 - len(first),) * 2,
            "reserved": (len(later),) * 2,
            "by holder": dict.fromkeys(waiting, 1),
        },
    }
    assert outcome["told"] == [
        *(("order_created", number, 1) for number in numbers),
        *(("shipment_completed", number, 1) for number in shipped),
    ]
    at_amazon = outcome["amazon"]
    assert [at_amazon[each]["status"] for each in first + later] == ["SHIPPED"] * 8 + ["UNSHIPPED"] * 12
    parcels = [package[:3] for each in first for package in at_amazon[each]["packages"]]
    assert sorted(parcels) == sorted(("1", "DHL", f"T-{number}") for number in shipped)
    assert outcome["open problems"] == []


def at_once(start: Start, *tasks: list[tuple[Any, ...]]) -> None:
    """Have each list of tasks done by a process of its own, all at the same time, and wait for all."""
    processes = [start() for _ in tasks]
    for process, wanted in zip(processes, tasks, strict=True):
        for task in wanted:
            process.tell(*task)
    for process, wanted in zip(processes, tasks, strict=True):
        for _ in wanted:
            process.hear()


def refill_quotas(ctx: Any) -> None:
    """Amazon would not be read as often as this test does."""
    ctx.session.execute(delete(QuotaBucket))
