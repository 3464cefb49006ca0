"""Which jobs run, in which order, and that nothing ends the runner."""

import threading
from datetime import timedelta

import pytest

from core.jobs import Job, JobRun, count_jobs, enqueue
from core.jobs.claiming import claim_job
from tests.core.jobs.shop import PATIENCE, Shop, World, wait_until
from tests.transactions import NOON

MINUTE = timedelta(minutes=1)


def test_a_job_runs_with_its_arguments_and_is_done(shop: Shop) -> None:
    seen: list[JobRun] = []
    shop.knows("work", seen.append, max_attempts=3)
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "work", {"order_id": 7})
    assert shop.run() == 1
    run = seen[0]
    assert (run.job_id, run.name, dict(run.args)) == (job_id, "work", {"order_id": 7})
    assert (run.attempt, run.max_attempts, run.is_last_attempt) == (1, 3, False)
    job = shop.job(job_id)
    assert (job.state, job.attempts, job.max_attempts, job.last_error) == ("done", 1, 3, None)
    assert (job.started_at, job.ended_at, job.lease_owner) == (NOON, NOON, None)


def test_a_handler_opens_transactions_under_the_name_of_its_job(shop: Shop) -> None:
    actors: list[str] = []

    def work(run: JobRun) -> None:
        with run.reading() as ctx:
            actors.append(ctx.actor)
        with run.transaction() as ctx:
            actors.append(ctx.actor)
            enqueue(ctx, "more")

    shop.knows("work", work)
    shop.knows("more", lambda run: actors.append(run.actor))
    with shop.writing() as ctx:
        enqueue(ctx, "work")
    assert shop.run() == 2
    assert actors == ["job:work", "job:work", "job:more"]


def test_jobs_run_by_priority_then_time_then_age(shop: Shop) -> None:
    order: list[object] = []
    shop.knows("work", lambda run: order.append(run.args["n"]))
    with shop.writing() as ctx:
        enqueue(ctx, "work", {"n": 4})
        enqueue(ctx, "work", {"n": 5})
        enqueue(ctx, "work", {"n": 3}, run_at=NOON - MINUTE)
        enqueue(ctx, "work", {"n": 6}, priority=1, run_at=NOON - 9 * MINUTE)
        enqueue(ctx, "work", {"n": 1}, priority=-1)
        enqueue(ctx, "work", {"n": 2}, priority=-1)
    shop.run()
    assert order == [1, 2, 3, 4, 5, 6]


def test_a_job_waits_for_its_time(shop: Shop) -> None:
    shop.knows("work", lambda run: None)
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "work", run_at=NOON + MINUTE)
    assert shop.run() == 0
    shop.clock.advance(MINUTE)
    assert shop.run() == 1
    assert shop.job(job_id).state == "done"


def test_jobs_with_one_lock_key_run_one_at_a_time(shop: Shop) -> None:
    inside, overlaps = set[object](), list[object]()

    def work(run: JobRun) -> None:
        key = run.args["key"]
        overlaps.extend(inside & {key})
        inside.add(key)
        with run.transaction() as ctx:
            count_jobs(ctx)
        inside.discard(key)

    shop.knows("work", work)
    with shop.writing() as ctx:
        for number in range(24):
            key = f"k{number % 2}"
            enqueue(ctx, "work", {"key": key}, lock_key=key)
    assert shop.run(threads=4) == 24
    assert overlaps == []


def test_a_busy_lock_key_does_not_hold_up_other_jobs(shop: Shop) -> None:
    others_done = threading.Event()
    shop.knows("slow", lambda run: others_done.wait(PATIENCE))
    shop.knows("last", lambda run: others_done.set())
    with shop.writing() as ctx:
        for _ in range(5):
            enqueue(ctx, "slow", lock_key="busy")
        last = enqueue(ctx, "last")
    shop.run(threads=2)
    assert others_done.is_set()
    assert shop.job(last).state == "done"


def test_a_job_without_its_plugin_is_kept_and_runs_once_it_is_enabled(shop: Shop) -> None:
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "erp_bridge.push")
    shop.run()
    job = shop.job(job_id)
    assert (job.state, job.attempts, job.run_at) == ("queued", 0, NOON + 5 * MINUTE)
    assert "'erp_bridge'" in str(job.last_error)
    shop.knows("erp_bridge.push", lambda run: None)
    shop.clock.advance(5 * MINUTE)
    shop.run()
    assert shop.job(job_id).state == "done"


def test_a_plugin_that_is_enabled_takes_effect_at_the_next_job(shop: Shop) -> None:
    shop.knows("enable", lambda run: shop.knows("late", lambda run: None))
    with shop.writing() as ctx:
        enqueue(ctx, "enable")
        late = enqueue(ctx, "late")
    shop.run()
    assert shop.job(late).state == "done"


def test_until_idle_waits_for_what_another_runner_is_doing(shop: Shop) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(_run: JobRun) -> None:
        started.set()
        go_on.wait(PATIENCE)

    shop.knows("slow", slow)
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "slow")
    first = threading.Thread(target=shop.run)
    first.start()
    assert started.wait(PATIENCE)
    second = threading.Thread(target=shop.run)
    second.start()
    second.join(0.3)
    assert second.is_alive()
    go_on.set()
    for thread in (first, second):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert shop.job(job_id).attempts == 1


def test_forever_starts_what_is_enqueued_later_and_finishes_it_when_stopped(shop: Shop) -> None:
    started, go_on, stop = threading.Event(), threading.Event(), threading.Event()

    def slow(_run: JobRun) -> None:
        started.set()
        go_on.wait(PATIENCE)

    shop.knows("slow", slow)
    runner = shop.runner(poll_seconds=0.05)
    thread = threading.Thread(target=runner.run_forever, args=(stop,))
    thread.start()
    with shop.writing() as ctx:
        job_id = enqueue(ctx, "slow")
        never = enqueue(ctx, "slow", run_at=NOON + MINUTE)
    assert started.wait(PATIENCE)
    stop.set()
    go_on.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert (shop.job(job_id).state, shop.job(never).state) == ("done", "queued")


def test_a_runner_that_is_woken_does_not_wait_for_its_poll(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, ran = threading.Event(), threading.Event()
    stop, rest = threading.Event(), threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _seconds: (looked.set(), rest.wait(PATIENCE)))
    shop.knows("work", lambda run: ran.set())
    runner = shop.runner()
    thread = threading.Thread(target=runner.run_forever, args=(stop,))
    thread.start()
    assert looked.wait(PATIENCE)
    with shop.writing() as ctx:
        enqueue(ctx, "work")
    runner.wake()
    assert ran.wait(PATIENCE / 2)
    stop.set()
    rest.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_runner_outlives_a_database_that_is_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ran = threading.Event(), threading.Event()
    looked: list[None] = []
    there = shop.current

    def away() -> World:
        looked.append(None)
        raise ConnectionError("no route to host")

    shop.knows("work", lambda run: ran.set())
    monkeypatch.setattr(shop, "current", away)
    thread = threading.Thread(target=shop.runner().run_forever, args=(stop,))
    thread.start()
    wait_until(lambda: len(looked) > 3)
    monkeypatch.setattr(shop, "current", there)
    with shop.writing() as ctx:
        enqueue(ctx, "work")
    assert ran.wait(PATIENCE)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_an_idle_runner_writes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    reading, stop = shop.reading, threading.Event()

    def look(actor: str) -> object:
        looks.append(actor)
        return reading(actor)

    def refuse(actor: str) -> object:
        writes.append(actor)
        raise AssertionError

    writes: list[str] = []
    monkeypatch.setattr(shop, "reading", look)
    thread = threading.Thread(target=shop.runner().run_forever, args=(stop,))
    thread.start()
    wait_until(lambda: len(looks) > 2)  # by now it has said that it lives
    monkeypatch.setattr(shop, "writing", refuse)
    wait_until(lambda: len(looks) > 7)
    stop.set()
    thread.join(PATIENCE)
    assert writes == []


def test_two_who_claim_at_once_never_get_jobs_of_the_same_lock_key(shop: Shop) -> None:
    with shop.writing() as ctx:
        for number in range(12):
            enqueue(ctx, "work", lock_key=f"k{number % 3}")
    claimed: list[int] = []
    gate = threading.Barrier(6)

    def claim(owner_id: str) -> None:
        gate.wait(PATIENCE)
        found = claim_job(shop, owner_id, MINUTE, {})
        if found is not None:
            claimed.append(found.job_id)

    threads = [threading.Thread(target=claim, args=(f"o{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    with shop.reading() as ctx:
        keys = [ctx.session.get_one(Job, job_id).lock_key for job_id in claimed]
    assert sorted(set(keys)) == sorted(keys)
    assert 1 <= len(keys) <= 3
