"""Connecting an account, marketplace by marketplace, and what was pending in each at that moment."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text

from core.channels.accounts import Account, get_marketplace, list_accounts
from core.channels.channel_orders import SeenPending
from core.channels.connecting import connect_account
from core.channels.cursors import Cursor, open_cursor
from core.channels.listing import PENDING, PENDING_AVAILABILITY, Query
from core.channels.polling import read_one_order
from core.channels.taking import Poller
from core.context import Context
from core.errors import (
    AccessDenied,
    EntrepotError,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from tests.plugins.amazon_channel.amazon_json import order, standing
from tests.scripted_marketplace import ScriptedMarketplace
from tests.shop import GERMANY, Shop

FRANCE, ITALY = "A13V1IB3VIYZZH", "APJ6JRA9NG5V4"
ALL = (GERMANY, FRANCE, ITALY)


@pytest.fixture
def there(bare_shop: Shop) -> ScriptedMarketplace:
    """A scripted marketplace at which the shop has no account yet; its blue mugs are in stock."""
    bare_shop.stock("MUG-BLUE", 99)
    return bare_shop.script()


def number(index: int) -> str:
    return f"028-0000000-{index:07d}"


def put(
    there: ScriptedMarketplace, index: int, marketplace: str, status: str = "UNSHIPPED", **more: Any
) -> None:
    """Have an order of one blue mug there, placed just now."""
    sold = {"channelName": "AMAZON", "marketplaceId": marketplace}
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(orderId=number(index), salesChannel=sold, fulfillment=standing(status), **times | more))


def imported(shop: Shop) -> set[str | None]:
    return {found.external_id for found in shop.orders()}


def failing(shop: Shop) -> list[str]:
    return sorted(row.marketplace for row in shop.account().marketplaces if row.failing)


@pytest.mark.parametrize(
    "error", [AccessDenied("not there"), TemporarilyUnavailable("503")], ids=["denied", "unavailable"]
)
def test_marketplace_that_refuses_again_and_again_never_stops_the_others(
    bare_shop: Shop, there: ScriptedMarketplace, error: EntrepotError
) -> None:
    shop = bare_shop
    there.failing[ITALY] = error
    shop.account_id = shop.connect(marketplaces=ALL)
    assert failing(shop) == [ITALY]
    there.failing.clear()
    shop.sync()
    there.failing[ITALY] = error
    put(there, 1, GERMANY)
    for _ in range(2):
        shop.sync()
    assert (imported(shop), failing(shop)) == ({number(1)}, [ITALY])


def test_marketplace_that_was_never_seen_does_not_keep_the_others_from_being_read(
    bare_shop: Shop, there: ScriptedMarketplace
) -> None:
    shop = bare_shop
    shop.account_id = shop.connect(marketplaces=ALL)
    forget_seen(shop, ITALY)
    there.failing[ITALY] = RejectedByChannel("no such marketplace")
    put(there, 1, GERMANY)
    poller = Poller(shop.app, shop.app.registry, shop.owner, timedelta(seconds=30))
    assert read_one_order(poller, shop.account_id, number(1)) == "imported"
    put(there, 2, FRANCE)
    tally = shop.sync()
    assert (imported(shop), failing(shop)) == ({number(1), number(2)}, [ITALY])
    assert tally.errors == [f"{ITALY}: no such marketplace"]


def test_quota_that_ends_at_a_marketplace_never_seen_comes_after_what_the_others_have_to_say(
    bare_shop: Shop, there: ScriptedMarketplace
) -> None:
    shop = bare_shop
    shop.account_id = shop.connect(marketplaces=ALL)
    forget_seen(shop, ITALY)
    there.failing[ITALY] = QuotaExhausted("429", timedelta(seconds=90))
    put(there, 1, GERMANY)
    assert shop.sync().wait is not None
    assert imported(shop) == {number(1)}


def test_account_that_is_refused_everywhere_is_not_connected(
    bare_shop: Shop, there: ScriptedMarketplace
) -> None:
    there.failing = dict.fromkeys(ALL, AccessDenied("credentials"))
    with pytest.raises(AccessDenied):
        bare_shop.connect(marketplaces=ALL)
    there.failing.clear()
    put(there, 1, GERMANY)
    account = bare_shop.write(lambda ctx: list_accounts(ctx.session)[0])
    assert account.connected_at is None
    bare_shop.account_id = account.id
    bare_shop.sync()
    assert imported(bare_shop) == {number(1)}


def test_order_that_was_pending_where_the_channel_refused_at_first_counts_as_new(
    bare_shop: Shop, there: ScriptedMarketplace
) -> None:
    shop = bare_shop
    long_ago = {"createdTime": there.time(60 * 24), "lastUpdatedTime": there.time(60 * 24)}
    put(there, 1, ITALY, "PENDING", **long_ago)
    there.failing[ITALY] = AccessDenied("not there")
    shop.account_id = shop.connect(marketplaces=ALL)
    shop.sync()
    there.failing.clear()
    shop.sync()
    assert shop.is_stored(number(1))
    put(there, 1, ITALY, **long_ago | {"lastUpdatedTime": there.time()})
    shop.sync()
    assert imported(shop) == {number(1)}


def test_two_processes_connect_the_same_account_at_once(
    bare_shop: Shop, there: ScriptedMarketplace
) -> None:
    shop = bare_shop
    put(there, 1, GERMANY, "PENDING")
    account_id = add_unconnected(shop)
    errors: list[Exception] = []

    def connect() -> None:
        try:
            connect_account(shop.app, shop.app.registry, account_id)
        except Exception as error:
            errors.append(error)

    second = threading.Thread(target=connect)
    wanted = Query((GERMANY,), placed_after=there.now(), statuses=(PENDING, PENDING_AVAILABILITY))
    with shop.app.writing("first") as ctx:  # it has begun, and has not committed yet
        open_cursor(ctx, account_id, f"pending:{GERMANY}", wanted)
        ctx.session.add(SeenPending(account_id=account_id, external_id=number(1)))
        ctx.session.flush()
        second.start()
        wait_until_it_stands(shop)
    second.join(60)
    assert (errors, shop.problems()) == ([], [])
    shop.account_id = account_id
    assert shop.is_stored(number(1))


def add_unconnected(shop: Shop) -> int:
    """Add an account that was not asked anything yet; its id."""
    there, error = shop.marketplace, AccessDenied("not yet")
    assert there is not None
    there.failing[GERMANY] = error
    with pytest.raises(AccessDenied):
        shop.connect()
    there.failing.clear()
    shop.write(lambda ctx: ctx.session.execute(delete(Cursor)))
    return shop.read(lambda ctx: list_accounts(ctx.session)[0].id)


def forget_seen(shop: Shop, marketplace: str) -> None:
    """As if this marketplace had been well for a moment, and had never been asked what is pending."""

    def forget(ctx: Context) -> None:
        account = ctx.session.get_one(Account, shop.account_id)
        get_marketplace(account, marketplace).pending_seen_at = None

    shop.write(forget)


def wait_until_it_stands(shop: Shop) -> None:
    """Wait until another connection waits for a lock; on SQLite it waits for this whole transaction."""
    standing_by = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    pause = threading.Event()
    for _ in range(100):
        pause.wait(0.02)
        if shop.live.engine.dialect.name == "postgresql":
            if shop.read(lambda ctx: ctx.session.scalar(standing_by)):
                return
        elif not pause.wait(0.2):
            return
