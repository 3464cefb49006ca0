"""Amounts: Decimal with the decimals of their currency, and strings on the wire."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from .errors import NotPossible

Amount = Decimal | int | str

_WITHOUT_DECIMALS = frozenset({"JPY"})


def smallest_unit(currency: str) -> Decimal:
    """The step between two amounts of the currency: 1 for JPY, else 0.01."""
    return Decimal(1) if currency in _WITHOUT_DECIMALS else Decimal("0.01")


def read_amount(value: Amount, currency: str) -> Decimal:
    """An amount that is exact in its currency; NotPossible for a float or too many decimals."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise NotPossible(f"Give amounts as text or Decimal, not as {type(value).__name__}.")
    try:
        exact = Decimal(value)
        rounded = exact.quantize(smallest_unit(currency))
    except InvalidOperation:
        raise NotPossible(f"{value!r} is not an amount.") from None
    if rounded != exact:
        raise NotPossible(f"{value} has more decimals than {currency} has.")
    return rounded


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """The nearest amount that exists in the currency."""
    return amount.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)


def as_money(amount: Decimal, currency: str) -> dict[str, str]:
    """An amount of money as the Orders API writes it."""
    return {"amount": str(round_amount(amount, currency)), "currencyCode": currency}
