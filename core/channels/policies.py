"""Customer policies that channels share: building a customer account for a channel's buyer."""

from __future__ import annotations

from core.channels.registration import Channel
from core.commerce.customers import (
    CustomerDecision,
    CustomerPolicy,
    CustomerRequest,
    match_or_create,
)
from core.context import Context

BUILD_NEW = CustomerPolicy("build_new_customer_account", "Build New Customer Account")


def build_customer(ctx: Context, channel: Channel, request: CustomerRequest) -> CustomerDecision | None:
    """The customer with the buyer's email address, else a new one; None for what is another's to say."""
    if request.policy != BUILD_NEW.key or request.channel != channel.key:
        return None
    return match_or_create(ctx.session, request)
