"""The hook implementations of guest checkout."""

from __future__ import annotations

from core import CustomerDecision, CustomerPolicy, hookimpl
from core.commerce.customers import CustomerRequest
from plugins.guest_checkout.policy import GUEST_POLICY, guest_or_nothing


@hookimpl
def customer_policy_register() -> CustomerPolicy:
    """Offer *No Customer Creation (guest)*."""
    return GUEST_POLICY


@hookimpl
def customer_resolve(request: CustomerRequest) -> CustomerDecision | None:
    """Answer `guest` where the settings ask for it."""
    return guest_or_nothing(request)
