"""The runner: threads that claim jobs, run their handlers, and record how it went."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from core.jobs.attempting import run_claim
from core.jobs.claiming import (
    ACTOR,
    Work,
    bury_the_dead,
    claim_job,
    look_for_work,
    renew_claims,
)
from core.jobs.contract import JobHost
from core.jobs.leases import HEART_LASTS, beat_heart
from core.jobs.owners import Owner
from core.jobs.retrying import place_of
from core.jobs.schedules import enqueue_due_schedules

#: So many jobs at a time: most wait for somebody outside, and one or two who are slow hold up nobody else.
THREADS = 4
_log = structlog.get_logger(__name__)


class Runner:
    """Works the job table off, in this process, beside any number of runners in others.

    host           asked before each job for the application as it is then
    owner          this process; its jobs go to others at once when it dies
    threads        how many jobs run at the same time here
    poll_seconds   how soon a job that another process enqueued starts, at the latest
    lease_seconds  how long a job may be silent before another process takes it over; a thread
                   renews three times as often
    """

    def __init__(
        self,
        host: JobHost,
        owner: Owner,
        threads: int = THREADS,
        poll_seconds: float = 1.0,
        lease_seconds: int = 60,
    ) -> None:
        self._host = host
        self._owner = owner
        self._threads = threads
        self._poll_seconds = poll_seconds
        self._lease = timedelta(seconds=lease_seconds)
        self._bell = threading.Condition()  # guards the four below
        self._rings = 0
        self._closing = False
        self._active: set[int] = set()
        self._ended = 0
        self._seen_at: float | None = None

    def wake(self) -> None:
        """Look for work now instead of at the next poll; for a process that has just enqueued."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def run_forever(self, stop: threading.Event) -> None:
        """Run jobs until `stop` is set; those that run then are finished first.

        Nothing that a handler raises, nor a database that is away for a while, ends it.
        """
        with self._crew():
            while not stop.is_set():
                try:
                    self._show_life()
                    work = self._tend()
                except Exception as error:
                    _complain("runner could not look for work", error)
                else:
                    if work.due:
                        self.wake()
                stop.wait(self._poll_seconds)

    def run_until_idle(self, stop: threading.Event | None = None) -> int:
        """Run jobs until none is due and none runs, here or elsewhere; gives how many ran here.

        Jobs and retries whose time has not come do not count. What another process runs is waited
        for, and taken over if that process dies.
        """
        with self._crew():
            while stop is None or not stop.is_set():
                ended = self._ended
                work = self._tend()
                if not work.due and not work.running:
                    break
                self.wake()
                with self._bell:
                    if self._ended == ended:
                        self._bell.wait(self._poll_seconds)
        return self._ended

    def _show_life(self) -> None:
        """For those who ask whether anybody works jobs off: three times before it would be doubted."""
        now = time.monotonic()
        if self._seen_at is not None and now - self._seen_at < HEART_LASTS.total_seconds() / 3:
            return
        with self._host.current().transactions.writing(ACTOR) as ctx:
            beat_heart(ctx, self._owner)
        self._seen_at = now

    def _tend(self) -> Work:
        """Everything but the jobs themselves: the dead, and the schedules."""
        transactions = self._host.current().transactions
        bury_the_dead(transactions, self._owner)
        with transactions.reading(ACTOR) as ctx:
            work = look_for_work(ctx)
        if work.schedules_due:
            with transactions.writing(ACTOR) as ctx:
                enqueue_due_schedules(ctx)
            work = Work(due=True, running=work.running, schedules_due=False)
        return work

    @contextmanager
    def _crew(self) -> Iterator[None]:
        """The threads, from here until each has finished what it was doing."""
        self._closing, self._ended = False, 0
        resting = threading.Event()
        workers = [
            threading.Thread(target=self._work, args=(self._rings,), name=f"job-worker-{number}")
            for number in range(1, self._threads + 1)
        ]
        heart = threading.Thread(target=self._beat, args=(resting,), name="job-heartbeat")
        for thread in (*workers, heart):
            thread.start()
        try:
            yield
        finally:
            self._closing = True
            self.wake()
            for thread in workers:
                thread.join()
            resting.set()
            heart.join()

    def _work(self, seen: int) -> None:
        """One worker: wait for the bell, then job after job while there are any."""
        while True:
            with self._bell:
                while self._rings == seen and not self._closing:
                    self._bell.wait()
                seen = self._rings
            if self._closing:
                return
            try:
                while not self._closing and self._run_one():
                    pass
            except Exception as error:
                _complain("worker could not claim or record a job", error)

    def _run_one(self) -> bool:
        """Claim one job and see it through; False if there was none."""
        world = self._host.current()
        claim = claim_job(world.transactions, self._owner.id, self._lease, world.job_types)
        if claim is None:
            return False
        with self._bell:
            self._active.add(claim.job_id)
        try:
            # Asked anew: the plugin whose job this is may have been enabled since.
            run_claim(claim, self._host.current())
        finally:
            with self._bell:
                self._active.discard(claim.job_id)
                self._ended += 1
            self.wake()
        return True

    def _beat(self, resting: threading.Event) -> None:
        """Renew the leases of what runs here, until the workers rest."""
        while not resting.wait(self._lease.total_seconds() / 3):
            with self._bell:
                active = sorted(self._active)
            if not active:
                continue
            try:
                with self._host.current().transactions.writing(ACTOR) as ctx:
                    renew_claims(ctx, self._owner.id, active, self._lease)
            except Exception as error:
                _complain("runner could not renew its leases", error)


def _complain(message: str, error: Exception) -> None:
    _log.error(message, error=type(error).__name__, place=place_of(error))
