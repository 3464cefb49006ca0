"""Amazon's quotas: one token bucket per seller and operation."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .errors import NotPossible, quota_exceeded


@dataclass(frozen=True)
class Rate:
    """So many requests a second on average, and so many at once."""

    per_second: float
    burst: int


AMAZON_RATES: Mapping[str, Rate] = {
    "searchOrders": Rate(0.0056, 20),
    "getOrder": Rate(0.5, 30),
    "confirmShipment": Rate(2, 10),
    "createFeedDocument": Rate(0.5, 15),
    "createFeed": Rate(0.0083, 15),
    "getFeeds": Rate(0.0222, 10),
    "getFeed": Rate(2, 15),
    "getFeedDocument": Rate(0.0222, 10),
}

Rates = Literal["amazon", "off"] | Mapping[str, tuple[float, int]]
"""Amazon's own quotas, none, or `(per second, burst)` for the operations that are named."""


@dataclass
class _Bucket:
    tokens: float
    filled: datetime


class RateLimits:
    """Counts requests against the quotas, in the simulator's time."""

    def __init__(self, rates: Rates = "amazon") -> None:
        if isinstance(rates, str) and rates not in ("amazon", "off"):
            raise NotPossible('Rates are "amazon", "off" or a mapping of operations.')
        named = {} if isinstance(rates, str) else rates
        unknown = set(named) - set(AMAZON_RATES)
        if unknown:
            raise NotPossible(f"There is no operation {', '.join(sorted(unknown))}.")
        self._rates = dict(AMAZON_RATES) | {name: Rate(*rate) for name, rate in named.items()}
        self._enforced = rates != "off"
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def header_value(self, operation: str) -> str:
        """What the `x-amzn-RateLimit-Limit` header says for the operation."""
        return str(self._rates[operation].per_second)

    def spend(self, seller_id: str, operation: str, now: datetime) -> None:
        """Take one request out of the bucket; 429 when it is empty."""
        if not self._enforced:
            return
        rate = self._rates[operation]
        with self._lock:
            bucket = self._buckets.setdefault((seller_id, operation), _Bucket(rate.burst, now))
            seconds = max(0.0, (now - bucket.filled).total_seconds())
            bucket.tokens = min(rate.burst, bucket.tokens + seconds * rate.per_second)
            bucket.filled = now
            if bucket.tokens < 1:
                raise quota_exceeded()
            bucket.tokens -= 1
