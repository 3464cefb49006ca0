"""Amazon's money as charges that add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.listing import ListedCharge, ListedOrder
from core.money import Money
from plugins.amazon_channel.mapping import UnreadableOrder, order_from_json
from tests.plugins.amazon_channel.amazon_json import (
    Json,
    breakdown,
    line,
    money,
    order,
    standing,
)


def amounts(charges: tuple[ListedCharge, ...]) -> dict[str, str]:
    return {charge.kind: str(charge.amount.normalize()) for charge in charges}


def sum_of(listed: ListedOrder) -> Decimal:
    of_lines = [charge.amount for each in listed.lines for charge in each.charges]
    return sum(of_lines + [charge.amount for charge in listed.charges], Decimal(0))


def line_with(*breakdowns: Json, total: str | None = None, **more: Any) -> Json:
    proceeds: Json = {"breakdowns": list(breakdowns)}
    if total is not None:
        proceeds["proceedsTotal"] = money(total)
    return line(proceeds=proceeds, **more)


def charges_of(item: Json) -> dict[str, str]:
    return amounts(order_from_json(order(item)).lines[0].charges)


@pytest.mark.parametrize(
    ("total", "status", "of_order"),
    [
        ("12.00", "PENDING", {"delivery_tip": "2"}),
        ("10.00", "PENDING", {}),
        ("10.00", "FINALIZED", {"delivery_tip": "2"}),
    ],
)
def test_tip_that_is_pending_counts_only_where_the_grand_total_holds_it(
    total: str, status: str, of_order: dict[str, str]
) -> None:
    tip = breakdown("DELIVERY_TIP", "2") | {"status": status}
    item = line(proceeds={"breakdowns": [breakdown("ITEM", "10.00")], "proceedsTotal": money("10.00")})
    whole = {"grandTotal": money(total), "breakdowns": [breakdown("ITEM", "10.00"), tip]}
    assert amounts(order_from_json(order(item, proceeds=whole)).charges) == of_order


def test_three_times_ten_is_thirty() -> None:
    listed = order_from_json(order(line(quantity=3, unit="10.00"), total="30.00"))
    assert amounts(listed.lines[0].charges) == {"item": "3E+1"}
    assert listed.lines[0].unit_price == Decimal("10.00")
    assert sum_of(listed) == Decimal("30.00")
    assert listed.grand_total == Money(Decimal("30.00"), "EUR")


def test_subtotal_of_the_line_wins_over_unit_price_times_quantity() -> None:
    item = line_with(breakdown("ITEM", "29.99"), quantity=3, unit="10.00", total="29.99")
    assert charges_of(item) == {"item": "29.99"}


def test_yen_have_no_decimals() -> None:
    item = line(unit="0", quantity=2)
    item["product"]["price"]["unitPrice"] = money("5980", "JPY")
    listed = order_from_json(order(item, proceeds={"grandTotal": money("11960", "JPY")}))
    assert listed.currency == "JPY"
    assert sum_of(listed) == 11960
    assert str(listed.grand_total) == "11960 JPY"


def test_total_of_a_line_without_breakdowns_is_one_item_charge() -> None:
    item = line(quantity=3, unit="10.00", proceeds={"proceedsTotal": money("33.30")})
    assert charges_of(item) == {"item": "33.3"}


def test_every_kind_becomes_a_charge_of_its_own() -> None:
    item = line_with(
        breakdown("ITEM", "10"), breakdown("SHIPPING", "4"), breakdown("GIFT_WRAP", "2"),
        breakdown("COD_FEE", "3"), breakdown("OTHER", "1"), breakdown("RECYCLING_FEE", "0.5"),
        breakdown("TAX", "0"),
    )  # fmt: skip
    assert charges_of(item) == {
        "item": "1E+1", "shipping": "4", "gift_wrap": "2", "cod_fee": "3", "other": "1",
        "recycling_fee": "0.5",
    }  # fmt: skip


def test_tax_is_split_when_the_split_is_all_of_it() -> None:
    parts = {"ITEM": "1.90", "SHIPPING": "0.50", "GIFT_WRAP": "0.20", "NEW": "0.10"}
    item = line_with(breakdown("ITEM", "10"), breakdown("TAX", "2.70", **parts))
    assert charges_of(item) == {
        "item": "1E+1", "tax": "1.9", "shipping_tax": "0.5", "gift_wrap_tax": "0.2",
        "new_tax": "0.1",
    }  # fmt: skip


def test_tax_is_one_charge_when_the_split_misses_a_cent() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("TAX", "2.70", ITEM="1.90", SHIPPING="0.79"))
    assert charges_of(item) == {"item": "1E+1", "tax": "2.7"}


@pytest.mark.parametrize("sign", ["", "-"])
def test_discount_lowers_the_total_whatever_its_sign(sign: str) -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", f"{sign}2"))
    assert charges_of(item) == {"item": "1E+1", "discount": "-2"}


@pytest.mark.parametrize("outer", ["", "-"])
@pytest.mark.parametrize("inner", ["", "-"])
def test_discount_is_split_like_tax(outer: str, inner: str) -> None:
    split = {"ITEM": f"{inner}1.50", "SHIPPING": f"{inner}0.50"}
    item = line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", f"{outer}2", **split))
    assert charges_of(item) == {"item": "1E+1", "discount": "-1.5", "shipping_discount": "-0.5"}


def test_discount_with_a_split_that_misses_is_one_charge() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", "2", ITEM="1.50"))
    assert charges_of(item) == {"item": "1E+1", "discount": "-2"}


def test_breakdowns_of_one_type_are_added_up() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("TAX", "1"), breakdown("TAX", "0.5"))
    assert charges_of(item) == {"item": "1E+1", "tax": "1.5"}


def test_goods_that_no_breakdown_names_come_from_the_unit_price() -> None:
    told = line_with(breakdown("TAX", "1.90"), total="11.90")
    silent = line_with(breakdown("TAX", "1.90"))
    contradicted = line_with(breakdown("TAX", "1.90"), total="1.90")
    assert charges_of(told) == {"tax": "1.9", "item": "1E+1"}
    assert charges_of(silent) == {"tax": "1.9", "item": "1E+1"}
    assert charges_of(contradicted) == {"tax": "1.9"}


def test_stated_total_of_the_line_is_kept_beside_its_charges() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("TAX", "1"), total="12.00")
    assert order_from_json(order(item)).lines[0].stated_total == Decimal(12)


def with_proceeds(item: Json, grand_total: str, *breakdowns: Json) -> ListedOrder:
    proceeds = {"grandTotal": money(grand_total), "breakdowns": list(breakdowns)}
    return order_from_json(order(item, proceeds=proceeds))


def test_order_sums_that_the_lines_already_have_are_not_counted_twice() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", "2", ITEM="2"))
    listed = with_proceeds(item, "8.00", breakdown("ITEM", "10"), breakdown("DISCOUNT", "-2"))
    assert listed.charges == ()
    assert sum_of(listed) == 8


def test_order_keeps_what_its_lines_lack() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("SHIPPING", "1"))
    listed = with_proceeds(
        item, "14.50", breakdown("ITEM", "10"), breakdown("SHIPPING", "3"),
        breakdown("DELIVERY_TIP", "1.50"),
    )  # fmt: skip
    assert amounts(listed.charges) == {"shipping": "2", "delivery_tip": "1.5"}
    assert sum_of(listed) == Decimal("14.50")


def test_order_amounts_split_line_totals_that_have_no_breakdowns() -> None:
    item = line(proceeds={"proceedsTotal": money("11.90")})
    tax = breakdown("TAX", "1.90", ITEM="1.50", SHIPPING="0.40")
    listed = with_proceeds(item, "11.90", breakdown("ITEM", "10"), tax)
    assert amounts(listed.lines[0].charges) == {"item": "1E+1"}
    assert amounts(listed.charges) == {"tax": "1.5", "shipping_tax": "0.4"}
    assert sum_of(listed) == Decimal("11.90")


def test_order_amounts_take_the_place_of_line_totals_that_no_unit_price_divides() -> None:
    item = line(unit="11.90", proceeds={"proceedsTotal": money("11.90")})
    listed = with_proceeds(item, "11.90", breakdown("ITEM", "10"), breakdown("TAX", "1.90"))
    assert listed.lines[0].charges == ()
    assert amounts(listed.charges) == {"item": "1E+1", "tax": "1.9"}
    assert listed.lines[0].stated_total == Decimal("11.90")


def test_order_amounts_that_miss_the_grand_total_leave_the_line_totals_alone() -> None:
    item = line(proceeds={"proceedsTotal": money("11.90")})
    listed = with_proceeds(item, "11.90", breakdown("ITEM", "9"), breakdown("TAX", "1.90"))
    assert amounts(listed.lines[0].charges) == {"item": "11.9"}
    assert listed.charges == ()


def test_order_amounts_that_the_lines_have_never_go_on_top_to_hit_the_grand_total() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("SHIPPING", "3"))
    listed = with_proceeds(item, "16.00", breakdown("SHIPPING", "3"))
    assert listed.charges == ()
    assert sum_of(listed) == 13


@pytest.mark.parametrize(
    ("kind", "of_line", "of_order", "grand_total"),
    [("SHIPPING", "5", "3", "12"), ("SHIPPING", "5", "6", "99"), ("DISCOUNT", "5", "3", "7")],
)
def test_remainder_that_is_negative_or_misses_the_grand_total_is_no_charge(
    kind: str, of_line: str, of_order: str, grand_total: str
) -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown(kind, of_line))
    whole = (breakdown("COD_FEE", "1"), breakdown(kind, of_order))
    listed = with_proceeds(item, grand_total, *whole)
    assert amounts(listed.charges) == {"cod_fee": "1"}
    assert sum_of(listed) != Decimal(grand_total)


def test_remainder_of_a_discount_lowers_the_total_further() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", "2"))
    assert amounts(with_proceeds(item, "7", breakdown("DISCOUNT", "3")).charges) == {"discount": "-1"}


def test_order_amounts_are_left_out_when_the_lines_alone_hit_the_grand_total() -> None:
    signs = [line_with(breakdown("ITEM", "10"), breakdown("DISCOUNT", each)) for each in ("-2", "1")]
    tip = breakdown("DELIVERY_TIP", "1")
    proceeds = {"grandTotal": money("18"), "breakdowns": [breakdown("DISCOUNT", "-1"), tip]}
    listed = order_from_json(order(*signs, proceeds=proceeds))
    assert amounts(listed.charges) == {"delivery_tip": "1"}
    assert sum_of(listed) == 18


def test_order_that_no_reading_reconciles_counts_nothing_twice() -> None:
    item = line_with(breakdown("ITEM", "10"), breakdown("SHIPPING", "3"))
    listed = with_proceeds(item, "99.00", breakdown("SHIPPING", "3"))
    assert sum_of(listed) == 13
    assert listed.grand_total == Money(Decimal(99), "EUR")


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY"])
def test_pending_order_has_no_price_yet(status: str) -> None:
    listed = order_from_json(order(fulfillment=standing(status)))
    assert (listed.currency, listed.grand_total, listed.charges) == (None, None, ())
    assert (listed.lines[0].unit_price, listed.lines[0].charges) == (None, ())


def test_order_without_any_amount_has_no_currency() -> None:
    listed = order_from_json(order(line(product={"sellerSku": "A"}), total=None))
    assert (listed.currency, listed.grand_total, listed.lines[0].charges) == (None, None, ())


def test_order_without_a_grand_total_takes_the_currency_of_its_lines() -> None:
    listed = order_from_json(order(total=None))
    assert (listed.currency, listed.grand_total) == ("EUR", None)


@pytest.mark.parametrize(
    "proceeds",
    [
        {"proceedsTotal": money("10", "USD")},
        {"breakdowns": [breakdown("ITEM", "10", "USD")]},
        {"breakdowns": [breakdown("TAX", "1"), breakdown("TAX", "1", "USD", ITEM="1")]},
    ],
)
def test_line_in_another_currency_makes_the_order_unreadable(proceeds: Json) -> None:
    with pytest.raises(UnreadableOrder, match="USD, the order in EUR"):
        order_from_json(order(line(proceeds=proceeds)))


@pytest.mark.parametrize("amount", ["12,50", "NaN", "1e30", 12.5, True])
def test_amount_that_is_no_decimal_text_makes_the_order_unreadable(amount: object) -> None:
    with pytest.raises(UnreadableOrder, match="grandTotal"):
        order_from_json(order(proceeds={"grandTotal": {"amount": amount, "currencyCode": "EUR"}}))


def test_currency_that_is_none_makes_the_order_unreadable() -> None:
    with pytest.raises(UnreadableOrder, match="grandTotal"):
        order_from_json(order(proceeds={"grandTotal": money("1", "???")}))


cents = st.integers(-100_000, 100_000).map(lambda number: Decimal(number).scaleb(-2))
line_types = st.sampled_from(["ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER", "TAX", "DISCOUNT"])
subtypes = st.sampled_from(["ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER", "DISCOUNT", "NEW"])


@st.composite
def breakdowns_of_a_line(draw: st.DrawFn) -> tuple[list[Json], Decimal]:
    """Breakdowns with an ITEM among them, splits right or wrong, and what they come to."""
    entries, implied = [], Decimal(0)
    for kind in ["ITEM", *draw(st.sets(line_types.filter(lambda each: each != "ITEM")))]:
        subtotal = draw(cents)
        details = draw(st.dictionaries(subtypes, cents, max_size=4))
        sign = draw(st.sampled_from([1, -1, 0]))
        if details and sign:
            subtotal = sum(details.values(), Decimal(0)) * sign
        texts = {name: str(value) for name, value in details.items()}
        entries.append(breakdown(kind, str(subtotal), **texts))
        implied += -abs(subtotal) if kind == "DISCOUNT" else subtotal
    return entries, implied


@given(st.lists(breakdowns_of_a_line(), min_size=1, max_size=4))
def test_charges_of_lines_come_to_what_their_breakdowns_imply(
    lines: list[tuple[list[Json], Decimal]],
) -> None:
    items = [line_with(*entries) | {"orderItemId": str(index)} for index, (entries, _) in enumerate(lines)]
    listed = order_from_json(order(*items, total=None))
    assert sum_of(listed) == sum(implied for _, implied in lines)


@given(st.lists(breakdowns_of_a_line(), min_size=1, max_size=3), cents)
def test_charges_hit_the_grand_total_when_the_order_repeats_its_lines(
    lines: list[tuple[list[Json], Decimal]], tip: Decimal
) -> None:
    sums: dict[str, Decimal] = {}
    for entries, _ in lines:
        for entry in entries:
            amount = Decimal(entry["subtotal"]["amount"])
            signed = -abs(amount) if entry["type"] == "DISCOUNT" else amount
            sums[entry["type"]] = sums.get(entry["type"], Decimal(0)) + signed
    grand_total = sum(sums.values(), tip)
    whole = [breakdown(kind, str(amount)) for kind, amount in sums.items()]
    whole.append(breakdown("DELIVERY_TIP", str(tip)))
    items = [line_with(*entries) | {"orderItemId": str(index)} for index, (entries, _) in enumerate(lines)]
    proceeds = {"grandTotal": money(str(grand_total)), "breakdowns": whole}
    assert sum_of(order_from_json(order(*items, proceeds=proceeds))) == grand_total


@given(breakdowns_of_a_line(), breakdowns_of_a_line(), cents)
def test_charges_of_the_order_are_its_own_or_hit_the_grand_total(
    of_line: tuple[list[Json], Decimal], of_order: tuple[list[Json], Decimal], grand_total: Decimal
) -> None:
    listed = with_proceeds(line_with(*of_line[0]), str(grand_total), *of_order[0])
    of_lines = {entry["type"] for entry in of_line[0]}
    own = {entry["type"].lower() for entry in of_order[0] if entry["type"] not in of_lines}
    assert sum_of(listed) == grand_total or {charge.kind for charge in listed.charges} <= own
