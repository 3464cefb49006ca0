"""Fields of what is sent to the API: strict, and described to the last character by a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from core.clock import to_utc
from core.errors import InvalidValue, shorten
from core.money import Money, currencies, minor_unit, parse_amount
from core.web.schemas import DecimalText

#: No control character, and something besides spaces.
_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
_DIGITS = r"^[0-9]{1,14}(\.[0-9]{1,4})?$"


class Body(Schema):
    """The base of what is sent: a field that is not known is refused, not ignored."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """One line of text."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        checks: list[Callable[[str], Any]] = [
            validate.Length(least, most),
            validate.Regexp(_LINE, error="This is one line of text, without control characters."),
            _check_unicode,
        ]
        super().__init__(validate=checks, **options)


class Whole(fields.Integer):
    """A whole number, written as one."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        """To JSON 3.0 is the whole number 3; text and `true` are none."""
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise self.make_error("invalid", input=value)
        return int(value)


class WholeInQuery(Whole):
    """A whole number in an address, where everything is text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()):
            raise self.make_error("invalid", input=value)
        return int(value[:20])


class YesNo(fields.Boolean):
    """`true` or `false`, nothing that is like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class YesNoInQuery(fields.Boolean):
    """`true` or `false` in an address."""

    truthy = {"true"}
    falsy = {"false"}


class Moment(fields.DateTime):
    """A time with its zone; given on in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        found = super()._deserialize(value, attr, data, **kwargs)
        try:
            return to_utc(found)
        except ValueError as error:
            raise ValidationError("This is a time with its zone, such as 2026-05-01T08:00:00Z.") from error
        except OverflowError:  # the first or the last day that there is, in a zone beyond it
            return found.replace(tzinfo=UTC)


class MomentInQuery(Moment):
    """The same in an address, where a `+` that was not encoded arrives as a space."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        mended = value.replace(" ", "+") if isinstance(value, str) and "T" in value else value
        return super()._deserialize(mended, attr, data, **kwargs)


class PositiveAmount(DecimalText):
    """A decimal number of at least 0, as text, with at most four digits behind the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": _DIGITS, "example": "12.50"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        check = validate.Regexp(_DIGITS, error="This is a decimal number as text, such as 12.50.")
        if not isinstance(value, str):
            raise ValidationError(check.error or "")
        return parse_amount(check(value))


class MoneyBody(Body):
    """An amount and its currency."""

    amount = PositiveAmount(required=True)
    currency = fields.String(
        required=True,
        validate=validate.OneOf(sorted(currencies()), error="This is a currency such as EUR."),
        metadata={"description": "ISO 4217."},
    )


@dataclass(frozen=True)
class Misfit:
    """One item of a list that does not fit: what it is called, as far as it says so, and why not."""

    id: int | None
    why: str


class Each(fields.Field[Any]):
    """An item of a list: one that does not fit becomes a `Misfit`, and the others count."""

    def __init__(self, item: type[Schema], **options: Any) -> None:
        super().__init__(**options)
        self.schema = item()

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """As its schema reads it."""
        try:
            return self.schema.load(value)
        except ValidationError as error:
            complaints = by_field(error.messages, "item").items()
            said = "; ".join(f"{shorten(name)}: {' '.join(texts)}" for name, texts in complaints)
            named = value.get("id") if isinstance(value, Mapping) else None
            is_number = isinstance(named, int) and not isinstance(named, bool) and abs(named) < 2**53
            return Misfit(named if is_number else None, f"it does not fit ({said})")


def by_field(found: Any, whole: str = "body") -> dict[str, list[str]]:
    """What marshmallow complains of, by field: `{0: {"carrier": ["…"]}}` as `0.carrier`."""
    if not isinstance(found, Mapping):
        return {whole: [str(each) for each in found]}
    flat: dict[str, list[str]] = {}
    for key, value in found.items():
        for name, complaints in by_field(value, "").items():
            parts = [part for part in ("" if key == "_schema" else str(key), name) if part]
            flat[".".join(parts) or whole] = complaints
    return flat


def _check_unicode(text: str) -> None:
    """JSON can write half of a surrogate pair, which no text in UTF-8 can hold."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("This is not valid Unicode text.")


def money_of(value: Mapping[str, Any], name: str) -> Money:
    """What the `MoneyBody` of this name has read. Raises InvalidValue for what its currency cannot hold."""
    if value["amount"] % minor_unit(value["currency"]):
        why = f"{value['amount'].normalize():f} has more digits than {value['currency']} has"
        raise InvalidValue(why, {f"{name}.amount": [why]})
    return Money(value["amount"], value["currency"])
