"""What people who write plugins are given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.commerce.orders import OrderRefused, get_order
from core.errors import EntrepotError
from core.extensions import find_plugins
from core.testing import SetClock, install_plugin, make_application, make_order, run_jobs

STRICT = """
from core import Plugin, hookimpl

plugin = Plugin("strict", "Strict", "1.0", hooks="strict")

@hookimpl
def order_validate(draft):
    return "no order is good enough"
"""


def test_application_runs_what_a_new_shop_starts_with_unless_told(tmp_path: Path) -> None:
    default = make_application(tmp_path / "default")
    bare = make_application(tmp_path / "bare", enabled=[])
    one = make_application(tmp_path / "one", enabled=["guest_checkout"])

    assert set(default.current().hooks.plugins) == {"amazon_channel", "guest_checkout"}
    assert set(bare.current().hooks.plugins) == set()
    assert set(one.current().hooks.plugins) == {"guest_checkout"}
    for live in (default, bare, one):
        live.close()


def test_plugin_that_cannot_run_is_an_error_and_not_a_surprise(tmp_path: Path) -> None:
    with (
        install_plugin(tmp_path, "strict", {"strict.py": STRICT.replace("order_validate", "order_valid")}),
        pytest.raises(EntrepotError, match="order_valid is no hook"),
    ):
        make_application(tmp_path, enabled=["strict"])


def test_installed_plugin_is_found_and_called_and_gone_afterwards(tmp_path: Path) -> None:
    with install_plugin(tmp_path, "strict", {"strict.py": STRICT}):
        live = make_application(tmp_path, enabled=["strict"])
        with pytest.raises(OrderRefused, match="Strict: no order is good enough"):
            make_order(live)
        live.close()

    assert "strict" not in find_plugins().plugins


def test_order_is_placed_at_the_time_of_the_clock_and_its_jobs_run(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    live = make_application(tmp_path, clock=clock)

    number = make_order(live)

    assert run_jobs(live) == 1  # Amazon is told of every order, and leaves those that are not its own
    with live.current().reading() as ctx:
        order = get_order(ctx.session, number)
        assert (order.placed_at, order.status, order.total) == (clock.now(), "processing", 10)
    live.close()
