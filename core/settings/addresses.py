"""Secrets and where they are sent: a stored one goes nowhere but where it was meant to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Field, Url

from core.errors import InvalidValue
from core.settings.describing import describe_fields
from core.settings.fields import default_of, fields_of, is_secret

_SCHEME = "://"


def check_secrets_stay(schema: Schema, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Raise InvalidValue, at each secret, if these changes would have a stored one sent to a new address.

    Whoever may change an address need not know the secrets, and must not learn them by having them sent to
    a machine of their own. A secret that is entered with the changes, and is not empty, is not asked for
    again. An address is a field whose metadata say so with `address`; one that does not say is an address
    if it is a `Url` or holds a `://`.
    """
    fields = fields_of(schema)
    kept = [
        name
        for name, field in fields.items()
        if is_secret(field) and stored.get(name) and not changes.get(name)
    ]
    moved = [
        name
        for name, value in changes.items()
        if name in fields and _moves(fields[name], stored, name, value)
    ]
    if not kept or not moved:
        return
    label = next(one.label for one in describe_fields(schema) if one.name == moved[0])
    why = (
        f"{label} was changed: enter this again, because what is stored is only ever sent to the address "
        "that it was stored for"
    )
    raise InvalidValue(
        "the address was changed, so the secrets that belong to it are asked for again",
        {name: [why] for name in kept},
    )


def _moves(field: Field[Any], stored: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether it is an address, and another one than is stored."""
    before = str(stored.get(name, default_of(field)) or "").strip()
    after = str(value or "").strip()
    if is_secret(field) or before == after:
        return False
    looks_like_one = isinstance(field, Url) or _SCHEME in before + after
    return bool(field.metadata.get("address", looks_like_one))
