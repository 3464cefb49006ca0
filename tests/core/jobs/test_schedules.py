"""Jobs that come again and again."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.errors import InvalidValue
from core.jobs import (
    Schedule,
    enqueue_due_schedules,
    ensure_schedule,
    list_jobs,
    remove_schedule,
)
from tests.core.jobs.shop import Shop
from tests.transactions import NOON

MINUTE = timedelta(minutes=1)


def next_run(shop: Shop, name: str) -> object:
    with shop.reading() as ctx:
        return ctx.session.scalar(select(Schedule.next_run_at).where(Schedule.name == name))


@pytest.fixture
def polled(shop: Shop) -> list[object]:
    """What the job `poll` was run with; it is scheduled every two minutes from noon on."""
    runs: list[object] = []
    shop.knows("poll", lambda run: runs.append(run.args["account_id"]))
    with shop.writing() as ctx:
        ensure_schedule(ctx, "poll:1", "poll", {"account_id": 1}, 2 * MINUTE)
    return runs


def test_a_schedule_runs_its_job_once_per_interval(shop: Shop, polled: list[object]) -> None:
    shop.run()
    shop.run()
    assert polled == [1]
    shop.clock.advance(2 * MINUTE)
    shop.run()
    assert polled == [1, 1]


def test_missed_runs_are_not_caught_up_one_by_one(shop: Shop, polled: list[object]) -> None:
    shop.clock.advance(61 * MINUTE)
    shop.run()
    assert polled == [1]
    assert next_run(shop, "poll:1") == NOON + 62 * MINUTE


@pytest.mark.usefixtures("polled")
def test_a_scheduled_job_that_still_waits_is_not_enqueued_twice(shop: Shop) -> None:
    for _ in range(3):
        with shop.writing() as ctx:
            assert enqueue_due_schedules(ctx) == 1
        shop.clock.advance(2 * MINUTE)
    with shop.reading() as ctx:
        assert [(job.lock_key, job.dedup_key) for job in list_jobs(ctx)] == [
            ("schedule:poll:1", "schedule:poll:1")
        ]


def test_ensuring_a_schedule_again_keeps_its_next_run(shop: Shop, polled: list[object]) -> None:
    shop.run()
    with shop.writing() as ctx:
        ensure_schedule(ctx, "poll:1", "poll", {"account_id": 2}, 2 * MINUTE)
    assert next_run(shop, "poll:1") == NOON + 2 * MINUTE
    shop.clock.advance(2 * MINUTE)
    shop.run()
    assert polled == [1, 2]


@pytest.mark.usefixtures("polled")
def test_a_shorter_interval_brings_the_next_run_forward(shop: Shop) -> None:
    shop.run()
    with shop.writing() as ctx:
        ensure_schedule(ctx, "poll:1", "poll", {"account_id": 1}, MINUTE)
    assert next_run(shop, "poll:1") == NOON + MINUTE


def test_a_schedule_that_is_disabled_or_removed_runs_no_more(shop: Shop, polled: list[object]) -> None:
    with shop.writing() as ctx:
        ensure_schedule(ctx, "poll:2", "poll", {"account_id": 2}, MINUTE)
        ctx.session.execute(update(Schedule).where(Schedule.name == "poll:2").values(enabled=False))
        remove_schedule(ctx, "poll:1")
        remove_schedule(ctx, "never-was")
    shop.run()
    assert polled == []


def test_an_interval_is_at_least_a_second(shop: Shop) -> None:
    with pytest.raises(InvalidValue), shop.writing() as ctx:
        ensure_schedule(ctx, "poll:1", "poll", every=timedelta(milliseconds=10))
