"""What was changed: by whom, when, from what to what; and taking one change back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import select

from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.settings.describing import FieldDescription, describe_fields
from core.settings.storing import save_settings
from core.settings.tables import SettingsChange, SettingsKey


@dataclass(frozen=True)
class Difference:
    """One setting of one change: its label, and both values as an operator reads them."""

    name: str
    label: str
    before: str
    after: str
    is_secret: bool


@dataclass(frozen=True)
class Change:
    """One change as an operator reads it; `can_be_undone` is false if it changed nothing but secrets."""

    id: int
    changed_at: datetime
    changed_by: str
    differences: tuple[Difference, ...]
    can_be_undone: bool


def list_history(
    ctx: Context, key: SettingsKey, *, limit: int = 50, before: int | None = None
) -> list[SettingsChange]:
    """The changes, the newest first; for the next page pass the last one's id as `before`."""
    rows = (
        select(SettingsChange)
        .filter_by(owner=key.owner, scope=key.scope, scope_id=key.scope_id)
        .order_by(SettingsChange.id.desc())
        .limit(limit)
    )
    return list(ctx.session.scalars(rows if before is None else rows.where(SettingsChange.id < before)))


def describe_change(change: SettingsChange, schema: Schema) -> Change:
    """A change in the words of the schema: labels of settings and of options. Secrets stay masked."""
    known = {field.name: field for field in describe_fields(schema)}
    differences = tuple(
        Difference(
            name,
            known[name].label if name in known else name,
            value_in_words(known.get(name), change.before.get(name)),
            value_in_words(known.get(name), after),
            name in known and known[name].is_secret,
        )
        for name, after in change.after.items()
    )
    can_be_undone = any(each.name in known and not each.is_secret for each in differences)
    return Change(change.id, change.changed_at, change.changed_by, differences, can_be_undone)


def values_before(ctx: Context, key: SettingsKey, schema: Schema, change_id: int) -> dict[str, Any]:
    """What to save to take a change back: its settings as they were before it, secrets apart.

    The earlier value of a secret is not kept. Raises NotFound for a change of something else, WrongState
    for one that changed nothing but secrets, or settings that there are no more.
    """
    change = ctx.session.get(SettingsChange, change_id)
    if change is None or SettingsKey(change.owner, change.scope, change.scope_id) != key:
        raise NotFound(f"there is no change {change_id} of the settings of {key}")
    known = {field.name: field for field in describe_fields(schema)}
    gone = [name for name in change.before if name not in known]
    if gone:
        raise WrongState(f"this change cannot be undone: there is no setting {', '.join(gone)} any more")
    values = {name: value for name, value in change.before.items() if not known[name].is_secret}
    if not values:
        raise WrongState(
            "this change cannot be undone: it changed a secret, and the earlier value of a secret is not "
            "kept; enter the one you want"
        )
    return values


def undo_change(ctx: Context, key: SettingsKey, schema: Schema, change_id: int) -> list[str]:
    """Save the values from before a change; the names of the settings that changed by it.

    That is a change of its own, in the history like any other. Raises NotFound, WrongState, also when the
    earlier values are not valid any more; then nothing is saved.
    """
    values = values_before(ctx, key, schema, change_id)
    try:
        return save_settings(ctx, key, schema, values)
    except InvalidValue as error:
        raise no_longer_valid(error) from error


def no_longer_valid(error: InvalidValue) -> WrongState:
    """The refusal of taking back a change whose earlier values do not fit any more."""
    return WrongState(f"this change cannot be undone, as the earlier values are not valid now: {error}")


def value_in_words(field: FieldDescription | None, value: Any) -> str:
    """A value in its stored form as people read it: an option by its label, empty as a dash."""
    options = {str(option): label for option, label in field.options} if field else {}
    if isinstance(value, Mapping):
        return ", ".join(f"{name} → {text}" for name, text in sorted(value.items())) or "-"
    if isinstance(value, list):
        return ", ".join(options.get(str(each), str(each)) for each in value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return options.get(str(value), "-" if value in (None, "") else str(value))
