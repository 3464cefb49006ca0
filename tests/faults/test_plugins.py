"""Plugins in the real application: one that raises, and one that is enabled while others work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from core.application import Application, LiveApplication
from core.clock import SetClock
from core.events import Delivery, DeliveryState, list_deliveries, replay_delivery
from core.extensions import disable_plugin, enable_plugin
from core.jobs import Job, Runner, enqueue
from tests.databases import make_config
from tests.faults.conftest import TwoMarkets
from tests.faults.outcome import count_told
from tests.faults.processes import PATIENCE, ShopProcess
from tests.faults.witness import JOB, REFUSES, TOLD

LONGEST_WAIT = timedelta(minutes=15)


@pytest.fixture
def clock() -> SetClock:
    """Our own time, which stands still."""
    return SetClock(datetime.now(UTC))


@pytest.fixture
def timed(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[LiveApplication]:
    """The application, whose time is set by the test."""
    live = LiveApplication(make_config(tmp_path, database_url), clock)
    yield live
    live.close()


class LateHost:
    """An application about which a worker is told just before everything changes."""

    def __init__(self, live: LiveApplication, change: Callable[[], None]) -> None:
        self._live = live
        self._change: Callable[[], None] | None = change

    def current(self) -> Application:
        """The application as it is, and for the first worker that asks, as it was a moment ago."""
        seen = self._live.current()
        if threading.current_thread().name.startswith("job-worker") and self._change is not None:
            change, self._change = self._change, None
            change()
        return seen


def test_a_plugin_that_raises_is_told_again_until_it_is_parked_and_replayed(
    shop: TwoMarkets, timed: LiveApplication, clock: SetClock
) -> None:
    shop.live = timed
    shop.stock("AB-1", 10)
    stubborn, other = shop.place(("AB-1", 1)), shop.place(("AB-1", 1))
    shop.sync()
    numbers = {each: shop.channel_order(each).order.number for each in (stubborn, other)}
    number = numbers[stubborn]
    shop.write(lambda ctx: ctx.session.execute(insert(TOLD).values(hook=REFUSES, number=number)))
    shop.work()
    shop.ship(number)
    shop.work()
    assert told(shop) == [("order_created", numbers[other], 1)]
    assert shop.channel_order(stubborn).status == "Shipped"  # Amazon's own plugin was not held back
    (waiting, head) = undelivered(shop)
    assert (head.state, head.attempts, waiting.attempts) == ("waiting", 1, 0)
    assert clock.now() < head.not_before <= clock.now() + timedelta(seconds=4)

    for _ in range(head.attempts, 8):
        assert shop.problems() == []
        clock.advance(LONGEST_WAIT)
        shop.work()
    (waiting, head) = undelivered(shop)
    assert (head.state, head.attempts, head.last_error) == ("parked", 8, "RuntimeError")
    assert [problem.kind for problem in shop.problems()] == ["delivery_parked"]
    assert told(shop) == [("order_created", numbers[other], 1)]

    shop.write(lambda ctx: ctx.session.execute(delete(TOLD).where(TOLD.c.hook == REFUSES)))
    shop.write(lambda ctx: replay_delivery(ctx, head.id))
    shop.work()
    assert undelivered(shop) == []
    assert ("order_created", number, 1) in told(shop)
    assert ("shipment_completed", number, 1) in told(shop)
    assert shop.problems() == []


def test_a_plugin_that_is_enabled_works_in_processes_that_run_already(
    shop: TwoMarkets, start: Callable[[], ShopProcess]
) -> None:
    disable_plugin(shop.app.plugin_host(), "witness", "test")
    shop.work()
    worker = start()
    worker.do("work_on")
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    shop.sync()
    enable_plugin(shop.app.plugin_host(), "witness", "test")
    shop.place(("AB-1", 1))
    shop.sync()
    wait_until(lambda: told(shop) != [])
    assert told(shop) == [("order_created", "1000002", 1)]
    worker.kill()


def test_a_plugin_enabled_while_a_worker_looks_for_work_gets_its_job_done(shop: TwoMarkets) -> None:
    disable_plugin(shop.app.plugin_host(), "witness", "test")
    shop.work()
    jobs = []

    def enable_with_a_job() -> None:
        enable_plugin(shop.app.plugin_host(), "witness", "test")
        jobs.append(shop.write(lambda ctx: enqueue(ctx, JOB, priority=-1)))

    shop.write(lambda ctx: enqueue(ctx, "nobody.knows"))  # what the worker is woken for
    Runner(LateHost(shop.live, enable_with_a_job), shop.owner, threads=1).run_until_idle()
    state = select(Job.state).where(Job.id == jobs[0])
    assert shop.read(lambda ctx: ctx.session.scalars(state).one()) == "done"


def told(shop: TwoMarkets) -> list[tuple[str, str, int]]:
    return [row for row in shop.read(lambda ctx: count_told(ctx.session)) if row[0] != REFUSES]


def undelivered(shop: TwoMarkets) -> list[Delivery]:
    """Deliveries that were not made, the newest first."""
    every = shop.read(lambda ctx: list_deliveries(ctx, plugin="witness"))
    return [delivery for delivery in every if delivery.state != DeliveryState.DELIVERED]


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look again and again until it is so, or fail."""
    pause, left = threading.Event(), PATIENCE
    while not is_true():
        assert left > 0, "it never came"
        pause.wait(0.05)
        left -= 0.05
