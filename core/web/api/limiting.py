"""How often one token may ask: so many requests a minute, kept by this process alone.

It stops a script that runs wild, which needs no exact count. A row in the database would cost every reading
a writing transaction, and on SQLite have readers wait for each other; so each process counts for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic

#: How many tokens a process remembers; one that is forgotten starts with all its requests.
_REMEMBERED = 10_000


@dataclass
class _Bucket:
    left: float
    at: float


class Limiter:
    """Buckets that fill evenly; an empty one says how many seconds until the next request."""

    def __init__(self, per_minute: int, now: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, _Bucket] = {}

    def seconds_to_wait(self, key: Hashable) -> float:
        """Take one request out of the bucket: 0 if there was one, else how long until there is."""
        rate, now = self._per_minute / 60, self._now()
        with self._lock:
            bucket = self._buckets.pop(key, None) or _Bucket(self._per_minute, now)
            bucket.left = min(self._per_minute, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            self._buckets[key] = bucket
            while len(self._buckets) > _REMEMBERED:
                del self._buckets[next(iter(self._buckets))]
            if bucket.left < 1:
                return (1 - bucket.left) / rate
            bucket.left -= 1
            return 0.0
