"""Several processes on one database, and one that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import SystemClock
from core.jobs import Job, count_jobs, enqueue
from tests.core.jobs import worker_process
from tests.core.jobs.shop import PATIENCE, Shop

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ticking(shop: Shop) -> Shop:
    """The shop with the machine's clock and a table for what ran."""
    shop.clock = SystemClock()
    worker_process.RUNS.create(shop.engine)
    return shop


def start(url: str, shop: Shop, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, worker_process.__file__, url, str(shop.home), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_processes_that_share_a_database_lose_no_job_and_run_none_twice(
    ticking: Shop, database_url: str
) -> None:
    workers = [start(database_url, ticking, "enqueue-and-run", "40") for _ in range(4)]
    said = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, said
    assert said == [""] * 4
    with ticking.reading() as ctx:
        ran = list(ctx.session.scalars(select(worker_process.RUNS.c.job_id)))
        jobs = list(ctx.session.scalars(select(Job.id)))
        assert sorted(ran) == sorted(jobs)
        assert len(jobs) == 160
        assert count_jobs(ctx)["done"] == 160
        assert set(ctx.session.scalars(select(Job.attempts))) == {1}


def test_the_job_of_a_killed_process_is_finished_at_once_by_another(
    ticking: Shop, database_url: str
) -> None:
    with ticking.writing() as ctx:
        job_id = enqueue(ctx, "record", lock_key="one")
    worker = start(database_url, ticking, "hang")
    assert worker.stdout is not None
    assert worker.stdout.readline() == "started\n"
    worker.kill()
    worker.communicate(timeout=PATIENCE)
    ticking.knows("record", worker_process.record)
    rescue = threading.Thread(target=ticking.run)
    rescue.start()
    rescue.join(PATIENCE)  # the lease would last three times as long
    assert not rescue.is_alive()
    job = ticking.job(job_id)
    assert (job.state, job.attempts) == ("done", 2)


def test_a_live_process_keeps_its_job(ticking: Shop, database_url: str) -> None:
    with ticking.writing() as ctx:
        job_id = enqueue(ctx, "record")
    worker = start(database_url, ticking, "hang")
    assert worker.stdout is not None
    assert worker.stdout.readline() == "started\n"
    ticking.knows("record", worker_process.record)
    stop = threading.Event()
    other = threading.Thread(target=ticking.runner().run_until_idle, args=(stop,))
    other.start()
    other.join(0.5)
    assert other.is_alive()
    assert ticking.job(job_id).attempts == 1
    worker.kill()
    worker.communicate(timeout=PATIENCE)
    other.join(PATIENCE)
    assert not other.is_alive()
    assert ticking.job(job_id).state == "done"
