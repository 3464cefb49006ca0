"""What the simulator refuses, as one small tree.

SimulatorError
├── UnknownOrder   no order has this number
├── NotPossible    the order, or the simulator, cannot do that now; the message says why
└── ApiRefusal     an answer of Amazon's: HTTP status, code and message
"""

from __future__ import annotations


class SimulatorError(Exception):
    """Anything that the simulator refuses on purpose."""


class UnknownOrder(SimulatorError, LookupError):
    """No order has this number."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")


class NotPossible(SimulatorError, ValueError):
    """The wish is understood, but does not fit: a shipped order cannot be canceled, and so on."""


class ApiRefusal(SimulatorError):
    """An error that a caller of the Selling Partner API gets, with Amazon's code and message."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, object]:
        """The error list as Amazon writes it."""
        error = {"code": self.code, "message": self.message, "details": self.details}
        return {"errors": [error]}


def invalid_input(message: str, details: str = "") -> ApiRefusal:
    """400: the request itself is wrong."""
    return ApiRefusal(400, "InvalidInput", message, details)


def unauthorized(details: str) -> ApiRefusal:
    """403: no token, an expired one, or one that may not do this."""
    return ApiRefusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_found(order_id: str) -> ApiRefusal:
    """404: this seller has no such order."""
    return ApiRefusal(404, "NotFound", f"Order {order_id} was not found.")


def quota_exceeded() -> ApiRefusal:
    """429: the token bucket of this seller and operation is empty."""
    message = "You exceeded your quota for the requested resource."
    return ApiRefusal(429, "QuotaExceeded", message)
