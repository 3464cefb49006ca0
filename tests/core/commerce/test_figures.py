"""What a shop looks at first, and the views that its operators keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.commerce.orders import DraftCharge, change_status, get_order
from core.commerce.orders.figures import orders_since, sales_by_day, to_ship
from core.commerce.views import SavedView, delete_view, get_view, keep_search, list_views, save_view
from core.errors import InvalidValue, NotFound
from tests.core.commerce.counter import Counter

TODAY = datetime(2026, 3, 31, tzinfo=UTC)


def test_sales_are_summed_by_day_and_currency_without_what_was_canceled(counter: Counter) -> None:
    counter.stock("A", 100)
    sold = ((0, "EUR", 1), (0, "EUR", 2), (6, "GBP", 5), (29, "EUR", 7), (30, "EUR", 9))
    for days, currency, amount in sold:
        counter.place(
            ("A", 1),
            placed_at=TODAY - timedelta(days=days) + timedelta(hours=23),
            currency=currency,
            charges=(DraftCharge("shipping", Decimal(amount)),),
        )
    canceled = counter.place(("A", 1), placed_at=TODAY)
    counter.cancel(canceled)
    bounds = [TODAY + timedelta(days=place) for place in range(-29, 2)]
    euros, pounds = counter.read(lambda ctx: sales_by_day(ctx.session, bounds))
    assert (euros.currency, euros.of_last(7), euros.of_last(30)) == ("EUR", Decimal(23), Decimal(40))
    assert (pounds.currency, pounds.of_last(7), pounds.of_last(6)) == ("GBP", Decimal(15), Decimal(0))
    assert (len(euros.days), euros.days[-1], euros.days[0]) == (30, Decimal(23), Decimal(17))
    assert counter.read(lambda ctx: orders_since(ctx.session, TODAY)) == 3


def test_what_is_late_is_shipped_first(counter: Counter) -> None:
    counter.stock("A", 100)
    none = counter.place(("A", 1))
    soon = counter.place(("A", 1), ship_by=TODAY + timedelta(hours=1))
    late = counter.place(("A", 1), ship_by=TODAY - timedelta(hours=1))
    held = counter.place(("A", 1), ship_by=TODAY)
    counter.write(lambda ctx: change_status(ctx, get_order(ctx.session, held), "on_hold", "held"))
    found = counter.read(lambda ctx: to_ship(ctx.session, TODAY, 10))
    assert [order.number for order in found.orders] == [late, soon, none]
    assert (found.count, found.late) == (3, 1)
    (first,) = counter.read(lambda ctx: to_ship(ctx.session, TODAY, 1)).orders
    assert first.number == late


def test_a_view_is_its_owners_alone_and_its_words_are_encrypted(counter: Counter) -> None:
    with counter.app.writing("operator:1") as ctx:
        view = save_view(ctx, "orders", " Ada ", {"buyer": "ada@buyer.example"})
        save_view(ctx, "orders", "Ada", {"buyer": "Lovelace"}, replace=True)
        search = keep_search(ctx, "orders", {"buyer": "Ada"})
    with counter.app.writing("operator:1") as ctx:
        assert [(row.id, row.name, row.query) for row in list_views(ctx.session, ctx.actor, "orders")] == [
            (view.id, "Ada", {"buyer": "Lovelace"})
        ]
        assert get_view(ctx, "orders", search.id).query == {"buyer": "Ada"}
        raw = ctx.session.connection().exec_driver_sql("SELECT query FROM saved_views").scalars().all()
        assert not [value for value in raw if b"Lovelace" in bytes(value)]
        with pytest.raises(InvalidValue, match="1 to 60 characters"):
            save_view(ctx, "orders", " ", {})
    with counter.app.writing("operator:2") as ctx:
        assert list_views(ctx.session, ctx.actor, "orders") == []
        with pytest.raises(NotFound):
            delete_view(ctx, "orders", view.id)
    with counter.app.writing("operator:1") as ctx:
        delete_view(ctx, "orders", view.id)
        ctx.session.get_one(SavedView, search.id).saved_at -= timedelta(days=2)
        keep_search(ctx, "orders", {})
        with pytest.raises(NotFound):
            get_view(ctx, "orders", search.id)
