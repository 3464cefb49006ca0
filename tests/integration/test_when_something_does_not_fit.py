"""Sections 8 and 9: one bad order, one failing marketplace or plugin never stops the others."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected, DiskFull
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.application import LiveApplication
from core.channels.channel_orders import ChannelOrder
from core.channels.importing import Outcome, import_order
from core.channels.orders_tab import TabQuery, orders_tab
from core.channels.polling import read_one_order
from core.channels.taking import Poller
from core.commerce.orders import Order
from core.context import Context
from core.errors import (
    NotConfigured,
    NotFound,
)
from tests.plugins.amazon_channel.amazon_json import line, money, order, standing
from tests.scripted_marketplace import ScriptedMarketplace
from tests.shop import GERMANY, Shop

FRANCE, ITALY = "A13V1IB3VIYZZH", "APJ6JRA9NG5V4"


@pytest.fixture
def there(shop: Shop) -> ScriptedMarketplace:
    """A scripted marketplace; its blue mugs are in stock."""
    shop.stock("MUG-BLUE", 99)
    return shop.script()


@pytest.fixture
def three(bare_shop: Shop) -> Shop:
    """A shop that sells in Germany, France and Italy at a scripted marketplace."""
    shop = bare_shop
    shop.stock("MUG-BLUE", 99)
    shop.account_id = shop.connect(marketplaces=(GERMANY, FRANCE, ITALY))
    shop.script()
    return shop


def number(index: int) -> str:
    return f"028-0000000-{index:07d}"


def one(
    there: ScriptedMarketplace, index: int = 1, marketplace: str = GERMANY, **more: Any
) -> dict[str, Any]:
    """An unshipped order of one blue mug, placed just now."""
    sold = {"channelName": "AMAZON", "marketplaceId": marketplace}
    moment = there.time()
    times = {"createdTime": moment, "lastUpdatedTime": moment}
    return order(orderId=number(index), salesChannel=sold, **times | more)


def imported(shop: Shop) -> list[str | None]:
    return [found.external_id for found in shop.orders()]


def kinds(shop: Shop) -> list[str]:
    return sorted(problem.kind for problem in shop.problems())


# One bad order


@pytest.mark.parametrize(
    "bad",
    [
        {"orderItems": [{"orderItemId": "1", "quantityOrdered": -1}]},
        {"fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "NOBODY"}},
        {"proceeds": {"grandTotal": {"amount": "much", "currencyCode": "EUR"}}},
        {"orderItems": [{"orderItemId": "1", "quantityOrdered": 10**12}]},
        {"fulfillment": standing("A_STATUS_WITH_A_NAME_OF_MORE_THAN_EIGHTY_CHARACTERS" * 2)},
    ],
    ids=["quantity", "who ships", "money", "huge", "long status"],
)
def test_order_that_cannot_be_kept_is_a_problem_and_never_stops_its_neighbors(
    shop: Shop, there: ScriptedMarketplace, bad: dict[str, Any]
) -> None:
    there.put(one(there, 1), one(there, 2, **bad), one(there, 3))
    tally = shop.sync()
    assert imported(shop)[:1] == [number(1)]
    assert imported(shop)[-1] == number(3)
    assert tally.errors == []
    if number(2) not in imported(shop):  # SQLite keeps a number of any size
        assert len(kinds(shop)) == 1
        assert shop.explain(number(2)).decided_by is not None
    assert shop.account().last_synced_at is not None


@pytest.mark.parametrize(
    ("bad", "status", "who"),
    [
        ({"fulfillment": {"fulfilledBy": "MERCHANT"}}, "Unreadable", "merchant"),
        ({"fulfillment": {"fulfillmentStatus": "UNSHIPPED"}}, "Unshipped", "unknown"),
        ({"fulfillment": None}, "Unreadable", "unknown"),
        ({"proceeds": {"grandTotal": money("10.00", "USD")}}, "Unshipped", "merchant"),
    ],
)
def test_order_that_cannot_be_read_is_on_the_orders_tab_with_the_reason(
    shop: Shop, there: ScriptedMarketplace, bad: dict[str, Any], status: str, who: str
) -> None:
    there.put(one(there, 1, **bad))
    for _ in range(2):
        assert shop.sync().number(Outcome.FAILED) == 1
        (row,) = shop.read(lambda ctx: orders_tab(ctx, shop.app.registry, TabQuery(waiting=True)))
        assert (row.status, row.fulfilled_by, row.held_code) == (status, who, "unreadable")
        assert (row.note or "").startswith("The channel's answer for this order could not be read: ")
        assert kinds(shop) == ["unreadable_order"]
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), shop.problems()) == ([number(1)], [])
    assert shop.channel_order(number(1)).held_code is None
    there.put(one(there, 1, **bad, lastUpdatedTime=there.time()))
    shop.sync()
    assert (shop.channel_order(number(1)).status, kinds(shop)) == ("Unshipped", ["unreadable_order"])


@pytest.mark.parametrize("status", ["UNSHIPPED", "TELEPORTED"])
def test_order_of_which_it_turns_out_that_the_channel_ships_it_later_is_not_kept(
    shop: Shop, there: ScriptedMarketplace, status: str
) -> None:
    there.put(one(there, 1, fulfillment={"fulfillmentStatus": status}))
    shop.sync()
    assert shop.is_stored(number(1))
    there.put(one(there, 1, fulfillment=standing("UNSHIPPED", "AMAZON")))
    shop.sync()
    assert (shop.is_stored(number(1)), shop.problems()) == (False, [])
    there.put(one(there, 1, fulfillment=standing("SHIPPED", "AMAZON")))
    shop.sync()
    assert shop.order().status == "complete"


def test_unreadable_order_is_forgiven_once_it_can_be_read(shop: Shop, there: ScriptedMarketplace) -> None:
    there.put(one(there, 1, fulfillment={"fulfilledBy": "MERCHANT"}))
    shop.sync()
    (problem,) = shop.problems()
    assert (problem.kind, problem.data) == ("unreadable_order", {"external_id": number(1)})
    explanation = shop.explain(number(1))
    assert explanation.answer.startswith(
        "No order was created. The channel's answer for this order could not"
    )
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), shop.problems()) == ([number(1)], [])


def test_unreadable_order_is_asked_for_again_after_the_listing_has_gone_by(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    placed = one(there, 1)
    there.put(placed | {"fulfillment": {"fulfilledBy": "MERCHANT"}})
    shop.sync()
    there.ahead += timedelta(hours=1)
    assert shop.sync().number(Outcome.FAILED) == 1, "still listed"
    there.ahead += timedelta(hours=1)
    assert shop.sync().number(Outcome.FAILED) == 1, "fetched on its own, and still not readable"
    assert kinds(shop) == ["unreadable_order"]
    there.put(placed)
    shop.sync()
    assert (imported(shop), shop.problems()) == ([number(1)], [])


def test_order_without_a_number_is_a_problem_too(shop: Shop, there: ScriptedMarketplace) -> None:
    nameless = one(there)
    nameless["orderId"] = ""
    there.orders["?"] = nameless
    there.orders["!"] = "no order at all"
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), set(kinds(shop))) == ([number(1)], {"unreadable_order"})
    del there.orders["?"], there.orders["!"]
    shop.sync()
    assert set(kinds(shop)) == {"unreadable_order"}, "that it is not told of any more mends nothing"


def test_unreadable_order_does_not_stop_an_account_from_being_connected(bare_shop: Shop) -> None:
    shop = bare_shop
    there = shop.script()
    status = "PENDING"
    there.put(one(there, 1, fulfillment=standing(status)) | {"orderId": "9" * 200})
    there.put(one(there, 2, fulfillment=standing(status)))
    shop.account_id = shop.connect()
    assert shop.is_stored(number(2))
    assert kinds(shop) == ["unreadable_order"]


def test_failure_that_nobody_foresaw_is_noted_and_tried_again(
    shop: Shop, there: ScriptedMarketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.channels.importing as module

    there.put(one(there, 1), one(there, 2))
    create = module.create_order
    monkeypatch.setattr(module, "create_order", _failing_for(number(1), create))
    shop.sync()
    assert imported(shop) == [number(2)]
    assert shop.channel_order(number(1)).held_code == "failed"
    (problem,) = shop.problems()
    assert "Ada" not in problem.message
    monkeypatch.setattr(module, "create_order", create)
    shop.sync()
    assert (set(imported(shop)), shop.problems()) == ({number(1), number(2)}, [])


def _failing_for(external_id: str, create: Any) -> Any:
    def fail(ctx: Context, case: Any, *rest: Any) -> Order:
        if case.row.external_id == external_id:
            raise RuntimeError("Ada Lovelace, Main St 1")
        return create(ctx, case, *rest)  # type: ignore[no-any-return]

    return fail


def test_deadlock_is_tried_again_in_whatever_language_the_database_says_so(
    shop: Shop, there: ScriptedMarketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.channels.importing as module

    create, errors = module.create_order, [DeadlockDetected("Verklemmung entdeckt") for _ in range(3)]

    def stumble(*arguments: Any) -> Order:
        if errors:
            raise OperationalError("UPDATE …", {}, errors.pop())
        return create(*arguments)

    monkeypatch.setattr(module, "create_order", stumble)
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), errors) == ([number(1)], [])
    errors.extend([DeadlockDetected()] * 4)
    there.put(one(there, 2))
    with pytest.raises(OperationalError):
        shop.sync()
    errors[:] = [DiskFull("no space for what was written about a deadlock")]
    with pytest.raises(OperationalError):
        shop.sync()
    assert errors == []


def test_failure_while_following_an_order_is_noted_and_passes(
    shop: Shop, there: ScriptedMarketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.channels.importing as module

    there.put(one(there, 1))
    shop.sync()
    follow = module.follow_order

    def fail(*_arguments: Any) -> bool:
        raise RuntimeError

    monkeypatch.setattr(module, "follow_order", fail)
    there.put(one(there, 1, lastUpdatedTime=there.time(-1)))
    shop.sync()
    assert (shop.channel_order(number(1)).held_code, kinds(shop)) == ("failed", ["channel_order_held"])
    monkeypatch.setattr(module, "follow_order", follow)
    shop.sync()
    assert (shop.channel_order(number(1)).held_code, shop.problems()) == (None, [])


# Statuses


def test_unknown_status_is_kept_as_it_came_changes_nothing_and_is_a_problem_until_the_next(
    shop: Shop,
) -> None:
    shop.stock("AB-1", 9)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.world.report_status_as(external_id, "QUANTUM_SUPERPOSITION")
    shop.later()
    shop.sync()
    assert shop.channel_order(external_id).status == "QUANTUM_SUPERPOSITION"
    assert (shop.order().status, shop.reserved("AB-1")) == ("processing", 1)
    (problem,) = shop.problems()
    assert (problem.kind, problem.cause) == ("unknown_status", "QUANTUM_SUPERPOSITION")
    assert external_id in problem.message
    shop.world.report_status_as(external_id, "CANCELLED")
    shop.later()
    shop.sync()
    assert (shop.channel_order(external_id).status, shop.order().status) == ("Canceled", "canceled")
    assert shop.problems() == []


def test_new_order_in_an_unknown_status_is_stored_and_waits(shop: Shop, there: ScriptedMarketplace) -> None:
    there.put(one(there, 1, fulfillment=standing("SOMETHING_NEW")))
    shop.sync()
    explanation = shop.explain(number(1))
    assert explanation.answer == (
        "No order was created. The channel's status SOMETHING_NEW is not known here; it changes nothing."
    )
    assert explanation.decided_by == "status = SOMETHING_NEW"
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), shop.problems()) == ([number(1)], [])


def test_status_with_a_long_name_is_kept_as_it_came(shop: Shop, there: ScriptedMarketplace) -> None:
    status = "AWAITING_WHAT_NOBODY_HERE_HAS_EVER_HEARD_OF_BEFORE_NOW"
    there.put(one(there, 1, fulfillment=standing(status)))
    shop.sync()
    assert (shop.channel_order(number(1)).status, kinds(shop)) == (status, ["unknown_status"])


@pytest.mark.parametrize("unknown_sku", ["block", "create_disabled"])
def test_order_with_a_sku_that_no_product_can_have_waits_with_its_reason(
    shop: Shop, there: ScriptedMarketplace, unknown_sku: str
) -> None:
    shop.set(unknown_sku=unknown_sku)
    there.put(one(there, 1, orderItems=[line(product={"sellerSku": "S" * 129})]))
    assert shop.sync().outcomes == {number(1): "held"}
    assert shop.channel_order(number(1)).held_code == "bad_sku"
    assert "Give the offer another one" in shop.problems()[0].message


# Trying again


def test_held_orders_are_tried_again_at_every_synchronization_and_without_one(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    new = line()
    new["product"]["sellerSku"] = "NEW"
    there.put(one(there, 1, orderItems=[new]))
    assert shop.sync().outcomes == {number(1): "held"}
    there.orders.clear()
    assert shop.sync().outcomes == {number(1): "held"}
    shop.stock("NEW", 5)
    shop.work()
    assert imported(shop) == [number(1)]


def test_order_is_imported_once_by_two_processes_at_once(live: LiveApplication, shop: Shop) -> None:
    shop.place(("NEW", 1))
    shop.sync()
    shop.stock("NEW", 5)
    app = live.current()
    (row_id,) = shop.read(lambda ctx: list(ctx.session.scalars(select(ChannelOrder.id))))
    threads = [threading.Thread(target=import_order, args=(app, app.registry, row_id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(shop.orders()) == 1
    assert shop.reserved("NEW") == 1


def test_one_order_is_fetched_by_its_number(shop: Shop, there: ScriptedMarketplace) -> None:
    there.put(one(there, 1))
    poller = Poller(shop.app, shop.app.registry, shop.owner, timedelta(seconds=30))
    assert read_one_order(poller, shop.account_id, number(1)) == "imported"
    assert read_one_order(poller, shop.account_id, number(1)) == "skipped"
    with pytest.raises(NotFound):
        read_one_order(poller, shop.account_id, number(2))


def test_order_of_a_plugin_that_is_disabled_is_looked_at_later_not_blamed(shop: Shop) -> None:
    external_id = shop.place(("NEW", 1))
    shop.sync()
    row = shop.channel_order(external_id)
    shop.disable("amazon_channel")
    with pytest.raises(NotConfigured):
        import_order(shop.app, shop.app.registry, row.id)
    assert shop.channel_order(external_id).held_code == "unknown_sku"
