"""`entrepot plugins`: what is installed, and what of it is enabled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from core.application import Application
from core.channels.accounts import list_accounts
from core.channels.order_settings import policy_users
from core.cli.context import (
    ACTOR,
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_rows,
)
from core.context import Context
from core.events import resume_deliveries
from core.extensions import disable_plugin, enable_plugin

_YES = "(confirm with --yes)"


@click.group()
def plugins() -> None:
    """Plugins: list, enable, disable."""


@plugins.command("list")
@limit_option
@json_option
@pass_command_line
def plugins_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every plugin that is installed, or enabled and missing. A disabled one is not imported."""
    app = command_line.app
    host = app.plugin_host()
    enabled = host.enabled()
    set_aside = {**host.found.set_aside, **app.hooks.set_aside}
    rows: list[dict[str, Any]] = []
    for name in sorted({*host.found.plugins, *set_aside, *enabled}):
        found = host.found.plugins.get(name)
        loaded = app.hooks.plugins.get(name)
        rows.append(
            {
                "name": name,
                "title": loaded.title if loaded else None,
                "state": _state(name, enabled, set_aside),
                "version": loaded.version if loaded else found.version if found else None,
                "distribution": found.distribution if found else None,
                "entry_point": found.value if found else None,
                "reason": set_aside.get(name),
            }
        )
    columns = ["name", "state", "version", "distribution", "reason"]
    show_rows(rows[:limit], columns, as_json=as_json, empty="No plugin is installed.")


@plugins.command("enable")
@click.argument("name")
@pass_command_line
def plugins_enable(command_line: CommandLine, name: str) -> None:
    """Enable a plugin: its tables are brought up, and every process uses it from now on."""
    if enable_plugin(command_line.app.plugin_host(), name, ACTOR):
        with command_line.writing() as ctx:
            resume_deliveries(ctx, name)
        click.echo(f"{name} is enabled.")
    else:
        click.echo(f"{name} was enabled already.")


@plugins.command("disable")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Disable it although accounts stop importing.")
@pass_command_line
def plugins_disable(command_line: CommandLine, name: str, yes: bool) -> None:
    """Disable a plugin. It loses no data. Says first which accounts would stop."""
    app = command_line.app

    def consequences(ctx: Context) -> Iterable[str]:
        yield from _accounts_that_are_not_read(ctx, app, name)
        yield from _accounts_without_policy(ctx, app, name)

    if disable_plugin(app.plugin_host(), name, ACTOR, consequences, confirmed=yes):
        click.echo(f"{name} is disabled; its data stays.")
    else:
        click.echo(f"{name} was not enabled.")


def _accounts_that_are_not_read(ctx: Context, app: Application, plugin: str) -> Iterable[str]:
    for channel in app.registry.channels.values():
        if channel.plugin == plugin:
            for account in list_accounts(ctx.session, channel.key):
                yield f"{account.name} is not read any more, because only {plugin} knows its channel {_YES}"


def _accounts_without_policy(ctx: Context, app: Application, plugin: str) -> Iterable[str]:
    for supplier, policy in app.hooks.contributions("customer_policy_register"):
        if supplier != plugin:
            continue
        for user in policy_users(ctx.session, ctx, app.registry, policy.key):
            yield (
                f"{user} stops creating orders, because its setting customer_creation names "
                f"{policy.key}, which only {plugin} supplies {_YES}"
            )


def _state(name: str, enabled: Iterable[str], set_aside: Iterable[str]) -> str:
    if name in set_aside:
        return "set aside"
    return "enabled" if name in enabled else "disabled"
