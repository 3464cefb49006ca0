"""Time: always aware, always UTC, and given to whoever needs it, so that tests can set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved: for tests."""

    def __init__(self, start: datetime) -> None:
        self._now = to_utc(start)

    def now(self) -> datetime:
        """Where the clock was set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._now += by


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive one, which names no moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone, so it names no moment")
    return moment.astimezone(UTC)


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time with its zone, as UTC. Raises ValueError for anything else."""
    return to_utc(datetime.fromisoformat(text))
