"""What can go wrong with Amazon, as leaves of the core's own tree.

Each also carries `request_id`, Amazon's number of the call, which Amazon's support asks for::

    AmazonAccessDenied  AmazonRejected  AmazonNotFound  AmazonUnavailable  AmazonQuotaExhausted

`UnreadableOrder` and `UnreadableAnswer` come from `mapping`: what Amazon sent makes no sense to us.
"""

from __future__ import annotations

from datetime import timedelta

from core.errors import (
    AccessDenied,
    InvalidValue,
    NotFound,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)


class UnreadableOrder(InvalidValue):
    """One order that cannot be read, with the reason in words that hold nothing personal."""

    code = "unreadable_order"


class AmazonAccessDenied(AccessDenied):
    """Amazon does not accept the credentials, or they lack a permission."""

    def __init__(self, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class AmazonRejected(RejectedByChannel):
    """Amazon understood the request and said no, for good."""

    def __init__(self, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class AmazonNotFound(NotFound):
    """Amazon has no such order for this seller."""

    def __init__(self, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class AmazonUnavailable(TemporarilyUnavailable):
    """Amazon, or the way to it, does not work at this moment."""

    def __init__(
        self, message: str, request_id: str | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, retry_after)
        self.request_id = request_id


class UnreadableAnswer(AmazonUnavailable):
    """A whole answer without the shape that Amazon documents: most likely not Amazon's own."""


class AmazonQuotaExhausted(QuotaExhausted):
    """Amazon's rate allows no further call yet."""

    def __init__(
        self, message: str, request_id: str | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, retry_after)
        self.request_id = request_id
