"""Settings as they are typed: `KEY=VALUE` on a command line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, fields

from core.errors import InvalidValue
from core.settings.fields import check_known, fields_of

_STRUCTURED = (fields.Mapping, fields.Nested, fields.List, fields.Tuple)


def parse_text_changes(schema: Schema, pairs: Iterable[str]) -> dict[str, Any]:
    """What to hand to `save_settings` for pairs such as `poll_minutes=5`.

    Split at the first `=`; the fields do the typing. Mappings and lists are written as JSON, a list
    also with commas: `statuses=Shipped,Unshipped`. An empty value for a field other than text that
    may be empty is None. Raises InvalidValue for a pair without `=`, an unknown or repeated key, or
    JSON that cannot be read.
    """
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InvalidValue("a setting is written KEY=VALUE")
        check_known(schema, [name])
        if name in changes:
            raise InvalidValue(f"the setting {name} is given twice", {name: ["Given twice."]})
        changes[name] = _parse(name, fields_of(schema)[name], text.strip())
    return changes


def _parse(name: str, field: fields.Field[Any], text: str) -> Any:
    if not text and field.allow_none and not isinstance(field, fields.String):
        return None
    if not isinstance(field, _STRUCTURED):
        return text
    if isinstance(field, fields.List) and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidValue(
            f"the setting {name} is written as JSON, and its value cannot be read as such",
            {name: ["Not valid JSON."]},
        ) from error
