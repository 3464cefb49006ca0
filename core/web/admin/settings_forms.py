"""Forms of settings: what was entered goes to the verb that merges it with what is stored and checks it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema

from core.context import Context
from core.errors import InvalidValue
from core.settings import FieldDescription, SettingsKey, changed_since, describe_fields
from core.settings.fields import fields_of
from core.web.admin.actors import actor_names
from core.web.admin.forms import Form


def entered_changes(schema: Schema) -> dict[str, Any]:
    """What the form of this request asks to be saved.

    A secret that is left empty is not in it, so it keeps its value; nor is a field that was disabled.
    """
    changes: dict[str, Any] = {}
    for one in describe_fields(schema):
        if one.kind == "boolean":
            changes[one.name] = one.name in request.form
        elif one.kind == "choices":
            changes[one.name] = request.form.getlist(one.name)
        elif one.name in request.form:
            text = request.form[one.name].strip()
            if text or not one.is_secret:
                changes[one.name] = _parse(schema, one, text)
    return changes


def refuse_if_changed(ctx: Context, key: SettingsKey) -> None:
    """Raise InvalidValue if somebody saved these settings after the page of this request was shown."""
    seen = request.form.get("seen", "")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return
    actor = changed_since(ctx, key, int(seen))
    if actor is not None:
        raise InvalidValue(
            _(
                "%(who)s saved these settings while you had this page open. Nothing of yours is saved yet, "
                "and what you entered still stands here: compare it with the history, then save again.",
                who=actor_names(ctx, [actor])[actor],
            )
        )


def form_of_changes(schema: Schema, shown: dict[str, Any]) -> Form:
    """The form as it was entered, over what is stored; secrets are never repeated."""
    form = Form.of(schema, shown)
    entered = {
        one.name: _as_entered(one)
        for one in describe_fields(schema)
        if not one.is_secret and (one.name in request.form or one.kind in ("boolean", "choices"))
    }
    form.values = {**form.values, **entered}
    return form


def _as_entered(one: FieldDescription) -> Any:
    if one.kind == "boolean":
        return one.name in request.form
    if one.kind == "choices":
        return request.form.getlist(one.name)
    return request.form[one.name].strip()


def _parse(schema: Schema, one: FieldDescription, text: str) -> Any:
    if one.kind == "list":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if one.kind == "mapping":
        pairs = (line.partition("=") for line in text.splitlines() if line.strip())
        return {name.strip(): value.strip() for name, _equals, value in pairs}
    if not text and fields_of(schema)[one.name].allow_none:
        return None
    return text
