"""When to try again, and what may be said about an error without giving away anybody's data."""

from __future__ import annotations

import random
from datetime import timedelta

from core.errors import EntrepotError, TemporarilyUnavailable

FIRST_SECONDS = 4.0
LONGEST_SECONDS = 15 * 60.0
_TEXT_LENGTH = 500
_dice = random.SystemRandom()


def backoff(attempt: int, error: BaseException | None = None) -> timedelta:
    """How long to wait after this attempt, the first being 1.

    Exponential with full jitter: about 2 seconds after the first, at most 15 minutes. The time that
    a `TemporarilyUnavailable` asks for is waited for at least.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt - 1, 16))
    wait = timedelta(seconds=_dice.uniform(0, longest))
    asked = error.retry_after if isinstance(error, TemporarilyUnavailable) else None
    return wait if asked is None else max(wait, asked)


def safe_error(error: BaseException) -> str:
    """The error's class, and for our own errors their sentence, which holds no personal data.

    Of a foreign exception only the class: its text could quote an address or a token.
    """
    name = type(error).__name__
    if isinstance(error, EntrepotError):
        return f"{name} ({error.code}): {error}"[:_TEXT_LENGTH]
    return name[:_TEXT_LENGTH]


def place_of(error: BaseException) -> str:
    """Where the error was raised, as `file:line`, for the log."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
