"""Account settings that every channel has: how often to poll, and what carriers are called there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from marshmallow.validate import Range

from core.channels.accounts import Account, schedule_polling
from core.channels.registration import Channel
from core.context import Context
from core.problems import resolve_problems
from core.settings import SettingsKey, read_settings, save_settings

MIN_MINUTES = 3
CARRIER_UNMAPPED = "carrier_unmapped"


class AccountSettingsSchema(Schema):
    """A channel's own account settings derive from this."""

    poll_minutes = fields.Integer(
        load_default=5,
        validate=Range(MIN_MINUTES, 24 * 60),
        metadata={
            "label": "Look for orders every (minutes)",
            "help": f"How often orders are asked for; never under {MIN_MINUTES} minutes",
            "group": "Synchronization",
        },
    )
    carriers = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={
            "label": "Carriers",
            "help": "What the channel calls your carriers: your name = its name, one a line",
            "group": "Shipping",
        },
    )


@dataclass(frozen=True)
class AccountSettings:
    """How often the account is polled, and the channel's name of each of our carriers."""

    poll_minutes: int
    carriers: Mapping[str, str]


def account_settings_key(channel: Channel, account: Account) -> SettingsKey:
    """Where an account's settings are kept."""
    return SettingsKey(channel.plugin, "account", str(account.id))


def read_account_settings(ctx: Context, channel: Channel, account: Account) -> AccountSettings:
    """The account's settings as they are, defaults where nothing was set."""
    schema = AccountSettingsSchema(unknown=EXCLUDE)
    values = read_settings(ctx, account_settings_key(channel, account), schema)
    return AccountSettings(values["poll_minutes"], values["carriers"])


def save_account_settings(
    ctx: Context, channel: Channel, account: Account, schema: Schema, changes: Mapping[str, Any]
) -> list[str]:
    """Change some settings, check all of them, and poll as often as they say from now on."""
    changed = list(save_settings(ctx, account_settings_key(channel, account), schema, changes))
    settings = read_account_settings(ctx, channel, account)
    every = timedelta(minutes=settings.poll_minutes)
    schedule_polling(ctx, account, max(every, channel.min_poll_interval))
    for ours in settings.carriers:
        resolve_problems(ctx, account.subject, [CARRIER_UNMAPPED], carrier_cause(account, ours))
    return changed


def carrier_cause(account: Account, carrier: str) -> str:
    """The cause under which a carrier is missing that the channel does not know, whatever its case."""
    return f"{account.name}/{carrier.strip().casefold()}"[:200]


def resolve_carrier(ctx: Context, channel: Channel, account: Account, carrier: str) -> str | None:
    """The channel's spelling of a carrier, by the account's mapping, then by the channel's own list."""
    spellings = {name.casefold(): name for name in channel.carriers}
    for ours, theirs in read_account_settings(ctx, channel, account).carriers.items():
        spellings[ours.casefold().strip()] = theirs
    return spellings.get(carrier.casefold().strip())
