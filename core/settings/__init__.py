"""Settings: described by marshmallow schemas, one per owner and scope; stored, with history."""

from core.settings.addresses import check_secrets_stay
from core.settings.describing import FieldDescription, describe_fields
from core.settings.history import (
    Change,
    Difference,
    describe_change,
    list_history,
    no_longer_valid,
    undo_change,
    value_in_words,
    values_before,
)
from core.settings.parsing import parse_text_changes
from core.settings.storing import (
    changed_since,
    read_settings,
    save_settings,
    settings_version,
    show_settings,
)
from core.settings.tables import SettingsChange, SettingsKey, StoredSettings
from core.settings.trying import Triable, can_be_tried, settings_with, try_settings

__all__ = [
    "Change",
    "Difference",
    "FieldDescription",
    "SettingsChange",
    "SettingsKey",
    "StoredSettings",
    "Triable",
    "can_be_tried",
    "changed_since",
    "check_secrets_stay",
    "describe_change",
    "describe_fields",
    "list_history",
    "no_longer_valid",
    "parse_text_changes",
    "read_settings",
    "save_settings",
    "settings_version",
    "settings_with",
    "show_settings",
    "try_settings",
    "undo_change",
    "value_in_words",
    "values_before",
]
