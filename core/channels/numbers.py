"""Order numbers built from the channel's own number."""

from __future__ import annotations

from core.channels.registration import Channel
from core.commerce.orders import OrderNumberRequest


def channel_number(channel: Channel, request: OrderNumberRequest) -> str | None:
    """The channel's own number where the settings ask for it; None for what is another's to say."""
    if request.source != channel.key or request.channel != channel.key:
        return None
    return request.external_id
