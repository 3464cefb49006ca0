"""Orders as UBL 2.1 documents: Order for a new one, OrderCancellation for one that is canceled.

Amounts are exact. A line's own charges other than tax are its allowances and charges and so part of its
LineExtensionAmount; those of the order stand with the order; all tax is one TaxTotal: no rates are known.
What UBL has no place for: how much of the tax belongs to which charge, and why a marketplace's grand total
differs from the sum of its charges. Such a difference is PayableRoundingAmount, with a Note that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from core.money import Money, plain, total

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CBC, CAC = f"{{{_UBL}CommonBasicComponents-2}}", f"{{{_UBL}CommonAggregateComponents-2}}"
#: What no XML document can hold, half of a surrogate pair among it.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PIECE = "C62"  # UN/ECE Recommendation 20: one
_ORDER_TYPE = "220"  # UN/EDIFACT 1001: order

Document = Mapping[str, Any]


def order_document(order: Document) -> bytes:
    """An order as `GET /orders/{number}` gives it. ValueError if its amounts do not add up."""
    root = _root("Order")
    _head(root, order)
    _put(root, "OrderTypeCode", _ORDER_TYPE)
    for note in _notes(order):
        _put(root, "Note", note)
    currency = str(order["total"]["currency"])
    _put(root, "DocumentCurrencyCode", currency)
    _put(root, "CustomerReference", order["external_id"])
    _put(root, "LineCountNumeric", str(len(order["lines"])))
    _parties(root, order)
    _delivery(root, order)
    if order["shipping_method"]:
        _put(SubElement(root, CAC + "DeliveryTerms"), "SpecialTerms", order["shipping_method"])
    for kind, amount in _plain_charges(order):
        _allowance(root, kind, Money(amount, currency))
    tax = _tax(order) + total(_tax(line) for line in order["lines"])
    _amount(SubElement(root, CAC + "TaxTotal"), "TaxAmount", Money(tax, currency))
    _totals(root, order, tax)
    for place, line in enumerate(order["lines"], 1):
        _line(root, place, line, currency)
    return _written(root)


def cancellation_document(order: Document, cancellation_id: str) -> bytes:
    """That an order is not wanted any more."""
    root = _root("OrderCancellation")
    _put(root, "UBLVersionID", "2.1")
    _put(root, "ID", cancellation_id)
    _put(root, "IssueDate", _date(_canceled_at(order)))
    _put(root, "CancellationNote", f"Order {order['number']} is canceled.")
    _put(SubElement(root, CAC + "OrderReference"), "ID", order["number"])
    _parties(root, order)
    return _written(root)


def _root(name: str) -> Element:
    for prefix, namespace in ((name.lower(), f"{_UBL}{name}-2"), ("cbc", CBC[1:-1]), ("cac", CAC[1:-1])):
        register_namespace(prefix, namespace)
    return Element(f"{{{_UBL}{name}-2}}{name}")


def _written(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _head(root: Element, order: Document) -> None:
    _put(root, "UBLVersionID", "2.1")
    _put(root, "ID", order["number"])
    _put(root, "IssueDate", _date(order["placed_at"]))
    _put(root, "IssueTime", _time(order["placed_at"]))


def _notes(order: Document) -> Iterable[str]:
    if order["channel"]:
        yield f"From {order['channel']} {order['marketplace'] or ''}".strip()
    if order["fulfilled_by"] != "merchant":
        yield f"Fulfilled by {order['fulfilled_by']}: not to be shipped"
    if _money(order["total"]) != _money(order["charges_total"]):
        yield (
            f"The total is {order['total']['amount']}, as the marketplace says; its charges come "
            f"to {order['charges_total']['amount']}"
        )


def _parties(root: Element, order: Document) -> None:
    buyer = order["buyer"] or {}
    addresses = _addresses(order)
    address = addresses.get("billing") or addresses.get("shipping") or {}
    party = SubElement(SubElement(root, CAC + "BuyerCustomerParty"), CAC + "Party")
    if order["customer_id"] is not None:
        _put(SubElement(party, CAC + "PartyIdentification"), "ID", str(order["customer_id"]))
    _name(party, address.get("company") or buyer.get("name") or address.get("name"))
    _address(party, "PostalAddress", address)
    email = None if buyer.get("email_is_placeholder") else buyer.get("email")
    _contact(party, buyer.get("name"), address.get("phone"), email)
    seller = SubElement(SubElement(root, CAC + "SellerSupplierParty"), CAC + "Party")
    _put(SubElement(seller, CAC + "PartyIdentification"), "ID", order["store"])


def _delivery(root: Element, order: Document) -> None:
    address = _addresses(order).get("shipping")
    if not (address or order["ship_by"] or order["deliver_by"]):
        return
    delivery = SubElement(root, CAC + "Delivery")
    if address:
        _address(delivery, "DeliveryAddress", address)
    if order["deliver_by"]:
        period = SubElement(delivery, CAC + "RequestedDeliveryPeriod")
        _put(period, "EndDate", _date(order["deliver_by"]))
        _put(period, "EndTime", _time(order["deliver_by"]))
    if address:
        party = SubElement(delivery, CAC + "DeliveryParty")
        _name(party, address["company"] or address["name"])
        _contact(party, address["name"], address["phone"], None)
    if order["ship_by"]:
        despatch = SubElement(delivery, CAC + "Despatch")
        _put(despatch, "RequestedDespatchDate", _date(order["ship_by"]))
        _put(despatch, "RequestedDespatchTime", _time(order["ship_by"]))


def _address(parent: Element, name: str, address: Mapping[str, Any]) -> None:
    lines = [address.get(each) for each in ("line1", "line2", "line3")]
    found = {
        "StreetName": lines[0],
        "AdditionalStreetName": lines[1],
        "CitySubdivisionName": address.get("district"),
        "CityName": address.get("city"),
        "PostalZone": address.get("postal_code"),
        "CountrySubentity": address.get("state"),
    }
    if not any((*found.values(), lines[2], address.get("country"))):
        return
    element = SubElement(parent, CAC + name)
    for each, text in found.items():
        _put(element, each, text)
    if lines[2]:
        _put(SubElement(element, CAC + "AddressLine"), "Line", lines[2])
    if address.get("country"):
        _put(SubElement(element, CAC + "Country"), "IdentificationCode", address["country"])


def _name(party: Element, name: str | None) -> None:
    if name:
        _put(SubElement(party, CAC + "PartyName"), "Name", name)


def _contact(party: Element, name: str | None, phone: str | None, email: str | None) -> None:
    if any((name, phone, email)):
        contact = SubElement(party, CAC + "Contact")
        _put(contact, "Name", name)
        _put(contact, "Telephone", phone)
        _put(contact, "ElectronicMail", email)


def _totals(root: Element, order: Document, tax: Decimal) -> None:
    """Every sum is made from the same charges as the parts; nothing is rounded."""
    currency = str(order["total"]["currency"])
    own = [amount for _, amount in _plain_charges(order)]
    lines = total(_extension(line) for line in order["lines"])
    allowances, charges = -total(each for each in own if each < 0), total(each for each in own if each >= 0)
    without_tax = lines - allowances + charges
    if without_tax + tax != _money(order["charges_total"]):
        raise ValueError(
            f"the charges of order {order['number']} come to {without_tax + tax}, not to its "
            f"{order['charges_total']['amount']} {currency}"
        )
    whole = _money(order["total"])
    rounding = whole - without_tax - tax
    paid = whole if order["payment"] and order["payment"]["is_captured"] else Decimal(0)
    amounts = {
        "LineExtensionAmount": lines,
        "TaxExclusiveAmount": without_tax,
        "TaxInclusiveAmount": without_tax + tax,
        "AllowanceTotalAmount": allowances,
        "ChargeTotalAmount": charges,
        "PrepaidAmount": paid,
        "PayableRoundingAmount": rounding,
        "PayableAmount": whole - paid,
    }
    element = SubElement(root, CAC + "AnticipatedMonetaryTotal")
    for name, amount in amounts.items():
        if amount or name != "PayableRoundingAmount":
            _amount(element, name, Money(amount, currency))


def _line(root: Element, place: int, line: Document, currency: str) -> None:
    item = SubElement(SubElement(root, CAC + "OrderLine"), CAC + "LineItem")
    quantity = int(line["quantity"])
    _put(item, "ID", str(place))
    if line["left_to_ship"] != quantity:
        _put(item, "Note", f"{line['left_to_ship']} of {quantity} are left to ship")
    _put(item, "Quantity", str(quantity)).set("unitCode", _PIECE)
    _amount(item, "LineExtensionAmount", Money(_extension(line), currency))
    _amount(item, "TotalTaxAmount", Money(_tax(line), currency))
    goods = total(amount for kind, amount in _charges(line) if kind == "item")
    for kind, amount in _plain_charges(line):
        if kind != "item":
            _allowance(item, kind, Money(amount, currency))
    _price(item, line, Money(goods, currency))
    described = SubElement(item, CAC + "Item")
    _put(described, "Name", line["name"] or line["sku"])
    _put(SubElement(described, CAC + "SellersItemIdentification"), "ID", line["sku"])


def _price(item: Element, line: Document, goods: Money) -> None:
    """Of one unit where that times the units is what the goods cost; else of all of them, undivided."""
    quantity = int(line["quantity"])
    unit = _money(line["unit_price"]) if line["unit_price"] else None
    is_exact = unit is not None and unit * quantity == goods.amount
    price = SubElement(item, CAC + "Price")
    _amount(price, "PriceAmount", Money(unit, goods.currency) if is_exact and unit is not None else goods)
    base = _put(price, "BaseQuantity", "1" if is_exact else str(quantity))
    base.set("unitCode", _PIECE)


def _allowance(parent: Element, kind: str, money: Money) -> None:
    element = SubElement(parent, CAC + "AllowanceCharge")
    _put(element, "ChargeIndicator", "false" if money.amount < 0 else "true")
    _put(element, "AllowanceChargeReason", kind)
    _amount(element, "Amount", Money(abs(money.amount), money.currency))


def _extension(line: Document) -> Decimal:
    """What a line costs without tax, its allowances and charges included."""
    return total(amount for _, amount in _plain_charges(line))


def _tax(part: Document) -> Decimal:
    return total(amount for kind, amount in _charges(part) if _is_tax(kind))


def _plain_charges(part: Document) -> Sequence[tuple[str, Decimal]]:
    return [(kind, amount) for kind, amount in _charges(part) if not _is_tax(kind)]


def _charges(part: Document) -> Iterable[tuple[str, Decimal]]:
    """What the order as a whole or a line is charged, by kind."""
    for charge in part["charges"]:
        yield str(charge["kind"]), _money(charge["amount"])


def _is_tax(kind: str) -> bool:
    return kind == "tax" or kind.endswith("_tax")


def _money(value: Mapping[str, str]) -> Decimal:
    return Decimal(value["amount"])


def _addresses(order: Document) -> dict[str, Mapping[str, Any]]:
    return {str(address["kind"]): address for address in order["addresses"] or ()}


def _canceled_at(order: Document) -> str:
    steps = [step["changed_at"] for step in order["history"] if step["new_status"] == "canceled"]
    return str(steps[-1] if steps else order["created_at"])


def _date(moment: str) -> str:
    return moment[:10]


def _time(moment: str) -> str:
    """With its zone, which is UTC."""
    return moment[11:19] + "Z"


def _amount(parent: Element, name: str, money: Money) -> None:
    _put(parent, name, plain(money.amount, money.currency)).set("currencyID", money.currency)


def _put(parent: Element, name: str, text: str | None) -> Element:
    """A child with text, left out if there is none."""
    kept = _NEVER.sub("", text or "")
    element = Element(CBC + name)
    element.text = kept
    if kept:
        parent.append(element)
    return element
