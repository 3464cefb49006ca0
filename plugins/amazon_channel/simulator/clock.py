"""The simulator's own time: it starts at the present, runs on, and can be moved forward."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .errors import NotPossible


class Clock:
    """Time in UTC, in whole milliseconds like the timestamps of Amazon's answers.

    A clock that is not ``running`` stands still between two calls of `advance`, for tests that
    compare timestamps.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        running: bool = True,
        elapsed_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        if start is not None and start.tzinfo is None:
            raise NotPossible("The clock needs a time with a time zone, such as datetime.now(UTC).")
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._moved = timedelta()
        self._elapsed_seconds = elapsed_seconds if running else lambda: 0.0
        self._origin = self._elapsed_seconds()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present moment of the simulated Amazon."""
        passed = timedelta(seconds=self._elapsed_seconds() - self._origin)
        with self._lock:
            return whole_milliseconds(self._start + self._moved + passed)

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward and say what time it is then. Time never goes back."""
        if by < timedelta():
            raise NotPossible("The clock only moves forward.")
        with self._lock:
            self._moved += by
        return self.now()


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment without what is finer than a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def as_timestamp(moment: datetime) -> str:
    """A moment as Amazon writes it: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (f"{moment.microsecond // 1000:03d}Z")


def read_timestamp(text: str) -> datetime:
    """The moment that an ISO 8601 text with a time zone names; ValueError for any other text."""
    moment = datetime.fromisoformat(text)
    if "T" not in text or moment.tzinfo is None:
        raise ValueError(f"{text!r} is not a date and time with a time zone.")
    return moment.astimezone(UTC)
