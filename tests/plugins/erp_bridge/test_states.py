"""The table of states: every pair of a stage and a happening, carried out, and as the README has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from core.application import LiveApplication
from core.clock import SetClock
from core.commerce.orders import Order, change_status, get_order, hold_order, release_order
from core.commerce.statuses import CANCELED, ON_HOLD
from core.context import Context
from core.testing import make_order
from plugins.erp_bridge import pickups
from plugins.erp_bridge.consumers import NewConsumer, add_consumer
from plugins.erp_bridge.models import Consumer, Pickup, PickupState, Told
from plugins.erp_bridge.offering import offer_canceled, offer_created
from plugins.erp_bridge.states import TABLE, Happening, Stage, stage_of
from tests.databases import SharedDatabase, make_config
from tests.plugins.erp_bridge.conftest import Bridge

README = Path(__file__).parents[3] / "plugins" / "erp_bridge" / "README.md"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: state, how often it was handed out, when it is due, when it is looked at again
ROWS = {
    Stage.NEW: (PickupState.WAITING, 0, NOW, None),
    Stage.AGAIN: (PickupState.WAITING, 1, NOW, None),
    Stage.HELD: (PickupState.HELD, 0, None, NOW),
    Stage.HELD_AGAIN: (PickupState.HELD, 1, None, NOW),
    Stage.LEASED: (PickupState.LEASED, 1, NOW + HOUR, None),
    Stage.LAPSED: (PickupState.LEASED, 1, NOW, None),
    Stage.ACKNOWLEDGED: (PickupState.ACKNOWLEDGED, 1, None, None),
    Stage.REJECTED: (PickupState.REJECTED, 1, None, None),
    Stage.WITHDRAWN: (PickupState.WITHDRAWN, 0, None, None),
    Stage.RECALLED: (PickupState.WITHDRAWN, 1, None, None),
}


def put(ctx: Context, order: Order, stage: Stage) -> Pickup:
    """What this consumer is told of this order, at this stage."""
    ctx.session.execute(delete(Pickup))
    offer_created(ctx, order)
    pickup = ctx.session.scalars(select(Pickup)).one()
    pickup.state, pickup.offered, pickup.due_at, pickup.look_again_at = ROWS[stage]
    pickup.reference = "A" if pickup.offered else None
    ctx.session.flush()
    assert stage_of(pickup, NOW) is stage
    return pickup


def happen(
    ctx: Context, consumer: Consumer, order: Order, pickup: Pickup, happening: Happening
) -> str | None:
    """Let it happen; why not, if it does not."""
    if happening is Happening.LEASE:
        return None if pickups.lease(ctx, consumer) else "nothing was handed out"
    if happening is Happening.HOLD:
        change_status(ctx, order, ON_HOLD, "test")
        assert pickups.lease(ctx, consumer) == []
        return None
    if happening is Happening.CANCEL:
        change_status(ctx, order, CANCELED, "test")
        offer_canceled(ctx, order)
        return None
    answers = {
        Happening.ACKNOWLEDGE: lambda: pickups.acknowledge(ctx, consumer, [(pickup.id, "A")]),
        Happening.ACKNOWLEDGE_OTHERWISE: lambda: pickups.acknowledge(ctx, consumer, [(pickup.id, "B")]),
        Happening.REJECT: lambda: pickups.reject(ctx, consumer, [(pickup.id, "no")]),
        Happening.RELEASE: lambda: pickups.release(ctx, consumer, [pickup.id]),
        Happening.REPLAY: lambda: pickups.replay(ctx, consumer, [pickup.id]),
    }
    (answered,) = answers[happening]()
    return answered.error


@pytest.fixture
def clock() -> SetClock:
    """The shop's."""
    return SetClock(NOW)


@pytest.fixture
def live(shared_database: SharedDatabase, tmp_path: Path, clock: SetClock) -> Iterator[LiveApplication]:
    """A shop with the bridge, at a time of the test's own."""
    config = make_config(tmp_path, shared_database.url)
    live = LiveApplication(config, clock, engine=shared_database.engine)
    Bridge(live)
    yield live
    live.close()


def test_orders_on_hold_are_put_aside_and_come_within_a_minute_of_their_release(
    live: LiveApplication, clock: SetClock
) -> None:
    with live.current().writing("test") as ctx:
        consumer = add_consumer(ctx, NewConsumer("erp"))
    numbers = [make_order(live) for _ in range(8)]

    def pick_up() -> list[str]:
        with live.current().writing("test") as ctx:
            orders = pickups.orders_of(ctx, pickups.lease(ctx, consumer, 2))
            return sorted(order.number for order in orders.values())

    with live.current().writing("test") as ctx:
        for number in numbers:
            offer_created(ctx, get_order(ctx.session, number))
        for number in numbers[:6]:
            hold_order(ctx, get_order(ctx.session, number))
    assert pick_up() == numbers[6:]  # past those that are held, in one page
    with live.current().writing("test") as ctx:
        release_order(ctx, get_order(ctx.session, numbers[3]))
    clock.advance(timedelta(minutes=1))
    assert pick_up() == [numbers[3]]


def test_every_pair_comes_to_what_the_table_says(live: LiveApplication) -> None:
    number = make_order(live)
    with live.current().writing("test") as ctx:
        consumer = add_consumer(ctx, NewConsumer("erp"))
    wrong = []
    for (stage, happening), step in TABLE.items():
        with live.current().writing("test") as ctx:
            order = get_order(ctx.session, number)
            pickup = put(ctx, order, stage)
            before = pickup.state
            refused = happen(ctx, consumer, order, pickup, happening)
            ctx.session.refresh(pickup)
            is_told = ctx.session.scalar(select(Pickup.id).where(Pickup.event == Told.CANCELED)) is not None
            came_to = (pickup.state, refused is None, is_told)
            wanted = (step.to or before, step.refused is None, step.tells)
            if came_to != wanted:
                wrong.append((stage.name, happening.name, came_to, wanted, refused))
            ctx.session.rollback()
    assert wrong == []


def test_table_is_total_and_stands_in_the_readme() -> None:
    assert set(TABLE) == {(stage, happening) for stage in Stage for happening in Happening}
    written = README.read_text("utf-8")
    for stage in Stage:
        cells = [_cell(stage, happening) for happening in Happening]
        assert f"| {stage.value} | {' | '.join(cells)} |" in written


def _cell(stage: Stage, happening: Happening) -> str:
    step = TABLE[stage, happening]
    text = "refused" if step.refused else step.to.value if step.to else "stays"
    return f"{text}, and told" if step.tells else text
