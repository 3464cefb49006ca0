"""The inbox: grouped by cause, paged along an index, ignored and reopened."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from core.application import Application
from core.clock import SystemClock
from core.context import Context
from core.errors import NotFound
from core.problems import (
    FOR_GOOD,
    KINDS,
    Group,
    GroupQuery,
    Problem,
    count_groups,
    ignore_group,
    list_groups,
    page_of_problems,
    prune_problems,
    raise_problem,
    reopen_group,
    resolve_problems,
)

ROOT = Path(__file__).parents[3]


def unknown(ctx: Context, sku: str, order: int) -> Problem:
    return raise_problem(
        ctx, "channel_order_held", f"unknown_sku:{sku}", f"channel_order:{order}", "Waits.",
        code="unknown_sku", skus=[sku],
    )  # fmt: skip


def groups(app: Application, **query: object) -> list[Group]:
    with app.reading() as ctx:
        return list_groups(ctx.session, GroupQuery(**query))  # type: ignore[arg-type]


def titles(app: Application, **query: object) -> list[str]:
    return [f"{group.title()}: {group.held_up}" for group in groups(app, **query)]


def test_problems_are_grouped_by_cause_the_most_urgent_first(app: Application) -> None:
    with app.writing("test") as ctx:
        first, *_ = [unknown(ctx, "AB-1", order) for order in range(14)]
        unknown(ctx, "ZZ", 99)
        raise_problem(
            ctx, "order_not_reconciled", "DE-1", "order:1", "…", number="DE-1", charges="1", stated="2"
        )
        raise_problem(ctx, "account_failing", "shop:x", "channel_account:1", "…", account="shop", code="x")
        raise_problem(ctx, "made_up", "cause", "thing:1", "A plugin says 100% of this.")
    assert titles(app) == [
        "The account shop cannot be read: 1 case",
        "SKU AB-1 is unknown: 14 orders wait",
        "SKU ZZ is unknown: 1 order waits",
        "A plugin says 100% of this.: 1 case",
        "Order DE-1 comes to 1, the channel says 2: 1 order",
    ]
    group = groups(app)[1]
    assert (group.first_at, group.last_at) == (first.first_at, group.newest.last_at)
    assert group.remedy is not None
    assert group.remedy.key == "create_product"
    assert [group.id for group in groups(app, kind="channel_order_held")] == [
        group.id for group in groups(app)[1:3]
    ]


def test_pages_of_groups_and_of_problems_meet_each_one_once(app: Application) -> None:
    with app.writing("test") as ctx:
        for number in range(60):
            unknown(ctx, f"SKU-{number % 25}", number)
    seen: list[Group] = []
    while page := groups(app, limit=7, after=seen[-1].id if seen else None):
        seen += page
    assert len({group.newest.cause for group in seen}) == len(seen) == 25
    with app.reading() as ctx:
        first = page_of_problems(ctx.session, seen[0], limit=2)
        rest = page_of_problems(ctx.session, seen[0], after=first[-1].id)
        assert len({problem.id for problem in [*first, *rest]}) == seen[0].count == 3
        assert (count_groups(ctx.session), count_groups(ctx.session, most=9)) == (25, 9)


def test_page_of_a_hundred_thousand_problems_is_read_along_the_index(app: Application) -> None:
    now = SystemClock().now()
    rows = [
        {
            "kind": "order_not_reconciled", "cause": f"DE-{number}", "subject": f"order:{number}",
            "urgency": 3, "message": "…", "data": {}, "first_at": now, "last_at": now,
        }
        for number in range(2000)
    ]  # fmt: skip
    with app.writing("test") as ctx:
        ctx.session.execute(insert(Problem), rows)
        ctx.session.execute(text("ANALYZE problems"))
        explain = "EXPLAIN QUERY PLAN " if app.engine.dialect.name == "sqlite" else "EXPLAIN "
        plan = ctx.session.execute(
            text(
                f"{explain} SELECT urgency, kind, cause, count(*) FROM problems WHERE resolved_at IS NULL "
                "AND ignored_at IS NULL AND (urgency, kind, cause) > (3, 'order_not_reconciled', 'DE-3') "
                "GROUP BY urgency, kind, cause ORDER BY urgency, kind, cause LIMIT 50"
            )
        ).all()
        assert "ix_problems_open" in str(plan)
        assert "TEMP B-TREE" not in str(plan)
        assert count_groups(ctx.session) == 100


def test_ignored_group_stays_away_until_it_comes_anew(app: Application) -> None:
    with app.writing("operator:1") as ctx:
        ignore_group(ctx, unknown(ctx, "AB-1", 1).id)
        assert count_groups(ctx.session) == 0
        unknown(ctx, "AB-1", 1)  # the same order at the next synchronization
    assert titles(app) == []
    (group,) = groups(app, ignored=True)
    assert group.newest.ignored_by == "operator:1"
    assert group.newest.ignored_at is not None
    with app.writing("test") as ctx:
        unknown(ctx, "AB-1", 2)
    assert titles(app) == ["SKU AB-1 is unknown: 1 order waits"]
    with app.writing("test") as ctx:
        resolve_problems(ctx, "channel_order:1")
        unknown(ctx, "AB-1", 1)
    assert titles(app) == ["SKU AB-1 is unknown: 2 orders wait"]


def test_group_that_is_ignored_for_good_stays_away_until_it_is_reopened(app: Application) -> None:
    with app.writing("operator:1") as ctx:
        group = ignore_group(ctx, unknown(ctx, "AB-1", 1).id, FOR_GOOD)
        unknown(ctx, "AB-1", 2)
        resolve_problems(ctx, "channel_order:1")
        unknown(ctx, "AB-1", 1)
    assert (titles(app), len(groups(app, ignored=True))) == ([], 1)
    with app.writing("operator:1") as ctx:
        reopen_group(ctx, group.id)
        unknown(ctx, "AB-1", 3)
    assert titles(app) == ["SKU AB-1 is unknown: 3 orders wait"]
    assert groups(app, ignored=True) == []


def test_group_whose_cause_has_gone_cannot_be_ignored(app: Application) -> None:
    with app.writing("test") as ctx:
        problem = unknown(ctx, "AB-1", 1)
        resolve_problems(ctx, problem.subject)
        with pytest.raises(NotFound):
            ignore_group(ctx, problem.id)


def test_resolved_problems_are_forgotten_after_a_while_and_open_ones_never(app: Application) -> None:
    with app.writing("test") as ctx:
        unknown(ctx, "OPEN", 1)
        unknown(ctx, "GONE", 2)
        resolve_problems(ctx, "channel_order:2")
        assert prune_problems(ctx, older_than=timedelta(days=90)) == 0
        assert prune_problems(ctx, older_than=timedelta(seconds=-1)) == 1
        assert [group.newest.cause for group in list_groups(ctx.session)] == ["unknown_sku:OPEN"]


def test_every_kind_that_is_raised_is_declared() -> None:
    raised = {kind for path in _sources() for kind in _raised_in(path)}
    assert raised
    assert raised - {name.partition(".")[0] for name in KINDS} == set()


def _sources() -> list[Path]:
    return [*(ROOT / "core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]


def _raised_in(path: Path) -> list[str]:
    """The kinds that a module raises, by the literal or by the constant that it names."""
    tree = ast.parse(path.read_text())
    calls = [
        node.args[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "raise_problem"
    ]
    return [kind for argument in calls for kind in _values(argument)]


def _values(argument: ast.expr) -> list[str]:
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    assert isinstance(argument, ast.Name), "a kind is a literal or a constant"
    if argument.id.islower():
        return []  # handed on by a function that others call
    found = [value for path in _sources() for value in _constant(path, argument.id)]
    assert found, f"{argument.id} is no constant"
    return found


def _constant(path: Path, name: str) -> list[str]:
    if f"\n{name} = " not in (source := path.read_text()):
        return []
    return [
        str(node.value.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
