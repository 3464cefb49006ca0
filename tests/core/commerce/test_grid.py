"""Finding orders by filters, in every order, page by page, as a plain loop over all of them finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, text

from core.commerce.customers import Buyer
from core.commerce.orders import (
    SORTS,
    DraftCharge,
    Order,
    OrderFilter,
    OrderPage,
    OrderQuery,
    export_orders,
    find_orders,
    get_order,
    grid,
    index_buyer,
)
from core.commerce.spreadsheets import csv_lines
from core.errors import InvalidValue
from tests.core.commerce.counter import Counter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Buyer("Ada Müller-Lüdenscheidt", "ada@buyer.example")
BOB = Buyer("=Bob Müller", "bob@buyer.example")
NOBODY = Buyer(None, "1@shop.invalid", email_is_placeholder=True)


@pytest.fixture
def filled(counter: Counter) -> Counter:
    """Twelve orders of every kind, some of them alike in what is sorted by."""
    counter.stock("A", 100)
    for place in range(12):
        counter.place(
            ("A", 1),
            buyer=(ADA, BOB, NOBODY)[place % 3],
            status=("processing", "on_hold")[place % 4 == 1],
            placed_at=NOON + timedelta(hours=place // 2),
            ship_by=None if place % 5 == 0 else NOON - timedelta(days=place % 3),
            charges=(DraftCharge("shipping", Decimal(place % 4)),),
            channel="amazon" if place % 2 else None,
            external_id=f"302-{place}" if place % 2 else None,
        )
    return counter


FILTERS: dict[str, tuple[OrderFilter, Callable[[Order], bool]]] = {
    "all": (OrderFilter(), lambda order: True),
    "number": (OrderFilter(number="1000003"), lambda order: order.number == "1000003"),
    "channel number": (OrderFilter(number=" 302-5 "), lambda order: order.external_id == "302-5"),
    "channel": (OrderFilter(channel="amazon"), lambda order: order.channel == "amazon"),
    "status": (OrderFilter(status="on_hold"), lambda order: order.status == "on_hold"),
    "total": (
        OrderFilter(total_from=Decimal(11), total_to=Decimal(12)),
        lambda order: 11 <= order.total <= 12,
    ),
    "dates": (
        OrderFilter(placed_from=NOON + timedelta(hours=1), placed_before=NOON + timedelta(hours=4)),
        lambda order: NOON + timedelta(hours=1) <= order.placed_at < NOON + timedelta(hours=4),
    ),
    "email": (OrderFilter(buyer="ADA@buyer.example "), lambda order: order.buyer_email == ADA.email),
    "name": (OrderFilter(buyer="müller"), lambda order: "Müller" in (order.buyer_name or "")),
    "names": (OrderFilter(buyer="Lüdenscheidt ada"), lambda order: order.buyer_name == ADA.name),
    "part of a name": (OrderFilter(buyer="Lüden"), lambda order: False),
    "several": (
        OrderFilter(status="processing", channel="amazon", total_to=Decimal(11), buyer="müller"),
        lambda order: (
            (order.status, order.channel) == ("processing", "amazon")
            and order.total <= 11
            and "Müller" in (order.buyer_name or "")
        ),
    ),
    "name and dates": (
        OrderFilter(
            buyer="müller", placed_from=NOON + timedelta(hours=1), placed_before=NOON + timedelta(hours=5)
        ),
        lambda order: (
            "Müller" in (order.buyer_name or "")
            and NOON + timedelta(hours=1) <= order.placed_at < NOON + timedelta(hours=5)
        ),
    ),
}


def plan_of(counter: Counter, query: OrderQuery) -> str:
    """How the database finds a page; PostgreSQL as it would among many orders."""
    plans: list[str] = []

    def explain(connection, _cursor, statement, parameters, *_rest) -> None:
        if "ORDER BY orders." in statement:
            cursor = connection.connection.cursor()
            how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
            plans.extend(str(row[-1]) for row in cursor.execute(f"{how} {statement}", parameters))
            cursor.close()

    with counter.app.reading() as ctx:
        if counter.app.engine.dialect.name == "postgresql":
            for way in ("seqscan", "bitmapscan", "sort"):
                ctx.session.execute(text(f"SET LOCAL enable_{way} = off"))
        event.listen(counter.app.engine, "before_cursor_execute", explain)
        find_orders(ctx.session, query)
        event.remove(counter.app.engine, "before_cursor_execute", explain)
    return "\n".join(plans)


def pages_of(counter: Counter, query: OrderQuery) -> Iterator[list[str]]:
    """The numbers on each page."""
    while True:
        page = counter.read(lambda ctx, query=query: find_orders(ctx.session, query))
        yield [order.number for order in page.rows]
        if page.next is None:
            return
        query = replace(query, after=page.next)


def in_order(orders: list[Order], sort: str, *, descending: bool) -> list[str]:
    """The numbers as a plain sort has them; orders without a value come last either way."""
    names = [column.key for column in SORTS[sort]]
    some = [order for order in orders if getattr(order, names[0]) is not None]
    none = [order for order in orders if getattr(order, names[0]) is None]
    some.sort(key=lambda order: [getattr(order, name) for name in names], reverse=descending)
    none.sort(key=lambda order: order.id, reverse=descending)
    return [order.number for order in some + none]


@pytest.mark.parametrize(("few", "most"), [(3, 4), (grid.FEW, grid.MOST)], ids=["walked", "gathered"])
def test_every_filter_finds_the_same_in_every_order_page_by_page(
    filled: Counter, few: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "FEW", few)
    monkeypatch.setattr(grid, "MOST", most)
    every = filled.read(lambda ctx: find_orders(ctx.session, OrderQuery(with_buyers=True)).rows)
    assert len(every) == 12
    for name, (wanted, fits) in FILTERS.items():
        matching = [order for order in every if fits(order)]
        for place, sort in enumerate(SORTS):
            for descending in (True, False) if wanted.is_empty else (place % 2 == 0,):
                query = OrderQuery(wanted, sort, descending, limit=5, keeps_sort=True)
                pages = list(pages_of(filled, query))
                found = [number for page in pages for number in page]
                assert found == in_order(matching, sort, descending=descending), (name, sort, descending)
                if few == grid.FEW > 3:
                    assert all(len(page) == 5 for page in pages[:-1])


@pytest.mark.parametrize("shared_database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["nestloop", "hashjoin", "mergejoin"])
def test_a_page_is_in_its_order_however_the_database_joins(
    filled: Counter, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "FEW", 3)
    monkeypatch.setattr(grid, "MOST", 12)
    query = OrderQuery(OrderFilter(buyer="müller"), "total", descending=True, keeps_sort=True)
    with filled.app.reading() as ctx:
        for other in {"nestloop", "hashjoin", "mergejoin", "material"} - {way}:
            ctx.session.execute(text(f"SET LOCAL enable_{other} = off"))
        found = [(order.total, order.id) for order in find_orders(ctx.session, query).rows]
    assert found == sorted(found, reverse=True)


def test_what_would_take_too_long_is_sorted_by_what_it_is_filtered_by(
    filled: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "FEW", 2)
    monkeypatch.setattr(grid, "MOST", 2)
    wanted = OrderFilter(placed_from=NOON + timedelta(hours=2))

    def ask(**changes: object) -> OrderPage:
        query = OrderQuery(wanted, "number", descending=False, limit=5)
        return filled.read(lambda ctx: find_orders(ctx.session, replace(query, **changes)))

    first = ask()
    assert (first.sort, first.is_partial) == ("placed_at", False)
    second = ask(after=first.next)
    assert (second.sort, second.next) == ("placed_at", None)
    numbers = [order.number for order in (*first.rows, *second.rows)]
    assert numbers == [str(1000005 + place) for place in range(8)]
    kept = ask(keeps_sort=True)
    assert (kept.sort, kept.is_partial, list(kept.rows)) == ("number", True, [])
    with pytest.raises(InvalidValue, match="start again at its first page"):
        ask(sort="total", after=first.next)


def test_a_page_looks_through_an_index_and_no_further_than_needed(
    filled: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a million orders are asked in time by: nothing is sorted but what was gathered."""
    monkeypatch.setattr(grid, "FEW", 1)
    asked = {
        "ix_orders_placed_at_id": OrderQuery(OrderFilter(total_to=Decimal(12))),
        "ix_orders_status_placed_at_id": OrderQuery(OrderFilter(status="processing", channel="amazon")),
        "ix_orders_channel_placed_at_id": OrderQuery(OrderFilter(total_to=Decimal(12), channel="amazon")),
        "ix_orders_total_id": OrderQuery(OrderFilter(status="processing"), "total"),
        "ix_orders_ship_by_id": OrderQuery(OrderFilter(channel="amazon", status="processing"), "ship_by"),
    }
    for index, query in asked.items():
        plan = plan_of(filled, query)
        assert index in plan, (index, plan)
        assert not [word for word in ("TEMP B-TREE", "Sort") if word in plan], (index, plan)
        if filled.app.engine.dialect.name == "sqlite":
            assert f"COVERING INDEX {index}" in plan, (index, plan)


def test_a_cursor_of_another_order_or_none_at_all_is_refused(filled: Counter) -> None:
    def ask(query: OrderQuery) -> str | None:
        return filled.read(lambda ctx: find_orders(ctx.session, query)).next

    after = ask(OrderQuery(limit=2))
    assert after
    for cursor in ("", "x", "%", "é", "W10", after[:-3], "A" * 5_000):
        with pytest.raises(InvalidValue, match="start again at its first page"):
            ask(OrderQuery(after=cursor))
    for query in (OrderQuery(sort="total", after=after), OrderQuery(descending=False, after=after)):
        with pytest.raises(InvalidValue, match="start again at its first page"):
            ask(query)
    with pytest.raises(InvalidValue, match="not by 'buyer_name'"):
        ask(OrderQuery(sort="buyer_name"))


def test_odd_words_find_nothing_or_are_refused(filled: Counter) -> None:
    def found(name: str, text: str) -> object:
        try:
            query = OrderQuery(OrderFilter(**{name: text}))
        except InvalidValue as error:
            return str(error)
        return filled.read(lambda ctx: find_orders(ctx.session, query)).rows

    for name in ("number", "channel", "status", "buyer"):
        refused = f"{name} is looked for by at most 320 printable characters"
        assert [found(name, text) for text in ("a\x00b", "x" * 400)] == [refused, refused]
        assert [found(name, text) for text in ("' OR 1=1 --", "___", "%")][:2] == [[], []]
    assert "by 1 to 10 words of the name" in str(found("buyer", "%"))


def test_a_buyer_whose_name_comes_later_is_found_by_it(filled: Counter) -> None:
    def name(ctx) -> None:
        order = get_order(ctx.session, "1000003")
        order.buyer_name = "Grace Hopper"
        index_buyer(ctx, order)

    filled.write(name)
    (found,) = pages_of(filled, OrderQuery(OrderFilter(buyer="hopper")))
    assert found == ["1000003"]


def test_an_export_has_all_that_fits_and_no_formula(
    filled: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.commerce.orders.exporting._PORTION", 2)
    query = OrderQuery(OrderFilter(buyer="müller"), "number", descending=False, with_buyers=True)
    lines = list(csv_lines(export_orders(filled.app, query)))
    assert len(lines) == 9
    assert lines[0].startswith("number,status,channel,")
    assert lines[2].startswith("1000002,on_hold,amazon,302-1,,EUR,11.00,11.00,2026-03-01T12:00:00Z,")
    assert lines[2].endswith(",merchant,yes,'=Bob Müller,bob@buyer.example\r\n")
    plain = list(csv_lines(export_orders(filled.app, OrderQuery())))
    assert len(plain) == 13
    assert not [line for line in plain if "Müller" in line or "@" in line]


def test_a_cell_is_never_taken_for_a_formula() -> None:
    rows = [["=1+1", "+1", "-1", "@A1", " =1", "\t=1", "1=1", "plain"]]
    assert list(csv_lines(rows)) == ["'=1+1,'+1,'-1,'@A1,' =1,'\t=1,1=1,plain\r\n"]
