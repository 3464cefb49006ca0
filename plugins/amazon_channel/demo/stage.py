"""The stage of the demo: a shop of its own, a simulated Amazon, and `entrepot run` beside them."""

from __future__ import annotations

import os
import subprocess  # the demo runs `entrepot run` as an operator would
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from core.application import Application, LiveApplication
from core.channels.accounts import Account, NewAccount, add_account
from core.channels.connecting import connect_account
from core.channels.polling import Poller, Progress, poll_account
from core.cli.companions import companion
from core.commerce.catalog import create_product
from core.commerce.inventory import set_on_hand
from core.config import Config, load_config
from core.errors import Busy, EntrepotError, TemporarilyUnavailable
from core.jobs import Owner
from core.money import Money
from plugins.amazon_channel.mapping import AMAZON
from plugins.amazon_channel.simulator import PRODUCTS, SELLER, RunningSimulator, World, serve_simulator

ACCOUNT = "demo-shop"
MARKETPLACE = "A1PA6795UKMFR9"
SKU = "MUG-BLUE"
ON_HAND = 100
PATIENCE_SECONDS = 30
#: What has happened at Amazon shows in its listings after two minutes.
LATE = timedelta(minutes=3)
#: Amazon's time begins so far in the past, so that no wait of the walk leads into the future.
HEAD_START = timedelta(minutes=30)
_READY = "listens on "


@dataclass
class Stage:
    """Everything that the walk plays on. `page` is the address that `entrepot run` serves."""

    live: LiveApplication
    world: World
    amazon: RunningSimulator
    page: str
    account_id: int

    @property
    def home(self) -> Path:
        """The folder of the shop, for `ENTREPOT_HOME`."""
        return self.live.config.home

    @property
    def app(self) -> Application:
        """The application as it is now."""
        return self.live.current()

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Give the embedded runner time to do its part. Raises TemporarilyUnavailable if it does not."""
        waiting = threading.Event()
        for _ in range(PATIENCE_SECONDS * 10):
            if is_so():
                return
            waiting.wait(0.1)
        raise TemporarilyUnavailable(f"the embedded runner did not get round to this: {what}")

    def sync(self, progress: Progress = lambda _what, _order: None) -> None:
        """Time passes, then Entrepot reads what is new; `progress` hears what becomes of each order."""
        self.world.advance(LATE)
        self.wait_until(lambda: self._polls(progress), "let go of the account")

    def catch_up(self) -> None:
        """From now on Amazon's time is the present."""
        with self.app.reading() as ctx:
            behind = ctx.clock.now() - self.world.now()
        self.world.advance(max(behind, timedelta()))

    def _polls(self, progress: Progress) -> bool:
        """Poll the account once; False while the embedded runner does."""
        owner = Owner(self.home)
        try:
            poller = Poller(self.app, self.app.registry, owner, self.app.lease, progress)
            tally = poll_account(poller, self.account_id)
        except Busy:
            return False
        finally:
            owner.close()
        if tally.errors:
            raise EntrepotError("; ".join(tally.errors))
        return True


@contextmanager
def open_stage(port: int = 0) -> Iterator[Stage]:
    """Set up a shop in a folder of its own, removed at the end, with one account at the simulator."""
    world = World(seed=7, now=datetime.now(UTC) - HEAD_START)
    with (
        tempfile.TemporaryDirectory(prefix="entrepot-demo-") as folder,
        serve_simulator(world, port=0, rates="amazon") as amazon,
    ):
        config = load_config({"ENTREPOT_HOME": folder})
        live = LiveApplication(config)
        live.upgrade()
        account_id = open_shop(live.current(), amazon)
        with _run_entrepot(config, port) as page:
            stage = Stage(live, world, amazon, page, account_id)
            stage.wait_until(lambda: _has_synced(stage), "read the account for the first time")
            yield stage
        live.close()


def open_shop(app: Application, amazon: RunningSimulator) -> int:
    """Fill a new shop with products and one account at the simulator; the account's id."""
    credentials = {
        "client_id": SELLER.client_id,
        "client_secret": SELLER.client_secret,
        "refresh_token": SELLER.refresh_token,
        "base_url": amazon.url,
        "lwa_url": amazon.token_url,
    }
    new = NewAccount(ACCOUNT, SELLER.seller_id, "eu", (MARKETPLACE,), credentials)
    with app.writing("demo") as ctx:
        for sku, name, price in PRODUCTS:  # all that an order of the simulator's page can be for
            product = create_product(ctx, sku, name, Money(Decimal(price), "EUR"))
            set_on_hand(ctx, product.id, ON_HAND, "counted", "demo")
        account_id = add_account(ctx, app.registry.get_channel(AMAZON), new).id
    connect_account(app, app.registry, account_id)
    return account_id


def _has_synced(stage: Stage) -> bool:
    with stage.app.reading() as ctx:
        return ctx.session.get_one(Account, stage.account_id).last_synced_at is not None


@contextmanager
def _run_entrepot(config: Config, port: int) -> Iterator[str]:
    """`entrepot run` as a process of its own; gives the address that it listens on."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ENTREPOT_")}
    command = [sys.executable, "-m", "core.cli", "run", "--port", str(port)]
    environment |= {"ENTREPOT_HOME": str(config.home), "PYTHONPATH": _import_path()}
    with companion(
        command, PATIENCE_SECONDS, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        yield _wait_for_address(process)


def _wait_for_address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if _READY in line:
            return line.split(_READY, 1)[1].strip()
    raise TemporarilyUnavailable("`entrepot run` did not start; what it said is above")


def _import_path() -> str:
    """Where this process found the packages, for a process with another working directory."""
    root = str(Path(__file__).resolve().parents[3])
    return os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
