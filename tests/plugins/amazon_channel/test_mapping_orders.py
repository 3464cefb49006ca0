"""Amazon's orders as listed orders: identity, standing, lines, people, parcels."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core.channels import listing
from core.channels.listing import ListedBuyer, ListedPackage
from core.commerce.addresses import Address
from core.errors import EntrepotError, TemporarilyUnavailable
from plugins.amazon_channel.mapping import (
    UnreadableAnswer,
    UnreadableOrder,
    order_from_json,
    page_from_json,
)
from tests.plugins.amazon_channel.amazon_json import Json, line, money, order, standing


def test_order_keeps_identity_times_and_service_level() -> None:
    window = {"latestDateTime": "2026-11-23T22:59:59Z"}
    parts = standing(
        "UNSHIPPED",
        fulfillmentServiceLevel="EXPEDITED",
        shipByWindow=window,
        deliverByWindow={"latestDateTime": "2026-11-25T23:00:00+01:00"},
    )
    listed = order_from_json(order(fulfillment=parts))

    assert listed.external_id == "028-1234567-1234567"
    assert listed.marketplace == "A1PA6795UKMFR9"
    assert listed.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert listed.updated_at == datetime(2026, 11, 20, 9, 30, 0, 250_000, tzinfo=UTC)
    assert listed.shipping_method == "EXPEDITED"
    assert listed.ship_by == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert listed.deliver_by == datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert listed.is_sold_here
    assert listed.payload["orderId"] == "028-1234567-1234567"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("PENDING_AVAILABILITY", listing.PENDING_AVAILABILITY),
        ("PENDING", listing.PENDING),
        ("UNSHIPPED", listing.UNSHIPPED),
        ("PARTIALLY_SHIPPED", listing.PARTIALLY_SHIPPED),
        ("SHIPPED", listing.SHIPPED),
        ("CANCELLED", listing.CANCELED),
        ("UNFULFILLABLE", listing.UNFULFILLABLE),
        ("INVOICE_UNCONFIRMED", "INVOICE_UNCONFIRMED"),
    ],
)
def test_status_is_spelled_our_way_and_an_unknown_one_stays(theirs: str, ours: str) -> None:
    assert order_from_json(order(fulfillment=standing(theirs))).status == ours


@pytest.mark.parametrize(("theirs", "ours"), [("MERCHANT", "merchant"), ("AMAZON", "amazon")])
def test_order_tells_who_ships(theirs: str, ours: str) -> None:
    assert order_from_json(order(fulfillment=standing("SHIPPED", theirs))).fulfilled_by == ours


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fulfillment": None}, "fulfillment"),
        ({"fulfillment": {"fulfillmentStatus": "UNSHIPPED"}}, "fulfilledBy"),
        ({"fulfillment": standing("UNSHIPPED", "ROBOTS")}, "fulfilledBy"),
        ({"fulfillment": {"fulfilledBy": "MERCHANT"}}, "fulfillmentStatus"),
        ({"orderId": ""}, "orderId"),
        ({"createdTime": None}, "createdTime"),
        ({"lastUpdatedTime": "2026-11-20T09:30:00"}, "lastUpdatedTime"),
        ({"salesChannel": {"channelName": "AMAZON"}}, "marketplaceId"),
        ({"orderItems": [line(orderItemId=None)]}, "orderItemId"),
        ({"orderId": "1" * 81}, "`orderId` is longer than 80"),
        ({"orderItems": [line(orderItemId="1" * 81)]}, "`orderItemId` is longer than 80"),
        ({"fulfillment": standing("X" * 81)}, "`fulfillmentStatus` is longer than 80"),
        ({"salesChannel": {"marketplaceId": "M" * 41}}, "`marketplaceId` is longer than 40"),
        ({"orderItems": [line(quantityOrdered=-1)]}, "quantityOrdered is negative"),
        ({"orderItems": [line(quantityOrdered=10**10)]}, "quantityOrdered is more than"),
        ({"orderItems": [line(quantityOrdered=None, fulfillment=None)]}, "quantityOrdered"),
    ],
)
def test_order_without_what_must_be_known_is_unreadable(change: Json, reason: str) -> None:
    with pytest.raises(UnreadableOrder, match=reason):
        order_from_json(order() | change)


def test_order_of_another_shop_is_not_sold_here() -> None:
    foreign = order(salesChannel={"channelName": "NON_AMAZON"})
    assert not order_from_json(foreign).is_sold_here
    new = order(salesChannel={"channelName": "AMAZON_SOMETHING", "marketplaceId": "A1PA6795UKMFR9"})
    assert order_from_json(new).is_sold_here


def test_line_ids_keep_their_leading_zeros() -> None:
    (listed,) = order_from_json(order(line(orderItemId="00012"))).lines
    assert listed.external_id == "00012"


def test_line_tells_what_is_ordered_and_what_has_left() -> None:
    part = line(quantity=5) | {"fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 3}}
    (listed,) = order_from_json(order(part)).lines
    assert (listed.quantity, listed.quantity_shipped, listed.sku) == (5, 2, "MUG-BLUE")


def test_line_of_a_shipped_order_that_is_silent_has_left_whole() -> None:
    silent = line(quantity=4, fulfillment=None)
    (listed,) = order_from_json(order(silent, fulfillment=standing("SHIPPED"))).lines
    assert listed.quantity_shipped == 4


def test_line_that_was_canceled_down_to_nothing_is_kept() -> None:
    (listed,) = order_from_json(order(line(quantity=0))).lines
    assert (listed.quantity, listed.quantity_shipped) == (0, 0)


def test_line_without_a_product_is_named_by_its_id() -> None:
    (listed,) = order_from_json(order(line(product=None))).lines
    assert (listed.sku, listed.name) == (None, "00012345678901")


def test_buyer_may_be_missing_in_part_or_whole() -> None:
    assert order_from_json(order(buyer={"buyerName": " ", "buyerEmail": None})).buyer == (ListedBuyer())
    withheld = order_from_json(order(buyer={"buyerName": "Ada Example", "buyerEmail": "not available"}))
    assert withheld.buyer == ListedBuyer("Ada Example")
    told = order_from_json(order(buyer={"buyerName": "Ada Example", "buyerEmail": "a@b.example"}))
    assert told.buyer == ListedBuyer("Ada Example", "a@b.example")


def test_text_that_no_database_keeps_is_cleaned() -> None:
    told = order_from_json(order(buyer={"buyerName": "A\0da \ud83d"}))
    assert told.buyer.name == "Ada ?"


def test_line_id_that_comes_as_a_number_is_text() -> None:
    (listed,) = order_from_json(order(line(orderItemId=12))).lines
    assert listed.external_id == "12"


def test_buyer_of_an_order_that_amazon_invoices_shares_the_address() -> None:
    assert order_from_json(order(programs=["INVOICE_BY_AMAZON"])).buyer.email_is_shared


@pytest.mark.parametrize(
    ("programs", "confirms_itself"),
    [
        (["PRIME", "FBM_SHIP_PLUS"], True),
        (["AMAZON_HAUL"], True),
        (["IN_STORE_PICK_UP"], False),
        (None, False),
    ],
)
def test_order_that_ships_by_amazons_own_labels_confirms_itself(
    programs: object, confirms_itself: bool
) -> None:
    assert order_from_json(order(programs=programs)).confirms_itself is confirms_itself


def deliver_to(**address: Any) -> Address | None:
    return order_from_json(order(recipient={"deliveryAddress": address})).address


def test_address_is_read_field_by_field() -> None:
    assert deliver_to(
        name="Ada Example", companyName="Example Ltd", addressLine1="1 Road", addressLine2="",
        addressLine3="Rear", city="London", districtOrCounty="Camden", municipality="Other",
        stateOrRegion="England", postalCode="N1", countryCode="gb", phone="+44 1",
        extendedFields={"streetName": "Never", "complement": "used"}, addressType="NEW_TYPE",
    ) == Address(
        "Ada Example", "Example Ltd", "1 Road", None, "Rear", "London", "Camden", "England", "N1",
        "GB", "+44 1",
    )  # fmt: skip


def test_address_takes_a_municipality_for_a_missing_district() -> None:
    address = deliver_to(districtOrCounty="", municipality="Kreis")
    assert address is not None
    assert address.district == "Kreis"


def test_address_without_a_first_line_is_put_together_from_its_parts() -> None:
    address = deliver_to(
        extendedFields={
            "streetName": "Avenida Paulista",
            "streetNumber": "1000",
            "complement": "Sala 301",
            "neighborhood": "Bela Vista",
        }
    )
    assert address is not None
    assert (address.line1, address.line2, address.line3) == (
        "Avenida Paulista 1000",
        "Sala 301",
        "Bela Vista",
    )


def test_address_that_says_nothing_is_none() -> None:
    assert deliver_to(name="", city=None) is None
    assert order_from_json(order()).address is None


def test_packages_are_read_and_canceled_ones_marked() -> None:
    package = {
        "packageReferenceId": "1",
        "packageStatus": {"status": "IN_TRANSIT"},
        "carrier": "DHL",
        "shipTime": "2026-11-21T10:00:00Z",
        "shippingService": "DHL Paket",
        "trackingNumber": "00340",
        "packageItems": [
            {"orderItemId": "00012345678901", "quantity": 1},
            {"orderItemId": "2", "quantity": 0},
        ],
    }
    off = {"packageReferenceId": "2", "packageStatus": {"status": "CANCELLED"}}
    assert order_from_json(order(packages=[package, off, None])).packages == (
        ListedPackage(
            "1", "DHL", "00340", "DHL Paket", datetime(2026, 11, 21, 10, tzinfo=UTC),
            (("00012345678901", 1),),
        ),
        ListedPackage("2", is_canceled=True),
    )  # fmt: skip


def test_identifiers_may_be_as_long_as_they_are_kept() -> None:
    item = line(orderItemId="1" * 80, product={"sellerSku": "S" * 129})
    listed = order_from_json(order(item, orderId="1" * 80, fulfillment=standing("X" * 80)))
    assert [len(each) for each in (listed.external_id, listed.status)] == [80, 80]
    assert (len(listed.lines[0].external_id), len(listed.lines[0].sku or "")) == (80, 129)


def test_words_that_only_describe_are_cut_to_what_is_kept() -> None:
    package = {
        "packageReferenceId": "1" * 81, "carrier": "C" * 81, "shippingService": "S" * 81,
        "trackingNumber": "T" * 121,
    }  # fmt: skip
    other = {"orderId": "2" * 81, "associationType": "REPLACEMENT_ORIGINAL_ID"}
    parts = standing("UNSHIPPED", fulfillmentServiceLevel="L" * 81)
    listed = order_from_json(order(packages=[package], associatedOrders=[other], fulfillment=parts))
    assert listed.packages == (ListedPackage("1" * 80, "C" * 80, "T" * 120, "S" * 80),)
    assert (listed.shipping_method, listed.replaces) == ("L" * 80, None)


@pytest.mark.parametrize("country", ["Germany", "D", "DEU", "D1", "ÄÖ", "ß"])
def test_country_that_is_no_pair_of_letters_is_left_out(country: str) -> None:
    assert deliver_to(city="Berlin", countryCode=country) == Address(city="Berlin")


def test_buyers_wish_to_cancel_is_seen_on_any_line() -> None:
    asked = line(cancellation={"cancellationRequest": {"requester": "BUYER"}})
    assert order_from_json(order(line(), asked)).cancel_requested
    done = line(cancellation={"cancellationExecution": {"cancelledBy": "BUYER"}})
    assert not order_from_json(order(done)).cancel_requested


@pytest.mark.parametrize("kind", ["REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"])
def test_replacement_names_the_order_that_it_replaces(kind: str) -> None:
    others = [
        {"orderId": "1", "associationType": "NEW_KIND"},
        {"orderId": "2", "associationType": kind},
    ]
    assert order_from_json(order(associatedOrders=others)).replaces == "2"
    assert order_from_json(order(associatedOrders=[others[0]])).replaces is None


def test_cash_on_delivery_is_seen_by_payment_or_constraint() -> None:
    paid = order(payment={"paymentExecutions": [{"paymentMethod": "CashOnDelivery"}]})
    shipping = {"shippingConstraints": {"cashOnDelivery": "MANDATORY"}}
    bound = order(line(fulfillment={"quantityFulfilled": 0, "shipping": shipping}))
    assert order_from_json(paid).cash_on_delivery
    assert order_from_json(bound).cash_on_delivery
    assert not order_from_json(order()).cash_on_delivery


def test_page_reads_what_it_can_and_names_the_rest() -> None:
    page = page_from_json(
        {
            "orders": [order(), order(fulfillment=None), "nonsense", order(orderId="2")],
            "pagination": {"nextToken": "abc+/="},
            "lastUpdatedBefore": "2026-11-20T10:00:00Z",
            "somethingNew": 1,
        }
    )
    assert [each.external_id for each in page.orders] == ["028-1234567-1234567"] * 2 + ["2"]
    assert [bool(each.unreadable) for each in page.orders] == [False, True, False]
    assert page.unreadable == (("?", "Amazon left out the part `fulfillment`, so its status is not known"),)
    assert page.next_token == "abc+/="
    assert page.read_until == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_item_that_is_told_twice_was_ordered_once() -> None:
    told = order(line(quantity=2), line(quantity=2), total="20.00")
    (only,) = order_from_json(told).lines
    assert (only.quantity, [charge.amount for charge in only.charges]) == (2, [20])


class Trap(Json):
    """An order with one part that fails in a way that nobody has foreseen."""

    def get(self, name: str, default: Any = None) -> Any:
        """The part, unless it is the trapped one."""
        if name == self["trapped"]:
            raise KeyError("Ada Example")
        return super().get(name, default)


def test_page_survives_an_order_that_fails_in_an_unforeseen_way() -> None:
    traps = [Trap(order(orderId="trap", trapped=trapped)) for trapped in ("buyer", "orderId")]
    page = page_from_json({"orders": [*traps, order()]})
    named, other = page.orders
    assert (named.external_id, named.unreadable) == ("trap", "reading it failed (KeyError)")
    assert page.unreadable == (("?", "reading it failed (KeyError)"),)
    assert other.unreadable is None


@pytest.mark.parametrize("amount", ["1E+1000000", "9" * 5000])
@pytest.mark.parametrize("external_id", ["huge", 10**5000], ids=["text", "number"])
def test_page_survives_numbers_beyond_measure(amount: str, external_id: object) -> None:
    huge = order(orderId=external_id, proceeds={"grandTotal": money(amount)})
    page = page_from_json({"orders": [huge, order()]})
    reasons = [reason for _, reason in page.unreadable]
    reasons += [each.unreadable for each in page.orders if each.unreadable is not None]
    assert [len(reason) <= 300 for reason in reasons] == [True]
    assert page.orders[-1].unreadable is None


def test_order_that_fails_in_an_unforeseen_way_is_unreadable() -> None:
    with capture_logs() as logs, pytest.raises(UnreadableOrder, match="KeyError") as caught:
        order_from_json(Trap(order(trapped="buyer")))
    assert "Ada" not in "".join(traceback.format_exception(caught.value))
    (entry,) = logs
    assert entry["error"] == "KeyError"
    assert "test_mapping_orders.py:" in entry["place"]
    assert "Ada" not in str(entry)


def test_page_that_is_the_last_has_no_token() -> None:
    page = page_from_json({"orders": [], "createdBefore": "2026-11-20T10:00:00Z"})
    assert (page.orders, page.next_token) == ((), None)
    assert page.read_until == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("body", [None, [], {}, {"orders": None}, {"orders": {}}, "orders"])
def test_page_that_is_none_is_no_answer_of_amazons(body: object) -> None:
    with pytest.raises(UnreadableAnswer):
        page_from_json(body)
    assert issubclass(UnreadableAnswer, TemporarilyUnavailable)


def test_unreadable_order_says_nothing_personal() -> None:
    broken = order(buyer={"buyerName": "Ada Example"}, proceeds={"grandTotal": money("x")})
    with pytest.raises(UnreadableOrder) as caught:
        order_from_json(broken)
    assert "Ada" not in str(caught.value)
    assert isinstance(caught.value, EntrepotError)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
somewhere = st.sampled_from(
    [
        ("orderId",), ("createdTime",), ("programs",), ("associatedOrders",), ("salesChannel",),
        ("buyer",), ("recipient",), ("proceeds",), ("payment",), ("fulfillment",), ("packages",),
        ("orderItems",), ("orderItems", 0), ("orderItems", 0, "product"),
        ("proceeds", "grandTotal"),
        ("orderItems", 0, "product", "price"), ("orderItems", 0, "proceeds"),
        ("orderItems", 0, "quantityOrdered"), ("orderItems", 0, "fulfillment"),
        ("proceeds", "grandTotal", "amount"), ("proceeds", "grandTotal", "currencyCode"),
    ]
)  # fmt: skip


@given(somewhere, anything)
def test_page_survives_anything_in_any_place(path: tuple[Any, ...], value: object) -> None:
    entry: Any = order(line(proceeds={"proceedsTotal": money("10.00")}))
    part = entry
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    page = page_from_json({"orders": [entry, order(orderId="neighbor")]})
    assert page.orders[-1].external_id == "neighbor"
    assert len(page.orders) + len(page.unreadable) == 2
