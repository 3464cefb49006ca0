"""A process that is killed between any two steps of an import or a confirmation changes nothing in the end.

Each death is a SIGKILL of a real process, after which another one goes on where it stopped. SQLite is
tried at every point, PostgreSQL at some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import update

from core.channels.accounts import get_account, get_marketplace
from core.channels.order_settings import save_order_settings
from core.commerce.orders import get_order
from core.commerce.shipments import PackageContents, ship_order, units_by_sku
from core.context import Context
from core.jobs import Schedule
from tests.faults.conftest import FRANCE, TwoMarkets
from tests.faults.dying_process import Ending, Task
from tests.faults.mortals import CopiedShop, Mortals, RewindableWorld
from tests.faults.outcome import Facts, list_unfinished, read_outcome

TRIED_ON_POSTGRESQL = 6


def prepare_import(shop: TwoMarkets) -> None:
    """A guest's order to be read, and one of a customer to be for which a part is reserved already."""
    shop.write(lambda ctx: build_customers(shop, ctx))
    shop.stock("AB-1", 10)
    pending = shop.place(("AB-1", 2), ("CD-2", 1), status="PENDING", marketplace="FR")
    shop.work()
    assert shop.available("AB-1") == 8
    shop.stock("CD-2", 5)
    shop.place(("AB-1", 3), marketplace="DE")
    shop.world.verify(pending)
    shop.later()
    shop.write(lambda ctx: ctx.session.execute(update(Schedule).values(next_run_at=ctx.clock.now())))


def build_customers(shop: TwoMarkets, ctx: Context) -> None:
    marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), FRANCE)
    settings = {"customer_creation": "build_new_customer_account"}
    save_order_settings(ctx, shop.app.registry, marketplace, settings)


def prepare_confirmation(shop: TwoMarkets) -> None:
    """An order that has left in two packages, of which Amazon has not heard."""
    shop.stock("AB-1", 10)
    shop.stock("CD-2", 5)
    shop.place(("AB-1", 3), ("CD-2", 1))
    shop.work()
    number = shop.order().number

    def ship(ctx: Context) -> None:
        order = get_order(ctx.session, number)
        first = PackageContents("DHL", "T1", units_by_sku(order, [("AB-1", 2)]))
        second = PackageContents("UPS", "T2", units_by_sku(order, [("AB-1", 1), ("CD-2", 1)]))
        ship_order(ctx, order, [first, second])

    shop.write(ship)


@dataclass(frozen=True)
class Scenario:
    """What the processes find, and what the second one does beside finishing the work of the first."""

    prepare: Callable[[TwoMarkets], None]
    second: Task


SCENARIOS = {
    "import": Scenario(prepare_import, Task()),
    "confirmation": Scenario(prepare_confirmation, Task(poll=True)),
}


@dataclass(frozen=True)
class Stage:
    """A shop in which a scenario is about to begin, as often as it is wanted."""

    scenario: Scenario
    copied: CopiedShop
    world: RewindableWorld
    mortals: Mortals

    def play(self, first: Task) -> tuple[Ending, Facts]:
        """How the first process ended, and what it all came to when a second one had gone on."""
        self.world.rewind()
        self.copied.renew()
        ending = self.mortals.run(first)
        self.world.advance(timedelta(minutes=3))  # from then on Amazon lists what has changed
        second = self.mortals.run(self.scenario.second)
        assert (second.killed, second.said) == (False, "")
        with self.copied.reading() as session:
            assert list_unfinished(session) == []
            return ending, read_outcome(session, self.world)


@pytest.fixture(params=SCENARIOS)
def stage(
    request: pytest.FixtureRequest,
    shop: TwoMarkets,
    world: RewindableWorld,
    copied: CopiedShop,
    site: Path,
) -> Iterator[Stage]:
    """Each scenario on each database."""
    scenario = SCENARIOS[request.param]
    scenario.prepare(shop)
    world.remember()
    shop.live.close()
    copied.renew()
    mortals = Mortals(copied.config, site)
    yield Stage(scenario, copied, world, mortals)
    mortals.close()


@pytest.mark.timeout(600)  # some eighty processes, each started and killed
def test_a_process_killed_at_any_point_changes_nothing_in_the_end(stage: Stage) -> None:
    lived, undisturbed = stage.play(Task())
    assert (lived.killed, lived.said) == (False, "")
    step = 1 if stage.copied.is_file else lived.points // TRIED_ON_POSTGRESQL
    for die_at in count(1, step):
        ending, outcome = stage.play(Task(die_at))
        assert outcome == undisturbed, ending
        if not ending.killed:
            break
    assert ending.points > TRIED_ON_POSTGRESQL
