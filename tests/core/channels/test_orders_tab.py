"""Which channel orders the Orders tab shows, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, update

from core.application import LiveApplication
from core.channels.channel_orders import ChannelOrder, has_reserved
from core.channels.orders_tab import TabQuery, is_on_orders_tab, orders_tab, reserved_among
from core.channels.registration import Registry
from core.channels.states import account_names, account_states
from core.errors import NotFound
from tests.databases import make_config
from tests.shop import Shop


def shown(shop: Shop, query: TabQuery | None = None) -> list[str]:
    """The numbers on the tab."""
    query = query or TabQuery()
    return shop.read(lambda ctx: [row.external_id for row in orders_tab(ctx, shop.app.registry, query)])


def is_shown(shop: Shop, external_id: str) -> bool:
    """Whether the tab shows this one by itself."""
    row = shop.channel_order(external_id)
    return shop.read(lambda ctx: is_on_orders_tab(ctx, shop.app.registry, row))


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY"])
def test_what_is_not_released_shows_only_when_asked_for(shop: Shop, status: str) -> None:
    external_id = shop.place(("AB-1", 1), status=status)
    shop.sync()
    assert shown(shop) == []
    assert not is_shown(shop, external_id)
    assert shown(shop, TabQuery(include_pending=True)) == [external_id]


def test_the_marketplaces_setting_shows_its_pending_ones(shop: Shop) -> None:
    external_id = shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    shop.set(show_pending="yes")
    assert shown(shop) == [external_id]
    assert is_shown(shop, external_id)
    with shop.app.writing("test") as ctx:
        ctx.session.execute(update(ChannelOrder).values(marketplace="ANOTHER"))
    assert shown(shop) == []
    assert not is_shown(shop, external_id)
    with shop.app.writing("test") as ctx:
        ctx.session.execute(update(ChannelOrder).values(marketplace="A1PA6795UKMFR9"))
    shop.set(show_pending="no")
    assert shown(shop) == []


def test_pending_ones_of_a_channel_that_no_plugin_brings_stay_hidden(shop: Shop) -> None:
    shop.place(("AB-1", 1), status="PENDING")
    released = shop.place(("AB-1", 1))
    shop.sync()
    shop.set(show_pending="yes")
    nothing = Registry({}, {})
    found = shop.read(lambda ctx: [row.external_id for row in orders_tab(ctx, nothing, TabQuery())])
    assert found == [released]


def test_what_cannot_become_an_order_stays_on_the_tab(shop: Shop) -> None:
    external_id = shop.place(("NEW-1", 1))
    shop.sync()
    assert shown(shop) == [external_id]
    assert is_shown(shop, external_id)


def test_the_newest_purchase_comes_first_and_pages_follow_each_other(shop: Shop) -> None:
    placed = [shop.place(("AB-1", 1)) for _ in range(5)]
    shop.sync()
    newest_first = placed[::-1]
    assert shown(shop) == newest_first
    with shop.app.writing("test") as ctx:  # at the same moment, the id decides
        moment = shop.channel_order(placed[0]).placed_at
        ctx.session.execute(update(ChannelOrder).values(placed_at=moment))
    in_order = shown(shop)
    pages: list[str] = []
    before = None
    while page := shown(shop, TabQuery(limit=2, before=before)):
        pages += page
        before = shop.channel_order(page[-1]).id
    assert pages == in_order
    assert sorted(pages) == sorted(placed)


def test_a_page_behind_nothing_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match="start again at the newest"):
        shown(shop, TabQuery(before=404))


def test_one_channel_can_be_asked_for(shop: Shop) -> None:
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    assert shown(shop, TabQuery(channel="amazon")) == [external_id]
    assert shown(shop, TabQuery(channel="another")) == []


def test_reserved_is_told_for_many_as_for_one(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    pending = shop.place(("AB-1", 1), status="PENDING")
    ordered = shop.place(("AB-1", 1))
    shipped = shop.place(("AB-1", 1))
    waiting = shop.place(("NEW-1", 1))
    shop.sync()
    number = shop.channel_order(shipped).order.number
    shop.ship(number)

    def look(ctx):
        rows = orders_tab(ctx, shop.app.registry, TabQuery(include_pending=True))
        among = reserved_among(ctx.session, rows)
        assert among == {row.id for row in rows if has_reserved(ctx.session, row)}
        return {row.external_id for row in rows if row.id in among}

    found = shop.read(look)
    assert found == {pending, ordered}
    assert waiting not in found
    assert shop.read(lambda ctx: reserved_among(ctx.session, [])) == set()


def test_a_page_takes_as_many_statements_with_many_rows_as_with_one(shop: Shop) -> None:
    shop.stock("AB-1", 50)
    shop.place(("AB-1", 1))
    shop.sync()

    def count() -> int:
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            statements.append(statement)

        with shop.app.reading() as ctx:
            event.listen(shop.app.engine, "before_cursor_execute", note)
            query = TabQuery(include_pending=True, with_buyers=True)
            rows = orders_tab(ctx, shop.app.registry, query)
            reserved_among(ctx.session, rows)
            assert all(row.account.name and row.order and row.order.number for row in rows)
            assert all(row.buyer_name is not None for row in rows)
            event.remove(shop.app.engine, "before_cursor_execute", note)
        return len(statements)

    one = count()
    for _ in range(4):
        shop.place(("AB-1", 1))
    shop.sync()
    assert count() == one


def test_a_page_is_read_in_order_without_sorting_all_there_are(sqlite_url: str, tmp_path: Path) -> None:
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    plans: list[str] = []

    def explain(connection, _cursor, statement, parameters, *_rest) -> None:
        if "ORDER BY channel_orders.placed_at" in statement:
            cursor = connection.connection.cursor()
            plans.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            cursor.close()

    event.listen(live.engine, "before_cursor_execute", explain)
    app = live.current()
    with app.reading() as ctx:
        for query in (TabQuery(limit=50), TabQuery(limit=50, channel="amazon")):
            assert orders_tab(ctx, app.registry, query) == []
    live.close()
    assert plans
    assert not [step for step in plans if "TEMP B-TREE" in step]


def test_the_tab_is_narrowed_down_by_what_an_operator_knows(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    pending = shop.place(("AB-1", 1), status="PENDING")
    ordered = shop.place(("AB-1", 1))
    waiting = shop.place(("NEW-1", 1))
    shop.sync()
    number, bought = shop.order().number, shop.channel_order(waiting).placed_at
    assert shown(shop, TabQuery(number=ordered)) == shown(shop, TabQuery(number=number)) == [ordered]
    assert shown(shop, TabQuery(number=pending)) == shown(shop, TabQuery(status="Pending")) == [pending]
    assert shown(shop, TabQuery(waiting=True)) == [waiting]
    assert shown(shop, TabQuery(placed_from=bought)) == [waiting]
    assert shown(shop, TabQuery(placed_before=bought)) == [ordered]
    assert shown(shop, TabQuery(account=shop.account_id, status="Unshipped")) == [waiting, ordered]
    assert shown(shop, TabQuery(account=0)) == []


def test_the_state_of_an_account_says_what_waits_and_when_it_is_read_next(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    shop.place(("NEW-1", 1))
    shop.sync()
    shop.ship(shop.order().number)
    shop.queue_confirmations()
    (state,) = shop.read(lambda ctx: account_states(ctx.session, 10))
    assert (state.account.name, state.waiting, state.unconfirmed) == ("shop", 1, 1)
    assert state.next_sync_at is not None
    assert shop.read(lambda ctx: account_names(ctx.session)) == {shop.account_id: "shop"}
