"""Settings of plugins: pages made from their marshmallow schemas, tried before they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema

from core.channels.changing_settings import change_settings, settings_key_of, undo_settings
from core.context import Context
from core.errors import EntrepotError, InvalidValue, NotFound, WrongState
from core.plugin import Plugin
from core.settings import (
    SettingsKey,
    can_be_tried,
    check_secrets_stay,
    describe_fields,
    settings_version,
    settings_with,
    show_settings,
    try_settings,
    values_before,
)
from core.settings.storing import stored_values
from core.web.admin.forms import Form
from core.web.admin.history import history_of, undone_message
from core.web.admin.settings_forms import entered_changes, form_of_changes, refuse_if_changed
from core.web.admin.shell import (
    answer,
    application,
    done,
    is_htmx,
    needs,
    reading,
    render,
    whole,
    writing,
)

pages = Blueprint("plugin_settings", __name__, url_prefix="/plugins/<plugin>/settings")


@dataclass(frozen=True)
class Place:
    """Which settings a page is about; `where` are the values of its address."""

    plugin: Plugin
    schema: Schema
    scope: str
    scope_id: str

    @property
    def where(self) -> dict[str, Any]:
        """What the address of each of its pages is made with."""
        found = {"plugin": self.plugin.name}
        return found | {"scope": self.scope, "scope_id": self.scope_id} if self.scope_id else found

    def key(self, ctx: Context) -> SettingsKey:
        """Where they are kept. Raises NotFound for an account that there is not."""
        return settings_key_of(ctx.session, self.plugin.name, self.scope, self.scope_id)


@pages.get("")
@pages.get("/<any(account, marketplace):scope>/<path:scope_id>")
@needs("settings.view")
def show(plugin: str, scope: str = "global", scope_id: str = "") -> str:
    """The page as it is saved."""
    place = _find(plugin, scope, scope_id)
    with reading() as ctx:
        return _page(ctx, place, Form.of(place.schema, show_settings(ctx, place.key(ctx), place.schema)))


@pages.post("")
@pages.post("/<any(account, marketplace):scope>/<path:scope_id>")
@needs("settings.edit")
def save(plugin: str, scope: str = "global", scope_id: str = "") -> Any:
    """Save the whole page, or nothing of it; tried first where the plugin can do that."""
    place = _find(plugin, scope, scope_id)
    changes = entered_changes(place.schema)
    action = request.form.get("action")
    try:
        said = _try(place, changes) if action == "test" or action != "anyway" else None
        if action == "test":
            return _tried(place, {"done": said or _("These settings are fine.")})
        with writing() as ctx:
            refuse_if_changed(ctx, place.key(ctx))
            check_secrets_stay(place.schema, stored_values(ctx, place.key(ctx)), changes)
            changed = change_settings(ctx, application().registry, place.key(ctx), place.schema, changes)
    except InvalidValue as error:
        return (
            _refused(place, error)
            if action != "test" or not is_htmx()
            else _tried(place, _words(error), error)
        )
    except EntrepotError as error:
        return _tried(place, _words(error))
    message = _("The settings are saved.") if changed else _("Nothing was changed.")
    return done(message, "plugin_settings.show", **place.where)


@pages.post("/undo/<int:change_id>")
@pages.post("/<any(account, marketplace):scope>/<path:scope_id>/undo/<int:change_id>")
@needs("settings.edit")
def undo(plugin: str, change_id: int, scope: str = "global", scope_id: str = "") -> Any:
    """Take one change back."""
    place = _find(plugin, scope, scope_id)
    with writing() as ctx:
        _check_undo(ctx, place, change_id)
        changed = undo_settings(ctx, application().registry, place.key(ctx), place.schema, change_id)
    return done(undone_message(changed), "plugin_settings.show", **place.where)


def _find(name: str, scope: str, scope_id: str) -> Place:
    plugin = application().hooks.plugins.get(name)
    if plugin is None:
        raise NotFound(f"there is no enabled plugin {name!r}")
    if scope not in plugin.settings:
        raise NotFound(f"the plugin {plugin.title} has no {scope} settings")
    return Place(plugin, plugin.settings[scope](), scope, scope_id)


def _try(place: Place, changes: dict[str, Any]) -> str | None:
    """What the plugin says of these settings, asked outside of any transaction."""
    if not can_be_tried(place.schema):
        return None
    with reading() as ctx:
        check_secrets_stay(place.schema, stored_values(ctx, place.key(ctx)), changes)
        values = settings_with(ctx, place.key(ctx), place.schema, changes)
    return try_settings(place.plugin.name, place.schema, values)


def _check_undo(ctx: Context, place: Place, change_id: int) -> None:
    """Raise WrongState for a change back to an address that a stored secret was never meant for."""
    key = place.key(ctx)
    earlier = values_before(ctx, key, place.schema, change_id)
    try:
        check_secrets_stay(place.schema, stored_values(ctx, key), earlier)
    except InvalidValue as error:
        raise WrongState(
            _(
                "this would send a stored secret to another address: enter the address and the secret in "
                "the form, then save"
            )
        ) from error


def _words(error: EntrepotError) -> dict[str, str]:
    return {"error": str(error)}


def _tried(place: Place, words: dict[str, str], error: InvalidValue | None = None) -> Any:
    """What trying came to: beside the form as it stands, or on the page anew."""
    if is_htmx():
        form = Form(place.schema)
        if error is not None:
            form.complain(error)
        return render_template("admin/accounts/tried.html", words=words, at_secrets=form.at_secrets())
    with reading() as ctx:
        form = form_of_changes(place.schema, show_settings(ctx, place.key(ctx), place.schema))
        return _page(ctx, place, form, words), 200 if "done" in words else 422


def _refused(place: Place, error: InvalidValue) -> Any:
    with reading() as ctx:
        form = form_of_changes(place.schema, show_settings(ctx, place.key(ctx), place.schema))
        form.complain(error)
        return answer(_page(ctx, place, form))


def _page(ctx: Context, place: Place, form: Form, words: dict[str, str] | None = None) -> str:
    key = place.key(ctx)
    return render(
        "admin/settings/plugin_settings.html",
        ctx,
        place=place,
        form=form,
        words=words or {},
        is_account=place.scope == "account",
        kept=_kept(place.schema, show_settings(ctx, key, place.schema)),
        can_be_tried=can_be_tried(place.schema),
        version=settings_version(ctx, key),
        history=history_of(ctx, key, place.schema, whole("before")),
        here=url_for("plugin_settings.show", **place.where),
    )


def _kept(schema: Schema, shown: dict[str, Any]) -> set[str]:
    """The secrets of which a value is stored."""
    return {one.name for one in describe_fields(schema) if one.is_secret and shown[one.name] == "set"}
