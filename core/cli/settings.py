"""`entrepot settings`: what a plugin's schemas describe, shown and changed."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

import click
from marshmallow import Schema

from core.channels.changing_settings import change_settings, settings_key_of
from core.cli.context import (
    CommandLine,
    as_text,
    changes_argument,
    json_option,
    pass_command_line,
    print_json,
    show_values,
)
from core.errors import NotFound
from core.plugin import SETTING_SCOPES
from core.settings import SettingsKey, parse_text_changes, show_settings

scope_option = click.option(
    "--scope",
    type=click.Choice(SETTING_SCOPES),
    default="global",
    show_default=True,
    help="What the settings are for.",
)
id_option = click.option("--id", "scope_id", default="", help="An account's name, or ACCOUNT/MARKETPLACE.")


@click.group()
def settings() -> None:
    """Settings of plugins. Order settings: `entrepot amazon settings`."""


@settings.command("show")
@click.argument("plugin", required=False)
@scope_option
@id_option
@json_option
@pass_command_line
def settings_show(
    command_line: CommandLine, plugin: str | None, scope: str, scope_id: str, as_json: bool
) -> None:
    """Show a plugin's settings, or without a plugin the global ones of all."""
    if plugin is None:
        if scope_id or scope != "global":
            raise click.UsageError("--scope and --id go with the name of a plugin")
        _show_all(_all_global(command_line), as_json=as_json)
        return
    schema = _find_schema(command_line, plugin, scope, scope_id)
    with command_line.reading() as ctx:
        key = settings_key_of(ctx.session, plugin, scope, scope_id)
        values = show_settings(ctx, key, schema)
    show_values(values, as_json=as_json)


class _Place(TypedDict):
    plugin: str
    scope: str
    scope_id: str


@settings.command("set")
@click.argument("plugin")
@changes_argument
@scope_option
@id_option
@json_option
@pass_command_line
def settings_set(
    command_line: CommandLine,
    /,
    *,
    changes: tuple[str, ...],
    as_json: bool,
    **place: Unpack[_Place],
) -> None:
    """Change a plugin's settings; all of them are checked together."""
    schema = _find_schema(command_line, place["plugin"], place["scope"], place["scope_id"])
    with command_line.writing() as ctx:
        key = settings_key_of(ctx.session, **place)
        wanted = parse_text_changes(schema, list(changes))
        change_settings(ctx, command_line.app.registry, key, schema, wanted)
        values = show_settings(ctx, key, schema)
    show_values(values, as_json=as_json)


def _show_all(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
    elif not shown:
        click.echo("No enabled plugin has global settings.")
    for plugin, values in () if as_json else shown.items():
        click.echo(f"{plugin}:")
        for name, value in values.items():
            click.echo(f"  {name}: {as_text(value)}")


def _all_global(command_line: CommandLine) -> dict[str, Any]:
    shown = {}
    with command_line.reading() as ctx:
        for name, plugin in command_line.app.hooks.plugins.items():
            if "global" in plugin.settings:
                key = SettingsKey(name, "global")
                shown[name] = show_settings(ctx, key, plugin.settings["global"]())
    return shown


def _find_schema(command_line: CommandLine, name: str, scope: str, scope_id: str) -> Schema:
    plugin = command_line.app.hooks.plugins.get(name)
    if plugin is None:
        known = ", ".join(command_line.app.hooks.plugins)
        raise NotFound(f"there is no enabled plugin {name!r}; there are: {known}")
    if scope not in plugin.settings:
        if not plugin.settings:
            raise NotFound(f"the plugin {name} has no settings at all")
        known = " or ".join(f"--scope {each}" for each in plugin.settings)
        raise NotFound(f"the plugin {name} has no {scope} settings: give {known}")
    if (scope == "global") == bool(scope_id):
        raise click.UsageError("--id goes with --scope account or marketplace, and they need it")
    return plugin.settings[scope]()
