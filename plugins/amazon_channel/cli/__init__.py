"""`entrepot amazon …` and `entrepot demo`."""

from __future__ import annotations

import click

from plugins.amazon_channel.cli.accounts import accounts
from plugins.amazon_channel.cli.demo import demo
from plugins.amazon_channel.cli.orders import explain, orders, sync
from plugins.amazon_channel.cli.settings import settings
from plugins.amazon_channel.cli.simulate import simulate


def commands() -> list[click.Command]:
    """What `cli_register` gives."""
    amazon = click.Group(
        "amazon",
        help="Amazon: accounts, orders, settings, and a simulator.",
        commands=[accounts, sync, orders, explain, settings, simulate],
    )
    return [amazon, demo]
