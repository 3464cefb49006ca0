"""The policy *No Customer Creation (guest)*."""

from __future__ import annotations

from core import CustomerDecision, CustomerPolicy
from core.commerce.customers import GUEST, CustomerRequest

GUEST_POLICY = CustomerPolicy(GUEST, "No Customer Creation (guest)")


def guest_or_nothing(request: CustomerRequest) -> CustomerDecision | None:
    """A guest order where this policy is asked for; None for what is another's to say."""
    return CustomerDecision.guest() if request.policy == GUEST else None
