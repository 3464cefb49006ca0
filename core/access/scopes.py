"""What an API token may be used for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Something that a token may be used for.

    key           `<noun>:<verb>`
    title         what it allows, in words
    is_prefix     `key:<anything>` is a narrower scope of the same kind
    """

    key: str
    title: str
    is_prefix: bool = False

    def covers(self, scope: str) -> bool:
        """Whether a token may be given this scope under the registered one."""
        narrower = scope.removeprefix(f"{self.key}:") if self.is_prefix else scope
        return scope == self.key or (narrower != scope and bool(narrower.strip()))


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
