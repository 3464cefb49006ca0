"""A plugin that can be found, processes that can die, and two markets to sell on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.extensions import enable_plugin
from plugins.amazon_channel.simulator import RunningSimulator
from tests.databases import run_as_admin
from tests.faults.mortals import CopiedShop, RewindableWorld
from tests.faults.processes import ShopProcess
from tests.faults.witness import TOLD
from tests.shop import GERMANY, Shop

FRANCE = "A13V1IB3VIYZZH"


class TwoMarkets(Shop):
    """A shop that sells in Germany and in France."""

    def connect(self, name: str = "shop", marketplaces: tuple[str, ...] = (GERMANY, FRANCE)) -> int:
        """Add its account at the simulated Amazon and connect it; its id."""
        return super().connect(name, marketplaces)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that, on the import path, says that the plugin `witness` is installed."""
    site = tmp_path / "site"
    about = site / "witness-1.0.dist-info"
    about.mkdir(parents=True)
    about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: witness\nVersion: 1.0\n")
    about.joinpath("entry_points.txt").write_text(
        "[entrepot.plugins]\nwitness = tests.faults.witness:plugin\n"
    )
    return site


@pytest.fixture
def world() -> RewindableWorld:
    """A simulated Amazon that can be put back to how it was."""
    return RewindableWorld(seed=7)


@pytest.fixture
def shop(
    site: Path,
    live: LiveApplication,
    world: RewindableWorld,
    amazon: RunningSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TwoMarkets]:
    """A shop on each database in which the witness listens."""
    monkeypatch.syspath_prepend(site)
    TOLD.create(live.engine)
    enable_plugin(live.current().plugin_host(), "witness", "test")
    shop = TwoMarkets(live, world, amazon)
    yield shop
    shop.close()


@pytest.fixture
def copied(shop: TwoMarkets, tmp_path: Path, request: pytest.FixtureRequest) -> CopiedShop:
    """The shop, to be copied once the test has prepared and closed it."""

    def admin(statement: str) -> None:
        server: Callable[[str], str] = request.getfixturevalue("postgresql_server")
        run_as_admin(server, statement)

    return CopiedShop(shop.live.config, tmp_path / "copy", admin)


@pytest.fixture
def start(shop: TwoMarkets, site: Path) -> Iterator[Callable[[], ShopProcess]]:
    """Starts processes of the shop; they are ended with the test."""
    started: list[ShopProcess] = []

    def start_one() -> ShopProcess:
        process = ShopProcess(shop.live.config, site)
        started.append(process)
        assert process.hear() == "ready"
        return process

    yield start_one
    for process in started:
        process.close()
