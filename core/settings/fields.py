"""What reading, saving and describing ask of a schema: its fields, their defaults, complaints."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, missing
from marshmallow.fields import Field

from core.errors import InvalidValue

#: The name under which marshmallow files what is wrong with the values taken together.
WHOLE = "_schema"


def fields_of(schema: Schema) -> dict[str, Field[Any]]:
    """The fields that can be set, by the name under which they are stored and changed."""
    return {field.data_key or name: field for name, field in schema.load_fields.items()}


def is_secret(field: Field[Any]) -> bool:
    """Whether the field's value is encrypted and never shown."""
    return bool(field.metadata.get("secret"))


def attribute_of(field: Field[Any]) -> str:
    """The key of the field's value among the loaded ones."""
    return field.attribute or str(field.name)


def check_known(schema: Schema, names: Collection[str]) -> None:
    """Raise InvalidValue for a name that is no setting, with the ones that are."""
    known = fields_of(schema)
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    near = difflib.get_close_matches(unknown[0], known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InvalidValue(
        f"there is no setting {', '.join(unknown)}: {hint}the settings are {', '.join(known)}",
        {name: ["Unknown setting."] for name in unknown},
    )


def load_values(schema: Schema, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The Python values with defaults filled in. Raises InvalidValue with every complaint."""
    try:
        loaded: dict[str, Any] = schema.load(stored, unknown=EXCLUDE)
    except ValidationError as error:
        complaints = {name: _flatten(found) for name, found in _by_field(error).items()}
        parts = [
            " ".join(texts) if name == WHOLE else f"{name}: {' '.join(texts)}"
            for name, texts in complaints.items()
        ]
        raise InvalidValue(f"not valid: {'; '.join(parts)}", complaints) from error
    return loaded


def to_json(field: Field[Any], value: Any) -> Any:
    """A loaded value in the form in which it is stored; loading that gives the value again."""
    attribute = attribute_of(field)
    serialised = field.serialize(attribute, {attribute: value})
    return json.loads(json.dumps(serialised, default=str))


def default_of(field: Field[Any]) -> Any:
    """The default in its stored form; None if the field has none."""
    default = field.load_default
    if default is missing:
        return None
    return to_json(field, default() if callable(default) else default)


def _by_field(error: ValidationError) -> Mapping[str, Any]:
    messages = error.messages
    return messages if isinstance(messages, Mapping) else {WHOLE: messages}


def _flatten(found: Any) -> list[str]:
    """marshmallow nests the complaints of dicts and lists; people read one line each."""
    if isinstance(found, Mapping):
        return [
            text if key in (WHOLE, "value") else f"{key}: {text}"
            for key, below in found.items()
            for text in _flatten(below)
        ]
    if isinstance(found, list | tuple):
        return [text for below in found for text in _flatten(below)]
    return [str(found)]
