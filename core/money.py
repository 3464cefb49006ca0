"""Amounts of money: Decimal and ISO 4217 currency always together, never a float.

In the database an amount is a whole number of 1/10000 of its currency (`SCALE` digits), because SQLite
would keep a decimal as a float.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

from babel.numbers import get_currency_precision, list_currencies

SCALE = 4
_UNIT = Decimal(1).scaleb(-SCALE)
_LIMIT = Decimal(2**63 - 1).scaleb(-SCALE)


@dataclass(frozen=True, order=False)
class Money:
    """An amount in one currency. Sums of different currencies raise ValueError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"an amount is a Decimal, not {type(self.amount).__name__}")
        check_currency(self.currency)

    def __add__(self, other: Money) -> Money:
        self._check_same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._check_same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __str__(self) -> str:
        return f"{plain(self.amount, self.currency)} {self.currency}"

    def as_json(self) -> dict[str, str]:
        """`{"amount": "30.00", "currency": "EUR"}`: a string, so that no reader makes a float of it."""
        return {"amount": plain(self.amount, self.currency), "currency": self.currency}

    def _check_same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")


@cache
def currencies() -> frozenset[str]:
    """The code of every ISO 4217 currency. Asked of Babel once: it makes a new set each time."""
    return frozenset(list_currencies())


def check_currency(code: str) -> str:
    """The code itself if it is an ISO 4217 currency, else ValueError."""
    if code not in currencies():
        raise ValueError(f"{code!r} is not an ISO 4217 currency code such as EUR")
    return code


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def parse_amount(text: str) -> Decimal:
    """Read a decimal number written as text. Raises ValueError for anything else.

    More than four digits after the point are rounded half to even, the finest that is kept.
    """
    try:
        amount = Decimal(text.strip())
    except (ArithmeticError, AttributeError) as error:
        raise ValueError(f"{text!r} is not a decimal number such as 12.50") from error
    if not _is_within_limit(amount):
        raise ValueError(f"{text!r} is not an amount that can be kept")
    with localcontext(prec=50):
        return amount.quantize(_UNIT, ROUND_HALF_EVEN) + 0  # no negative zero


def to_scaled(amount: Decimal) -> int:
    """An amount as a whole number of 1/10000. Raises ValueError if that would lose a digit."""
    if _is_within_limit(amount):
        with localcontext(prec=50):
            scaled = int(amount.scaleb(SCALE))
        if from_scaled(scaled) == amount:
            return scaled
    raise ValueError(f"{amount} cannot be kept exactly with {SCALE} digits")


def from_scaled(scaled: int) -> Decimal:
    """The amount that `to_scaled` wrote."""
    with localcontext(prec=50):
        return Decimal(scaled).scaleb(-SCALE)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, zero of none."""
    return sum(amounts, Decimal(0))


def plain(amount: Decimal, currency: str) -> str:
    """The number as text with the currency's digits, more only where the amount has more."""
    digits = get_currency_precision(currency)
    with localcontext(prec=50):
        short = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
        return f"{short if short == amount else amount.normalize():f}"


def _is_within_limit(amount: Decimal) -> bool:
    # Not abs(): that rounds to the context, and overflows for an exponent of a million.
    return amount.is_finite() and amount.copy_abs() <= _LIMIT
