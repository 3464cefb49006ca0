"""What arrived at the simulator, for tests and for the page. No body with a token is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_REQUESTS = 1000
MOST_CONFIRMATIONS = 10_000


@dataclass(frozen=True)
class RequestRecord:
    """One call of the Selling Partner API or of Login with Amazon, and how it was answered."""

    method: str
    path: str
    query: Mapping[str, str]
    operation: str
    status: int
    received: datetime
    request_id: str


@dataclass(frozen=True)
class Confirmation:
    """The body of a confirmShipment call that was accepted, and the order it was for."""

    order_id: str
    body: Mapping[str, Any]
    received: datetime


class Journal:
    """The latest requests and the accepted confirmations, oldest first."""

    def __init__(self) -> None:
        self.requests: deque[RequestRecord] = deque(maxlen=MOST_REQUESTS)
        self.confirmations: deque[Confirmation] = deque(maxlen=MOST_CONFIRMATIONS)
