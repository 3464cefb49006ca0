"""Consumers that crash, answer late, twice, out of order or never: each order told, under one key."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.application import LiveApplication
from core.clock import SetClock
from core.commerce import statuses
from core.commerce.orders import (
    can_release,
    cancel_order,
    change_status,
    get_order,
    hold_order,
    release_order,
)
from core.testing import make_order
from plugins.erp_bridge import pickups
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer
from plugins.erp_bridge.models import Told
from plugins.erp_bridge.offering import offer_canceled, offer_created
from plugins.erp_bridge.pickups import Answered, Leased
from plugins.erp_bridge.standing import history_of
from tests.databases import SharedDatabase, make_config
from tests.plugins.erp_bridge.conftest import Bridge

NAMES = st.sampled_from(["erp", "wms"])
LEASE = timedelta(minutes=5)
#: So few that much happens to each.
MOST_ORDERS = 2


class Counterparts(RuleBasedStateMachine):
    """Two consumers, each of several processes: what any of them has seen, it can answer at any time."""

    database: SharedDatabase
    ended = 0
    orders: Bundle[str] = Bundle("orders")
    seen: Bundle[tuple[str, Leased]] = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self.database.reset()
        self.clock = SetClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
        config = make_config(Path(tempfile.gettempdir()), self.database.url)
        self.live = LiveApplication(config, self.clock, engine=self.database.engine)
        Bridge(self.live)
        self.app = self.live.current()
        with self.app.writing("test") as ctx:
            for name in ("erp", "wms"):
                add_consumer(ctx, NewConsumer(name, lease_seconds=int(LEASE.total_seconds())))
        self.handed_out: dict[tuple[str, int, str], list[Leased]] = defaultdict(list)
        self.is_free = dict[tuple[str, int], datetime]()
        self.references = dict[tuple[str, int], str]()
        self.placed = 0

    @precondition(lambda self: self.placed < MOST_ORDERS)
    @rule(target=orders)
    def place(self) -> str:
        self.placed += 1
        number = make_order(self.live)
        with self.app.writing("test") as ctx:
            offer_created(ctx, get_order(ctx.session, number))
            offer_created(ctx, get_order(ctx.session, number))  # told twice, as a delivery may be
        return number

    @rule(number=orders)
    def hold_or_release(self, number: str) -> None:
        with self.app.writing("test") as ctx:
            order = get_order(ctx.session, number)
            if can_release(ctx, order) is None:
                release_order(ctx, order)
            elif order.status == statuses.PROCESSING:
                hold_order(ctx, order)

    @rule(number=orders)
    def cancel(self, number: str) -> None:
        with self.app.writing("test") as ctx:
            order = get_order(ctx.session, number)
            if order.status == statuses.CANCELED:
                return
            cancel_order(ctx, order, "other")
        with self.app.writing("test") as ctx:
            offer_canceled(ctx, get_order(ctx.session, number))

    @rule(target=seen, name=NAMES, limit=st.integers(1, 3))
    def pick_up(self, name: str, limit: int) -> object:
        return multiple(*((name, one) for one in self._lease(name, limit)))

    @rule(what=seen)
    def acknowledge(self, what: tuple[str, Leased]) -> None:
        name, leased = what
        reference = f"SO-{leased.idempotency_key}"
        answered = self._answer(pickups.acknowledge, what, reference)
        assert (answered.error, answered.state) == (None, "acknowledged")
        assert self.references.setdefault((name, leased.id), reference) == answered.reference

    @rule(what=seen)
    def acknowledge_otherwise(self, what: tuple[str, Leased]) -> None:
        name, leased = what
        if (name, leased.id) in self.references and self._state(name, leased.id) == "acknowledged":
            answered = self._answer(pickups.acknowledge, what, "another")
            assert answered.error is not None
            assert answered.reference == self.references[name, leased.id]

    @rule(what=seen)
    def reject(self, what: tuple[str, Leased]) -> None:
        was = self._state(what[0], what[1].id)
        answered = self._answer(pickups.reject, what, "no")
        assert (answered.error is None) == (was != "acknowledged")

    @rule(what=seen)
    def give_back(self, what: tuple[str, Leased]) -> None:
        name, leased = what
        with self.app.writing("test") as ctx:
            pickups.release(ctx, get_consumer(ctx.session, name), [leased.id])
        self.is_free.pop((name, leased.id), None)

    @rule(what=seen)
    def replay(self, what: tuple[str, Leased]) -> None:
        name, leased = what
        with self.app.writing("test") as ctx:
            pickups.replay(ctx, get_consumer(ctx.session, name), [leased.id])
        self.is_free.pop((name, leased.id), None)

    @rule(minutes=st.sampled_from([0, 1, 6]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes, seconds=1))

    def teardown(self) -> None:
        with self.app.writing("test") as ctx:
            for number in self._numbers():
                order = get_order(ctx.session, number)
                if order.status == statuses.ON_HOLD:
                    change_status(ctx, order, statuses.PROCESSING, "test")
        for name in ("erp", "wms"):
            self._drain(name)
            self._check(name)
        type(self).ended += 1
        self.live.close()

    def _lease(self, name: str, limit: int) -> list[Leased]:
        with self.app.writing("test") as ctx:
            found = pickups.lease(ctx, get_consumer(ctx.session, name), limit)
            orders = pickups.orders_of(ctx, found)
        for one in found:
            told = self.handed_out[name, one.order_id, one.event]
            assert {before.idempotency_key for before in told} <= {one.idempotency_key}
            told.append(one)
            until = self.is_free.get((name, one.id))
            assert until is None or until <= self.clock.now(), "handed out while somebody has it"
            self.is_free[name, one.id] = one.lease_until
            status = orders[one.order_id].status
            assert (status == statuses.CANCELED) == (one.event == Told.CANCELED), (one.event, status)
            assert status != statuses.ON_HOLD or one.event == Told.CANCELED
        return found

    def _answer(self, verb: object, what: tuple[str, Leased], text: str) -> Answered:
        name, leased = what
        with self.app.writing("test") as ctx:
            (answered,) = verb(ctx, get_consumer(ctx.session, name), [(leased.id, text)])  # type: ignore[operator]
        self.is_free.pop((name, leased.id), None)
        return answered  # type: ignore[no-any-return]

    def _state(self, name: str, pickup_id: int) -> str:
        with self.app.reading() as ctx:
            rows = history_of(ctx.session, get_consumer(ctx.session, name), limit=1000)
            return next(row.state for row in rows if row.id == pickup_id)

    def _numbers(self) -> list[str]:
        with self.app.reading() as ctx:
            rows = history_of(ctx.session, get_consumer(ctx.session, "erp"), limit=1000)
            return sorted({row.order.number for row in rows})

    def _drain(self, name: str) -> None:
        """A process that does everything right, long after the others have gone."""
        for _ in range(4):
            self.clock.advance(LEASE + timedelta(minutes=2))
            for one in self._lease(name, 100):
                self.acknowledge((name, one))
        assert self._lease(name, 100) == []

    def _check(self, name: str) -> None:
        with self.app.reading() as ctx:
            rows = history_of(ctx.session, get_consumer(ctx.session, name), limit=1000)
            created = {row.order_id: row for row in rows if row.event == Told.CREATED}
            assert len(created) == len(self._numbers())
            for order_id, row in created.items():
                is_canceled = row.order.status == statuses.CANCELED
                was_told = bool(self.handed_out[name, order_id, Told.CREATED])
                knows = bool(self.handed_out[name, order_id, Told.CANCELED])
                if not is_canceled:
                    assert row.state in ("acknowledged", "rejected")
                    assert was_told
                elif not was_told:
                    assert (row.state, knows) == ("withdrawn", False)
                else:
                    assert row.state in ("acknowledged", "rejected", "withdrawn")
                    assert knows or row.state != "acknowledged"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whatever_consumers_do_each_order_is_told_and_booked_once(
    request: pytest.FixtureRequest, kind: str
) -> None:
    class Machine(Counterparts):
        database = request.getfixturevalue(f"shared_{kind}")

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Machine.ended >= 15
