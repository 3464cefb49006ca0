"""Reading an account: windows, pages, quotas, and marketplaces that fail."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.channels.accounts import AccountMarketplace
from core.channels.cursors import Cursor
from core.channels.polling import poll_account, read_one_order
from core.channels.runs import SyncRun
from core.channels.taking import Poller
from core.commerce.catalog import create_product
from core.context import Context
from core.errors import (
    AccessDenied,
    Busy,
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


def test_pages_that_go_round_in_a_circle_end_the_poll_and_the_next_one_begins_anew(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.page_size, there.turns_back = 2, True
    there.put(*(one(there, index) for index in range(5)))
    assert shop.sync().errors == ["the channel gave the same page token twice"]
    assert [token for _, token in there.queries] == [None, "2", "4", None, "2", "4"]
    assert [problem.kind for problem in shop.problems()] == ["account_failing"]
    assert len(shop.orders()) == 5
    there.turns_back = False
    shop.sync()
    assert there.queries[6][1] is None
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
        ("stored", number(1)),
        ("imported", number(1)),
        ("stored", number(2)),
        ("skipped", number(2)),
        ("stored", number(3)),
        ("held", number(3)),
        ("stored", number(4)),
        ("failed", number(4)),
    ]

    def run(ctx: Context) -> tuple[int, ...]:
        row = ctx.session.scalars(select(SyncRun)).one()
        return row.seen, row.imported, row.updated, row.skipped, row.held, row.failed

    assert shop.read(run) == (4, 1, 0, 1, 1, 1)


def test_channel_is_never_called_while_a_transaction_is_open(bare_shop: Shop) -> None:
    shop, calls = bare_shop, []
    there = shop.script()

    def write_something() -> None:  # on SQLite this would wait in vain for an open transaction
        shop.stock(f"SKU-{len(calls)}", 1)
        calls.append(sys._getframe(1).f_code.co_name)

    there.on_call = write_something
    shop.account_id = shop.connect()
    shop.stock("MUG-BLUE", 5)
    there.put(one(there, 1))
    shop.sync()
    shop.ship(shop.order().number)
    shop.queue_confirmations()
    assert shop.confirm() == [None]
    poller = Poller(shop.app, shop.app.registry, shop.owner, timedelta(seconds=30))
    read_one_order(poller, shop.account_id, number(1))
    assert set(calls) >= {"list_orders", "confirm_package", "get_order"}


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
