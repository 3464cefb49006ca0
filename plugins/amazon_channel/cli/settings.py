"""`entrepot amazon settings`: the order settings of a marketplace, and an account's own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from core.channels.account_settings import account_settings_key, save_account_settings
from core.channels.accounts import Account, AccountMarketplace, get_account, get_marketplace
from core.channels.changing_settings import change_order_settings
from core.channels.order_settings import OrderSettingsSchema, read_order_settings
from core.channels.registration import Registry
from core.cli.context import (
    CommandLine,
    changes_argument,
    json_option,
    pass_command_line,
    say_error,
    show_values,
)
from core.context import Context
from core.settings import parse_text_changes, show_settings
from plugins.amazon_channel.mapping import AMAZON
from plugins.amazon_channel.settings import AmazonAccountSettings

account_option = click.option("--account", required=True, help="The account's name.")
marketplace_option = click.option(
    "--marketplace", help="A marketplace's id: its order settings. Without: the account's own settings."
)


@click.group()
def settings() -> None:
    """Order settings of a marketplace, or the settings of an account."""


@settings.command("show")
@account_option
@marketplace_option
@json_option
@pass_command_line
def settings_show(command_line: CommandLine, account: str, marketplace: str | None, as_json: bool) -> None:
    """Show the settings."""
    with command_line.reading() as ctx:
        row = get_account(ctx.session, AMAZON, account)
        values = _read(ctx, command_line.app.registry, row, marketplace)
    show_values(values, as_json=as_json)


@settings.command("set")
@account_option
@marketplace_option
@changes_argument
@json_option
@pass_command_line
def settings_set(
    command_line: CommandLine,
    account: str,
    marketplace: str | None,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change settings; all of them are checked together, and nothing is saved if one is wrong."""
    registry = command_line.app.registry
    with command_line.writing() as ctx:
        row = get_account(ctx.session, AMAZON, account)
        if marketplace is None:
            schema = AmazonAccountSettings()
            wanted = parse_text_changes(schema, list(changes))
            save_account_settings(ctx, registry.get_channel(AMAZON), row, schema, wanted)
        else:
            changed = _save_orders(ctx, registry, get_marketplace(row, marketplace), changes)
            _warn(changed)
        values = _read(ctx, registry, row, marketplace)
    show_values(values, as_json=as_json)


def _save_orders(
    ctx: Context, registry: Registry, marketplace: AccountMarketplace, changes: tuple[str, ...]
) -> dict[str, Any]:
    wanted = parse_text_changes(OrderSettingsSchema(), list(changes))
    changed = change_order_settings(ctx, registry, marketplace, wanted)
    return {name: wanted[name] for name in changed}


def _warn(changed: dict[str, Any]) -> None:
    if changed.get("order_number_source") == AMAZON:
        say_error("note that external fulfillment systems expect the store's order number")


def _read(ctx: Context, registry: Registry, account: Account, marketplace: str | None) -> dict[str, Any]:
    channel = registry.get_channel(AMAZON)
    if marketplace is None:
        return show_settings(ctx, account_settings_key(channel, account), AmazonAccountSettings())
    return asdict(read_order_settings(ctx, channel, get_marketplace(account, marketplace)))
