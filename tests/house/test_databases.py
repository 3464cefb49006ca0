"""The databases that tests share: each test finds its own as if it were new."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.extensions import PluginState
from core.problems import Problem
from tests.databases import SharedDatabase
from tests.transactions import Transactions


def test_reset_puts_back_what_a_test_has_emptied_and_takes_away_what_it_has_added(
    shared_database: SharedDatabase,
) -> None:
    def rows(entity: type) -> int:
        with Session(shared_database.engine) as session:
            return session.scalar(select(func.count()).select_from(entity)) or 0

    known = rows(PluginState)
    assert known > 0
    with Transactions(shared_database.engine).writing() as ctx:
        ctx.session.execute(delete(PluginState))
        now = ctx.clock.now()
        ctx.session.add(
            Problem(kind="k", cause="c", subject="s", message="m", data={}, first_at=now, last_at=now)
        )
    assert (rows(PluginState), rows(Problem)) == (0, 1)
    shared_database.reset()
    assert (rows(PluginState), rows(Problem)) == (known, 0)
