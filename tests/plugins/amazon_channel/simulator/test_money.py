"""Proceeds: what the lines come to, and that the order adds them up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.amazon_channel.simulator import NotPossible, World
from plugins.amazon_channel.simulator.order_documents import DATA_SETS, order_document

CHARGES = ("tax", "shipping", "shipping_tax", "discount", "gift_wrap", "cod_fee")
AMOUNTS = st.decimals(min_value=0, max_value=500, places=2)


def amount_of(money):
    return Decimal(money["amount"])


def breakdown(proceeds):
    return {part["type"]: part["subtotal"]["amount"] for part in proceeds["breakdowns"]}


def test_unit_price_is_for_one_and_the_breakdown_for_all(world, amazon):
    order = world.place_order(
        status="UNSHIPPED", lines=[{"sku": "MUG", "quantity": 3, "unit_price": "10.00"}]
    )

    told = amazon.order(order.order_id)

    (item,) = told["orderItems"]
    assert item["product"]["price"]["unitPrice"]["amount"] == "10.00"
    assert breakdown(item["proceeds"]) == {"ITEM": "30.00"}
    assert told["proceeds"]["grandTotal"] == {"amount": "30.00", "currencyCode": "USD"}


def test_charges_are_broken_down_and_added_up_over_the_lines(world, amazon):
    order = world.place_order(
        status="UNSHIPPED",
        delivery_tip="5.00",
        lines=[
            {
                "sku": "MUG",
                "quantity": 2,
                "unit_price": "10.00",
                "tax": "1.60",
                "shipping": "4.00",
                "shipping_tax": "0.32",
                "discount": "2.00",
                "shipping_discount": "1.00",
                "gift_wrap": "3.00",
                "other_charges": {"RECYCLING_FEE": "0.10"},
            },
            {"sku": "TEA", "unit_price": "9.50", "tax": "0.76"},
        ],
    )

    told = amazon.order(order.order_id)

    mug = told["orderItems"][0]["proceeds"]
    assert breakdown(mug) == {
        "ITEM": "20.00",
        "SHIPPING": "4.00",
        "GIFT_WRAP": "3.00",
        "RECYCLING_FEE": "0.10",
        "DISCOUNT": "3.00",
        "TAX": "1.92",
    }
    (tax,) = [part for part in mug["breakdowns"] if part["type"] == "TAX"]
    assert [(part["subtype"], part["value"]["amount"]) for part in tax["detailedBreakdowns"]] == [
        ("ITEM", "1.60"),
        ("SHIPPING", "0.32"),
    ]
    assert mug["proceedsTotal"]["amount"] == "26.02"
    assert breakdown(told["proceeds"]) == {
        "ITEM": "29.50",
        "SHIPPING": "4.00",
        "GIFT_WRAP": "3.00",
        "RECYCLING_FEE": "0.10",
        "DISCOUNT": "3.00",
        "TAX": "2.68",
        "DELIVERY_TIP": "5.00",
    }
    assert told["proceeds"]["grandTotal"]["amount"] == "41.28"


@pytest.mark.parametrize("discount", ["2.00", "-2.00"])
def test_discount_lowers_the_total_whichever_sign_it_is_told_with(world, amazon, discount):
    order = world.place_order(
        status="UNSHIPPED", lines=[{"sku": "MUG", "unit_price": "10.00", "discount": discount}]
    )

    (item,) = amazon.order(order.order_id)["orderItems"]

    assert breakdown(item["proceeds"])["DISCOUNT"] == discount
    assert item["proceeds"]["proceedsTotal"]["amount"] == "8.00"


@pytest.mark.parametrize(
    ("marketplace", "currency"),
    [("US", "USD"), ("DE", "EUR"), ("UK", "GBP"), ("SE", "SEK"), ("A1VC38T7YXB528", "JPY")],
)
def test_marketplace_decides_the_currency(world, amazon, marketplace, currency):
    order = world.place_order(status="UNSHIPPED", marketplace=marketplace)

    total = amazon.order(order.order_id)["proceeds"]["grandTotal"]

    assert total["currencyCode"] == currency
    assert ("." in total["amount"]) == (currency != "JPY")


def test_stated_total_can_differ_from_the_lines(world, amazon):
    order = world.place_order(
        status="UNSHIPPED", stated_total="10.01", lines=[{"sku": "MUG", "unit_price": "10.00"}]
    )

    assert amazon.order(order.order_id)["proceeds"]["grandTotal"]["amount"] == "10.01"


@pytest.mark.parametrize(
    ("marketplace", "price"), [("JP", "10.50"), ("US", "10.005"), ("US", 9.5), ("US", "ten")]
)
def test_amount_that_the_currency_does_not_have_is_refused(world, marketplace, price):
    with pytest.raises(NotPossible):
        world.place_order(marketplace=marketplace, lines=[{"sku": "MUG", "unit_price": price}])


@given(
    lines=st.lists(
        st.fixed_dictionaries(
            {"quantity": st.integers(1, 9), "unit_price": AMOUNTS},
            optional=dict.fromkeys(
                ("tax", "shipping", "shipping_tax", "discount", "gift_wrap", "cod_fee"), AMOUNTS
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_grand_total_is_the_sum_of_all_that_is_told(lines):
    world = World(seed=1, running=False)
    told = order_document(world.place_order(status="UNSHIPPED", lines=lines), DATA_SETS)

    parts = told["proceeds"]["breakdowns"]
    signed = [
        -abs(amount_of(part["subtotal"])) if part["type"] == "DISCOUNT" else amount_of(part["subtotal"])
        for part in parts
    ]
    totals = [amount_of(item["proceeds"]["proceedsTotal"]) for item in told["orderItems"]]
    assert sum(signed) == sum(totals) == amount_of(told["proceeds"]["grandTotal"])
