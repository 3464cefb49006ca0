"""Settings: described by marshmallow schemas, one per owner and scope; stored, with history."""

from core.settings.describing import FieldDescription, describe_fields
from core.settings.parsing import parse_text_changes
from core.settings.storing import (
    list_history,
    read_settings,
    save_settings,
    show_settings,
)
from core.settings.tables import SettingsChange, SettingsKey, StoredSettings

__all__ = [
    "FieldDescription",
    "SettingsChange",
    "SettingsKey",
    "StoredSettings",
    "describe_fields",
    "list_history",
    "parse_text_changes",
    "read_settings",
    "save_settings",
    "show_settings",
]
