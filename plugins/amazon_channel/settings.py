"""What an operator can set for Amazon, apart from the order settings that all channels share."""

from __future__ import annotations

from core.channels.account_settings import AccountSettingsSchema


class AmazonAccountSettings(AccountSettingsSchema):
    """Per seller account: how often to ask for orders, and Amazon's names of the carriers."""
