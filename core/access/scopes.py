"""What an API token may be used for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Scope:
    """Something that a token may be used for.

    key     `<noun>:<verb>`
    title   what it allows, in words
    names   what `key:<name>` may narrow it to, asked when a token is made; None: nothing narrows it
    """

    key: str
    title: str
    names: Callable[[Session], Iterable[str]] | None = None

    def narrowed(self, session: Session) -> list[str]:
        """Every narrower scope that a token can have in its place now; none if its plugin fails."""
        try:
            return sorted(f"{self.key}:{name}" for name in (self.names(session) if self.names else ()))
        except Exception as error:
            _log.warning("scope_failed", scope=self.key, error=type(error).__name__)
            return []


CORE_SCOPES: tuple[Scope, ...] = (
    Scope("orders:read", "Read orders and shipments"),
    Scope("orders:write", "Cancel, refund, hold and release orders"),
    Scope("shipments:write", "Ship orders"),
    Scope("catalog:read", "Read products"),
    Scope("catalog:write", "Change products"),
    Scope("stock:read", "Read stock"),
    Scope("stock:write", "Change stock"),
    Scope("customers:read", "Read customers"),
    Scope("customers:write", "Change customers"),
    Scope("channel_orders:read", "Read channel orders"),
    Scope("jobs:read", "Read background work"),
    Scope("jobs:write", "Retry and cancel background work"),
    Scope("personal_data:read", "Names, email addresses and addresses in what is read"),
    Scope("metrics:read", "Read the metrics"),
)
