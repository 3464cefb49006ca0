"""Section 6: the channel's amounts are the truth."""

from __future__ import annotations

from decimal import Decimal

from core.commerce.orders import Order
from tests.plugins.amazon_channel.amazon_json import breakdown, line, money, order
from tests.shop import Shop


def charges_of(order: Order) -> dict[str, Decimal]:
    """By kind; those of the whole order are led by `order:`."""
    return {
        (charge.kind if charge.line_id else f"order:{charge.kind}"): charge.amount
        for charge in order.charges
    }


def test_unit_price_becomes_a_line_total(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    shop.place(("AB-1", 3))
    shop.sync()
    found = shop.order()
    assert (found.total, found.stated_total, found.charges_total) == (30, 30, 30)
    assert (found.lines[0].unit_price, found.lines[0].total) == (10, 30)
    assert (found.currency, found.is_reconciled) == ("EUR", True)


def test_every_charge_is_kept_on_the_line_or_on_the_order(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    shop.place(
        lines=[
            {
                "sku": "AB-1",
                "quantity": 2,
                "unit_price": "10.00",
                "tax": "3.80",
                "shipping": "4.99",
                "shipping_tax": "0.95",
                "discount": "1.50",
                "shipping_discount": "0.50",
                "gift_wrap": "2.00",
                "cod_fee": "1.25",
                "other_charges": {"MOON_LANDING_FEE": "0.75"},
            }
        ],
        delivery_tip="5.00",
    )
    shop.sync()
    found = shop.order()
    assert charges_of(found) == {
        "item": Decimal("20.00"),
        "tax": Decimal("3.80"),
        "shipping": Decimal("4.99"),
        "shipping_tax": Decimal("0.95"),
        "discount": Decimal("-1.50"),
        "shipping_discount": Decimal("-0.50"),
        "gift_wrap": Decimal("2.00"),
        "cod_fee": Decimal("1.25"),
        "moon_landing_fee": Decimal("0.75"),
        "order:delivery_tip": Decimal("5.00"),
    }
    assert found.is_reconciled
    assert found.total == sum(charges_of(found).values())


def test_kind_with_a_very_long_name_is_kept(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    kind = "REGULATORY_" * 6
    shop.place(lines=[{"sku": "AB-1", "unit_price": "10", "other_charges": {kind: "1.00"}}])
    shop.sync()
    assert charges_of(shop.order())[kind.lower()] == 1


def test_discount_lowers_the_total_whichever_sign_it_is_written_with(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    for discount in ("2.50", "-2.50"):
        shop.place(lines=[{"sku": "AB-1", "unit_price": "10", "discount": discount}])
    shop.sync()
    assert [each.total for each in shop.orders()] == [Decimal("7.50")] * 2
    assert all(each.is_reconciled for each in shop.orders())


def test_yen_have_no_decimals(bare_shop: Shop) -> None:
    shop = bare_shop
    shop.account_id = shop.connect(marketplaces=("A1VC38T7YXB528",))
    shop.stock("AB-1", 9)
    shop.place(marketplace="JP", lines=[{"sku": "AB-1", "quantity": 3, "unit_price": "1000"}])
    shop.sync()
    found = shop.order()
    assert (found.total, found.currency, found.is_reconciled) == (3000, "JPY", True)


def test_difference_of_one_minor_unit_flags_the_order_and_shows_both_sums(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    external_id = shop.place(("AB-1", 3), stated_total="30.01")
    shop.sync()
    found = shop.order()
    assert (found.total, found.charges_total) == (Decimal("30.01"), Decimal("30.00"))
    assert not found.is_reconciled
    (problem,) = shop.problems()
    assert problem.kind == "order_not_reconciled"
    assert problem.message == (
        f"The charges of order {found.number} come to 30.00 EUR, the channel says 30.01 EUR."
    )
    sentences = [entry.sentence for entry in shop.explain(external_id).entries]
    assert "The charges come to 30.00 EUR, the channel says 30.01 EUR: look at both." in sentences


def test_amounts_that_the_channel_changes_are_taken_over_and_reconciled_again(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(line(), total="10.01", **times))
    shop.sync()
    assert [problem.kind for problem in shop.problems()] == ["order_not_reconciled"]
    tax = line(proceeds={"breakdowns": [breakdown("ITEM", "10.00"), breakdown("TAX", "0.01")]})
    there.put(order(tax, total="10.01", **times | {"lastUpdatedTime": there.time(-1)}))
    shop.sync()
    assert charges_of(shop.order()) == {"item": 10, "tax": Decimal("0.01")}
    assert (shop.order().is_reconciled, shop.problems()) == (True, [])


def test_order_that_does_not_name_a_price_yet_waits(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    bare = line()
    del bare["product"]["price"]
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(bare, total=None, **times))
    shop.sync()
    row = shop.channel_order("028-1234567-1234567")
    assert row.held_code == "no_price"
    assert shop.explain(row.external_id).decided_by == "status = Unshipped (Amazon)"
    there.put(order(line(), total="10.00", **times | {"lastUpdatedTime": there.time(-1)}))
    shop.sync()
    assert shop.order().total == 10


def test_payment_is_captured_by_the_channel_with_its_number_as_reference(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    external_id = shop.place(("AB-1", 1), service_level="EXPEDITED")
    shop.sync()
    found = shop.order()
    assert (found.payment_method, found.payment_reference) == ("Amazon", external_id)
    assert (found.payment_is_captured, found.shipping_method) == (True, "EXPEDITED")


def test_order_without_a_stated_total_comes_to_its_charges(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    there.put(order(line(quantity=2), total=None, createdTime=there.time(), lastUpdatedTime=there.time()))
    shop.sync()
    found = shop.order()
    assert (found.total, found.stated_total, found.is_reconciled) == (20, None, True)
    assert money("1")["currencyCode"] == found.currency
