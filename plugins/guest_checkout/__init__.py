"""Guest checkout: the customer policy that creates no customer."""

from core import Plugin

plugin = Plugin(
    name="guest_checkout",
    title="Guest checkout",
    version="0.1.0",
    hooks="plugins.guest_checkout.hooks",
)
