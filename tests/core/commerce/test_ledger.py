"""The reservation ledger, by any sequence of what can happen to orders."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from core.application import LiveApplication
from core.commerce.catalog import get_product
from core.commerce.inventory import (
    Reservation,
    StockLevel,
    StockMovement,
    carry_over,
    held_by,
    release_reservation,
    reserve_stock,
)
from core.commerce.orders import Order, managed_left_to_ship
from core.commerce.shipments import ShippedElsewhere
from core.context import Context
from tests.core.commerce.counter import Counter
from tests.databases import SharedSqlite

SKUS = ("A", "B", "FREE")
UNITS = st.integers(1, 4)
LINES = st.lists(st.tuples(st.sampled_from(SKUS), UNITS), min_size=1, max_size=3)


class Ledger(RuleBasedStateMachine):
    """Orders that are pending elsewhere, carried over, placed, shipped here and there, and canceled."""

    database: SharedSqlite
    ended = 0
    pending: Bundle[tuple[str, list[tuple[str, int]]]] = Bundle("pending")
    orders: Bundle[str] = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.database.reset()
        self._live = LiveApplication(self.database.config, engine=self.database.engine)
        self.counter = Counter(self._live.current())
        self._holders = 0

    @initialize()
    def open_the_shop(self) -> None:
        self.counter.stock("A", 5)
        self.counter.stock("B", 5)
        self.counter.stock("FREE", 0, managed=False)

    def teardown(self) -> None:
        type(self).ended += 1
        self._live.close()

    @rule(target=pending, lines=LINES)
    def reserve_while_pending(self, lines: list[tuple[str, int]]) -> tuple[str, list[tuple[str, int]]]:
        self._holders += 1
        holder = f"pending:{self._holders}"
        self.counter.write(lambda ctx: reserve_stock(ctx, holder, self._managed(ctx, lines), "pending"))
        return holder, lines

    @rule(order=pending)
    def reserve_again(self, order: tuple[str, list[tuple[str, int]]]) -> None:
        holder, lines = order

        def again(ctx: Context) -> None:
            if held_by(ctx.session, holder):
                reserve_stock(ctx, holder, self._managed(ctx, lines), "pending")

        self.counter.write(again)

    @rule(order=consumes(pending))
    def release_when_canceled(self, order: tuple[str, list[tuple[str, int]]]) -> None:
        self.counter.write(lambda ctx: release_reservation(ctx, order[0], "canceled"))

    @rule(target=orders, order=consumes(pending))
    def carry_over_when_created(self, order: tuple[str, list[tuple[str, int]]]) -> str:
        holder, lines = order
        number = self.counter.place(*lines, reserves=False)

        def carry(ctx: Context, placed: Order) -> None:
            carry_over(ctx, holder, placed.holder, managed_left_to_ship(ctx, placed), "created")

        self.counter.with_order(number, carry)
        return number

    @rule(target=orders, lines=LINES, reserves=st.booleans())
    def place(self, lines: list[tuple[str, int]], reserves: bool) -> str:
        return self.counter.place(*lines, reserves=reserves)

    @rule(
        target=orders, number=consumes(orders), there=st.booleans(), sku=st.sampled_from(SKUS), units=UNITS
    )
    def ship_part(self, number: str, there: bool, sku: str, units: int) -> object:
        left = sum(line.left_to_ship for line in self.counter.order(number).lines if line.sku == sku)
        if not left:
            return number
        elsewhere = ShippedElsewhere(datetime.now(UTC)) if there else None
        self.counter.ship(number, (sku, min(units, left)), elsewhere=elsewhere)
        return self._if_open(number)

    @rule(number=consumes(orders), there=st.booleans())
    def ship_all(self, number: str, there: bool) -> None:
        self.counter.ship(number, elsewhere=ShippedElsewhere(datetime.now(UTC)) if there else None)

    @rule(target=orders, number=consumes(orders), sku=st.sampled_from(SKUS), units=UNITS)
    def cancel_units(self, number: str, sku: str, units: int) -> object:
        line = next((line for line in self.counter.order(number).lines if line.sku == sku), None)
        if line is None or not line.left_to_ship:
            return number
        self.counter.cancel_units(number, sku, min(units, line.left_to_ship))
        return self._if_open(number)

    @rule(target=orders, number=consumes(orders))
    def cancel(self, number: str) -> object:
        if self.counter.order(number).has_shipped:
            return number
        self.counter.cancel(number)
        return multiple()

    @invariant()
    def running_sums_are_those_of_the_rows(self) -> None:
        assert self._sums(StockLevel.product_id, func.sum(StockLevel.reserved)) == self._sums(
            Reservation.product_id, func.sum(Reservation.quantity)
        )
        assert self._sums(StockLevel.product_id, func.sum(StockLevel.on_hand)) == self._sums(
            StockMovement.product_id, func.sum(StockMovement.quantity)
        )

    @invariant()
    def orders_hold_no_more_than_is_left_and_nothing_once_they_have_ended(self) -> None:
        def check(ctx: Context) -> None:
            for order in ctx.session.scalars(select(Order)):
                held, left = held_by(ctx.session, order.holder), managed_left_to_ship(ctx, order)
                assert all(0 < units <= left.get(product, 0) for product, units in held.items())
                if order.status in ("complete", "canceled", "closed"):
                    assert held == {}
                else:
                    assert held in ({}, left)

        self.counter.read(check)

    def _if_open(self, number: str) -> object:
        return number if self.counter.order(number).left_to_ship else multiple()

    def _managed(self, ctx: Context, lines: list[tuple[str, int]]) -> dict[int, int]:
        wanted: dict[int, int] = {}
        for sku, units in lines:
            product = get_product(ctx.session, sku)
            if product.is_managed:
                wanted[product.id] = wanted.get(product.id, 0) + units
        return wanted

    def _sums(self, product_id: object, total: object) -> dict[int, int]:
        def look(ctx: Context) -> dict[int, int]:
            rows = ctx.session.execute(select(product_id, total).group_by(product_id))  # type: ignore[call-overload]
            return {product: int(units) for product, units in rows if units}

        return self.counter.read(look)


def test_ledger_adds_up_whatever_happens(shared_sqlite: SharedSqlite) -> None:
    machine: type[Ledger] = type("SharedLedger", (Ledger,), {"database": shared_sqlite})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.ended >= 12
