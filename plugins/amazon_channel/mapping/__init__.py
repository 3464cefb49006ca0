"""Pure translation between Amazon's words and ours: no HTTP, no database, no clock.

`page_from_json` and `order_from_json` read what Amazon says; `confirmation_body` and
`amazon_status` write what Amazon is told.
"""

from plugins.amazon_channel.errors import UnreadableAnswer, UnreadableOrder
from plugins.amazon_channel.mapping.confirmation import confirmation_body
from plugins.amazon_channel.mapping.orders import AMAZON, order_from_json, page_from_json
from plugins.amazon_channel.mapping.statuses import amazon_status

__all__ = [
    "AMAZON",
    "UnreadableAnswer",
    "UnreadableOrder",
    "amazon_status",
    "confirmation_body",
    "order_from_json",
    "page_from_json",
]
