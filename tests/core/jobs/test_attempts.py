"""What becomes of a job that fails, is not yet possible, or kills its process."""

from datetime import timedelta

import pytest

from core.errors import QuotaExhausted, TemporarilyUnavailable
from core.jobs import Defer, JobRun, JobState, backoff, enqueue, safe_error
from core.jobs.claiming import claim_job, end_job, retry_later
from tests.core.jobs.shop import Shop, wait_until
from tests.transactions import NOON

MINUTE = timedelta(minutes=1)


def raising(error: BaseException) -> object:
    """A handler that only fails."""

    def fail(_run: JobRun) -> None:
        raise error

    return fail


def one_job(shop: Shop, **options: object) -> int:
    with shop.writing() as ctx:
        return enqueue(ctx, "work", **options)  # type: ignore[arg-type]


def run_to_the_end(shop: Shop, rounds: int) -> None:
    for _ in range(rounds):
        shop.run()
        shop.clock.advance(timedelta(hours=1))


def test_a_job_that_fails_is_tried_again_later(shop: Shop) -> None:
    shop.knows("work", raising(ValueError("Ann Smith, 1 High Street")))
    job_id = one_job(shop)
    shop.run()
    job = shop.job(job_id)
    assert (job.state, job.attempts) == ("queued", 1)
    assert NOON <= job.run_at <= NOON + timedelta(seconds=4)
    shop.knows("work", lambda run: None)
    shop.clock.advance(MINUTE)
    shop.run()
    job = shop.job(job_id)
    assert (job.state, job.attempts, job.last_error) == ("done", 2, None)


def test_of_a_foreign_error_only_its_class_is_kept(shop: Shop) -> None:
    shop.knows("work", raising(ValueError("Ann Smith, 1 High Street")), max_attempts=1)
    job_id = one_job(shop)
    shop.run()
    assert shop.job(job_id).last_error == "ValueError"


def test_of_our_own_error_class_code_and_sentence_are_kept() -> None:
    error = TemporarilyUnavailable("the ERP does not answer")
    assert safe_error(error) == (
        "TemporarilyUnavailable (temporarily_unavailable): the ERP does not answer"
    )


def test_a_job_is_parked_after_its_last_attempt_and_somebody_is_told(shop: Shop) -> None:
    told: list[tuple[int, str]] = []
    shop.knows(
        "work",
        raising(ValueError()),
        max_attempts=3,
        on_failed=lambda run, error: told.append((run.attempt, error)),
    )
    job_id = one_job(shop)
    run_to_the_end(shop, rounds=5)
    job = shop.job(job_id)
    assert (job.state, job.attempts, job.last_error) == ("failed", 3, "ValueError")
    assert told == [(3, "ValueError")]


def test_a_job_is_parked_even_if_telling_somebody_fails(shop: Shop) -> None:
    def tell(_run: JobRun, _error: str) -> None:
        raise RuntimeError

    shop.knows("work", raising(ValueError()), max_attempts=1, on_failed=tell)
    job_id = one_job(shop)
    shop.run()
    assert shop.job(job_id).state == "failed"


def test_a_handler_that_wants_to_exit_only_fails(shop: Shop) -> None:
    shop.knows("work", raising(SystemExit(1)))
    job_id = one_job(shop)
    shop.run()
    assert shop.job(job_id).last_error == "SystemExit"


def test_the_time_that_the_other_side_asks_for_is_waited_for(shop: Shop) -> None:
    shop.knows("work", raising(TemporarilyUnavailable("busy", retry_after=20 * MINUTE)))
    job_id = one_job(shop)
    shop.run()
    job = shop.job(job_id)
    assert (job.run_at, job.attempts) == (NOON + 20 * MINUTE, 1)


def test_a_quota_that_is_used_up_defers_the_job_without_counting(shop: Shop) -> None:
    shop.knows("work", raising(QuotaExhausted("one a minute", retry_after=MINUTE)), max_attempts=1)
    job_id = one_job(shop)
    shop.run()
    job = shop.job(job_id)
    assert (job.state, job.run_at, job.attempts) == ("queued", NOON + MINUTE, 0)


@pytest.mark.parametrize("until", [3 * MINUTE, NOON + 3 * MINUTE])
def test_not_yet_does_not_count_as_an_attempt(shop: Shop, until: object) -> None:
    shop.knows("work", raising(Defer(until, "the order is not there")), max_attempts=1)  # type: ignore[arg-type]
    job_id = one_job(shop)
    shop.run()
    job = shop.job(job_id)
    assert (job.state, job.run_at, job.attempts) == ("queued", NOON + 3 * MINUTE, 0)
    assert job.last_error == "not yet: the order is not there"


def test_backoff_grows_to_a_quarter_of_an_hour() -> None:
    for attempt, longest in ((1, 4), (2, 8), (3, 16), (8, 512), (9, 900), (50, 900)):
        waits = [backoff(attempt).total_seconds() for _ in range(200)]
        assert 0 <= min(waits) < longest / 2 < max(waits) <= longest


def test_a_job_whose_lease_ran_out_is_taken_over(shop: Shop) -> None:
    shop.knows("work", lambda run: None)
    job_id = one_job(shop, lock_key="a")
    assert claim_job(shop, "silent", MINUTE, shop.kinds) is not None
    shop.clock.advance(MINUTE)
    shop.run()
    assert (shop.job(job_id).state, shop.job(job_id).attempts) == ("done", 2)


def test_a_job_that_kills_its_process_every_time_is_parked(shop: Shop) -> None:
    told: list[str] = []
    shop.knows("work", lambda run: None, on_failed=lambda run, error: told.append(error))
    job_id = one_job(shop)
    for _ in range(8):
        owner = shop.new_owner()
        assert claim_job(shop, owner.id, MINUTE, shop.kinds) is not None
        owner.close()
        shop.clock.advance(MINUTE)
    shop.run()
    assert shop.job(job_id).state == "failed"
    assert told == ["the process ended while the job ran, each time"]


def test_an_attempt_that_lost_its_job_records_nothing(shop: Shop) -> None:
    job_id = one_job(shop)
    lost = claim_job(shop, "slow", MINUTE, {})
    shop.clock.advance(MINUTE)
    assert claim_job(shop, "quick", MINUTE, {}) is not None
    assert lost is not None
    with shop.writing() as ctx:
        assert not end_job(ctx, lost, JobState.DONE)
        assert not retry_later(ctx, lost, MINUTE, "ValueError")
    job = shop.job(job_id)
    assert (job.state, job.lease_owner, job.attempts) == ("running", "quick", 2)


def test_an_equal_job_queued_meanwhile_takes_over_a_failed_one_with_its_attempts(
    shop: Shop,
) -> None:
    twins: list[int] = []

    def work(run: JobRun) -> None:
        if not twins:
            with run.transaction() as ctx:
                twins.append(enqueue(ctx, "work", dedup_key="a"))
        raise TemporarilyUnavailable("busy", retry_after=MINUTE)

    shop.knows("work", work)
    job_id = one_job(shop, dedup_key="a")
    shop.run()
    assert shop.job(job_id).state == "canceled"
    twin = shop.job(twins[0])
    assert (twin.state, twin.attempts, twin.run_at) == ("queued", 1, NOON + MINUTE)


def test_an_equal_job_queued_meanwhile_keeps_its_time_when_one_says_not_yet(shop: Shop) -> None:
    runs: list[int] = []

    def work(run: JobRun) -> None:
        runs.append(run.job_id)
        if len(runs) == 1:
            with run.transaction() as ctx:
                enqueue(ctx, "work", dedup_key="a")
            raise Defer(MINUTE, "the order is not there")

    shop.knows("work", work)
    job_id = one_job(shop, dedup_key="a")
    assert shop.run() == 2
    assert shop.job(job_id).state == "canceled"
    assert shop.job(runs[1]).state == "done"


def test_a_job_that_takes_long_keeps_its_lease(shop: Shop) -> None:
    def work(run: JobRun) -> None:
        shop.clock.advance(timedelta(milliseconds=500))
        renewed = NOON + timedelta(milliseconds=1500)
        wait_until(lambda: shop.job(run.job_id).lease_until == renewed)

    shop.knows("work", work, max_attempts=1)
    job_id = one_job(shop)
    shop.run(lease_seconds=1)
    assert shop.job(job_id).state == "done"
