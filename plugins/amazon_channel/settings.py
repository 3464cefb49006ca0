"""What an operator can set for Amazon, apart from the order settings that all channels share."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.channels.account_settings import AccountSettingsSchema


class AmazonAccountSettings(AccountSettingsSchema):
    """Per seller account: how often to ask for orders, and Amazon's names of the carriers."""


class AmazonCredentials(Schema):
    """What Amazon asks of whoever connects: the application's keys and the seller's authorization."""

    client_id = fields.String(
        required=True,
        metadata={
            "label": "Client ID",
            "help": "Of your application, in the Solution Provider Portal: amzn1.application-oa2-client…",
            "group": "Application",
            "secret": True,
        },
    )
    client_secret = fields.String(
        required=True,
        metadata={
            "label": "Client secret",
            "help": "Beside the client ID. Amazon has it end 180 days after it was issued",
            "group": "Application",
            "secret": True,
        },
    )
    refresh_token = fields.String(
        required=True,
        metadata={
            "label": "Refresh token",
            "help": "What Amazon showed when you authorized the application: Atzr|…",
            "group": "Application",
            "secret": True,
        },
    )
    base_url = fields.String(
        load_default="",
        metadata={
            "label": "API address",
            "help": "Leave empty for Amazon's own. Only to connect to a simulator",
            "group": "Simulator",
            "address": True,
        },
    )
    lwa_url = fields.String(
        load_default="",
        metadata={
            "label": "Sign-in address",
            "help": "Leave empty for Amazon's own. Only to connect to a simulator",
            "group": "Simulator",
            "address": True,
        },
    )
