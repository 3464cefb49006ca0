"""A warehouse behind a real SFTP server: orders go out, shipments come back, and what may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.application import LiveApplication
from core.clock import SetClock
from core.commerce.orders import get_order
from core.problems import Problem
from core.testing import run_jobs
from plugins.erp_bridge.consumers import change_consumer, get_consumer, resume_consumer
from plugins.erp_bridge.standing import history_of
from tests.databases import SharedDatabase, make_config
from tests.plugins.erp_bridge.conftest import Bridge
from tests.plugins.erp_bridge.sftp_server import PASSWORD, USER, RunningSftp, serve_sftp
from tests.plugins.erp_bridge.test_ubl import valid


class Warehouse(Bridge):
    """A shop that exchanges files with a warehouse over SFTP."""

    def __init__(self, live: LiveApplication, clock: SetClock, root: Path, server: RunningSftp) -> None:
        super().__init__(live)
        self.clock = clock
        self.root = root
        for name in ("out", "in"):
            (root / name).mkdir()
        self.settings = {
            "outgoing": "/out", "incoming": "/in", "quiet_seconds": 0, "write_totals": False,
            "host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD,
            "host_key": server.host_key,
        }  # fmt: skip
        self.consumer(kind="files", settings=self.settings)

    def later(self) -> None:
        """Some time passes, and jobs run."""
        self.clock.advance(timedelta(minutes=20))
        run_jobs(self.live)

    def states(self) -> list[str]:
        """Of what it was told, the oldest first."""
        with self.live.current().reading() as ctx:
            rows = history_of(ctx.session, get_consumer(ctx.session, "erp"))
            return [row.state for row in reversed(rows)]

    def change(self, **settings: str) -> None:
        """As an operator does, who then resumes it."""
        with self.live.current().writing("test") as ctx:
            consumer = get_consumer(ctx.session, "erp")
            change_consumer(ctx, consumer, settings=settings)
            resume_consumer(ctx, consumer)
        run_jobs(self.live)

    def problems(self) -> list[str]:
        """What stands in the inbox."""
        with self.live.current().reading() as ctx:
            return list(ctx.session.scalars(select(Problem.message).where(Problem.resolved_at.is_(None))))

    def names(self, folder: str) -> list[str]:
        """The files of a folder, hidden ones too."""
        return sorted(each.name for each in (self.root / folder).iterdir() if each.is_file())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningSftp]:
    """The SFTP server of the warehouse."""
    (tmp_path / "sftp").mkdir()
    with serve_sftp(tmp_path / "sftp") as server:
        yield server


@pytest.fixture
def warehouse(shared_database: SharedDatabase, tmp_path: Path, server: RunningSftp) -> Iterator[Warehouse]:
    """On each kind of database."""
    clock = SetClock(datetime.now(UTC))
    config = make_config(tmp_path, shared_database.url)
    live = LiveApplication(config, clock, engine=shared_database.engine)
    yield Warehouse(live, clock, tmp_path / "sftp", server)
    live.close()


def test_an_order_goes_out_whole_though_the_line_was_cut_and_is_shipped_from_there(
    warehouse: Warehouse, server: RunningSftp
) -> None:
    server.cuts.append(500)
    (number,) = warehouse.orders()
    (part,) = warehouse.names("out")  # which nobody reads
    assert (part[0], part[-5:], (warehouse.root / "out" / part).stat().st_size) == (".", ".part", 500)
    assert (warehouse.states(), warehouse.get().failures) == (["waiting"], 1)
    assert "the connection to the SFTP server broke" in (warehouse.get().last_error or "")
    warehouse.later()
    (name,) = warehouse.names("out")
    assert name == part[1:-5]
    valid((warehouse.root / "out" / name).read_bytes())
    assert (warehouse.states(), warehouse.get().failures) == (["acknowledged"], 0)

    rows = f"order_number,carrier,tracking_number\n{number},DHL,T1\n"
    (warehouse.root / "in" / "shipments-1.csv").write_text(rows)
    warehouse.later()
    with warehouse.live.current().reading() as ctx:
        assert get_order(ctx.session, number).status == "complete"
    assert (warehouse.names("in"), warehouse.names("in/archive")) == ([], ["shipments-1.csv"])
    assert warehouse.problems() == []


def test_a_server_that_may_be_another_one_gets_nothing_until_somebody_has_looked(
    warehouse: Warehouse, server: RunningSftp
) -> None:
    with serve_sftp(warehouse.root) as other:
        for wrong, why in (
            (
                {"host_key": other.host_key},
                "has another key than the one that is set: make sure that it is",
            ),
            ({"password": "wrong"}, "accepts neither this user nor these credentials: correct them"),
        ):
            warehouse.change(**wrong)
            warehouse.orders()
            assert (warehouse.get().state, warehouse.names("out")) == ("paused", [])
            assert [why in problem for problem in warehouse.problems()] == [True]
            warehouse.change(host_key=server.host_key, password=PASSWORD)
            assert warehouse.problems() == []
            (arrived,) = warehouse.names("out")
            (warehouse.root / "out" / arrived).unlink()
    assert warehouse.states() == ["acknowledged"] * 2


def test_a_folder_that_may_not_be_written_to_is_said_in_words(warehouse: Warehouse) -> None:
    (warehouse.root / "out").chmod(0o500)
    warehouse.orders()
    why = "Entrepot may not do what it has to in one of the folders: give it the permission"
    assert (warehouse.get().last_error, warehouse.states()) == (why, ["waiting"])
    (warehouse.root / "out").chmod(0o700)
    warehouse.later()
    assert warehouse.states() == ["acknowledged"]
