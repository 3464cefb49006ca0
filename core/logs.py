"""Logs: one JSON object a line on standard error, with secrets and personal data struck out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from traceback import extract_tb
from typing import Any

import structlog

DEFAULT_LEVEL = "WARNING"
_STRUCK_OUT = "[removed]"
_NEVER_LOGGED = (
    "token", "secret", "password", "authorization", "credential", "email", "buyer", "address",
    "phone", "payload", "body", "recipient",
)  # fmt: skip
_log = structlog.get_logger(__name__)
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


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
    _adopt_libraries(level)


def strike_out(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every value whose name tells that it is a secret or somebody's data, and email addresses."""
    for key in event:
        event[key] = _clean(key, event[key])
    return event


def trace_of(error: BaseException) -> list[str]:
    """Where an error passed through, as `file:line in function`. Not its text: that may quote anything."""
    lines = [
        f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in extract_tb(error.__traceback__)
    ]
    return [*lines, type(error).__name__]


class _Libraries(logging.Handler):
    """What libraries log: their words, never their values; those could be anybody's data."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on."""
        _log.log(record.levelno, "library", logger=record.name, words=str(record.msg))


def _adopt_libraries(level: str) -> None:
    """Only who asks for more than warnings hears of libraries: Entrepot tells itself what has failed."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Libraries):
            root.removeHandler(handler)
    is_wanted = level in ("DEBUG", "INFO")
    root.addHandler(_Libraries(logging.WARNING if is_wanted else logging.CRITICAL + 1))


def _clean(key: str, value: Any) -> Any:
    if key != "event" and any(word in key.lower() for word in _NEVER_LOGGED):
        return _STRUCK_OUT
    if isinstance(value, str):
        return _EMAIL.sub(_STRUCK_OUT, value)
    if isinstance(value, Mapping):
        return {name: _clean(str(name), each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean("event", each) for each in value]
    return value
