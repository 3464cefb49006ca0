"""Enqueueing, and what a person can do with a job."""

import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.errors import InvalidValue, NotFound, WrongState
from core.jobs import (
    Job,
    cancel_job,
    count_jobs,
    enqueue,
    get_job,
    list_jobs,
    prune_jobs,
    retry_job,
)
from core.jobs.claiming import claim_job
from tests.core.jobs.shop import Shop
from tests.transactions import NOON

MINUTE = timedelta(minutes=1)


def set_state(shop: Shop, job_id: int, **values: object) -> None:
    with shop.writing() as ctx:
        ctx.session.execute(update(Job).where(Job.id == job_id).values(**values))


def test_a_job_commits_with_the_work_that_enqueued_it(shop: Shop) -> None:
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "mail.send", {"order_id": 7})
    job = shop.job(job_id)
    assert (job.name, job.args, job.state, job.run_at) == (
        "mail.send",
        {"order_id": 7},
        "queued",
        NOON,
    )


def test_a_job_rolls_back_with_the_work_that_enqueued_it(shop: Shop) -> None:
    with contextlib.suppress(RuntimeError), shop.writing() as ctx:
        enqueue(ctx, "mail.send")
        raise RuntimeError
    with shop.reading() as ctx:
        assert list_jobs(ctx) == []


def test_an_equal_queued_job_is_given_back_and_the_earlier_time_wins(shop: Shop) -> None:
    with shop.writing() as ctx:
        late = enqueue(ctx, "poll", dedup_key="a", run_at=NOON + 5 * MINUTE)
        early = enqueue(ctx, "poll", dedup_key="a", run_at=NOON + MINUTE, priority=-1)
        later = enqueue(ctx, "poll", dedup_key="a", run_at=NOON + 9 * MINUTE, priority=3)
        other = enqueue(ctx, "poll", dedup_key="b")
    assert late == early == later != other
    assert shop.job(late).run_at == NOON + MINUTE
    assert shop.job(late).priority == -1


def test_behind_a_running_job_an_equal_one_is_queued_once_more(shop: Shop) -> None:
    with shop.writing() as ctx:
        first = enqueue(ctx, "poll", dedup_key="a")
    assert claim_job(shop, "somebody", MINUTE, {}) is not None
    with shop.writing() as ctx:
        second = enqueue(ctx, "poll", dedup_key="a")
        third = enqueue(ctx, "poll", dedup_key="a")
    assert first != second == third


@pytest.mark.parametrize("shared_database", ["postgresql"], indirect=True)  # SQLite has one writer
def test_an_equal_job_does_not_start_before_who_relies_on_it_has_committed(shop: Shop) -> None:
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "poll", dedup_key="a")
    with shop.writing() as ctx:
        assert enqueue(ctx, "poll", dedup_key="a") == job_id
        assert claim_job(shop, "somebody", MINUTE, {}) is None
    assert claim_job(shop, "somebody", MINUTE, {}) is not None


@pytest.mark.parametrize("value", [{"email": "x"}, ["x"], object()])
def test_enqueue_refuses_arguments_that_are_not_scalars(shop: Shop, value: object) -> None:
    with pytest.raises(InvalidValue, match="'order'"), shop.writing() as ctx:
        enqueue(ctx, "mail.send", {"order": value})


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_enqueue_refuses_keys_that_do_not_fit(shop: Shop, key: str) -> None:
    with pytest.raises(InvalidValue), shop.writing() as ctx:
        enqueue(ctx, "mail.send", lock_key=key)


def test_a_job_that_does_not_exist_is_not_found(shop: Shop) -> None:
    for verb in (get_job, retry_job, cancel_job):
        with pytest.raises(NotFound), shop.writing() as ctx:
            verb(ctx, 99)


def test_a_canceled_job_does_not_run_until_it_is_retried(shop: Shop) -> None:
    ran: list[int] = []
    shop.knows("work", lambda run: ran.append(run.attempt))
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "work")
        cancel_job(ctx, job_id)
    shop.run()
    assert (ran, shop.job(job_id).state) == ([], "canceled")
    with shop.writing() as ctx:
        assert retry_job(ctx, job_id) == job_id
    shop.run()
    assert (ran, shop.job(job_id).state) == ([1], "done")


def test_a_failed_job_that_is_retried_has_all_its_attempts_again(shop: Shop) -> None:
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "work")
    set_state(shop, job_id, state="failed", attempts=8, ended_at=NOON, last_error="ValueError")
    with shop.writing() as ctx:
        retry_job(ctx, job_id)
    job = shop.job(job_id)
    assert (job.state, job.attempts, job.ended_at, job.last_error) == ("queued", 0, None, None)


def test_retrying_lets_an_equal_job_that_is_queued_stand_for_both(shop: Shop) -> None:
    with shop.writing() as ctx:
        failed = enqueue(ctx, "work", dedup_key="a")
    set_state(shop, failed, state="failed")
    with shop.writing() as ctx:
        queued = enqueue(ctx, "work", dedup_key="a", run_at=NOON + MINUTE)
    with shop.writing() as ctx:
        assert retry_job(ctx, failed) == queued
    assert shop.job(queued).run_at == NOON
    assert shop.job(failed).state == "canceled"
    assert shop.job(failed).last_error == f"an equal job, {queued}, takes its place"


@pytest.mark.parametrize("state", ["running", "done"])
def test_a_job_that_is_running_or_done_can_be_neither_retried_nor_canceled(shop: Shop, state: str) -> None:
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "work")
    set_state(shop, job_id, state=state)
    for verb in (retry_job, cancel_job):
        with pytest.raises(WrongState, match=state), shop.writing() as ctx:
            verb(ctx, job_id)


def test_jobs_are_listed_newest_first_in_pages(shop: Shop) -> None:
    with shop.writing() as ctx:
        ids = [enqueue(ctx, "a" if number % 2 else "b") for number in range(5)]
    with shop.reading() as ctx:
        first = [job.id for job in list_jobs(ctx, limit=2)]
        second = [job.id for job in list_jobs(ctx, limit=2, before_id=first[-1])]
        assert first + second == ids[:0:-1]
        assert [job.id for job in list_jobs(ctx, name="a", state="queued")] == [ids[3], ids[1]]
        assert list_jobs(ctx, state="done") == []


def test_jobs_are_counted_by_state(shop: Shop) -> None:
    with shop.writing() as ctx:
        enqueue(ctx, "a")
        cancel_job(ctx, enqueue(ctx, "a"))
    with shop.reading() as ctx:
        assert count_jobs(ctx) == {
            "queued": 1,
            "running": 0,
            "done": 0,
            "failed": 0,
            "canceled": 1,
        }


def test_pruning_removes_what_ended_well_a_week_ago_and_nothing_else(shop: Shop) -> None:
    old, recent = NOON - timedelta(days=8), NOON - timedelta(days=6)
    with shop.writing() as ctx:
        ids = [enqueue(ctx, "a") for _ in range(5)]
    ends = [("done", old), ("canceled", old), ("failed", old), ("done", recent)]
    for job_id, (state, moment) in zip(ids, ends, strict=False):
        set_state(shop, job_id, state=state, ended_at=moment)
    with shop.writing() as ctx:
        assert prune_jobs(ctx, timedelta(days=7)) == 2
    with shop.reading() as ctx:
        assert [job.id for job in list_jobs(ctx)] == [ids[4], ids[3], ids[2]]
