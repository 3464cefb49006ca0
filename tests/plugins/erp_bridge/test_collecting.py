"""Long files that come back: booked a turn at a time, once, whatever happens in between."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.application import LiveApplication
from core.clock import SetClock
from core.commerce.catalog import create_product, get_product
from core.commerce.inventory import StockMovement, on_hand
from core.jobs import JobRun, count_open_jobs
from core.testing import make_order, run_jobs
from plugins.erp_bridge.collecting import PORTION
from plugins.erp_bridge.models import Booking, Refusal
from plugins.erp_bridge.sending import send
from tests.databases import SharedDatabase, make_config
from tests.plugins.erp_bridge import collecting_process
from tests.plugins.erp_bridge.conftest import Bridge

ROOT = Path(__file__).parents[3]


class PacedClock(SetClock):
    """Time that passes a little whenever somebody asks for it."""

    pace = timedelta(0)

    def now(self) -> datetime:
        """Later each time."""
        self.advance(self.pace)
        return super().now()


class Depot(Bridge):
    """A shop with one product, and a warehouse that drops files of what has changed."""

    def __init__(self, live: LiveApplication, folder: Path) -> None:
        super().__init__(live)
        self.incoming = folder / "in"
        for name in ("in", "out"):
            (folder / name).mkdir()
        settings = {"outgoing": f"{folder}/out", "incoming": str(self.incoming), "quiet_seconds": 0}
        self.consumer_id = self.consumer(kind="files", settings=settings).id
        with live.current().writing("test") as ctx:
            create_product(ctx, "A", "Product A")
        run_jobs(live)

    def drop(self, name: str, *skus: str) -> None:
        """A file that says one more of each has come."""
        rows = "".join(f"{sku},1,k-{number}\n" for number, sku in enumerate(skus))
        path = self.incoming / name
        path.write_text(f"sku,change,key\n{rows}")
        os.utime(path, (time.time() - 60,) * 2)

    def turn(self) -> None:
        """What one job does."""
        send(JobRun(0, "test", {"consumer_id": self.consumer_id}, 1, 1, self.live.current()))

    def booked(self) -> tuple[int, int, int]:
        """Units on hand, movements of stock, and keys that were booked."""
        with self.live.current().reading() as ctx:
            moves, keys = (select(func.count()).select_from(table) for table in (StockMovement, Booking))
            units = on_hand(ctx.session, get_product(ctx.session, "A").id)
            return units, ctx.session.scalar(moves) or 0, ctx.session.scalar(keys) or 0

    def kept(self) -> int:
        """Refusals that are remembered."""
        with self.live.current().reading() as ctx:
            return ctx.session.scalar(select(func.count()).select_from(Refusal)) or 0

    def files(self, folder: str) -> list[str]:
        """The files of a folder."""
        return sorted(each.name for each in (self.incoming / folder).iterdir() if each.is_file())


@pytest.fixture
def depot(shared_database: SharedDatabase, tmp_path: Path) -> Iterator[Depot]:
    """On each kind of database."""
    clock = PacedClock(datetime.now(UTC))
    config = make_config(tmp_path, shared_database.url)
    live = LiveApplication(config, clock, engine=shared_database.engine)
    yield Depot(live, tmp_path)
    live.close()


def test_a_long_file_is_booked_a_turn_at_a_time_and_orders_do_not_wait_for_it(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["A"] * (3 * PORTION)
    rows[7] = rows[PORTION + 7] = "NONE"
    depot.drop("stock-1.csv", *rows)
    monkeypatch.setattr(PacedClock, "pace", timedelta(seconds=21))
    depot.turn()
    assert depot.booked() == (PORTION - 1,) * 3
    assert (depot.files(""), depot.kept()) == (["stock-1.csv"], 1)
    with depot.live.current().reading() as ctx:
        assert count_open_jobs(ctx)["queued"] >= 1  # it goes on by itself

    monkeypatch.setattr(PacedClock, "pace", timedelta(0))
    number = make_order(depot.live)
    run_jobs(depot.live)
    assert [number in each.name for each in depot.incoming.parent.glob("out/order-*.xml")] == [True]
    assert depot.booked() == (3 * PORTION - 2,) * 3
    assert (depot.files("archive"), depot.kept()) == (["stock-1.csv"], 0)
    assert depot.files("errors") == ["stock-1.csv", "stock-1.csv.reason.txt"]
    reason = (depot.incoming / "errors/stock-1.csv.reason.txt").read_text()
    assert reason.startswith(f"stock-1.csv: {3 * PORTION - 2} booked, 2 refused")
    assert reason.count("there is no product with the SKU 'NONE'") == 2


def test_turns_that_book_nothing_new_still_come_to_the_end_of_a_file(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    depot.drop("stock-1.csv", *["NONE"] * (2 * PORTION), "A", "A")
    monkeypatch.setattr(PacedClock, "pace", timedelta(seconds=21))
    kept = []
    for _ in range(3):
        depot.turn()
        kept.append(depot.kept())
    assert kept == [PORTION, 2 * PORTION, 0]
    assert (depot.booked(), depot.files("archive")) == ((2, 2, 2), ["stock-1.csv"])
    depot.drop("stock-1.csv", *["A"] * 3)  # mended: what was refused counts now, under its key
    depot.turn()
    assert depot.booked() == (5, 5, 5)


def test_a_file_that_is_taken_away_in_the_middle_leaves_nothing_behind(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    depot.drop("stock-1.csv", "A", "NONE", *["A"] * PORTION)
    monkeypatch.setattr(PacedClock, "pace", timedelta(seconds=21))
    depot.turn()
    assert (depot.booked()[0], depot.kept()) == (PORTION - 1, 1)
    (depot.incoming / "stock-1.csv").unlink()
    depot.turn()
    assert depot.kept() == 0


def test_a_process_that_is_killed_in_the_middle_of_a_file_books_no_row_twice(
    depot: Depot, tmp_path: Path
) -> None:
    many = 20 * PORTION
    depot.drop("stock-1.csv", *["A"] * many)
    url = depot.live.config.database_url
    words = [sys.executable, collecting_process.__file__, url, str(tmp_path), str(depot.consumer_id)]
    process = subprocess.Popen(words, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    give_up = time.monotonic() + 60
    while not depot.booked()[2] and time.monotonic() < give_up:
        time.sleep(0.01)
    process.kill()
    process.wait(60)
    units, moves, keys = depot.booked()
    assert 0 < units == moves == keys < many
    depot.turn()
    assert depot.booked() == (many, many, many)
    assert (depot.files(""), depot.files("archive")) == ([], ["stock-1.csv"])
