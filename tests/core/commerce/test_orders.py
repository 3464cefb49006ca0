"""Orders: placing, moving on, canceling, and which transitions are refused."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.commerce.orders import Order, cancel_order, lock_order
from core.commerce.shipments import PackageContents, ship_order
from core.commerce.statuses import TRANSITIONS, add_status, check_transition
from core.commerce.stores import add_store, get_store, take_store_number
from core.context import Context
from core.errors import AlreadyExists, InvalidValue, NotFound, WrongState
from core.events import Event
from tests.core.commerce.counter import Counter


def events(counter: Counter) -> list[str]:
    return counter.read(lambda ctx: list(ctx.session.scalars(select(Event.name).order_by(Event.id))))


def test_order_reserves_what_is_managed_and_is_told(counter: Counter) -> None:
    counter.stock("A", 10)
    counter.stock("B", 0, managed=False)
    number = counter.place(("A", 3), ("A", 1), ("B", 2))
    assert (counter.stock_of("A").reserved, counter.stock_of("B").reserved) == (4, 0)
    order = counter.order(number)
    assert (order.total, order.charges_total, order.stated_total) == (60, 60, None)
    assert [(step.old_status, step.new_status) for step in order.history] == [(None, "processing")]
    assert events(counter)[-1] == "order_created"


def test_canceled_order_lets_go_of_its_stock_and_is_told_once(counter: Counter) -> None:
    counter.stock("A", 10)
    number = counter.place(("A", 3))
    counter.cancel(number)
    counter.cancel(number)
    order = counter.order(number)
    assert (order.status, order.lines[0].quantity_canceled, order.left_to_ship) == ("canceled", 3, 0)
    assert counter.stock_of("A").reserved == 0
    assert events(counter).count("order_canceled") == 1


def test_order_is_not_canceled_once_part_of_it_has_left(counter: Counter) -> None:
    counter.stock("A", 10)
    number = counter.place(("A", 3))
    counter.ship(number, ("A", 1))
    with pytest.raises(WrongState, match="refund it instead"):
        counter.cancel(number)
    assert (counter.order(number).status, counter.stock_of("A").reserved) == ("processing", 2)


def test_canceled_units_are_released_and_the_rest_stays(counter: Counter) -> None:
    counter.stock("A", 10)
    number = counter.place(("A", 3))
    counter.cancel_units(number, "A", 1)
    assert (counter.order(number).left_to_ship, counter.stock_of("A").reserved) == (2, 2)
    for units in (0, -1, 3):
        with pytest.raises(InvalidValue, match="2 are left to ship"):
            counter.cancel_units(number, "A", units)
    counter.cancel_units(number, "A", 2)
    assert counter.order(number).status == "canceled"


def test_order_is_complete_when_the_rest_is_canceled_after_something_has_left(counter: Counter) -> None:
    counter.stock("A", 10)
    number = counter.place(("A", 3))
    counter.ship(number, ("A", 1))
    counter.cancel_units(number, "A", 2)
    assert (counter.order(number).status, counter.stock_of("A").reserved) == ("complete", 0)


STATUSES = sorted(TRANSITIONS)


@pytest.mark.parametrize("current", STATUSES)
@pytest.mark.parametrize("wanted", STATUSES)
def test_transition_is_checked_by_what_a_status_is_like(
    counter: Counter, current: str, wanted: str
) -> None:
    if current in ("pending", "processing", "on_hold"):
        counter.write(lambda ctx: add_status(ctx, "mine", "Mine", current))
    codes = [current] if current in ("complete", "canceled", "closed") else [current, "mine"]
    for code in codes:
        if wanted in TRANSITIONS[current]:
            counter.read(lambda ctx, code=code: check_transition(ctx.session, code, wanted))
        else:
            with pytest.raises(WrongState, match=f"an order that is {code} cannot become {wanted}"):
                counter.read(lambda ctx, code=code: check_transition(ctx.session, code, wanted))


def test_change_of_status_is_written_in_the_history(counter: Counter) -> None:
    counter.stock("A", 1)
    number = counter.place(("A", 1))
    counter.move_to(number, "on_hold")
    counter.move_to(number, "on_hold")
    counter.move_to(number, "processing")
    steps = [
        (step.old_status, step.new_status, step.reason, step.actor)
        for step in counter.order(number).history
    ]
    assert steps[1:] == [
        ("processing", "on_hold", "by hand", "test"),
        ("on_hold", "processing", "by hand", "test"),
    ]
    with pytest.raises(NotFound, match="there is no order status 'nonsense'"):
        counter.move_to(number, "nonsense")


@pytest.mark.parametrize("reason", ["", "x" * 81, "a\nb"])
def test_reason_of_a_change_is_short(counter: Counter, reason: str) -> None:
    counter.stock("A", 1)
    number = counter.place(("A", 1))
    with pytest.raises(InvalidValue, match="1 to 80 characters"):
        counter.with_order(number, lambda ctx, order: cancel_order(ctx, order, reason))
    assert counter.order(number).status == "processing"


@pytest.mark.parametrize(
    ("code", "label", "like", "error"),
    [
        ("Picking", "Picking", "processing", InvalidValue),
        ("p", "Picking", "processing", InvalidValue),
        ("picking", " ", "processing", InvalidValue),
        ("picking", "x" * 101, "processing", InvalidValue),
        ("picking", "Picking", "complete", InvalidValue),
        ("picking", "Picking", "nonsense", InvalidValue),
        ("on_hold", "On hold", "on_hold", AlreadyExists),
    ],
)
def test_status_of_the_merchants_own_is_checked(
    counter: Counter, code: str, label: str, like: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        counter.write(lambda ctx: add_status(ctx, code, label, like))


# Stores and numbers


def test_each_store_counts_its_own_orders(counter: Counter) -> None:
    counter.stock("A", 9)
    outlet = counter.write(lambda ctx: add_store(ctx, "outlet", "Outlet", "USD"))
    numbers = [
        counter.place(("A", 1)),
        counter.place(("A", 1), store=outlet),
        counter.place(("A", 1)),
        counter.place(("A", 1), store=outlet),
    ]
    assert numbers == ["1000001", "OUTLET-1000001", "1000002", "OUTLET-1000002"]


@pytest.mark.parametrize(
    ("code", "name", "currency", "prefix", "error"),
    [
        ("Outlet", "Outlet", "EUR", None, InvalidValue),
        ("", "Outlet", "EUR", None, InvalidValue),
        ("outlet", "", "EUR", None, InvalidValue),
        ("outlet", "Outlet", "EURO", None, InvalidValue),
        ("outlet", "Outlet", "EUR", "1", InvalidValue),
        ("outlet", "Outlet", "EUR", "x" * 17, InvalidValue),
        ("a-store-with-a-long-code", "Outlet", "EUR", None, InvalidValue),
        ("default", "Again", "EUR", "D", AlreadyExists),
        ("outlet", "Outlet", "EUR", "", AlreadyExists),
    ],
)
def test_store_is_checked(
    counter: Counter, code: str, name: str, currency: str, prefix: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        counter.write(lambda ctx: add_store(ctx, code, name, currency, prefix))


def test_number_of_an_order_that_was_not_placed_is_used_again(counter: Counter) -> None:
    counter.stock("A", 9)
    with pytest.raises(NotFound):
        counter.place(("A", 1), ("NONE", 1))
    assert counter.place(("A", 1)) == "1000001"


def test_number_that_another_order_has_already_is_passed_over(counter: Counter) -> None:
    counter.stock("A", 9)
    first = counter.place(("A", 1))

    def rename(ctx: Context) -> None:
        ctx.session.get_one(Order, counter.order(first).id).number = "1000002"

    counter.write(rename)
    assert counter.place(("A", 1)) == "1000003"


# Two at once, where the database lets them


#: On SQLite there is one writer at a time.
with_several_writers = pytest.mark.parametrize("shared_database", ["postgresql"], indirect=True)


def both(first: Callable[[], None], second: Callable[[], None]) -> list[BaseException]:
    """Run two at once; what they raised."""
    raised: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


@with_several_writers
def test_numbers_that_are_taken_at_once_differ(counter: Counter) -> None:
    looked, taken = threading.Barrier(2), []

    def take() -> None:
        with counter.app.writing("test") as ctx:
            store = get_store(ctx.session, "default")
            looked.wait(30)
            taken.append(take_store_number(ctx, store.id))

    assert both(take, take) == []
    assert sorted(taken) == ["1000001", "1000002"]


@with_several_writers
def test_units_are_shipped_once_although_two_ship_at_once(counter: Counter) -> None:
    counter.stock("A", 9)
    number, looked = counter.place(("A", 3)), threading.Barrier(2)

    def ship() -> None:
        with counter.app.writing("test") as ctx:
            order = ctx.session.scalars(select(Order).where(Order.number == number)).one()
            units = {line.id: line.left_to_ship for line in order.lines}
            looked.wait(30)
            ship_order(ctx, order, [PackageContents("DHL", "T1", units)])

    (error,) = both(ship, ship)
    assert isinstance(error, WrongState | InvalidValue)
    assert (counter.stock_of("A").on_hand, counter.stock_of("A").reserved) == (6, 0)
    assert counter.order(number).lines[0].quantity_shipped == 3


@with_several_writers
def test_of_shipping_and_canceling_at_once_one_wins_whole(counter: Counter) -> None:
    counter.stock("A", 9)
    number, looked = counter.place(("A", 3)), threading.Barrier(2)

    def change(verb: Callable[[Context, Order], object]) -> None:
        with counter.app.writing("test") as ctx:
            order = ctx.session.scalars(select(Order).where(Order.number == number)).one()
            assert order.status == "processing"
            looked.wait(30)
            verb(ctx, order)

    (error,) = both(
        lambda: change(lambda ctx, order: ship_order(ctx, order, [PackageContents("DHL", "T1")])),
        lambda: change(lambda ctx, order: cancel_order(ctx, order, "NoInventory")),
    )
    assert isinstance(error, WrongState | InvalidValue)
    ended, stock = counter.order(number), counter.stock_of("A")
    expected = {"complete": (6, 0), "canceled": (9, 0)}
    assert (stock.on_hand, stock.reserved) == expected[ended.status]


@with_several_writers
def test_lock_shows_lines_as_they_are_now(counter: Counter) -> None:
    counter.stock("A", 9)
    number = counter.place(("A", 3))
    with counter.app.writing("test") as ctx:
        order = ctx.session.scalars(select(Order).where(Order.number == number)).one()
        assert order.lines[0].left_to_ship == 3
        counter.ship(number, ("A", 2))
        assert lock_order(ctx.session, order.id).lines[0].left_to_ship == 1
