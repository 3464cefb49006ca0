"""Logs: one JSON object a line on standard error, with secrets and personal data struck out."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_STRUCK_OUT = "[removed]"
_NEVER_LOGGED = (
    "token", "secret", "password", "authorization", "credential", "email", "buyer", "address",
    "phone", "payload", "body", "recipient",
)  # fmt: skip


def configure_logs(level: str) -> None:
    """Send what is at least this urgent to standard error. Called once, by a command."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            strike_out,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level, logging.WARNING)
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def strike_out(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every value whose name tells that it is a secret or somebody's data."""
    for key in event:
        if key != "event" and any(word in key.lower() for word in _NEVER_LOGGED):
            event[key] = _STRUCK_OUT
    return event
