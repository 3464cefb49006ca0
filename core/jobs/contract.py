"""What a kind of job is, what its handler is given, and what a runner needs of its application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from core.clock import to_utc
from core.context import Context, Transactions


class Defer(Exception):
    """Raised by a handler whose work cannot be done yet; it does not count as an attempt.

    until   when to ask again: an aware time, or how long from now
    why     one plain sentence for people, without personal data
    """

    def __init__(self, until: datetime | timedelta, why: str) -> None:
        super().__init__(why)
        self.until = until if isinstance(until, timedelta) else to_utc(until)
        self.why = why

    def moment(self, now: datetime) -> datetime:
        """When to ask again, as a time."""
        return now + self.until if isinstance(self.until, timedelta) else self.until


@dataclass(frozen=True)
class JobRun:
    """One attempt at a job. The handler opens its own transactions, and calls outside between them.

    A handler must be safe to run again: a process that dies in the middle starts over elsewhere.
    """

    job_id: int
    name: str
    args: Mapping[str, Any]
    attempt: int
    max_attempts: int
    transactions: Transactions

    @property
    def is_last_attempt(self) -> bool:
        """Whether the job is parked if this attempt fails."""
        return self.attempt >= self.max_attempts

    @property
    def actor(self) -> str:
        """Who acts, for histories."""
        return f"job:{self.name}"

    def transaction(self) -> AbstractContextManager[Context]:
        """A transaction that commits at the end of the block."""
        return self.transactions.writing(self.actor)

    def reading(self) -> AbstractContextManager[Context]:
        """A transaction that only reads."""
        return self.transactions.reading(self.actor)


@dataclass(frozen=True)
class JobType:
    """A kind of background work.

    name          the name that `enqueue` takes; a plugin's start with its own: `my_plugin.mail`
    handler       does the work; returning means done, and a text that it returns is kept as the result:
                  at most 500 characters, without personal data
    max_attempts  after so many failures the job is parked for a person
    title         for people; the name is shown if it is empty
    on_failed     called with the last run and the safe error text before the job is parked, so
                  that a problem can be raised; at least once, so it must be safe to call again.
                  Without it the problem `job_failed` is raised
    """

    name: str
    handler: Callable[[JobRun], str | None]
    max_attempts: int = 8
    title: str = ""
    on_failed: Callable[[JobRun, str], None] | None = None


class JobWorld(Protocol):
    """The application as a runner sees it at one moment."""

    @property
    def transactions(self) -> Transactions:
        """Opens transactions."""
        ...

    @property
    def job_types(self) -> Mapping[str, JobType]:
        """Every kind of job that the core and the enabled plugins know, by its name."""
        ...


class JobHost(Protocol):
    """Gives the application as it is now; asked anew before each job."""

    def current(self) -> JobWorld:
        """The application with the plugins that are enabled at this moment."""
        ...
