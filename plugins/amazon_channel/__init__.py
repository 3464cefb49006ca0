"""Amazon as a sales channel: its orders in, tracking numbers back."""

from core import Plugin
from plugins.amazon_channel.settings import AmazonAccountSettings

plugin = Plugin(
    name="amazon_channel",
    title="Amazon",
    version="0.1.0",
    hooks="plugins.amazon_channel.hooks",
    settings={"account": AmazonAccountSettings},
)
