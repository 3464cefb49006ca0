"""The form of a consumer: what it is called and which orders it gets, and the settings of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import ContainsOnly, Length, Range

from core.commerce import statuses
from core.commerce.orders.tables import MERCHANT
from core.commerce.statuses import list_statuses
from core.commerce.stores import list_stores
from core.context import Context
from core.errors import EntrepotError, InvalidValue
from core.settings import check_secrets_stay, describe_fields, value_in_words
from core.settings.fields import attribute_of, fields_of, load_values, to_json
from core.web.admin.forms import WHOLE, Form
from core.web.admin.settings_forms import entered_changes, form_of_changes
from core.web.admin.shell import application
from core.web.zones import start_of
from plugins.erp_bridge.consumers import LEASE_SECONDS
from plugins.erp_bridge.filters import ANYBODY, EVERYTHING, NO_CHANNEL, Wanted
from plugins.erp_bridge.models import PULL, Consumer
from plugins.erp_bridge.outlets import get_kind

#: In the form, so that no setting of a kind has the same name.
NAME, SINCE, LEASE = "consumer_name", "orders_since", "lease_seconds"
_WANTED = {
    "stores": "wanted_stores", "channels": "wanted_channels", "statuses": "wanted_statuses",
    "fulfilled_by": "wanted_fulfilled_by",
}  # fmt: skip
_IN_FORM = {"name": NAME, "since": SINCE, **_WANTED}
FORGET = "forget."
#: Where the page has what the settings were filled in from; under `seen` is that of the other form.
SETTINGS_SEEN = "settings_seen"


@dataclass
class ConsumerForm:
    """Two forms on one page: `own` of every consumer, `settings` of its kind; None for one that fetches."""

    kind: str
    own: Form
    settings: Form | None

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong so far."""
        return self.own.is_valid and (self.settings is None or self.settings.is_valid)

    @property
    def missing(self) -> list[str]:
        """The labels of what does not fit."""
        return self.missing_of(self.own) + (self.missing_of(self.settings) if self.settings else [])

    def missing_of(self, form: Form) -> list[str]:
        """The same of one of the two."""
        return [str(_(form.field(name).label)) for name in form.errors if name != WHOLE]

    @property
    def wanted(self) -> Wanted:
        """The filter that was entered."""
        return Wanted(**{name: tuple(self.own.data[field]) for name, field in _WANTED.items()})

    @property
    def since(self) -> datetime | None:
        """From when on, if that was entered."""
        day = self.own.data.get(SINCE)
        return start_of(day) if day else None

    def complain(self, error: EntrepotError) -> None:
        """Show what a verb found wrong, at the fields that it names."""
        named = error.fields if isinstance(error, InvalidValue) else {}
        mine = {_IN_FORM.get(name, name): texts for name, texts in named.items()}
        known = {one.name for one in self.own.fields()}
        if known & set(mine):
            self.own.complain(InvalidValue(str(error), mine))
        elif self.settings is not None and {one.name for one in self.settings.fields()} & set(mine):
            self.settings.complain(InvalidValue(str(error), mine))
        else:
            self.own.errors.setdefault(WHOLE, []).append(str(error))

    def check_unchanged(self, consumer: Consumer) -> None:
        """Raise InvalidValue, and show what is stored, if that changed since the page was filled in.

        Secrets are not compared: a page never has them.
        """
        forms = [(self.own, _own_values(consumer))]
        if self.settings is not None:
            forms.append((self.settings, _told_settings(self.settings.schema, consumer)))
        found: list[InvalidValue] = []
        for form, stored in forms:
            try:
                form.check_unchanged(stored)
            except InvalidValue as error:
                form.errors.pop(WHOLE)  # said once for both
                found.append(error)
        if found:
            raise found[0]


def empty_form(ctx: Context, kind: str) -> ConsumerForm:
    """To be filled in. Raises NotFound for a kind that is not there."""
    own = Form.of(_own_schema(ctx, EVERYTHING, is_new=True), {_WANTED["fulfilled_by"]: [MERCHANT]})
    schema = schema_of(kind)
    return ConsumerForm(kind, own, None if schema is None else Form.of(schema))


def form_of(ctx: Context, consumer: Consumer) -> ConsumerForm:
    """As it is saved; secrets are never in it."""
    own = _own_schema(ctx, Wanted.of(consumer.wanted), is_new=False)
    schema = schema_of(consumer.kind)
    return ConsumerForm(
        consumer.kind,
        Form.of_stored(own, _own_values(consumer)),
        None if schema is None else Form.of_stored(schema, _told_settings(schema, consumer)),
    )


def submitted_form(ctx: Context, kind: str, consumer: Consumer | None = None) -> ConsumerForm:
    """As it was sent. Raises NotFound for a kind that is not there."""
    wanted = Wanted.of(consumer.wanted) if consumer else EVERYTHING
    own = Form.submitted(_own_schema(ctx, wanted, is_new=consumer is None))
    schema = schema_of(kind)
    if schema is None:
        return ConsumerForm(kind, own, None)
    stored = shown_settings(schema, consumer.settings) if consumer else {}
    settings = form_of_changes(schema, stored)
    settings.seen = request.form.get(SETTINGS_SEEN)
    form = ConsumerForm(kind, own, settings)
    try:
        load_values(schema, entered_settings(kind, consumer))
        if consumer is not None:
            forgotten = {
                name: FORGET for name in kept_secrets(consumer) if f"{FORGET}{name}" in request.form
            }
            check_secrets_stay(schema, consumer.settings, entered_changes(schema) | forgotten)
    except InvalidValue as error:
        form.complain(error)
    return form


def schema_of(kind: str) -> Schema | None:
    """The settings of a kind; None for one that has none. Raises NotFound."""
    return None if kind == PULL else get_kind(kind).schema()


def entered_settings(kind: str, consumer: Consumer | None = None) -> dict[str, Any]:
    """The settings as this request asks for them: a secret that is left empty stays, unless it is to go."""
    schema = schema_of(kind)
    if schema is None:
        return {}
    stored = dict(consumer.settings) if consumer else {}
    merged = {**stored, **entered_changes(schema)}
    return {
        name: value
        for name, value in merged.items()
        if value not in ("", None) and f"{FORGET}{name}" not in request.form
    }


def shown_settings(schema: Schema, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a form shows them: each in its JSON form, however it was entered."""
    try:
        values = load_values(schema, stored)
    except InvalidValue:
        return dict(stored)
    return {
        name: to_json(field, values[attribute_of(field)])
        for name, field in fields_of(schema).items()
        if attribute_of(field) in values
    }


def settings_in_words(consumer: Consumer) -> list[tuple[str, str | None]]:
    """The settings of its kind by label; None for a secret of which a value is stored."""
    schema = schema_of(consumer.kind)
    if schema is None:
        return []
    shown = shown_settings(schema, consumer.settings)
    found: list[tuple[str, str | None]] = []
    for one in describe_fields(schema):
        value = shown.get(one.name)
        text = "" if value in (None, "", [], {}) else value_in_words(one, value)
        found.append((one.label, None if one.is_secret and text else text))
    return found


def kept_secrets(consumer: Consumer) -> dict[str, bool]:
    """The secrets of which a value is stored, and whether it can be done without."""
    schema = schema_of(consumer.kind)
    found = describe_fields(schema) if schema is not None else []
    return {
        one.name: not one.required for one in found if one.is_secret and consumer.settings.get(one.name)
    }


def _own_values(consumer: Consumer) -> dict[str, Any]:
    """What the form of every consumer shows of this one."""
    wanted = Wanted.of(consumer.wanted)
    shown = {field: list(getattr(wanted, name)) for name, field in _WANTED.items()}
    return {**shown, LEASE: consumer.lease_seconds}


def _told_settings(schema: Schema, consumer: Consumer) -> dict[str, Any]:
    """What a form shows of the settings: all but the secrets."""
    shown = shown_settings(schema, consumer.settings)
    secret = {one.name for one in describe_fields(schema) if one.is_secret}
    return {name: value for name, value in shown.items() if name not in secret}


def _own_schema(ctx: Context, wanted: Wanted, *, is_new: bool) -> Schema:
    declared: dict[str, fields.Field[Any]] = {}
    if is_new:
        declared[NAME] = fields.String(
            required=True,
            validate=Length(1, 40),
            metadata={
                "label": "Name",
                "help": "Lower-case letters, digits, - and _, such as erp or warehouse-2",
                "group": "Consumer",
            },
        )
        declared[SINCE] = fields.Date(
            load_default=None,
            allow_none=True,
            error_messages={"invalid": "A date is written as 2026-12-31."},
            metadata={
                "label": "Orders from this day on",
                "help": "Those that were created on that day or later; empty: from now on",
                "group": "Consumer",
            },
        )
    declared[LEASE] = fields.Integer(
        load_default=LEASE_SECONDS,
        validate=Range(5, 86_400),
        metadata={
            "label": "Seconds to answer",
            "help": "What is handed out and not answered for within that time is offered again",
            "group": "Consumer",
        },
    )
    for name, field in _WANTED.items():
        declared[field] = _choices(_options(ctx, name, getattr(wanted, name)), **_TEXTS[name])
    return Schema.from_dict(declared, name="ConsumerForm")()


_TEXTS: Mapping[str, Mapping[str, str]] = {
    "stores": {"label": "Stores", "help": "None ticked: every store", "group": "Which orders"},
    "channels": {"label": "Channels", "help": "None ticked: every channel", "group": "Which orders"},
    "statuses": {
        "label": "Statuses",
        "help": "None ticked: every status. An order on hold waits, a canceled one never comes",
        "group": "Which orders",
    },
    "fulfilled_by": {
        "label": "Fulfilled by",
        "help": "What a channel ships from its own warehouse is for whoever keeps the books only",
        "group": "Which orders",
    },
}


def _choices(options: Mapping[str, str], **texts: str) -> fields.List[Any]:
    return fields.List(
        fields.String(),
        load_default=list,
        validate=ContainsOnly(list(options), labels=list(options.values())),
        metadata=texts,
    )


def _options(ctx: Context, name: str, chosen: tuple[str, ...]) -> dict[str, str]:
    """What can be ticked, with what is ticked already and not known any more."""
    channels = {row.key: row.title for row in application().registry.channels.values()}
    if name == "stores":
        known = {store.code: store.name for store in list_stores(ctx.session)}
    elif name == "channels":
        known = {**channels, NO_CHANNEL: _("Own shop")}
    elif name == "statuses":
        never = (statuses.ON_HOLD, statuses.CANCELED)
        known = {row.code: row.label for row in list_statuses(ctx.session) if row.like not in never}
    else:
        known = {MERCHANT: _("Merchant"), **channels, ANYBODY: _("Anybody")}
    return {**known, **{key: key for key in chosen if key not in known}}
