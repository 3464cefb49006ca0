"""A schema in words: what the command line, the docs and the admin's forms are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import And, ContainsOnly, OneOf

from core.settings.fields import default_of, fields_of, is_secret, to_json

#: Field type → kind, the more special first.
_KINDS: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (fields.Boolean, "boolean"),
    (fields.Integer, "integer"),
    (fields.TimeDelta, "duration"),
    (fields.Number, "decimal"),
    (fields.Email, "email"),
    (fields.Url, "url"),
    (fields.DateTime, "datetime"),
    (fields.Date, "date"),
    (fields.Time, "time"),
    (fields.Mapping, "mapping"),
    (fields.Nested, "mapping"),
    (fields.List, "list"),
    (fields.Tuple, "list"),
)


@dataclass(frozen=True)
class FieldDescription:
    """One setting.

    name       as in `KEY=VALUE`
    label      what an operator reads; `metadata["label"]`, else made from the name
    help       a sentence or more, `metadata["help"]`; may be empty
    group      heading under which it stands, `metadata["group"]`; may be empty
    kind       `text`, `boolean`, `integer`, `decimal`, `duration`, `email`, `url`, `datetime`,
               `date`, `time`, `mapping`, `list`, `choice` (one of the options), `choices` (several)
    options    (value in JSON form, label) of a choice
    required   it has no default and must be set
    default    in JSON form; None if there is none, and always for a secret
    is_secret  encrypted at rest and never shown
    """

    name: str
    label: str
    help: str
    group: str
    kind: str
    options: tuple[tuple[Any, str], ...]
    required: bool
    default: Any
    is_secret: bool


def describe_fields(schema: Schema) -> list[FieldDescription]:
    """Every setting of a schema, in the order in which it declares them."""
    return [_describe(name, field) for name, field in fields_of(schema).items()]


def _describe(name: str, field: fields.Field[Any]) -> FieldDescription:
    options = _options(field)
    return FieldDescription(
        name=name,
        label=str(field.metadata.get("label") or name.replace("_", " ").capitalize()),
        help=str(field.metadata.get("help", "")),
        group=str(field.metadata.get("group", "")),
        kind=_kind(field, has_options=bool(options)),
        options=options,
        required=field.required,
        default=None if is_secret(field) else default_of(field),
        is_secret=is_secret(field),
    )


def _kind(field: fields.Field[Any], *, has_options: bool) -> str:
    if has_options:
        return "choices" if isinstance(field, fields.List) else "choice"
    for kind in _KINDS:
        if isinstance(field, kind[0]):
            return kind[1]
    return "text"


def _options(field: fields.Field[Any]) -> tuple[tuple[Any, str], ...]:
    """From `OneOf`, `ContainsOnly` of a list, or an `Enum`; a list also takes its items' own."""
    for validator in _flat(field.validators):
        if isinstance(validator, ContainsOnly) and isinstance(field, fields.List):
            return _labelled(field.inner, validator)
        if isinstance(validator, OneOf) and not isinstance(field, fields.List):
            return _labelled(field, validator)
    if isinstance(field, fields.List):
        return _options(field.inner)
    if isinstance(field, fields.Enum):
        return tuple(
            (to_json(field, member), member.name.replace("_", " ").capitalize()) for member in field.enum
        )
    return ()


def _labelled(field: fields.Field[Any], validator: OneOf) -> tuple[tuple[Any, str], ...]:
    labels = list(validator.labels)
    return tuple(
        (to_json(field, choice), str(labels[place]) if place < len(labels) else str(choice))
        for place, choice in enumerate(validator.choices)
    )


def _flat(validators: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for validator in validators:
        found += _flat(list(validator.validators)) if isinstance(validator, And) else [validator]
    return found
