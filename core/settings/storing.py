"""Reading and saving settings: merged under a lock, validated as a whole, with history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access import note_audit
from core.context import Context
from core.errors import InvalidValue, NotConfigured
from core.settings.fields import (
    attribute_of,
    check_known,
    default_of,
    fields_of,
    is_secret,
    load_values,
    to_json,
)
from core.settings.tables import SettingsChange, SettingsKey, StoredSettings


def read_settings(ctx: Context, key: SettingsKey, schema: Schema) -> dict[str, Any]:
    """The values as Python objects, by field; the schema's `load_default` fills what was never set.

    Raises NotConfigured, naming the fields, if something required was never set or a stored value
    is not valid any more.
    """
    try:
        return load_values(schema, _stored(_find(ctx.session, key)))
    except InvalidValue as error:
        raise NotConfigured(f"the settings of {key} are {error}") from error


def show_settings(ctx: Context, key: SettingsKey, schema: Schema) -> dict[str, Any]:
    """The values in JSON form, valid or not; a secret is only `set` or `not set`."""
    stored = _stored(_find(ctx.session, key))
    return {
        name: _mark(stored.get(name)) if is_secret(field) else stored.get(name, default_of(field))
        for name, field in fields_of(schema).items()
    }


def save_settings(ctx: Context, key: SettingsKey, schema: Schema, changes: Mapping[str, Any]) -> list[str]:
    """Change some values and keep the others; returns the names of the fields that changed.

    `changes` are in the form that the schema loads: text from a command line or form, or JSON. An
    empty value for a secret keeps the one there is. Two processes that save at once wait for each
    other, so none loses the other's change. Raises InvalidValue with `fields`, and then saves
    nothing.
    """
    check_known(schema, changes)
    fields = fields_of(schema)
    wanted = {
        name: value
        for name, value in changes.items()
        if not (is_secret(fields[name]) and value in ("", None))
    }
    row = _lock(ctx, key)
    try:
        changed = _merge(ctx, row, schema, wanted)
    except InvalidValue:
        _forget_if_new(ctx.session, row)
        raise
    if not changed:
        _forget_if_new(ctx.session, row)
    ctx.session.flush()
    return changed


def settings_version(ctx: Context, key: SettingsKey) -> int:
    """How often they were changed: what a page is shown with, for `changed_since`."""
    row = _find(ctx.session, key)
    return row.version if row else 0


def changed_since(ctx: Context, key: SettingsKey, version: int) -> str | None:
    """Who changed them last, if they are no longer at this version; None if they are.

    They are held until the transaction ends: what is saved next is based on what was looked at.
    """
    row = _lock(ctx, key)
    if row.version == version:
        return None
    _forget_if_new(ctx.session, row)
    return row.changed_by


def stored_values(ctx: Context, key: SettingsKey) -> dict[str, Any]:
    """What was ever set, in JSON form, secrets included: to be loaded, never to be shown."""
    return _stored(_find(ctx.session, key))


def _merge(
    ctx: Context,
    row: StoredSettings,
    schema: Schema,
    wanted: Mapping[str, Any],
) -> list[str]:
    """Validate stored and wanted values together and write what differs; returns its names."""
    fields = fields_of(schema)
    stored = _stored(row)
    loaded = load_values(schema, {**stored, **wanted})
    before = {name: stored.get(name, default_of(fields[name])) for name in wanted}
    after = {name: to_json(fields[name], loaded[attribute_of(fields[name])]) for name in wanted}
    changed = [name for name in wanted if before[name] != after[name]]
    if not changed:
        return []
    _write(row, fields, {**stored, **{name: after[name] for name in changed}})
    row.changed_at = ctx.clock.now()
    row.changed_by = ctx.actor
    row.version += 1
    secret = {name for name in changed if is_secret(fields[name])}
    _remember(
        ctx,
        row,
        {name: _mark(before[name]) if name in secret else before[name] for name in changed},
        {name: _mark_new(before[name]) if name in secret else after[name] for name in changed},
    )
    return changed


def _remember(ctx: Context, row: StoredSettings, before: dict[str, Any], after: dict[str, Any]) -> None:
    names = " ".join(part for part in (row.owner, row.scope, row.scope_id) if part)
    note_audit(ctx, "settings.changed", f"settings:{names}"[:160], changed=sorted(after))
    ctx.session.add(
        SettingsChange(
            owner=row.owner,
            scope=row.scope,
            scope_id=row.scope_id,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
            before=before,
            after=after,
        )
    )


def _write(row: StoredSettings, fields: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Split the values; one that no field describes stays on the side where it was."""
    before = row.secrets or {}
    hidden = {name for name in values if (is_secret(fields[name]) if name in fields else name in before)}
    row.values = {name: value for name, value in values.items() if name not in hidden}
    row.secrets = {name: values[name] for name in hidden} or None


def _lock(ctx: Context, key: SettingsKey) -> StoredSettings:
    """The row, held until the transaction ends; an empty new one if there is none."""
    row = _find(ctx.session, key, lock=True)
    if row is not None:
        return row
    row = StoredSettings(
        owner=key.owner,
        scope=key.scope,
        scope_id=key.scope_id,
        values={},
        changed_at=ctx.clock.now(),
        changed_by=ctx.actor,
        version=0,
    )
    try:
        with ctx.session.begin_nested():
            ctx.session.add(row)
    except IntegrityError:
        found = _find(ctx.session, key, lock=True)
        if found is None:
            raise
        return found
    return row


def _forget_if_new(session: Session, row: StoredSettings) -> None:
    if row.version == 0:
        session.delete(row)
        session.flush()


def _find(session: Session, key: SettingsKey, *, lock: bool = False) -> StoredSettings | None:
    query = select(StoredSettings).filter_by(owner=key.owner, scope=key.scope, scope_id=key.scope_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def _stored(row: StoredSettings | None) -> dict[str, Any]:
    return {**row.values, **(row.secrets or {})} if row else {}


def _mark(secret: Any) -> str:
    return "set" if secret else "not set"


def _mark_new(before: Any) -> str:
    return "changed" if before else "set"
