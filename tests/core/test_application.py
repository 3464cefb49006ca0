"""The application at the start of a process, and what it forgets as time goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from core.access import AuditEntry
from core.application import LiveApplication
from core.application.tidying import TIDY_JOB
from core.channels.runs import list_runs
from core.clock import SetClock, SystemClock
from core.commerce.orders import list_orders
from core.context import Context
from core.events import Event
from core.jobs import Job, JobRun, enqueue
from core.testing import install_plugin, make_order
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
REFUSING = """
    from core import Plugin, hookimpl

    class Hooks:
        @hookimpl
        def order_created(self, ctx, order):
            raise RuntimeError("not today")

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


def test_tidying_forgets_what_is_older_than_keep_days_and_nothing_that_waits(
    shop: Shop, tmp_path: Path
) -> None:
    shop.sync()
    shop.sync()
    done = shop.write(lambda ctx: enqueue(ctx, TIDY_JOB))
    shop.work()
    heard_of = make_order(shop.live)
    with install_plugin(tmp_path / "refusing", "postcards", {"postcards.py": REFUSING}):
        shop.enable("postcards")
        waits = make_order(shop.live)
        shop.work()
        later = LiveApplication(
            replace(shop.live.config, keep_days=30),
            SetClock(SystemClock().now() + timedelta(days=31)),
            engine=shop.live.engine,
        )
        before = shop.read(lambda ctx: ctx.session.scalar(select(func.count()).select_from(AuditEntry)))
        tidy(later)
    subjects = {number: f"order:{order_id}" for number, order_id in shop.read(order_ids).items()}
    with later.current().reading() as ctx:
        kept = {event.subject for event in ctx.session.scalars(select(Event))}
        assert subjects[waits] in kept
        assert subjects[heard_of] not in kept
        assert ctx.session.get(Job, done) is None
        assert len(list_runs(ctx.session, shop.account_id)) == 1
        assert ctx.session.scalar(select(func.count()).select_from(AuditEntry)) == before


def tidy(live: LiveApplication) -> None:
    """Do what the hourly job does."""
    app = live.current()
    app.job_types[TIDY_JOB].handler(JobRun(0, TIDY_JOB, {}, 1, 8, app))


def order_ids(ctx: Context) -> dict[str, int]:
    """The orders' ids, by number."""
    return {order.number: order.id for order in list_orders(ctx.session)}


def restart(shop: Shop, home: Path) -> None:
    """Have the application built anew, as a new process does."""
    shop.live = LiveApplication(
        make_config(home, str(shop.live.config.database_url)), engine=shop.live.engine
    )


def heard(shop: Shop) -> list[str]:
    """Of which orders the plugin was told."""
    return [problem.cause for problem in shop.problems() if problem.kind == "heard"]
