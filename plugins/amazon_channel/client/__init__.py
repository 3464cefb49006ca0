"""All that talks to Amazon over HTTP, and the only place in this plugin that does.

`connect` is what the channel registers, and makes an `AmazonConnection`; `AmazonFeeds` is the other one;
`check_url` is for whoever takes an address from a person; `TokenCache` is there for tests, which want one
of their own.
"""

from plugins.amazon_channel.client.addresses import check_url
from plugins.amazon_channel.client.connection import AmazonConnection, connect
from plugins.amazon_channel.client.feeds import AmazonFeeds
from plugins.amazon_channel.client.tokens import TokenCache

__all__ = ["AmazonConnection", "AmazonFeeds", "TokenCache", "check_url", "connect"]
