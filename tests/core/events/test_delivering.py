"""How plugins are told: in order, exactly once, retried, parked, and after they come back."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from core.context import Context
from core.errors import TemporarilyUnavailable
from core.events import (
    Delivery,
    delivery_job,
    list_deliveries,
    record_event,
    replay_delivery,
    resume_deliveries,
    skip_delivery,
)
from core.jobs import JobRun, enqueue, list_jobs
from core.jobs.claiming import claim_job
from tests.core.jobs.shop import PATIENCE, Shop
from tests.transactions import NOON

HOUR = timedelta(hours=1)
#: What a plugin wrote when it was told.
HEARD = Table(
    "heard",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("plugin", String(20)),
    Column("number", Integer),
)


class Plugin:
    """Listens to `order_created` and writes down what it hears; raises when it is told to."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.name = name
        self.shop = shop
        self.raises: dict[int, Exception] = {}
        self.enable()

    def enable(self) -> None:
        self.shop.hooks.listening.setdefault("order_created", {})[self.name] = self.hear

    def disable(self) -> None:
        del self.shop.hooks.listening["order_created"][self.name]

    def hear(self, ctx: Context, number: int) -> None:
        ctx.session.execute(insert(HEARD).values(plugin=self.name, number=number))
        if number in self.raises:
            raise self.raises[number]

    @property
    def heard(self) -> list[int]:
        with self.shop.reading() as ctx:
            wanted = select(HEARD.c.number).where(HEARD.c.plugin == self.name)
            return list(ctx.session.scalars(wanted.order_by(HEARD.c.id)))

    def states(self) -> list[str]:
        """Of its deliveries, the oldest first."""
        with self.shop.reading() as ctx:
            return [row.state for row in reversed(list_deliveries(ctx, plugin=self.name))]

    def head(self) -> Delivery:
        """The oldest delivery that was not made."""
        with self.shop.reading() as ctx:
            rows = reversed(list_deliveries(ctx, plugin=self.name))
            return next(row for row in rows if row.state in ("waiting", "parked"))


def load_number(_ctx: Context, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"number": payload["number"]}


@pytest.fixture
def erp(shop: Shop) -> Plugin:
    """A plugin that listens, in a shop that delivers."""
    HEARD.create(shop.engine)
    kind = delivery_job({"order_created": load_number})
    shop.kinds[kind.name] = kind
    return Plugin(shop, "erp")


def record(shop: Shop, *numbers: int, subject: str = "order:1") -> None:
    for number in numbers:
        with shop.writing() as ctx:
            record_event(ctx, "order_created", subject, {"number": number})


def run_for_hours(shop: Shop, hours: int) -> None:
    for _ in range(hours):
        shop.run()
        shop.clock.advance(HOUR)


def test_a_plugin_is_told_once_in_the_order_of_the_events(shop: Shop, erp: Plugin) -> None:
    record(shop, 1, 2, 3)
    shop.run()
    shop.run()
    assert erp.heard == [1, 2, 3]
    assert erp.states() == ["delivered"] * 3


def test_each_plugin_is_told_on_its_own(shop: Shop, erp: Plugin) -> None:
    mail = Plugin(shop, "mail")
    erp.raises[1] = ValueError()
    record(shop, 1, 2)
    shop.run()
    assert (erp.heard, mail.heard) == ([], [1, 2])


def test_a_plugin_that_raises_leaves_nothing_behind_and_is_told_again(shop: Shop, erp: Plugin) -> None:
    erp.raises[1] = ValueError("Ann Smith, 1 High Street")
    record(shop, 1, 2)
    shop.run()
    head = erp.head()
    assert erp.heard == []
    assert (head.state, head.attempts, head.last_error) == ("waiting", 1, "ValueError")
    assert head.not_before is not None
    assert NOON <= head.not_before <= NOON + timedelta(seconds=4)
    erp.raises.clear()
    run_for_hours(shop, 2)
    assert erp.heard == [1, 2]


def test_an_event_that_fails_does_not_hold_up_another_subject(shop: Shop, erp: Plugin) -> None:
    erp.raises[1] = ValueError()
    record(shop, 1)
    record(shop, 2, subject="order:2")
    shop.run()
    assert erp.heard == [2]


def test_a_new_event_does_not_bring_a_failed_one_forward(shop: Shop, erp: Plugin) -> None:
    erp.raises[1] = TemporarilyUnavailable("busy", retry_after=HOUR)
    record(shop, 1)
    shop.run()
    record(shop, 2)
    shop.run()
    assert (erp.heard, erp.head().attempts) == ([], 1)
    assert erp.head().not_before == NOON + HOUR
    erp.raises.clear()
    shop.clock.advance(HOUR)
    shop.run()
    assert erp.heard == [1, 2]


def test_after_its_last_attempt_a_delivery_is_parked_and_holds_back_the_next(
    shop: Shop, erp: Plugin
) -> None:
    erp.raises[1] = ValueError()
    record(shop, 1, 2)
    run_for_hours(shop, 12)
    record(shop, 3)
    run_for_hours(shop, 2)
    assert (erp.head().state, erp.head().attempts) == ("parked", 8)
    assert erp.states() == ["parked", "waiting", "waiting"]
    assert erp.heard == []


def test_who_parks_a_delivery_can_say_so_in_the_same_transaction(shop: Shop, erp: Plugin) -> None:
    parked: list[tuple[str, str | None]] = []

    def tell(_ctx: Context, delivery: Delivery) -> None:
        parked.append((delivery.event.name, delivery.last_error))

    kind = delivery_job({"order_created": load_number}, on_parked=tell)
    shop.kinds[kind.name] = kind
    erp.raises[1] = ValueError()
    record(shop, 1)
    run_for_hours(shop, 12)
    assert parked == [("order_created", "ValueError")]


def test_a_parked_delivery_that_is_replayed_lets_the_next_ones_through(shop: Shop, erp: Plugin) -> None:
    erp.raises[1] = ValueError()
    record(shop, 1, 2)
    run_for_hours(shop, 12)
    erp.raises.clear()
    with shop.writing() as ctx:
        replay_delivery(ctx, erp.head().id)
    shop.run()
    assert erp.heard == [1, 2]


def test_a_parked_delivery_that_is_skipped_lets_the_next_ones_through(shop: Shop, erp: Plugin) -> None:
    erp.raises[1] = ValueError()
    record(shop, 1, 2)
    run_for_hours(shop, 12)
    with shop.writing() as ctx:
        skip_delivery(ctx, erp.head().id)
    shop.run()
    assert erp.heard == [2]
    assert erp.states() == ["skipped", "delivered"]


def test_an_event_whose_arguments_nothing_loads_is_parked_with_the_reason(shop: Shop, erp: Plugin) -> None:
    kind = delivery_job({})
    shop.kinds[kind.name] = kind
    record(shop, 1)
    run_for_hours(shop, 12)
    assert erp.head().state == "parked"
    assert "nothing loads the arguments of order_created" in str(erp.head().last_error)


def test_what_a_disabled_plugin_did_not_hear_waits_until_it_is_enabled(shop: Shop, erp: Plugin) -> None:
    record(shop, 1)
    erp.disable()
    run_for_hours(shop, 10)
    assert (erp.head().state, erp.head().attempts) == ("waiting", 0)
    erp.enable()
    shop.run()
    assert erp.heard == [1]


def test_a_plugin_that_is_enabled_again_hears_at_once_when_its_deliveries_are_resumed(
    shop: Shop, erp: Plugin
) -> None:
    record(shop, 1)
    record(shop, 2, subject="order:2")
    erp.disable()
    shop.run()
    erp.enable()
    shop.run()
    assert erp.heard == []
    with shop.writing() as ctx:
        assert resume_deliveries(ctx, "erp") == 2
    shop.run()
    assert sorted(erp.heard) == [1, 2]


def test_what_a_running_plugin_does_not_listen_to_any_more_is_skipped_for_what_comes_next(
    shop: Shop, erp: Plugin
) -> None:
    record(shop, 1)
    erp.disable()
    shop.hooks.listening["order_canceled"] = {"erp": erp.hear}
    shop.run()
    assert (erp.states(), erp.heard) == (["skipped"], [])
    erp.enable()
    record(shop, 2)
    shop.run()
    assert (erp.states(), erp.heard) == (["skipped", "delivered"], [2])


def test_a_delivery_that_kills_its_process_every_time_is_parked(shop: Shop, erp: Plugin) -> None:
    record(shop, 1, 2)
    for _ in range(8):
        owner = shop.new_owner()
        assert claim_job(shop, owner.id, HOUR, shop.kinds) is not None
        owner.close()
        shop.clock.advance(HOUR)
    shop.run()
    assert erp.states() == ["parked", "waiting"]
    assert erp.head().last_error == "the process ended while the job ran, each time"


def test_what_a_plugin_enqueues_when_told_commits_with_the_delivery(shop: Shop, erp: Plugin) -> None:
    def hear(ctx: Context, number: int) -> None:
        enqueue(ctx, "erp.push", {"number": number})
        if number == 2:
            raise ValueError

    shop.hooks.listening["order_created"]["erp"] = hear
    record(shop, 1, 2)
    shop.run()
    with shop.reading() as ctx:
        assert [job.args for job in list_jobs(ctx, name="erp.push")] == [{"number": 1}]
    assert erp.states() == ["delivered", "waiting"]


def test_two_who_deliver_the_same_at_once_tell_it_once_and_in_order(shop: Shop, erp: Plugin) -> None:
    numbers = list(range(20))
    record(shop, *numbers)
    kind = shop.kinds["events.deliver"]
    run = JobRun(1, kind.name, {"plugin": "erp", "subject": "order:1"}, 1, 8, shop)
    threads = [threading.Thread(target=kind.handler, args=(run,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert erp.heard == numbers
    assert erp.states() == ["delivered"] * 20
