"""Sections 8 and 9: one bad order, one failing marketplace or plugin never stops the others."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.application import LiveApplication
from core.channels.accounts import AccountMarketplace
from core.channels.channel_orders import ChannelOrder
from core.channels.cursors import Cursor
from core.channels.importing import import_order
from core.channels.polling import poll_account, read_one_order
from core.channels.runs import SyncRun
from core.channels.taking import Poller
from core.commerce.catalog import create_product
from core.commerce.orders import Order
from core.context import Context
from core.errors import (
    AccessDenied,
    Busy,
    NotConfigured,
    NotFound,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs import Owner
from tests.plugins.amazon_channel.amazon_json import line, order, standing
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


def test_order_without_a_number_is_a_problem_too(shop: Shop, there: ScriptedMarketplace) -> None:
    nameless = one(there)
    nameless["orderId"] = ""
    there.orders["?"] = nameless
    there.orders["!"] = "no order at all"
    there.put(one(there, 1))
    shop.sync()
    assert (imported(shop), set(kinds(shop))) == ([number(1)], {"unreadable_order"})


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
    def fail(ctx: Context, channel: Any, settings: Any, row: ChannelOrder, *rest: Any) -> Order:
        if row.external_id == external_id:
            raise RuntimeError("Ada Lovelace, Main St 1")
        return create(ctx, channel, settings, row, *rest)  # type: ignore[no-any-return]

    return fail


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


# Marketplaces and accounts


@pytest.mark.parametrize("error", [AccessDenied("not there"), RejectedByChannel("no such marketplace")])
def test_failing_marketplace_is_set_apart_and_joins_again(three: Shop, error: Exception) -> None:
    shop, there = three, three.marketplace
    assert there is not None
    there.failing[FRANCE] = error
    there.put(one(there, 1), one(there, 2, FRANCE), one(there, 3, ITALY))
    tally = shop.sync()
    assert set(imported(shop)) == {number(1), number(3)}
    assert tally.errors == [f"{FRANCE}: {error}"]
    assert (kinds(shop), shop.account().last_error) == (["marketplace_failing"], None)
    there.queries.clear()
    shop.sync()
    assert [query.marketplaces for query, _ in there.queries] == [(GERMANY, ITALY), (FRANCE,)]
    there.failing.clear()
    shop.sync()
    assert set(imported(shop)) == {number(1), number(2), number(3)}
    assert shop.problems() == []
    there.queries.clear()
    shop.sync()
    assert [query.marketplaces for query, _ in there.queries] == [(GERMANY, FRANCE, ITALY)]


def test_marketplace_that_stays_unavailable_is_set_apart_at_the_second_poll(three: Shop) -> None:
    shop, there = three, three.marketplace
    assert there is not None
    there.failing[FRANCE] = TemporarilyUnavailable("503")
    there.put(one(there, 1), one(there, 2, FRANCE))
    shop.sync()
    assert kinds(shop) == ["account_failing"]
    shop.sync()
    assert (imported(shop), kinds(shop)) == ([number(1)], ["marketplace_failing"])


@pytest.mark.parametrize("error", [AccessDenied("credentials"), TemporarilyUnavailable("no way there")])
def test_account_that_fails_as_a_whole_is_one_problem_and_goes_on_later(
    three: Shop, error: Exception
) -> None:
    shop, there = three, three.marketplace
    assert there is not None
    there.put(one(there, 1))
    there.failing = dict.fromkeys((GERMANY, FRANCE, ITALY), error)
    for _ in range(3):
        tally = shop.sync()
        assert (tally.errors, kinds(shop)) == ([str(error)], ["account_failing"])
    there.failing.clear()
    shop.sync()
    assert (imported(shop), shop.problems(), shop.account().last_error) == ([number(1)], [], None)


def test_what_waits_is_tried_again_although_the_channel_fails(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.put(one(there, 1, orderItems=[line() | {"product": {"sellerSku": "NEW", "title": "New"}}]))
    shop.sync()
    there.failing[GERMANY] = TemporarilyUnavailable("503")
    shop.write(lambda ctx: create_product(ctx, "NEW", "New"))
    assert shop.sync().outcomes == {number(1): "imported"}
    assert imported(shop) == [number(1)]


def test_used_up_quota_defers_the_rest_and_the_listing_goes_on_where_it_was(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.page_size = 2
    there.put(*[one(there, index) for index in range(1, 6)])
    there.stumbles.extend([None, QuotaExhausted("429", timedelta(seconds=90))])
    tally = shop.sync()
    assert tally.wait is not None
    assert timedelta(seconds=60) < tally.wait <= timedelta(seconds=90)
    assert (len(imported(shop)), shop.problems()) == (2, [])
    shop.unblock_quotas()
    shop.sync()
    assert len(imported(shop)) == 5
    assert [token for _, token in there.queries] == [None, "2", "2", "4"]


def test_page_token_that_is_refused_makes_the_listing_begin_anew(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.page_size = 2
    there.put(*[one(there, index) for index in range(1, 6)])
    there.stumbles.extend([None, TemporarilyUnavailable("503")])
    shop.sync()
    there.stumbles.append(RejectedByChannel("the page token has expired"))
    shop.sync()
    assert len(imported(shop)) == 5
    assert [token for _, token in there.queries] == [None, "2", "2", None, "2", "4"]
    assert shop.problems() == []


def test_page_tokens_that_are_never_taken_end_the_poll_with_a_problem(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.page_size, there.tokens_live = 2, False
    there.put(*[one(there, index) for index in range(1, 6)])
    shop.sync()
    assert (len(imported(shop)), kinds(shop)) == (2, ["account_failing"])
    assert len(there.queries) == 4


def test_windows_overlap_and_begin_at_the_connection_on_the_channels_clock(shop: Shop) -> None:
    there = shop.script(timedelta(days=3))
    connected_at = shop.account().connected_at
    assert connected_at is not None
    shop.sync()
    shop.sync()
    first, second = (query.updated_after for query, _ in there.queries)
    assert first == connected_at - timedelta(minutes=10)
    mark = shop.account().marketplaces[0].read_through
    assert mark is not None
    assert second is not None
    assert timedelta(0) < mark - second - timedelta(minutes=10) < timedelta(minutes=1)
    assert abs(there.now() - timedelta(minutes=2) - mark) < timedelta(minutes=1)


def test_account_counts_its_connection_on_the_channels_clock(bare_shop: Shop) -> None:
    there = bare_shop.script(timedelta(days=-3))
    bare_shop.account_id = bare_shop.connect()
    connected_at = bare_shop.account().connected_at
    assert connected_at is not None
    assert abs(there.now() - connected_at) < timedelta(minutes=1)


def test_second_process_that_polls_at_the_same_time_is_busy(shop: Shop) -> None:
    other = Owner(shop.live.config.home)
    poller = Poller(shop.app, shop.app.registry, other, timedelta(seconds=30))
    seen: list[str] = []

    def interfere(what: str, _external_id: str) -> None:
        seen.append(what)
        with pytest.raises(Busy, match="another process polls the account shop"):
            poll_account(poller, shop.account_id)

    shop.stock("AB-1", 5)
    shop.place(("AB-1", 1))
    shop.sync(interfere)
    other.close()
    assert seen == ["stored", "imported"]
    assert len(shop.orders()) == 1


def test_poll_that_was_taken_over_ends_without_a_word_about_the_channel(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.put(one(there, 1), one(there, 2))
    poller = Poller(shop.app, shop.app.registry, shop.owner, timedelta())
    other = Owner(shop.live.config.home)
    rival = Poller(shop.app, shop.app.registry, other, timedelta(seconds=30), _hold_on)
    with pytest.raises(Busy):
        poll_account(_taken_over_by(poller, rival, shop.account_id), shop.account_id)
    other.close()
    assert "account_failing" not in kinds(shop)


def _hold_on(_what: str, _external_id: str) -> None:
    """Say nothing."""


def _taken_over_by(poller: Poller, rival: Poller, account_id: int) -> Poller:
    from core.channels.taking import lease_name
    from core.jobs import take_lease

    def take_over(_what: str, _external_id: str) -> None:
        with rival.transactions.writing("test") as ctx:
            take_lease(ctx, lease_name(account_id), rival.owner, rival.lease)

    return Poller(poller.transactions, poller.registry, poller.owner, poller.lease, take_over)


def test_progress_and_run_tell_what_became_of_every_order(shop: Shop, there: ScriptedMarketplace) -> None:
    new = one(there, 3, orderItems=[line() | {"product": {"sellerSku": "NEW"}}])
    bad = one(there, 4, fulfillment={"fulfilledBy": "MERCHANT"})
    there.put(one(there, 1), one(there, 2, fulfillment=standing("PENDING")), new, bad)
    told: list[tuple[str, str]] = []
    shop.sync(lambda what, external_id: told.append((what, external_id)))
    assert told == [
        ("failed", number(4)),
        ("stored", number(1)),
        ("imported", number(1)),
        ("stored", number(2)),
        ("skipped", number(2)),
        ("stored", number(3)),
        ("held", number(3)),
    ]

    def run(ctx: Context) -> tuple[int, ...]:
        row = ctx.session.scalars(select(SyncRun)).one()
        return row.seen, row.imported, row.updated, row.skipped, row.held, row.failed

    assert shop.read(run) == (4, 1, 0, 1, 1, 1)


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


def test_listing_begins_anew_when_the_marketplaces_have_changed(three: Shop) -> None:
    shop, there = three, three.marketplace
    assert there is not None
    there.page_size = 1
    there.put(one(there, 1), one(there, 2, FRANCE))
    there.stumbles.extend([None, TemporarilyUnavailable("503")])
    shop.sync()

    def drop(ctx: Context) -> None:
        assert ctx.session.scalars(select(Cursor.token)).all() == ["1"]
        for row in ctx.session.scalars(select(AccountMarketplace)):
            if row.marketplace == ITALY:
                row.failing = "for the test"

    shop.write(drop)
    there.queries.clear()
    shop.sync()
    assert there.queries[0] == (there.queries[0][0], None)
    assert set(imported(shop)) == {number(1), number(2)}
