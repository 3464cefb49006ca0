"""Forms: a marshmallow schema, what was entered, and what is wrong with it.

Of two people who edit the same thing, the second one is told, and undoes nothing of what the first one
saved: the form carries in `seen` what it was filled in from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema
from marshmallow.validate import Length, Range

from core.errors import InvalidValue, Refused
from core.settings import FieldDescription, describe_fields
from core.settings.fields import fields_of, load_values

#: The complaint about the form as a whole stands under this name.
WHOLE = "_schema"
_INPUTS = {
    "integer": "number", "email": "email", "url": "url", "date": "date", "datetime": "datetime-local",
    "time": "time",
}  # fmt: skip


@dataclass
class Form:
    """One form.

    values   what stands in the fields, as text (lists for `choices`); never a secret
    data     the loaded values, of a submitted form without errors
    errors   complaints by field; those of the whole form under `_schema`
    seen     stands for the stored values that it was filled in from; None if it was not
    """

    schema: Schema
    values: Mapping[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    seen: str | None = None

    @classmethod
    def of(cls, schema: Schema, values: Mapping[str, Any] | None = None) -> Form:
        """A form to be filled in, with these values in JSON form, else the defaults."""
        given = values or {}
        shown = {
            one.name: _as_text(one, given.get(one.name, one.default)) for one in describe_fields(schema)
        }
        return cls(schema, shown)

    @classmethod
    def of_stored(cls, schema: Schema, stored: Mapping[str, Any], **more: Any) -> Form:
        """A form filled in with what is stored, which somebody else may change; `more` is shown too."""
        form = cls.of(schema, {**stored, **more})
        form.seen = _mark(stored)
        return form

    @classmethod
    def submitted(cls, schema: Schema) -> Form:
        """The form of this request, loaded. Look at `errors` before `data`."""
        descriptions = describe_fields(schema)
        raw = {one.name: _entered(one) for one in descriptions}
        form = cls(schema, {one.name: "" if one.is_secret else raw[one.name] for one in descriptions})
        form.seen = request.form.get("seen")
        form._load(descriptions, raw)
        return form

    @property
    def is_valid(self) -> bool:
        """Whether there is nothing wrong."""
        return not self.errors

    def complain(self, error: Refused, at: str = WHOLE) -> None:
        """Show what a verb refused: at the fields that it names, another refusal `at` the field given."""
        names = {one.name for one in self.fields()}
        complaints = error.fields if isinstance(error, InvalidValue) else {at: [str(error)]}
        for name, texts in complaints.items():
            if name in names:
                self.errors.setdefault(name, []).extend(texts)
        if not self.errors:
            self.errors[WHOLE] = [str(error)]

    def at_secrets(self) -> dict[str, list[str]]:
        """What is wrong with each secret, for a page that is open already."""
        return {one.name: self.errors.get(one.name, []) for one in self.fields() if one.is_secret}

    def check_unchanged(self, stored: Mapping[str, Any]) -> None:
        """Raise InvalidValue if it was filled in from something else than what is stored now.

        Each field that would be overwritten says what is stored. Sent once more, the form is saved.
        """
        now = Form.of(self.schema, stored)
        differing = [one for one in self.fields() if one.name in stored and self._differs(one, now)]
        if self.seen in (None, _mark(stored)) or not differing:
            return
        self.seen = _mark(stored)
        self.errors = {
            one.name: [_("Stored now: %(value)s", value=_in_words(one, now.values[one.name]))]
            for one in differing
        }
        self.errors[WHOLE] = [
            _(
                "Somebody changed this while you had the page open. Nothing of yours is saved yet: compare "
                "it with what is stored now, then save again."
            )
        ]
        raise InvalidValue(self.errors[WHOLE][0])

    def fields(self) -> list[FieldDescription]:
        """Every field, in order."""
        return describe_fields(self.schema)

    def field(self, name: str) -> FieldDescription:
        """One field."""
        return next(one for one in self.fields() if one.name == name)

    def groups(self) -> Iterator[tuple[str, list[FieldDescription]]]:
        """Fields under their headings, in the order in which the first of each stands."""
        found: dict[str, list[FieldDescription]] = {}
        for one in self.fields():
            found.setdefault(one.group, []).append(one)
        yield from found.items()

    def input_type(self, name: str) -> str:
        """The type of a one-line input."""
        one = self.field(name)
        return "password" if one.is_secret else _INPUTS.get(one.kind, "text")

    def limits(self, name: str) -> dict[str, Any]:
        """HTML attributes that tell the browser what the schema would refuse."""
        found: dict[str, Any] = {}
        for rule in fields_of(self.schema)[name].validators:
            if isinstance(rule, Range):
                found |= {"min": rule.min, "max": rule.max}
            elif isinstance(rule, Length):
                found |= {"minlength": rule.min, "maxlength": rule.max}
        return {key: value for key, value in found.items() if value is not None}

    def _differs(self, one: FieldDescription, other: Form) -> bool:
        return bool(_plain(self.values[one.name]) != _plain(other.values[one.name]))

    def _load(self, descriptions: list[FieldDescription], raw: Mapping[str, Any]) -> None:
        given: dict[str, Any] = {}
        for one in descriptions:
            if one.kind != "boolean" and raw[one.name] in ("", []):
                if not one.is_secret and not one.required and fields_of(self.schema)[one.name].allow_none:
                    given[one.name] = None
                continue
            try:
                given[one.name] = _parse(one, raw[one.name])
            except ValueError:
                self.errors[one.name] = ["Each line is a name, an equals sign and a value."]
        if self.errors:
            return
        try:
            self.data = load_values(self.schema, given)
        except InvalidValue as error:
            self.complain(error)


def _mark(stored: Mapping[str, Any]) -> str:
    """The same for the same values, and for no others."""
    return sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """The same for what means the same: browsers end lines otherwise, and tick in the order of the page."""
    return sorted(value) if isinstance(value, list) else "\n".join(str(value).splitlines())


def _in_words(one: FieldDescription, value: Any) -> str:
    if one.kind == "boolean":
        return str(_("Yes") if value else _("No"))
    labels = dict(one.options)
    parts = value if isinstance(value, list) else str(value).splitlines()
    return ", ".join(str(_(labels.get(part, part))) for part in parts) or "—"


def _entered(one: FieldDescription) -> Any:
    if one.kind == "boolean":
        return one.name in request.form
    if one.kind == "choices":
        return request.form.getlist(one.name)
    return request.form.get(one.name, "").strip()


def _parse(one: FieldDescription, value: Any) -> Any:
    if one.kind == "list":
        return [line.strip() for line in value.splitlines() if line.strip()]
    if one.kind == "mapping":
        pairs = [line.split("=", 1) for line in value.splitlines() if line.strip()]
        return {name.strip(): text.strip() for name, text in pairs}
    return value


def _as_text(one: FieldDescription, value: Any) -> Any:
    if one.is_secret or value is None:
        return [] if one.kind == "choices" else ""
    if one.kind in ("boolean", "choices"):
        return value
    if one.kind == "list":
        return "\n".join(str(part) for part in value)
    if one.kind == "mapping" and isinstance(value, Mapping):
        return "\n".join(f"{name}={text}" for name, text in value.items())
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
