"""Pure translation between Amazon's words and ours: no HTTP, no database, no clock.

`page_from_json`, `listed_from_json` and `order_from_json` read what Amazon says; `confirmation_body` and
`amazon_status` write what Amazon is told; `feed_document` and
`read_processing_report` are both sides of a feed.
"""

from plugins.amazon_channel.errors import UnreadableAnswer, UnreadableOrder
from plugins.amazon_channel.mapping.confirmation import confirmation_body
from plugins.amazon_channel.mapping.feeds import (
    CANCEL_REASONS,
    FEED_TYPES,
    REFUND_REASONS,
    feed_document,
    read_processing_report,
)
from plugins.amazon_channel.mapping.orders import AMAZON, listed_from_json, order_from_json, page_from_json
from plugins.amazon_channel.mapping.statuses import amazon_status

__all__ = [
    "AMAZON",
    "CANCEL_REASONS",
    "FEED_TYPES",
    "REFUND_REASONS",
    "UnreadableAnswer",
    "UnreadableOrder",
    "amazon_status",
    "confirmation_body",
    "feed_document",
    "listed_from_json",
    "order_from_json",
    "page_from_json",
    "read_processing_report",
]
