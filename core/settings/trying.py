"""Trying settings before they are saved: a schema that can do that has a method `try_values`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from marshmallow import Schema

from core.context import Context
from core.errors import EntrepotError, PluginFailed
from core.settings.fields import check_known, load_values
from core.settings.storing import stored_values
from core.settings.tables import SettingsKey


@runtime_checkable
class Triable(Protocol):
    """A schema whose settings can be tried: a mail server is asked, a folder is looked at."""

    def try_values(self, values: Mapping[str, Any]) -> str:
        """Try the loaded values, outside of any transaction and within seconds; what to tell a person.

        Raises an error of `core.errors` with one plain sentence if they do not work.
        """
        ...


def can_be_tried(schema: Schema) -> bool:
    """Whether the schema has a way to try its settings."""
    return isinstance(schema, Triable)


def settings_with(
    ctx: Context, key: SettingsKey, schema: Schema, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The loaded values as they would be after saving these changes. Raises InvalidValue."""
    check_known(schema, changes)
    return load_values(schema, {**stored_values(ctx, key), **changes})


def try_settings(plugin: str, schema: Schema, values: Mapping[str, Any]) -> str:
    """What the schema says of these values. Call it outside of any transaction.

    Raises what the schema raises of `core.errors`, PluginFailed for anything else.
    """
    assert isinstance(schema, Triable), "ask can_be_tried first"  # noqa: S101
    try:
        return schema.try_values(values)
    except EntrepotError:
        raise
    except Exception as error:
        raise PluginFailed(plugin, "try_values", error) from error
