"""The application at the start of a process: plugins hear what was kept for them."""

from __future__ import annotations

from pathlib import Path

from core.application import LiveApplication
from core.testing import install_plugin
from tests.databases import make_config
from tests.shop import Shop

BROKEN = "raise RuntimeError('not today')"
MENDED = """
    from core import Plugin, hookimpl
    from core.problems import raise_problem

    class Hooks:
        @hookimpl
        def order_created(self, ctx, order):
            raise_problem(ctx, "heard", order.number, "postcards", "A postcard is to be written.")

    plugin = Plugin("postcards", "Postcards", "1.0", hooks=Hooks())
"""


def test_plugin_that_was_set_aside_and_mended_is_told_at_the_next_start(shop: Shop, tmp_path: Path) -> None:
    shop.stock("AB-1", 10)
    with install_plugin(tmp_path / "whole", "postcards", {"postcards.py": MENDED}):
        shop.enable("postcards")
    with install_plugin(tmp_path / "broken", "postcards", {"postcards.py": BROKEN}):
        restart(shop, tmp_path)
        assert "postcards" in shop.app.hooks.set_aside
        shop.place(("AB-1", 1))
        shop.sync()
        shop.work()
        assert heard(shop) == []
    with install_plugin(tmp_path / "mended", "postcards", {"postcards.py": MENDED}):
        restart(shop, tmp_path)
        shop.work()
        assert heard(shop) == []  # it looks again in a quarter of an hour
        shop.app.resume()
        shop.work()
        assert heard(shop) == [shop.order().number]


def restart(shop: Shop, home: Path) -> None:
    """Have the application built anew, as a new process does."""
    shop.live = LiveApplication(
        make_config(home, str(shop.live.config.database_url)), engine=shop.live.engine
    )


def heard(shop: Shop) -> list[str]:
    """Of which orders the plugin was told."""
    return [problem.cause for problem in shop.problems() if problem.kind == "heard"]
