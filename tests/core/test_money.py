"""Amounts of money: exact, with their currency, never a float."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    Money,
    check_currency,
    from_scaled,
    minor_unit,
    parse_amount,
    plain,
    to_scaled,
    total,
)

LARGEST = 2**63 - 1
scaled_amounts = st.integers(-LARGEST, LARGEST)
amounts = scaled_amounts.map(from_scaled)
#: Such as a shop has, so that sums stay within what can be kept.
prices = st.integers(-(10**12), 10**12).map(from_scaled)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "GBP", "CLF"])


@given(scaled_amounts)
def test_amount_survives_the_database(scaled: int) -> None:
    assert to_scaled(from_scaled(scaled)) == scaled


@given(amounts)
def test_amount_survives_being_written(amount: Decimal) -> None:
    assert parse_amount(str(amount)) == amount
    assert parse_amount(f" {amount:f} ") == amount


@given(amounts, currencies)
def test_text_of_an_amount_loses_no_digit_and_has_those_of_the_currency(
    amount: Decimal, currency: str
) -> None:
    text = plain(amount, currency)
    assert Decimal(text) == amount
    assert "E" not in text
    digits = -int(minor_unit(currency).as_tuple().exponent)
    assert len(text.partition(".")[2]) >= digits
    assert not text.endswith(".")


@given(st.lists(prices, max_size=40))
def test_sum_is_exact_in_any_order(parts: list[Decimal]) -> None:
    assert to_scaled(total(parts)) == sum(map(to_scaled, parts))
    assert total(reversed(parts)) == total(parts)


@given(prices, prices, currencies)
def test_money_adds_and_subtracts_exactly(one: Decimal, other: Decimal, currency: str) -> None:
    first, second = Money(one, currency), Money(other, currency)
    assert first + second - second == first
    assert -(first - second) == second - first


@given(prices, st.integers(1, 1000))
def test_quantity_times_unit_price_is_the_sum_of_its_units(price: Decimal, quantity: int) -> None:
    assert price * quantity == total([price] * quantity)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_amount_that_is_read_differs_by_at_most_half_of_the_finest_unit(exact: Decimal) -> None:
    with localcontext(prec=60):
        assert abs(parse_amount(str(exact)) - exact) <= Decimal("0.00005")


@given(st.decimals())
def test_amount_is_kept_exactly_or_not_at_all(amount: Decimal) -> None:
    try:
        scaled = to_scaled(amount)
    except ValueError:
        return
    assert from_scaled(scaled) == amount


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "sNaN", "Infinity", "-Infinity", "0.00001", "1e30", "1." + "0" * 55 + "1", "1E+1000000",
        "-1E+1000000", "1E-1000000",
    ],
)  # fmt: skip
def test_amount_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be kept exactly"):
        to_scaled(Decimal(text))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", "12.5"),
        ("-3", "-3"),
        ("0.00005", "0"),
        ("0.00015", "0.0002"),
        (" 7 ", "7"),
        ("1E+2", "100"),
        ("1E-1000000", "0"),
    ],
)
def test_number_written_as_text_is_read(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "", "twelve", "1,50", "NaN", "Infinity", "-inf", "1e30", "12.50 EUR", "0x1", "1E+1000000",
        "-1E+1000000", "1E+99999999999999999999", "9" * 5000,
    ],
)  # fmt: skip
def test_text_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_amount(text)


@pytest.mark.parametrize("text", ["-0", "-0.00", "-0.00001"])
def test_nothing_is_never_negative(text: str) -> None:
    assert str(Money(parse_amount(text), "EUR")) == "0.00 EUR"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("30", "EUR", "30.00"), ("1200", "JPY", "1200"), ("1.5", "KWD", "1.500"), ("0.0001", "EUR", "0.0001"),
     ("1000000000", "EUR", "1000000000.00"), ("-5", "EUR", "-5.00")],
)  # fmt: skip
def test_amount_in_json_is_text_with_the_digits_of_its_currency(
    amount: str, currency: str, text: str
) -> None:
    money = Money(Decimal(amount), currency)
    assert money.as_json() == {"amount": text, "currency": currency}
    assert json.loads(json.dumps(money.as_json()))["amount"] == text
    assert str(money) == f"{text} {currency}"


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="EUR and JPY"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "JPY")
    with pytest.raises(ValueError, match="EUR and JPY"):
        Money(Decimal(1), "EUR") - Money(Decimal(1), "JPY")


@pytest.mark.parametrize("amount", [1, 1.0, "1", None])
def test_amount_is_a_decimal_and_nothing_else(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XX", "€"])
def test_code_that_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        check_currency(code)


def test_yen_has_no_decimals() -> None:
    assert minor_unit("JPY") == 1
    assert minor_unit("EUR") == Decimal("0.01")
    assert minor_unit("KWD") == Decimal("0.001")
